"""The page Painter: what it never learned from, the camera, and a file to keep."""

from pathlib import Path

import pytest

from core.networks import painter
from tests.browser.conftest import Tab

pytestmark = pytest.mark.browser


def test_the_camera_is_painted_and_can_be_stopped(tab: Tab):
    tab.open("/app/painter/").moves()
    tab.page.get_by_role("button", name="Paint the camera").click()
    painted = "Number(document.querySelector('.painter').dataset.painted ?? 0) >= 4"
    tab.page.wait_for_function(painted, timeout=30_000)
    tab.until("lab.state === 'paused'")
    colours = tab.page.evaluate("""() => {
        const canvas = document.querySelector(".painter .live");
        const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return [canvas.width, new Set(data).size];
    }""")
    assert colours[0] == 256
    assert colours[1] > 20
    tab.page.get_by_role("button", name="Stop the camera").click()
    assert "None of its pictures was kept" in tab.page.locator(".painter .said").inner_text()


def test_without_a_camera_a_sentence_says_so(tab: Tab):
    missing = 'Promise.reject(new DOMException("", "NotFoundError"))'
    tab.page.add_init_script(f"navigator.mediaDevices.getUserMedia = () => {missing}")
    tab.open("/app/painter/").moves()
    tab.page.get_by_role("button", name="Paint the camera").click()
    said = tab.page.locator(".painter .said")
    said.get_by_text("There is no camera here").wait_for()


def test_the_painter_is_kept_as_a_file_that_paints(tab: Tab, tmp_path: Path):
    tab.open("/app/painter/").moves()
    with tab.page.expect_download() as waiting:
        tab.page.get_by_role("button", name="Keep the painter").click()
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)
    assert path.name == "painter-mosaic.safetensors"
    assert painter.read(path).shape == (1, painter.COUNT)


def test_photographs_that_it_never_learned_from_are_shown(tab: Tab):
    tab.open("/app/painter/").moves()
    tab.page.wait_for_function("document.querySelector('.painter .judges').width > 100")
    tab.page.wait_for_function("document.querySelector('.painter .left').textContent.includes('%')")
