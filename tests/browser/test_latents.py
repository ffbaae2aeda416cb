"""Latents: attributes are locked by hand and by key."""

from typing import Any

import pytest

from tests.browser.conftest import Tab

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

LOCKED = "document.querySelector('.heading .names').textContent"
HELD = "JSON.stringify(lab.settings.hold)"


def lock(tab: Tab, name: str) -> Any:
    """The button of an attribute among the matrices' rows or the chips."""
    return tab.reach(tab.page.locator(f'[data-set=hold] [data-one="{name}"]')).first


def test_attributes_are_locked_by_click_and_by_key(tab: Tab):
    tab.open("/app/latents/").moves()
    run = tab.lab("run")
    lock(tab, "dark").click()
    tab.until(f"{HELD} === '[\"dark\"]' && {LOCKED} === 'dark'")
    tab.page.locator('.chips [data-one="smile"]').press("Enter")
    tab.until(f"{HELD} === '[\"dark\",\"smile\"]' && {LOCKED} === 'dark and smile'")
    lock(tab, "dark").press("Space")
    tab.until(f"{HELD} === '[\"smile\"]' && {LOCKED} === 'smile'")
    tab.page.locator("[data-set=hold] [data-all='all others']").click()
    tab.until(f"{LOCKED} === 'all others'")
    assert tab.page.locator(".chips [data-one=glasses]").is_disabled()
    pressed = "document.querySelectorAll('.chips [aria-pressed=true]').length"
    every = "document.querySelectorAll('.chips [data-one]').length"
    tab.until(f"{pressed} === {every} - 1")
    tab.page.locator("[data-set=hold] [data-all='nothing']").press("Enter")
    tab.until(f"{LOCKED} === 'nothing' && {pressed} === 0")
    assert tab.lab("run") == run  # none of this starts again


def test_the_word_in_the_sentence_leads_to_the_locks(tab: Tab):
    tab.open("/app/latents/?hold=dark,smile").moves()
    tab.until(f"{LOCKED} === 'dark and smile'")
    tab.turn("Code")
    tab.page.locator(".heading .names").click()
    found = "document.activeElement.closest('[data-set=hold]') !== null"
    tab.page.wait_for_function(found)
    assert tab.page.locator("#tab-locks").is_visible()


def test_the_matrices_say_what_a_cell_is_to_a_pointer_and_to_keys(tab: Tab):
    tab.open("/app/latents/?hold=dark").moves()
    tab.until("lab.numbers.get(lab.step)?.measured >= 36")
    canvas, read = tab.page.locator("[data-grid=leakage]"), tab.page.locator(".leaks .read")
    box = tab.reach(canvas).bounding_box()
    assert box
    canvas.hover(position={"x": box["width"] * 0.25, "y": box["height"] * 0.05})
    tab.page.wait_for_function(
        "document.querySelector('.leaks .read').textContent.startsWith('An edit of glasses by 1 moves ')"
    )
    assert "Measured on the pictures of 36 critters." in read.inner_text()
    before = read.inner_text()
    canvas.press("ArrowRight")
    assert read.inner_text() != before
    assert tab.page.locator(".leaks .rows [data-one=dark]").get_attribute("aria-pressed") == "true"


def test_a_phone_has_locks_of_the_size_of_a_finger(tabs: Any):
    tab: Tab = tabs(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    tab.open("/app/latents/").moves()
    lock(tab, "dark").tap()
    tab.until(f"{HELD} === '[\"dark\"]'")
    small = """() => [...document.querySelectorAll('[data-set=hold] button')]
      .filter(one => one.checkVisibility()).map(one => [one.textContent, one.getBoundingClientRect()])
      .filter(([, {height, width}]) => height < 43.5 || width < 43.5).map(([text]) => text)"""
    assert not tab.page.evaluate(small)
