"""A probe and its presets -> a page."""

import base64
import html
import re
from dataclasses import astuple
from functools import partial
from typing import Any

import gradio as gr

from apps.kit import served, shell
from apps.kit.preset import Page
from apps.kit.widgets import INLINE, label, widget
from core import models, pictures
from core.metrics import survival
from core.pictures import masks, swatches
from core.probe import (
    Attribute,
    Attributes,
    Choice,
    Declared,
    File,
    Label,
    Latent,
    Layer,
    Mask,
    Network,
    Picture,
    Point,
    Probe,
    Unit,
    declared,
)

markup = partial(gr.HTML, apply_default_css=False)


def config(page: Page, probe: Probe, device: str) -> dict[str, Any]:
    """What the page's script needs to know."""
    settings = declared(probe.Settings)
    return {
        "probe": page.probe,
        "defaults": {name: setting.default for name, setting in settings.items()},
        "fields": fields(probe),
        "widgets": [n for n, s in settings.items() if _is_widget(page, s)],
        "presets": [
            {
                "sentence": preset.sentence,
                "settings": dict(preset.settings),
                "at_step": preset.at_step,
                "claim": list(astuple(preset.claim)),
                "twin": dict(preset.twin),
                "guess": preset.guess.as_json() if preset.guess else None,
            }
            for preset in page.presets
        ],
        "when": page.conditions(),
        "limits": probe.limits,
        "control": page.control,
        "extension": page.extension,
        "readings": [list(reading) for reading in page.readings],
        "panels": dict(page.panels),
        "priced": dict(probe.priced),
        "turns": {name: list(axes) for name, axes in page.turns.items()},
        "charts": list(page.charts),
        "device": device,
        "keyframe": page.probe in served.keyframes(),
        "survival": survival.chart() if probe.scored else None,
    }


def fields(probe: Probe) -> list[dict[str, Any]]:
    """The settings of a probe as scripts read them, in their order."""
    return [_as_json(setting) for setting in declared(probe.Settings).values()]


def _as_json(setting: Declared) -> dict[str, Any]:
    kind = setting.kind
    facts = {name: getattr(kind, name) for name in _FACTS if getattr(kind, name, None)}
    words = {"name": setting.name, "kind": type(kind).__name__, "label": label(setting.name)}
    return {"low": 0, **facts, **words, "whole": setting.type is int}


_FACTS = ("low", "high", "log", "unit", "of", "over", "shown", "family", "world", "options", "zero", "without", "every",
  "help", "live")  # fmt: skip


def _is_widget(page: Page, setting: Declared) -> bool:
    inline = type(setting.kind).__name__ in INLINE or f"{{{setting.name}}}" in page.sentence
    return not inline and setting.name not in page.drawn


def above(page: Page, probe: Probe) -> str:
    """The question, its sentence with choices, the player's place, and the path of presets."""
    settings = declared(probe.Settings)
    said = shell.sentence(page.sentence, lambda name: choice(settings[name]))
    stage = shell.stage(shell.heading(probe.question, said))
    return f'<div class="page">{stage}<aside class="panel" aria-label="Controls">{_path(page)}{_tabs(page, probe)}'


def below(probe: Probe) -> str:
    """What ends the panel; and where the probe comes from."""
    return f'</aside><section class="sources" id="sources"><h2>Where it comes from</h2>{papers(probe)}</section></div>'


def _path(page: Page) -> str:
    """The presets as steps of a path, from easy to hard; nothing if there are none."""
    if not page.presets:
        return ""
    steps = "".join(
        f'<li><button type="button" class="preset">{html.escape(preset.sentence)}</button></li>'
        for preset in page.presets
    )
    back, forward = (
        f'<button type="button" class="{name}" title="{said}" aria-label="{said}">'
        f'<svg viewBox="0 0 16 16" aria-hidden="true"><path d="{shape}"/></svg></button>'
        for name, said, shape in (
            ("back", "Step before on the path", "M11 3v10L4 8z"),
            ("forward", "Next step of the path", "M5 3v10l7-5z"),
        )
    )
    return (
        f'<nav class="path" aria-label="Path"><div class="ways">{back}{forward}'
        f'<span class="where">1 of {len(page.presets)}</span>'
        f'<details class="all"><summary>All steps</summary><ol>{steps}</ol></details></div>'
        f'<p class="here">{html.escape(page.presets[0].sentence)}</p></nav>'
    )


def choice(setting: Declared) -> str:
    """A setting as a choice inside a sentence."""
    name = html.escape(setting.name)
    common = f'data-field="{name}" aria-label="{html.escape(label(setting.name))}"'
    kind = setting.kind
    if isinstance(kind, Unit):
        less, more = (
            f'<button type="button" data-by="{by}" aria-label="{word} {name}">{sign}</button>'
            for by, word, sign in ((-1, "previous", "−"), (1, "next", "+"))
        )
        number = f'<input type="number" min="0" step="1" value="{setting.default}" {common}>'
        return f'<span class="stepper">{less}{number}{more}</span>'
    if isinstance(kind, Label):
        return (
            f'<input type="text" class="label" list="list-{name}" value="{setting.default}" {common}'
            f' autocomplete="off"><datalist id="list-{name}"></datalist>'
        )
    if isinstance(kind, Attributes):  # the buttons that change it stand among the controls
        return f'<button type="button" class="names" {common}>{html.escape(kind.without)}</button>'
    options = {str(setting.default): str(setting.default)}
    if isinstance(kind, Network):
        options = models.titles(kind.family, kind.world)
    if isinstance(kind, Choice | File):
        options = {option: option for option in kind.options}
    found = "".join(
        f'<option value="{value}"{" selected" if value == setting.default else ""}>{text}</option>'
        for value, text in options.items()
    )
    return f"<select {common}>{found}</select>"


def build(page: Page, probe: Probe) -> gr.Blocks:
    """The panel's tabs as Gradio's Blocks; all else of the page stands around them (see `shell`)."""
    made: dict[str, Any] = {}
    with gr.Blocks(title=f"{probe.title} · {shell.TITLE}", analytics_enabled=False) as blocks:
        for name, settings in _contents(page, probe).items():
            with _tab(name):
                made |= _FILLED[name](page, settings)
        with _tab("Code"):
            markup(_CODE)
        every = [made[name] for name in declared(probe.Settings) if name in made]
        bridge = gr.Button("", elem_id="bridge", visible="hidden")
        bridge.click(None, every, every, js="(...now) => window.lab.values(now)")
        markup(html_template="", js_on_load="window.lab.arrived()")  # set by the page's head
    return blocks.queue()


def _contents(page: Page, probe: Probe) -> dict[str, list[Declared]]:
    """The settings of each tab that has something to show, in the order of the tabs."""
    settings = list(declared(probe.Settings).values())
    sets = [s for s in settings if s.kind.live and isinstance(s.kind, Attributes)]
    live = [s for s in settings if s.kind.live and s not in sets]
    rest = [s for s in settings if not s.kind.live]
    found = {
        "Steer": live if _has_controls(page, live) else [],
        "Locks": sets if _has_controls(page, sets) else [],
        "Pictures": [s for s in settings if isinstance(s.kind, Picture | Mask)],
        "Settings": rest if _has_controls(page, rest) else [],
    }
    return {name: own for name, own in found.items() if own}


def _tabs(page: Page, probe: Probe) -> str:
    """The tabs that a page has, above what they open."""
    tabs = "".join(
        f'<button type="button" role="tab" id="open-{name}" aria-controls="tab-{name}"'
        f' data-tab="{name}">{name.capitalize()}</button>'
        for name in map(str.lower, (*_contents(page, probe), "Code"))
    )
    return f'<div class="tabs" role="tablist" aria-label="Controls">{tabs}</div>'


def _tab(name: str) -> Any:
    """What a tab opens; Gradio's own would make their widgets only when they are first opened."""
    return gr.Column(elem_id=f"tab-{name.lower()}", elem_classes="tabitem")


_CODE = """
<p class="hint">The same picture in Python, with all that steered it. <button type="button"
  id="copy-code">Copy</button></p>
<pre tabindex="0"><code id="code"></code></pre>"""


def _steer(page: Page, live: list[Declared]) -> dict[str, Any]:
    """What changes while it runs."""
    for setting in live:
        if isinstance(setting.kind, Layer):
            markup(_depth(setting), elem_classes="depth")
    return _widgets(page, live)


def _cards(_: Page, chosen: list[Declared]) -> dict[str, Any]:
    """A card for each picture or mask: none of Gradio's widgets."""
    for setting in chosen:
        with gr.Column(elem_id=f"card-{setting.name}", elem_classes="pictures"):
            markup(f"<h2>{html.escape(label(setting.name))}</h2>")
            markup(_pictures(setting))
    return {}


def _rest(page: Page, rest: list[Declared]) -> dict[str, Any]:
    """What starts again."""
    markup('<p class="hint">Each of these starts the run again.</p>')
    return _widgets(page, rest)


_FILLED = {"Steer": _steer, "Locks": _steer, "Pictures": _cards, "Settings": _rest}


def _widgets(page: Page, settings: list[Declared]) -> dict[str, Any]:
    """Sliders first, then what is taller, then what is ours."""
    order = sorted(settings, key=lambda s: type(s.kind).__name__ != "Range")
    made = {s.name: widget(s) for s in order if _is_widget(page, s)}
    _own(page, settings)
    return made


def _has_controls(page: Page, settings: list[Declared]) -> bool:
    """Whether a card of these settings would hold anything: a depth, a widget or one of ours."""
    return any(
        (isinstance(s.kind, Layer) and s.kind.live) or _is_widget(page, s) or _is_own(page, s)
        for s in settings
    )


def _depth(setting: Declared) -> str:
    name = html.escape(setting.name)
    return (
        f'<label class="depth-label" data-part="{name}"><span>{html.escape(label(name))}</span><output>'
        f"{html.escape(str(setting.default))}</output>"
        f'<input type="range" min="0" max="6" value="0" data-field="{name}"></label>'
    )


def _own(page: Page, settings: list[Declared]) -> None:
    """The controls of ours that stand in no sentence: places, latents, directions."""
    for setting in settings:
        if _is_own(page, setting):
            markup(_OWN[type(setting.kind)](setting), elem_classes="own")


def _is_own(page: Page, setting: Declared) -> bool:
    told = f"{{{setting.name}}}" in page.sentence and not isinstance(setting.kind, Attributes)
    return type(setting.kind) in _OWN and not told and setting.name not in page.drawn


def _point(setting: Declared) -> str:
    """A pad; the handle is made by the page, and may lie on a panel instead."""
    name, words = html.escape(setting.name), html.escape(label(setting.name))
    kind = setting.kind
    assert isinstance(kind, Point)
    if kind.over:
        over = "the picture" if kind.over == "picture" else html.escape(kind.over)
        return (
            f'<p class="hint" data-part="{name}">{words}: drag the ring on {over}, or move it by '
            "the arrow keys.</p>"
        )
    return (
        f'<div class="place-of" data-part="{name}"><p class="named">{words}<output></output></p>'
        f'<div class="pad" data-pad="{name}"></div></div>'
    )


def _latent(setting: Declared) -> str:
    """A slider for each of the first numbers, and two ways to set all of them."""
    name, words = html.escape(setting.name), html.escape(label(setting.name))
    kind = setting.kind
    assert isinstance(kind, Latent)
    sliders = "".join(
        f'<label><span>{i + 1}</span><input type="range" min="{kind.low:g}" max="{kind.high:g}"'
        f' step="0.01" data-at="{i}" aria-label="{words} {i + 1}"><output></output></label>'
        for i in range(kind.shown)
    )
    return (
        f'<div class="latent" role="group" aria-label="{words}" data-latent="{name}"'
        f' data-part="{name}"><p class="named">{words}'
        '<span><button type="button" data-draw="random">At random</button>'
        '<button type="button" data-draw="zero">Zero</button></span></p>'
        f"{sliders}</div>"
    )


def _set(setting: Declared) -> str:
    """A button for each attribute, filled in by the page, and one for all and for none."""
    name, words = html.escape(setting.name), html.escape(label(setting.name))
    kind = setting.kind
    assert isinstance(kind, Attributes)
    both = "".join(
        f'<button type="button" data-all="{html.escape(word)}">{html.escape(word.capitalize())}</button>'
        for word in (kind.every, kind.without)
    )
    help = html.escape(kind.help[:1].upper() + kind.help[1:])
    said = f'<small class="help">{help}.</small>' if help else ""
    return (
        f'<div class="set" role="group" aria-label="{words}" data-set="{name}" data-part="{name}">'
        f'<p class="named">{words}<span>{both}</span></p>{said}<div class="chips"'
        f' data-field="{name}"></div></div>'
    )


def _row(setting: Declared) -> str:
    """A choice like those of the sentence; the page fills in what there is to choose."""
    name, words = html.escape(setting.name), html.escape(label(setting.name))
    said = (
        f'<small class="help">{html.escape(setting.kind.help)}</small>' if setting.kind.help else ""
    )
    return (
        f'<div class="choice" data-part="{name}"><span>{words}</span>{choice(setting)}{said}</div>'
    )


_OWN = {Point: _point, Latent: _latent, Attributes: _set} | dict.fromkeys(
    (Attribute, Network, Layer, Unit, Label, File), _row
)


def _pictures(setting: Declared) -> str:
    """A row of pictures or masks to choose from, and the door for those of the visitor."""
    kind, field = setting.kind, html.escape(setting.name)
    assert isinstance(kind, Picture | Mask)
    known = _masks() if isinstance(kind, Mask) else _photographs()
    if isinstance(kind, Picture) and kind.swatches:
        known = {name: f"/thumbs/{name}.jpg" for name in swatches.names()} | known
    thumbs = _thumb(kind.without, kind.without, "none") if kind.without else ""
    for name, address in known.items():
        image = f'<img src="{address}" alt="{name}" width="64" height="64">'
        thumbs += _thumb(name, image, "mask" if isinstance(kind, Mask) else "")
    yours = (
        '<label class="yours">Yours…<input type="file" class="unseen" '
        'accept="image/png,image/jpeg,image/webp,image/gif,image/bmp" '
        f'data-bring="{field}"></label>'
    )
    below = _PAINTING.format(field=field) if isinstance(kind, Mask) else _DROP
    if kind.without and isinstance(kind, Picture):
        below = f"<p class='hint'>{html.escape(kind.help[0].upper() + kind.help[1:])}.</p>"
    return f'<div class="thumbs" data-pictures="{field}">{thumbs}{yours}</div>{below}'


def _thumb(name: str, inside: str, kind: str) -> str:
    return (
        f'<button type="button" class="thumb {kind}" data-picture="{name}" title="{name}">'
        f"{inside}</button>"
    )


def _photographs() -> dict[str, str]:
    return {name: f"/thumbs/{name}.jpg" for name in pictures.shipped()}


def _masks() -> dict[str, str]:
    """The ready-made masks as they look, each in its address."""
    small = {name: pictures.png(masks.thumbnail(name)) for name in masks.names()}
    return {
        name: f"data:image/png;base64,{base64.b64encode(data).decode()}"
        for name, data in small.items()
    }


_DROP = "<p class='hint'>Or drop one anywhere on the page, or paste it. It stays in memory.</p>"
_PAINTING = """
<p class="painting"><button type="button" data-mask="paint" data-field="{field}"
  aria-pressed="false">Paint one on the picture</button></p>
<p class="hint">White dreams, black stays the photograph.</p>"""


def papers(probe: Probe) -> str:
    """The last paragraph of the probe's docstring, its addresses as links."""
    text = html.escape((probe.__doc__ or "").strip().split("\n\n")[-1].replace("\n", " "))
    linked = re.sub(
        r"https?://[^\s;,]+[^\s;,.]",
        lambda m: f'<a href="{m[0]}" rel="noreferrer">{m[0]}</a>',
        text,
    )
    named = re.sub("`([^`]+)`", r"<code>\1</code>", linked)
    return f"<p class='papers'>{named}</p>"
