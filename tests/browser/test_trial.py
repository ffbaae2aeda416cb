"""Pages of probes that lack much look right: no picture, no control, no live setting, one frame."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.conftest import Tab, opened_lab

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def lab() -> Iterator[str]:
    """The address of the lab of these pages."""
    with opened_lab("tests.browser.trial") as address:
        yield address


@pytest.fixture
def shown(tabs: Any) -> Any:
    """Opens one of these pages, once it is whole."""

    def opened(name: str) -> Tab:
        tab: Tab = tabs().open(f"/app/{name}/")
        tab.until("document.documentElement.matches('.ready') && lab.step >= 0")
        return tab

    return opened


def test_a_probe_of_sentences_shows_them_and_can_be_gone_back(shown: Any):
    tab = shown("words")
    tab.until("lab.step > 6")
    assert tab.page.locator("canvas.picture").is_hidden()
    assert "so far" in tab.page.locator(".main .step").first.inner_text()
    tab.page.get_by_role("button", name="Pause").click()
    tab.until("lab.state === 'paused'")
    step = tab.lab("step")
    tab.page.get_by_label("Time line").press("ArrowLeft")
    tab.until(f"lab.step === {step - 1}")
    nothing = tab.page.locator(".path, #tab-steer, .other:not(.second)")
    assert nothing.locator("visible=true").count() == 0


def test_a_probe_of_one_frame_shows_it_in_the_large_place(shown: Any):
    tab = shown("cloud")
    tab.until("lab.state === 'ended' && lab.exact === 0")
    assert tab.lab("canvases.cloud.width") > 300
    nothing = tab.page.locator(".path, #tab-steer, .other:not(.second)")
    assert nothing.locator("visible=true").count() == 0
    with tab.page.expect_download() as saving:
        tab.page.get_by_role("button", name="Save").click()
    assert saving.value.suggested_filename == "cloud-1.png"
