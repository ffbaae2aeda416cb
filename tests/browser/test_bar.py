"""Every button of the bar does on every page what it says, and the run lives on."""

from collections.abc import Mapping
from typing import Any

import pytest

from apps import pages
from tests import quick
from tests.browser.conftest import Tab

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

GOES_ON: Mapping[str, Mapping[str, Any]] = {  # so that the end does not come before the last button
    "dream": {"steps": 100},
    "style": {"steps": 200},
    "fool": {"steps": 200, "control": False},
}
QUICK = ("sampler", "evolve")  # at every change; the others before a release
SIGNATURES = {"mp4": (4, b"ftyp"), "webp": (8, b"WEBP"), "gif": (0, b"GIF8"), "png": (1, b"PNG")}
QUIET = ("Link copied", "The link is in the address bar", "Saved.")  # what may stand in the notice


def press(tab: Tab, name: str) -> None:
    """Press a button of the bar."""
    tab.page.locator(".bar").get_by_role("button", name=name, exact=True).click()


def saved(tab: Tab, form: str, press: Any) -> bytes:
    """The file that a press brings, once it is of its form."""
    with tab.page.expect_download(timeout=90_000) as saving:
        press()
    name = saving.value.suggested_filename
    assert name.startswith(tab.lab("config.probe")), name
    assert name.endswith(f".{form}"), name
    data = saving.value.path().read_bytes()
    at, signature = SIGNATURES[form]
    assert data[at : at + len(signature)] == signature
    assert len(data) > 500
    return data


def film(tab: Tab, form: str) -> None:
    """Press Film and one of its forms, and wait for the file."""
    tab.page.locator(".film summary").click()
    saved(tab, form, tab.page.locator(f"[data-film={form}]").click)
    assert not tab.page.locator(".film").get_attribute("open")


def lives(tab: Tab, run: int) -> None:
    """It is the same run, it takes a step more, and no notice of failure stands."""
    assert tab.lab("run") == run
    notice = tab.page.locator(".player .notice")
    said = notice.inner_text() if notice.is_visible() else QUIET[0]
    assert said.startswith(QUIET), said
    step = tab.lab("step")
    if tab.lab("state") == "paused":
        press(tab, "Step")
        tab.until(f"lab.step === {step + 1}")
    else:
        tab.until(f"lab.step > {step}")


def begun(tab: Tab, name: str) -> int:
    """A small run that moves; its number."""
    tab.open(f"/app/{name}/").moves()
    before = tab.lab("run")
    settings = {**quick.MOVING.get(name, {}), **GOES_ON.get(name, {})}
    tab.page.evaluate("s => lab.again({...lab.config.defaults, ...s})", settings)
    tab.until(f"lab.run > {before} && lab.step >= 4", timeout=60)
    return tab.lab("run")


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=() if n in QUICK else pytest.mark.slow) for n in pages.NAMES],
)
def test_every_button_of_the_bar(tab: Tab, name: str):
    run = begun(tab, name)
    press(tab, "Pause")
    tab.rests()
    step, there = tab.lab("step"), tab.pixels()

    press(tab, "Step")
    tab.until(f"lab.step === {step + 1}")
    tab.rests()
    line = tab.page.get_by_label("Time line")
    line.press("ArrowLeft")
    tab.until(f"lab.step === {step}")
    tab.rests()
    assert tab.pixels() == there
    line.press("ArrowLeft")
    tab.until(f"lab.step === {step - 1}")
    press(tab, "Play")
    tab.until(f"lab.step > {step + 1} && lab.state === 'running'")

    press(tab, "Twin")
    tab.page.get_by_role("button", name="Open it").click()
    tab.until("lab.twin.frames >= 1", timeout=60)
    second = tab.page.locator(".main.second")
    assert second.is_visible()
    assert second.locator("canvas").evaluate("one => one.width") > 1
    assert tab.page.locator(".pairing").is_visible()
    tab.page.locator(".pairing").get_by_role("button", name="Close").click()
    assert second.is_hidden()
    lives(tab, run)

    press(tab, "Again")
    tab.until(f"lab.run > {run} && lab.step >= 2", timeout=60)
    run = tab.lab("run")
    press(tab, "Pause")
    tab.rests()

    press(tab, "Link")
    tab.page.wait_for_function("location.search.startsWith('?r=')")
    tab.page.get_by_role("alert").first.wait_for()
    saved(tab, "png", lambda: press(tab, "Save"))
    film(tab, "mp4")
    lives(tab, run)
    press(tab, "Play")
    tab.until("lab.state === 'running'")
    lives(tab, run)


@pytest.mark.parametrize("form", ["webp", "gif"])
def test_a_film_has_other_forms(tab: Tab, form: str):
    run = begun(tab, "sampler")
    film(tab, form)
    lives(tab, run)
