"""The page of the sampler: what lies where, and the point that is dragged."""

from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Tab

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
PATH = "/app/sampler/"


def small(tab: Tab) -> Tab:
    """Few points, at rest."""
    tab.open(PATH).moves()
    run = tab.lab("run")
    tab.page.evaluate("lab.again({count: 64})")
    tab.until(f"lab.run > {run} && lab.step >= 3", timeout=60)
    tab.page.get_by_role("button", name="Pause").click()
    return tab.rests()


@pytest.mark.parametrize("size", [(1366, 768), (1280, 720), (1024, 768), (390, 844)])
def test_picture_control_prediction_and_bar_are_seen_together(tabs: Any, size: tuple[int, int]):
    width, height = size
    tab: Tab = tabs(viewport={"width": width, "height": height})
    tab.open(PATH).moves()
    tab.page.wait_for_timeout(500)
    for what in ("picture", "control", "predicted x_0"):
        box = tab.page.evaluate(f"lab.canvases['{what}'].getBoundingClientRect().toJSON()")
        assert box["width"] > 80, what
        assert box["top"] >= 0, what
        assert box["bottom"] <= height, what
        assert box["right"] <= width, what
    bar = tab.page.locator(".bar").bounding_box()
    assert bar
    assert bar["y"] + bar["height"] <= height
    assert tab.page.locator(".worded figcaption b").inner_text() == "Predicted x₀"
    assert tab.page.locator(".legend span").all_inner_texts() == ["data", "xₜ", "from the ring"]
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert tab.page.evaluate(wide) <= 0


def test_a_point_that_is_dragged_takes_its_path_along(tab: Tab):
    tab.open(PATH).moves()
    run = tab.lab("run")
    handle = tab.page.get_by_role("slider", name="Start on picture")
    tab.drag(handle, "canvas.picture", to=0.25)
    tab.until("lab.settings.start[0] < -1.4 && lab.answered >= lab.asked")
    handle.press("ArrowRight")
    tab.until("lab.answered >= lab.asked")
    assert tab.lab("run") == run
    frames = tab.lab("frames")
    tab.until(f"lab.frames > {frames} + 1")
    tab.page.get_by_role("button", name="Pause").click()
    tab.rests()
    green = tab.page.evaluate(
        """() => { const c = lab.canvases.picture, ink = c.getContext('2d');
        const [x, y] = lab.settings.start.map((v) => (v + 3) / 6), d = c.width / 6;
        const near = ink.getImageData(x * c.width - d, (1 - y) * c.height - d, 2 * d, 2 * d).data;
        let found = 0;
        for (let i = 0; i < near.length; i += 4) {
          found += near[i] < 60 && near[i + 1] > 90 && near[i + 2] < 130;
        }
        return found; }"""
    )
    assert green > 20  # its path begins there


def shows(tab: Tab, there: str) -> None:
    """Wait for these pixels: marks are drawn again where the page around them has moved."""
    same = "there => document.querySelector('canvas.picture').toDataURL('image/png') === there"
    tab.page.wait_for_function(same, arg=there, timeout=5000)


def test_a_link_and_a_saved_picture_bring_the_same_marks_back(tabs: Any, tmp_path: Path):
    tab = small(tabs())
    step, there = tab.lab("step"), tab.pixels()
    with tab.page.expect_download() as saving:
        tab.page.get_by_role("button", name="Save").click()
    path = tmp_path / saving.value.suggested_filename
    saving.value.save_as(path)
    tab.page.get_by_role("button", name="Link").click()
    tab.page.wait_for_function("location.search.startsWith('?r=')")
    other: Tab = tabs()
    other.page.goto(tab.page.url)
    other.until(f"lab.step === {step}", timeout=30)
    other.rests()
    shows(other, there)

    run = tab.lab("run")
    tab.preset("A cat out of noise")
    tab.until(f"lab.run > {run} && lab.started.data === 'cat' && lab.step >= 1", timeout=30)
    dropped = tab.page.evaluate_handle(
        """(data) => { const found = new DataTransfer(), bytes = Uint8Array.from(data);
        found.items.add(new File([bytes], 'mine.png', {type: 'image/png'})); return found; }""",
        list(path.read_bytes()),
    )
    tab.page.dispatch_event("body", "drop", {"dataTransfer": dropped})
    tab.until(f"lab.started.data === 'spiral' && lab.step === {step}", timeout=30)
    tab.rests()
    shows(tab, there)


@pytest.mark.parametrize("width", [1366, 1024, 390])
def test_a_notice_lies_on_the_picture_alone(tabs: Any, width: int):
    tab = tabs(viewport={"width": width, "height": 768})
    tab.open("/app/sampler/").moves()
    tab.page.evaluate(
        "lab.notice('Link copied. It plays this run again, to this step, and so on.')"
    )
    notice = tab.page.locator(".player .notice").bounding_box()
    picture = tab.page.locator("canvas.picture").bounding_box()
    assert notice
    assert picture
    assert notice["x"] >= picture["x"]
    assert notice["x"] + notice["width"] <= picture["x"] + picture["width"]
    assert notice["y"] + notice["height"] <= picture["y"] + picture["height"]
