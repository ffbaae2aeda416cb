"""A mask is painted on the picture, and a run becomes a film."""

from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pytest

from tests.browser.conftest import Tab

pytestmark = pytest.mark.browser


def painted(tab: Tab) -> None:
    """Draw a line over the upper half of the picture."""
    box = tab.page.locator("canvas.veil").bounding_box()
    assert box
    y = box["y"] + box["height"] / 4
    tab.page.mouse.move(box["x"] + box["width"] / 4, y)
    tab.page.mouse.down()
    tab.page.mouse.move(box["x"] + 3 * box["width"] / 4, y, steps=6)
    tab.page.mouse.up()


def corner(tab: Tab, x: float, y: float) -> list[int]:
    """The colours of a small square, at a share of the canvas."""
    script = """([x, y]) => { const c = document.querySelector('canvas.picture');
      return [...c.getContext('2d').getImageData(x * c.width - 6, y * c.height - 6, 12, 12).data]; }"""
    return tab.page.evaluate(script, [x, y])


def test_a_mask_painted_over_the_picture_is_where_it_dreams(tab: Tab):
    tab.open("/app/dream/").moves()
    tab.page.evaluate("lab.again({size: 160, octaves: 1, control: false})")
    tab.until("lab.started.size === 160 && lab.step >= 1", timeout=40)
    tab.turn("Pictures").page.get_by_role("button", name="Paint one on the picture").click()
    painted(tab)
    tab.until("lab.started.mask.startsWith('upload-') && lab.step >= 3", timeout=40)
    tab.page.get_by_role("button", name="Done").click()
    assert tab.page.locator("canvas.veil").is_hidden()
    tab.page.evaluate("lab.pause()")
    tab.rests()
    step = tab.lab("step")
    below, line = corner(tab, 0.5, 0.8), corner(tab, 0.5, 0.25)
    tab.page.evaluate("lab.one()")
    tab.until(f"lab.step === {step + 1}")
    tab.rests()
    assert corner(tab, 0.5, 0.8) == below
    assert corner(tab, 0.5, 0.25) != line
    assert "Outside the mask" in tab.page.locator(".caption").first.inner_text()


def test_a_finger_paints_too(tabs: Any):
    tab: Tab = tabs(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    tab.open("/app/dream/").moves()
    tab.turn("Pictures").page.get_by_role("button", name="Paint one on the picture").tap()
    box = tab.page.locator("canvas.veil").bounding_box()
    assert box
    tab.page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tab.until("lab.started.mask.startsWith('upload-') && lab.step >= 0", timeout=40)


def test_a_ready_made_mask_needs_no_pointer(tab: Tab):
    tab.open("/app/dream/").moves()
    middle = tab.reach(tab.page.locator("[data-pictures=mask] [data-picture=middle]"))
    middle.focus()
    middle.press("Enter")
    tab.until("lab.started.mask === 'middle' && lab.step >= 1", timeout=40)
    tab.page.wait_for_function(
        "document.querySelector('[data-picture=middle]').ariaPressed === 'true'"
    )


def test_the_film_of_a_run_is_saved_while_it_goes_on(tab: Tab, tmp_path: Path):
    tab.open("/app/dream/").moves()
    tab.page.evaluate("lab.again({size: 96, octaves: 1, control: false})")
    tab.until("lab.started.size === 96 && lab.step >= 6", timeout=40)
    tab.page.locator(".film summary").click()
    with tab.page.expect_download(timeout=60_000) as saving:
        tab.page.get_by_role("button", name="MP4", exact=True).click()
        before = tab.lab("step")
    tab.until(f"lab.step > {before}")
    path = tmp_path / saving.value.suggested_filename
    saving.value.save_as(path)
    frames = imageio_ffmpeg.read_frames(path)
    assert next(frames)["size"] == (96, 96)
    assert sum(1 for _ in frames) >= 6
