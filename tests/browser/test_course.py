"""The course in a real browser: it moves, it answers, and its address says what is seen."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from apps.course import lessons
from tests.browser.conftest import AXE, Tab

pytestmark = pytest.mark.browser
NAMES = lessons.names()
PATHS = ["/course/", *(f"/course/{name.replace('_', '-')}" for name in NAMES)]
E01 = "/course/convolution"
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


def opened(tab: Tab, path: str) -> Tab:
    """A page of the course, when its figure is there."""
    tab.open(path)
    tab.page.locator(".figure .cell.here, .drawing svg").first.wait_for()
    return tab


def cell(tab: Tab, grid: str, at: int) -> Any:
    """A cell of the figure."""
    return tab.page.locator(f'[data-grid="{grid}"] [data-cell="{at}"]')


def lit(tab: Tab, grid: str) -> list[int]:
    """Which cells of a grid are lit."""
    found = tab.page.locator(f'[data-grid="{grid}"] .cell:is(.on, .here)')
    return found.evaluate_all("cells => cells.map(cell => Number(cell.dataset.cell))")


def query(tab: Tab) -> dict[str, str]:
    """What the address says."""
    return {key: values[0] for key, values in parse_qs(urlsplit(tab.page.url).query).items()}


def rests(tab: Tab) -> None:
    """Wait until Streamlit has nothing to do."""
    tab.page.locator('[data-testid=stApp][data-test-script-state="notRunning"]').wait_for()
    tab.page.wait_for_timeout(200)


def until(tab: Tab, condition: str) -> None:
    tab.page.wait_for_function(condition, timeout=15_000)


@pytest.mark.parametrize("path", PATHS[1:])
def test_a_page_moves_before_any_click(tab: Tab, path: str):
    opened(tab, path)
    said = tab.page.locator(".figure .says")
    first = said.text_content()
    tab.page.wait_for_timeout(2600)
    assert said.text_content() != first


@pytest.mark.parametrize("path", PATHS[1:])
def test_with_reduced_motion_a_page_waits_and_its_step_is_there(tabs: Any, path: str):
    tab = opened(tabs(reduced_motion="reduce"), path)
    said = tab.page.locator(".figure .says")
    first = said.text_content()
    tab.page.wait_for_timeout(2600)
    assert said.text_content() == first
    tab.page.get_by_role("button", name="Step", exact=True).click()
    assert said.text_content() != first
    tab.page.get_by_role("button", name="Play", exact=True).click()
    second = said.text_content()
    tab.page.wait_for_timeout(2600)
    assert said.text_content() != second


@pytest.mark.parametrize(
    ("path", "theme", "size"),
    [
        *((path, "light", {}) for path in PATHS),
        *((path, "dark", PHONE) for path in PATHS[1:]),
        pytest.param(f"{E01}?view=backward&at=w:4&g=44%25", "dark", {}, marks=pytest.mark.slow),
        pytest.param(f"{E01}?view=backward&n=6", "light", PHONE, marks=pytest.mark.slow),
    ],
)
def test_no_page_has_a_serious_accessibility_finding_or_overflows(
    tabs: Any, path: str, theme: str, size: dict[str, Any]
):
    tab = opened(tabs(color_scheme=theme, **size), path)
    rests(tab)
    tab.page.evaluate(Path(AXE).read_text())
    found = tab.page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa']})")
    serious = [
        (v["id"], [node["target"] for node in v["nodes"]][:3])
        for v in found["violations"]
        if v["impact"] in ("serious", "critical")
    ]
    assert serious == []
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert tab.page.evaluate(wide) <= 1


def test_looking_at_a_weight_lights_its_wires_and_the_pixels_it_touches(tab: Tab):
    opened(tab, E01)
    cell(tab, "w", 4).hover()
    assert lit(tab, "A") == [5, 22, 41, 58]
    assert lit(tab, "x") == [5, 6, 9, 10]
    assert lit(tab, "y") == [0, 1, 2, 3]
    assert "stands in 4 places of A" in tab.page.locator(".says").text_content()


def test_looking_at_an_output_lights_its_row_and_at_an_input_its_column(tab: Tab):
    opened(tab, E01)
    cell(tab, "y", 3).hover()
    assert {at // 16 for at in lit(tab, "A")} == {3}
    assert len(lit(tab, "A")) == len(lit(tab, "w")) == len(lit(tab, "x")) == 9
    cell(tab, "x", 5).hover()
    assert {at % 16 for at in lit(tab, "A")} == {5}
    assert len(lit(tab, "A")) == 4
    cell(tab, "A", 3).hover()
    assert "no wire" in tab.page.locator(".says").text_content()


def test_the_keyboard_walks_the_grids_and_holds_a_cell(tab: Tab):
    opened(tab, E01)
    cell(tab, "y", 0).focus()
    tab.page.keyboard.press("ArrowDown")
    tab.page.keyboard.press("ArrowRight")
    assert {at // 16 for at in lit(tab, "A")} == {3}
    tab.page.keyboard.press("Enter")
    until(tab, "location.search.includes('at=y%3A3') || location.search.includes('at=y:3')")
    tab.page.keyboard.press("Escape")
    until(tab, "!location.search.includes('at=')")


def test_a_finger_lights_what_it_touches(tabs: Any):
    tab = opened(tabs(**PHONE), E01)
    cell(tab, "y", 2).tap()
    until(tab, "location.search.includes('at=y')")
    assert {at // 16 for at in lit(tab, "A")} == {2}


def test_a_click_holds_a_cell_and_backward_adds_it_up(tab: Tab):
    opened(tab, E01)
    cell(tab, "w", 4).click()
    until(tab, "location.search.includes('at=w')")
    rests(tab)
    tab.page.get_by_text("backward", exact=True).click()
    tab.page.locator(".sum").wait_for()
    assert "∂L/∂w₁₁" in tab.page.locator(".sum").text_content()
    assert lit(tab, "y") == [0, 1, 2, 3]
    assert query(tab) == {"at": "w:4", "view": "backward"}


def test_a_number_written_into_the_kernel_changes_the_output_and_the_address(tab: Tab):
    opened(tab, E01)
    before = cell(tab, "y", 0).get_attribute("aria-label")
    weight = cell(tab, "w", 0).locator("input")
    weight.fill("-3")
    weight.press("Enter")
    until(tab, "location.search.includes('w=-3')")
    expect(cell(tab, "y", 0)).not_to_have_attribute("aria-label", before, timeout=15_000)
    assert tab.page.locator(".proof.holds").count() == 2
    again = opened(tab, tab.page.url.removeprefix(tab.address))
    assert cell(again, "w", 0).locator("input").input_value() == "-3"


def test_the_address_brings_back_what_was_set(tabs: Any):
    first, second = tabs(), tabs()
    opened(first, E01)
    slider = first.page.get_by_role("slider", name="Input, pixels a side")
    for _ in range(3):
        slider.press("ArrowRight")
    until(first, "location.search.includes('n=7')")
    first.page.get_by_text("44%", exact=True).click()
    first.page.locator(".answer").wait_for()
    rests(first)
    opened(second, first.page.url.removeprefix(first.address))
    rests(second)
    assert query(second) == query(first) == {"n": "7", "g": "44%"}
    assert (
        second.page.locator(".answer").text_content()
        == first.page.locator(".answer").text_content()
    )
    labels = "cells => cells.map(cell => cell.getAttribute('aria-label'))"
    seen = [
        one.page.locator('[data-grid="A"] .cell').evaluate_all(labels) for one in (first, second)
    ]
    assert seen[0] == seen[1]
    assert len(seen[0]) == 25 * 49


def test_the_answer_opens_after_a_guess(tab: Tab):
    opened(tab, E01)
    assert tab.page.locator(".answer").count() == 0
    tab.page.get_by_text("11%", exact=True).click()
    tab.page.locator(".answer").wait_for()
    assert "It is 44%" in tab.page.locator(".answer").text_content()


def test_presets_are_quick_and_mark_themselves(tab: Tab):
    opened(tab, E01)
    tab.page.get_by_role("button", name="Bigger image, emptier matrix").click()
    until(tab, "location.search === '?n=8'")
    tab.page.get_by_role("button", name="The notes' matrix").click()
    until(tab, "location.search === ''")


def test_the_theme_of_the_lab_is_the_courses_and_turns_without_a_reload(tab: Tab):
    opened(tab, E01)
    background = "getComputedStyle(document.querySelector('.stApp')).backgroundColor"
    assert tab.page.evaluate(background) == "rgb(247, 246, 243)"
    held = tab.page.evaluate("window.sameDocument = true")
    tab.page.locator("#theme").click()
    until(tab, f"{background} === 'rgb(16, 17, 19)'")
    assert held
    assert tab.page.evaluate("window.sameDocument")
    tab.open("/")
    assert tab.page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_the_header_leads_to_the_course_and_back(tab: Tab):
    tab.open("/")
    tab.page.get_by_role("link", name="Course", exact=True).click()
    tab.page.locator(".drawing svg").wait_for()
    tab.page.get_by_role("link", name="Is a convolution").click()
    tab.page.locator(".figure .cell.here").first.wait_for()
    assert urlsplit(tab.page.url).path == E01
    tab.page.get_by_role("link", name="Look in").click()
    tab.until("lab.frames >= 1")


def test_who_looks_for_lessons_under_course_finds_them_and_comes_back(tab: Tab):
    tab.open(PATHS[0])
    tab.page.get_by_role("link", name="lessons of 45 minutes").click()
    tab.page.get_by_role("heading", name="Show it to a class").wait_for()
    pages = tab.page.get_by_role("navigation", name="Pages")
    pages.get_by_role("link", name="Course", exact=True).click()
    tab.page.locator(".drawing svg").wait_for()
    pages.get_by_role("link", name="Lessons").click()
    tab.page.get_by_role("heading", name="Show it to a class").wait_for()


@pytest.mark.parametrize("path", PATHS[1:])
def test_a_page_and_its_proof_fit_a_laptop(tabs: Any, path: str):
    tab = opened(tabs(viewport={"width": 1366, "height": 768}), path)
    box = tab.page.locator(".proof").first.bounding_box()
    assert box
    assert box["y"] + box["height"] <= 768


def test_on_a_stage_one_step_follows_the_other(tab: Tab):
    opened(tab, f"{E01}?lecture=1")
    assert not tab.page.locator(".top").is_visible()
    for at in range(2, 6):
        tab.page.get_by_role("button", name="Next").click()
        until(tab, f"location.search.includes('step={at}')")
        rests(tab)
    assert len(lit(tab, "A")) == 9
    assert tab.page.locator('[data-grid="A"] .cell').count() == 36 * 64
    assert tab.page.get_by_role("button", name="Next").is_disabled()  # the last


def test_a_stage_is_walked_by_keys_and_left(tab: Tab):
    opened(tab, f"{E01}?lecture=1")
    tab.page.locator(".ways").wait_for()
    tab.page.keyboard.press("ArrowRight")
    until(tab, "location.search.includes('step=2')")
    rests(tab)
    tab.page.keyboard.press("PageDown")
    until(tab, "location.search.includes('step=3')")
    rests(tab)
    tab.page.keyboard.press("ArrowLeft")
    until(tab, "location.search.includes('step=2')")
    rests(tab)
    tab.page.keyboard.press("Escape")
    tab.page.wait_for_url(lambda address: "lecture" not in address)
    tab.page.locator("#lecture").click()
    tab.page.wait_for_url("**lecture=1**")


def test_a_door_opens_the_lab_with_its_settings(tab: Tab):
    opened(tab, E01)
    tab.page.locator(".doors a").first.click()
    tab.until("lab.frames >= 1 && lab.settings.layer === 'stem'")


CONTRAST = """() => {
  const light = (colour) => {
    const parts = colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
    const unit = colour.startsWith("color(") ? parts : parts.map((part) => part / 255);
    const linear = unit.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const host = [...document.querySelectorAll("*")].find((one) => one.shadowRoot?.querySelector(".figure"));
  const cells = [...host.shadowRoot.querySelectorAll(".cell:not(.none)")];
  return Math.min(...cells.map((cell) => {
    const { color, backgroundColor } = getComputedStyle(cell);
    const [one, two] = [light(color), light(backgroundColor)].sort((a, b) => b - a);
    return (one + 0.05) / (two + 0.05);
  }));
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_number_in_a_cell_is_legible(tabs: Any, theme: str):
    """What axe cannot see: it stands in the style."""
    tab = opened(tabs(color_scheme=theme, reduced_motion="reduce"), f"{E01}?n=6&p=1")
    assert tab.page.evaluate(CONTRAST) >= 4.5
