"""The page Painter: what it never learned from, the camera, and a file to keep."""

from pathlib import Path

import pytest
import torch

from core import pictures
from core.networks import painter
from core.priors import octaves
from tests.browser.conftest import Tab

pytestmark = pytest.mark.browser

PIXELS = """() => {
    const {canvases: {picture}} = window.lab;
    return [...picture.getContext("2d").getImageData(0, 0, picture.width, picture.height).data];
}"""


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


def test_a_painter_that_was_kept_is_brought_back_and_paints(tab: Tab, tmp_path: Path):
    p, x = painter.shipped("mosaic"), pictures.fit(pictures.load("temple"), 224)
    path = tmp_path / "painter-brush.safetensors"
    path.write_bytes(painter.pack(p))
    tab.open("/app/painter/").moves()
    back = tab.page.locator(".painter .back input")
    back.set_input_files(path)
    tab.until("lab.settings.begin.startsWith('upload-') && lab.state === 'ended'", timeout=30)
    assert tab.lab("settings.style") == "brush"
    tab.rests()
    seen = tab.page.evaluate(PIXELS)
    width, height = tab.page.evaluate("[lab.canvases.picture.width, lab.canvases.picture.height]")
    shown = torch.tensor(seen).view(height, width, 4)[..., :3].permute(2, 0, 1) / 255
    painted = painter.painted(p, octaves.resize(x[None], (height, width)).clamp(0, 1))[0]
    assert (shown - painted).abs().mean() < 0.03
    path.write_bytes(b"no weights")
    tab.wrong.clear()
    back.set_input_files(path)
    tab.page.locator(".notice").get_by_text("This file holds no painter").wait_for()
    tab.wrong.clear()  # the browser's own line on the status 422


def test_photographs_that_it_never_learned_from_are_shown(tab: Tab):
    tab.open("/app/painter/").moves()
    tab.page.wait_for_function("document.querySelector('.painter .judges').width > 100")
    tab.page.wait_for_function("document.querySelector('.painter .left').textContent.includes('%')")
