"""Lecture: large, walked by keys, a lesson across pages, notes on a second window."""

from typing import Any

import pytest

from apps import pages
from apps.kit import lessons
from tests.browser.conftest import AXE, Tab
from tests.browser.test_one_view import SOME

pytestmark = pytest.mark.browser
SMALLEST = """() => [...document.querySelectorAll('h1, .caption, .lecture-foot .said, .lecture-foot .dial')]
  .filter(one => one.checkVisibility()).map(one => parseFloat(getComputedStyle(one).fontSize))"""
OUTSIDE = """() => ['.main .frame', '.lecture-foot', 'h1', '.caption']
  .map(one => document.querySelector(one).getBoundingClientRect())
  .some(({bottom, right}) => bottom > innerHeight + 1 || right > innerWidth + 1)"""
SHARE = """() => { const box = document.querySelector('.main .frame').getBoundingClientRect();
  return Math.max(box.height / innerHeight, box.width / innerWidth); }"""


def lecture(tab: Tab, path: str) -> Tab:
    """A page as a class sees it."""
    tab.open(path).moves()
    tab.page.wait_for_function("document.documentElement.matches('.lecture')")
    return tab


@pytest.mark.parametrize("name", SOME)
def test_a_page_fills_the_window_of_a_class(tabs: Any, name: str):
    tab: Tab = tabs(viewport={"width": 1024, "height": 768})
    lecture(tab, f"/app/{name}/?lecture=1")
    for width, height in ((1024, 768), (1920, 1080)):
        tab.page.set_viewport_size({"width": width, "height": height})
        tab.page.wait_for_timeout(250)
        assert not tab.page.evaluate(OUTSIDE), f"{name} at {width} x {height}"
        assert min(tab.page.evaluate(SMALLEST)) >= (19.5 if width < 1200 else 22)
        assert tab.page.evaluate(SHARE) >= 0.45, f"{name} at {width} x {height}"
    assert not tab.page.locator(".top, .panel, .bar").locator("visible=true").count()


def test_keys_walk_the_path_move_the_control_and_leave(tab: Tab):
    lecture(tab, "/app/dream/?lecture=1")
    said, presets = tab.page.locator(".lecture-foot .said"), pages.load("dream").presets
    assert said.inner_text() == f"1 / {len(presets)} {presets[0].sentence}"
    tab.page.keyboard.press("ArrowRight")
    tab.until("lab.chosen === 1 && lab.settings.layer === 'blocks.2'")
    assert said.inner_text() == f"2 / {len(presets)} {presets[1].sentence}"
    tab.page.locator(".lecture-foot .dial").wait_for()  # once it knows the network's layers
    tab.page.keyboard.press("ArrowUp")
    tab.until("lab.settings.layer === 'blocks.3'")
    assert tab.page.locator(".lecture-foot output").inner_text() == "blocks.3"
    tab.page.keyboard.press("PageUp")
    tab.until("lab.chosen === 0")
    tab.page.keyboard.press("Space")
    tab.rests()
    tab.page.keyboard.press("Escape")
    assert not tab.page.evaluate("document.documentElement.matches('.lecture')")
    assert "lecture" not in tab.page.url
    tab.page.get_by_role("button", name="Lecture", exact=True).click()
    assert tab.page.evaluate("document.documentElement.matches('.lecture')")


def test_a_lesson_goes_on_across_pages_and_its_notes_follow_and_lead(tab: Tab):
    lesson = next(iter(lessons.shipped().values()))
    tab.open("/lessons/")
    tab.page.get_by_role("link", name="Begin").first.click()
    tab.moves()
    said = tab.page.locator(".lecture-foot .said")
    said.get_by_text(lesson.steps[0].sentence).wait_for()
    with tab.page.expect_popup() as opening:
        tab.page.keyboard.press("n")
    notes = opening.value
    notes.locator("li[aria-current]").get_by_text(lesson.steps[0].sentence).wait_for()
    tab.page.keyboard.press("ArrowRight")
    tab.page.wait_for_url("**/app/features/**")
    tab.moves()
    said.get_by_text(lesson.steps[1].sentence).wait_for()
    notes.locator("li[aria-current]").get_by_text(lesson.steps[1].sentence).wait_for()
    notes.locator("li").nth(2).click()
    said.get_by_text(lesson.steps[2].sentence).wait_for()
    tab.until("lab.chosen === 2")  # of the same page: without loading it again
    tab.page.keyboard.press("ArrowRight")
    tab.page.wait_for_url("**/units/**")
    said.get_by_text(lesson.steps[3].sentence).wait_for()
    tab.page.keyboard.press("ArrowLeft")
    tab.page.wait_for_url("**/app/features/**")
    notes.close()


def test_a_lesson_that_there_is_none_of_is_said(tab: Tab):
    lecture(tab, "/app/sampler/?lecture=1&lesson=nothing")
    tab.page.get_by_role("alert").get_by_text("There is no lesson 'nothing'").wait_for()
    tab.wrong.clear()  # the browser itself reports the answer 404


@pytest.mark.parametrize("path", ["/app/dream/?lecture=1", "/lessons/"])
def test_axe_finds_nothing_serious(tabs: Any, path: str):
    tab: Tab = tabs(color_scheme="dark")
    tab.open(path)
    tab.page.wait_for_timeout(1500)
    tab.page.add_script_tag(content=AXE.read_text())
    result = tab.page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa']})")
    assert not [f["id"] for f in result["violations"] if f["impact"] in ("serious", "critical")]


@pytest.mark.parametrize("size", [(1920, 1080), (1024, 768)])
def test_the_card_of_a_room_covers_nothing_of_a_lecture(tabs: Any, size: tuple[int, int]):
    tab = tabs(viewport={"width": size[0], "height": size[1]})
    tab.open("/app/features/?lecture=1").moves()
    tab.page.keyboard.press("q")
    card = tab.page.locator(".room-card")
    card.wait_for(state="visible")
    left = card.evaluate("one => one.getBoundingClientRect().left")
    for part in (
        "h1",
        "canvas.picture",
        "canvas.control",
        ".curve p :last-child",
        ".says",
        ".lecture-foot",
    ):
        right = tab.page.locator(part).first.evaluate("one => one.getBoundingClientRect().right")
        assert right <= left, part
