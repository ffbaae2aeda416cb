"""Every control of every page changes pixels, marks or numbers within three frames of its use.

The list of controls is the probes' own declarations. A setting that matters
only beside others is tried beside those; one that cannot matter within three
frames has its reason here, and their count is reported.
"""

import json
import warnings
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest

from apps import pages
from core import probes
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
    Range,
    Seed,
    Switch,
    Unit,
    declared,
)
from tests.browser.conftest import Tab
from tests.quick import MOVING

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

AT, LATER = 2, 5  # the step where a control is used, and where its effect must be seen
CLASS = {"target": "class"}
PLANE = {"parametrisation": "plane", "canvas": 48, "view": 48}
BESIDE: dict[tuple[str, str], Mapping[str, Any]] = {
    ("features", "label"): CLASS,
    ("features", "vary"): {"count": 2},
    ("features", "contrast"): {"learning_rate": 0.5},
    ("features", "views"): CLASS,  # there the recipe is none of the other choices
    ("dream", "channel"): {"what": "channel"},
    ("dream", "label"): {"what": "class"},
    ("dream", "second_layer"): {"second_share": 0.5},
    ("features", "other_unit"): {"second": "minus"},
    ("features", "other_label"): CLASS | {"second": "minus"},
    ("features", "diversity"): {"count": 2},
    ("features", "alignment"): {"second": "turning into", "count": 3},
    ("features", "zoom"): PLANE,
    ("features", "weight"): {"against": "colour"},
    ("features", "size"): PLANE | {"steps": 1, "size": 128},
    ("linear", "seed"): {"direction": "random"},
    ("fool", "label"): {"shows": "a label"},
    ("fool", "adaptive"): {"defence": "blur"},
    ("fool", "landscape"): {"steps": 1},
    ("fool", "picture"): {"picture": "cat"},
    ("fool", "seed"): {"picture": "noise"},
    **{(name, "seed"): {"control": True} for name in ("latents", "drag", "yours", "bridge")},
    ("fool", "second"): {"steps": 1},
    ("fool", "third"): {"steps": 1},
    ("dream", "zoom"): {"steps": 1},
    ("inversion", "jitter"): {"mode": "all shifts"},
    ("inversion", "power"): {"mode": "caricature"},
    ("dream", "octaves"): {"steps": 2},
    ("style", "share"): {"second_style": "brush"},
    ("style", "beside"): {"control": True},
    ("style", "sizes"): {"steps": 2},
    ("style", "steps"): {"sizes": 2, "steps": 2},
    ("dream", "ratio"): {"octaves": 2, "steps": 2, "size": 320},  # sides are multiples of 16
    ("painter", "beside"): {"control": True},
}
EXCEPTIONS = {
    ("evolve", "steps"): "it moves where a file ends, not the run",
    ("fool", "steps"): "it moves the end, not what comes before",
    ("features", "steps"): "it moves the end, not what comes before",
    ("painter", "steps"): "it moves the end, not what comes before",
    ("features", "views", "both"): "it is what the recipe takes for a class",
    ("inversion", "steps"): "it moves the end, not what comes before",
    ("sampler", "breathing"): "it decides what comes after the end",
    ("race", "again"): "it decides what comes after the end",
    ("yours", "steps"): "it moves the end, not what comes before",
    ("inversion", "schedule", "L-BFGS"): "it is what the recipe takes for one code",
}


def uses(name: str) -> Iterator[tuple[Declared, Any]]:
    """Each control, a choice once for each of its options; None: move it somewhat."""
    for setting in declared(probes.load(name).Settings).values():
        if isinstance(setting.kind, Choice):
            now = {**MOVING[name], **BESIDE.get((name, setting.name), {})}
            standing = now.get(setting.name, setting.default)
            yield from ((setting, one) for one in setting.kind.options if one != standing)
        else:
            yield setting, None


QUICK = ("evolve",)  # at every change; the others, up to a minute each, before a release


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=() if n in QUICK else pytest.mark.slow) for n in pages.NAMES],
)
def test_every_control_changes_what_is_seen(tab: Tab, name: str):
    tab.open(f"/app/{name}/").moves()
    reference = cache(lambda beside: at_rest(tab, json.loads(beside), LATER))
    idle, tried = [], 0
    for setting, option in uses(name):
        if {(name, setting.name), (name, setting.name, option)} & EXCEPTIONS.keys():
            continue
        beside = {**MOVING[name], **BESIDE.get((name, setting.name), {})}
        before = reference(json.dumps(beside, sort_keys=True))
        at_rest(tab, beside, AT)
        run, asked = tab.lab("run"), tab.lab("asked")
        now = json.dumps(tab.lab(f"settings.{setting.name}"))
        use(tab, setting, option)
        if setting.kind.live:
            # a step taken before the wish has arrived would not carry it
            wished = f"lab.settings.{setting.name} !== {now} && lab.asked > {asked}"
            tab.until(f"{wished} && lab.answered >= lab.asked")
            assert tab.lab("run") == run, f"{setting.name} starts again"
            # asked again until it is there; a step too many is gone back by `seen`
            onward = f"lab.step >= {LATER} || void lab.one()"
            tab.page.wait_for_function(onward, polling=150, timeout=15_000)
        else:
            tab.until(f"lab.run > {run} && lab.step >= 0")
        idle += [(setting.name, option)] * (seen(tab, LATER) == before)
        tried += 1
    warnings.warn(
        f"{name}: {tried} uses of its controls; "
        f"{sum(key[0] == name for key in EXCEPTIONS)} exceptions",
        stacklevel=1,
    )
    assert tried >= min(10, len(list(uses(name))) - 1)
    assert not idle


def at_rest(tab: Tab, settings: Mapping[str, Any], step: int) -> tuple[Any, ...]:
    """Start anew with these settings, and rest at a step."""
    run = tab.lab("run")
    tab.page.evaluate("s => lab.again({...lab.config.defaults, ...s})", dict(settings))
    tab.until(f"lab.run > {run} && lab.step >= 0")
    return seen(tab, step)


def seen(tab: Tab, step: int) -> tuple[Any, ...]:
    """Pixels, numbers and panels of this step, once the run rests there."""
    tab.until(f"lab.step >= {step} || ['ended', 'paused'].includes(lab.state)")
    tab.page.evaluate("lab.pause()")
    tab.until("['ended', 'paused'].includes(lab.state)")
    # only a frame without loss tells where the run rests: on a busy machine what is shown lags;
    # asked again, as how far the run has come is told four times a second
    asking = f"lab.exact === lab.step && (lab.step === {step} || void lab.seek({step}))"
    tab.page.wait_for_function(asking, polling=150, timeout=15_000)
    tab.rests()
    tab.until(f"lab.numbers.has({step})")
    numbers = tab.lab(f"numbers.get({step})")
    alone = tab.page.evaluate("document.querySelector('.player').matches('.alone')")
    more = "[...document.querySelectorAll('.player canvas[data-more]')].map(one => one.toDataURL())"
    panels = json.dumps(tab.page.evaluate(more))
    return tab.pixels(), panels, json.dumps(numbers, sort_keys=True), alone


def use(tab: Tab, setting: Declared, option: Any) -> None:
    """Do to the control of a setting what a visitor would."""
    _USES[type(setting.kind)](tab, setting, option)


def _slide(tab: Tab, setting: Declared, _: Any) -> None:
    slider = tab.reach(tab.page.locator(f"#set-{setting.name} input[type=range]"))
    full = slider.get_attribute("max") == slider.input_value()
    slider.press("PageDown" if full else "PageUp")


def _choose(tab: Tab, setting: Declared, option: Any) -> None:
    inline = tab.page.locator(f"select[data-field={setting.name}]")
    if inline.count():
        tab.reach(inline).select_option(option)
    else:
        group = tab.reach(tab.page.locator(f"#set-{setting.name}"))
        group.get_by_label(option, exact=True).check()


def _switch(tab: Tab, setting: Declared, _: Any) -> None:
    tab.reach(tab.page.locator(f"#set-{setting.name} input")).click()


def _seed(tab: Tab, setting: Declared, _: Any) -> None:
    tab.reach(tab.page.locator(f"#set-{setting.name} input")).fill("12345")


def _other(tab: Tab, setting: Declared, _: Any) -> None:
    inline = tab.reach(tab.page.locator(f"select[data-field={setting.name}]").first)
    options = inline.evaluate("one => [...one.options].map(({value}) => value)")
    now = inline.input_value()
    inline.select_option(next(value for value in options if value != now))


def _next(tab: Tab, setting: Declared, _: Any) -> None:
    tab.reach(tab.page.get_by_label(f"next {setting.name}")).click()


def _class(tab: Tab, setting: Declared, _: Any) -> None:
    field = tab.reach(tab.page.locator(f"input[data-field={setting.name}]"))
    field.fill("flamingo" if field.input_value() == "zebra" else "zebra")
    field.press("Enter")


def _picture(tab: Tab, setting: Declared, _: Any) -> None:
    tab.reach(tab.page.locator(f"[data-pictures={setting.name}] [data-picture=bee]")).click()


def _mask(tab: Tab, setting: Declared, _: Any) -> None:
    tab.reach(tab.page.locator(f"[data-pictures={setting.name}] [data-picture=left]")).click()


def _point(tab: Tab, setting: Declared, _: Any) -> None:
    tab.page.locator(f".handle[data-part={setting.name}]").press("PageUp")


def _latent(tab: Tab, setting: Declared, _: Any) -> None:
    tab.reach(tab.page.locator(f"[data-latent={setting.name}] input")).first.press("End")


def _lock(tab: Tab, setting: Declared, _: Any) -> None:
    """The last one: an attribute that is not edited."""
    chips = tab.page.locator(f"[data-set={setting.name}] [data-one]:not([disabled])")
    tab.reach(chips.last).click()


_USES = {
    Attribute: _other,
    Attributes: _lock,
    Range: _slide,
    Choice: _choose,
    Switch: _switch,
    Seed: _seed,
    Network: _other,
    Layer: _other,
    Unit: _next,
    Label: _class,
    Picture: _picture,
    Mask: _mask,
    File: _other,
    Point: _point,
    Latent: _latent,
}
