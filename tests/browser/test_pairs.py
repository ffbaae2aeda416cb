"""Branches and twins do in a real browser what they say."""

import json

import pytest

from tests.browser.conftest import AXE, Tab

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
SMALL = {"size": 96, "octaves": 1, "steps": 20, "control": False}


def small(tab: Tab, path: str = "/app/dream/", **settings: object) -> Tab:
    """The dream of a small picture, moving."""
    tab.open(path).moves()
    run = tab.lab("run")
    tab.page.evaluate("s => lab.again(s)", {**SMALL, **settings})
    tab.until(f"lab.run > {run} && lab.step >= 6", timeout=60)
    return tab


def rests_at(tab: Tab, step: int, *, twin: bool = False) -> None:
    """Go to a step, and wait until it stands there, beside its twin."""
    asking = f"lab.step === {step} || void lab.seek({step})"
    tab.page.wait_for_function(asking, polling=200, timeout=60_000)
    tab.rests()
    if twin:
        tab.until(f"lab.twin.exact === {step} && lab.twin.step === {step}", timeout=60)


def paused(tab: Tab) -> int:
    tab.page.get_by_role("button", name="Pause").click()
    tab.rests()
    return tab.lab("step")


def lanes(tab: Tab) -> list[str]:
    return tab.page.locator(".branches .name").all_text_contents()


def test_another_setting_in_the_past_makes_a_branch_to_go_to_and_fro(tab: Tab):
    small(tab)
    step = paused(tab)
    first = tab.pixels()
    assert lanes(tab) == []
    rests_at(tab, 2)
    slider = tab.page.locator("#set-step_size input[type=range]")
    slider.press("PageUp")
    tab.until("lab.branches().now === 2 && lab.answered >= lab.asked")
    name = f"step size {tab.lab('settings.step_size'):.4g}"
    assert lanes(tab) == ["first run", name]
    onward = f"lab.step >= {step} || void lab.one()"
    tab.page.wait_for_function(onward, polling=200, timeout=60_000)
    rests_at(tab, step)
    assert tab.pixels() != first
    second = tab.pixels()

    lane = tab.page.get_by_role("button", name="first run", exact=True)
    lane.press("Enter")
    tab.until("lab.branches().now === 1")
    rests_at(tab, step)
    assert tab.pixels() == first
    assert tab.lab("settings.step_size") == 2.8
    lane = tab.page.locator(".branches .lane").nth(1)
    assert lane.get_attribute("aria-current") == "false"
    lane.click()
    tab.until("lab.branches().now === 2")
    rests_at(tab, step)
    assert tab.pixels() == second


def test_a_branch_is_shown_beside_renamed_and_deleted(tab: Tab):
    small(tab)
    step = paused(tab)
    first = tab.pixels()
    rests_at(tab, 2)
    tab.page.evaluate("lab.set('step_size', 5)")
    tab.until("lab.branches().now === 2")
    onward = f"lab.step >= {step} || void lab.one()"
    tab.page.wait_for_function(onward, polling=200, timeout=60_000)
    tab.page.get_by_label("Show first run beside").click()
    tab.until("lab.twin.frames > 0", timeout=60)
    rests_at(tab, step, twin=True)
    assert tab.pixels("twin-picture") == first
    assert tab.pixels() != first
    tab.page.get_by_role("button", name="Close").click()
    tab.page.get_by_label("Rename step size 5").click()
    tab.page.get_by_label("Name of the branch step size 5").fill("mine")
    tab.page.keyboard.press("Enter")
    tab.until("lab.branches().all[1].name === 'mine'")
    tab.page.get_by_label("Delete mine").click()
    tab.until("lab.branches().now === 1 && lab.branches().all.length === 1")
    rests_at(tab, step)
    assert tab.pixels() == first


def test_a_twin_runs_in_step_and_is_that_run(tab: Tab):
    small(tab)
    tab.page.get_by_role("button", name="Twin", exact=True).click()
    asked = tab.page.get_by_role("group", name="Twin")
    asked.get_by_text("each is about half as fast").wait_for()
    assert not tab.lab("twin.run")  # it asks before it opens
    asked.get_by_role("button", name="Open it").click()
    tab.until("lab.twin.frames > 0", timeout=60)
    tab.page.get_by_label("The twin differs in").select_option("layer")
    tab.page.get_by_label("Layer of the twin").select_option("blocks.2")
    tab.until("lab.twin.settings.layer === 'blocks.2' && lab.twin.step >= 5", timeout=60)
    step = paused(tab)
    rests_at(tab, step, twin=True)
    for other in (3, step):
        rests_at(tab, other, twin=True)
    mine, its = tab.pixels(), tab.pixels("twin-picture")
    assert mine != its
    assert "each curve on a scale of its own" in tab.page.locator(".curve .what").inner_text()

    tab.page.reload()
    tab.until("lab.frames > 0 && lab.twin?.frames > 0", timeout=60)
    rests_at(tab, step, twin=True)
    assert (tab.pixels(), tab.pixels("twin-picture")) == (mine, its)

    tab.page.get_by_role("button", name="Link").click()
    tab.page.wait_for_function("location.search.startsWith('?r=')")
    tab.page.goto(tab.page.url + "&again")
    tab.until(f"lab.twin?.frames > 0 && lab.step === {step}", timeout=60)
    rests_at(tab, step, twin=True)
    assert (tab.pixels(), tab.pixels("twin-picture")) == (mine, its)

    tab.page.get_by_role("button", name="Close").click()
    assert not tab.page.locator("canvas.twin-picture").is_visible()
    run = tab.lab("run")
    tab.page.evaluate("s => lab.again(s)", {**SMALL, "layer": "blocks.2"})
    tab.until(f"lab.run > {run} && lab.step >= {step}", timeout=60)
    paused(tab)
    rests_at(tab, step)
    assert tab.pixels() == its


def test_a_twin_can_differ_in_every_setting_that_is_shown(tab: Tab):
    tab.open("/app/features/").moves()
    run = tab.lab("run")
    tab.page.evaluate("lab.again({canvas: 64, view: 64, control: false})")
    tab.until(f"lab.run > {run} && lab.step >= 0", timeout=60)
    tab.page.evaluate("lab.pause()")
    tab.page.get_by_role("button", name="Twin", exact=True).click()
    tab.page.get_by_role("button", name="Open it").click()
    which = tab.page.get_by_label("The twin differs in")
    which.wait_for()
    named = which.evaluate("one => [...one.options].map(({value}) => value)")
    assert {"network", "layer", "unit", "noise", "parametrisation", "picture", "seed"} <= set(named)
    assert "label" not in named  # no part of this run
    for name in named:
        which.select_option(name)
        wanted = f"lab.twin.wish()?.what.settings?.{name}"
        tab.until(f"{wanted} !== undefined && {wanted} === lab.twin.settings.{name}", timeout=60)
        assert tab.lab(f"twin.settings.{name}") != tab.lab(f"settings.{name}")


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_a_pair_fits_the_page_and_axe_finds_nothing_serious(tabs, width: int, height: int):
    phone = width < 500
    size = {"width": width, "height": height}
    tab: Tab = tabs(viewport=size, is_mobile=phone, has_touch=phone)
    small(tab)
    tab.page.get_by_role("button", name="Twin", exact=True).click()
    tab.page.get_by_role("button", name="Open it").click()
    tab.until("lab.twin.step >= 3", timeout=60)
    paused(tab)
    rests_at(tab, 2, twin=True)
    tab.page.evaluate("lab.set('step_size', 5)")
    tab.until("lab.branches().all.length === 2")
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert tab.page.evaluate(wide) <= 0
    one, other = (
        tab.page.locator(f"canvas.{n}").bounding_box() for n in ("picture", "twin-picture")
    )
    assert one
    assert other
    assert abs(one["width"] - other["width"]) <= 1
    assert abs(one["y"] - other["y"]) <= 1
    tab.page.add_script_tag(content=AXE.read_text())
    result = tab.page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa']})")
    found = [f for f in result["violations"] if f["impact"] in ("serious", "critical")]
    assert not found, json.dumps(found)[:2000]
