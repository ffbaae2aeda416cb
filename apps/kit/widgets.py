"""A setting's kind -> the widget that steers it. What it changes goes to the run's socket."""

import math
from collections.abc import Callable
from typing import Any

import gradio as gr

from core.probe import Choice, Declared, Range, Seed, Switch

INLINE = (
    "Network",
    "Layer",
    "Unit",
    "Label",
    "Picture",
    "Mask",
    "File",
    "Latent",
    "Attribute",
    "Attributes",
    "Point",
)  # the page's own, not Gradio's


def label(name: str) -> str:
    """A setting's name as words."""
    return name.replace("_", " ").capitalize()


def widget(setting: Declared) -> Any:
    """The Gradio component of a setting, wired to the run; None for kinds that the page draws."""
    make = _MAKERS.get(type(setting.kind))
    if make is None:
        return None
    made = make(setting)
    kind = setting.kind
    value = "v"
    if isinstance(kind, Range) and kind.log:
        value = "Math.round(10 ** v)" if setting.type is int else "+(10 ** v).toPrecision(3)"
    send = (
        f"window.lab.set({setting.name!r}, {value})"
        if kind.live
        else f"window.lab.again({{{setting.name}: {value}}})"
    )
    made.input(None, made, None, js=f"(v) => {{ {send} }}")
    return made


def _common(setting: Declared) -> dict[str, Any]:
    return {"label": label(setting.name), "elem_id": f"set-{setting.name}", "interactive": True}


def _range(setting: Declared) -> Any:
    kind = setting.kind
    assert isinstance(kind, Range)
    low, high, value = kind.low, kind.high, setting.default
    if kind.log:
        low, high, value = math.log10(low), math.log10(high), math.log10(value)
        step = 0.01
    else:
        step = 1 if setting.type is int else kind.step or fineness(low, high, value)
    classes = ["slider", "log"] if kind.log else ["slider"]
    return gr.Slider(
        low, high, value, step=step, buttons=[], elem_classes=classes, **_common(setting)
    )


def fineness(low: float, high: float, default: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that cuts the range in 100 and meets the default."""
    span = high - low
    power = math.floor(math.log10(span)) - 1
    for down in range(4):
        for nice in (5, 2, 1):
            step = nice * 10.0 ** (power - down)
            turns = (default - low) / step
            if span / step >= 99 and math.isclose(turns, round(turns), abs_tol=1e-6):
                return round(step, 10)
    return span / 100


def _choice(setting: Declared) -> Any:
    kind = setting.kind
    assert isinstance(kind, Choice)
    return gr.Radio(list(kind.options), value=setting.default, **_common(setting))


def _switch(setting: Declared) -> Any:
    return gr.Checkbox(value=setting.default, **_common(setting))


def _seed(setting: Declared) -> Any:
    kind = setting.kind
    assert isinstance(kind, Seed)
    limits = {"minimum": kind.low, "maximum": kind.high, "precision": 0}
    with gr.Row(elem_classes="seed"):
        number = gr.Number(value=setting.default, **limits, **_common(setting))
        dice = gr.Button("Another", elem_classes=["dice"], size="sm")
    dice.click(
        None,
        None,
        None,
        js=f"() => {{ window.lab.again({{{setting.name}: Math.floor(Math.random() * 1e6)}}) }}",
    )
    return number


_MAKERS: dict[type, Callable[[Declared], Any]] = {
    Range: _range,
    Choice: _choice,
    Switch: _switch,
    Seed: _seed,
}
