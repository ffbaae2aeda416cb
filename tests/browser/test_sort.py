"""Pictures are sorted by clicks, by touch and by keys, and a link brings the piles back."""

from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Tab

pytestmark = pytest.mark.browser
NOW = (
    "(lab.numbers.get(Math.max(...[...lab.numbers.keys()].filter(step => step <= lab.step))) ?? {})"
)
EMPTY = "lab.again({...lab.config.defaults, example: 'your own'})"


def sorting(tab: Tab) -> Locator:
    """The tiles of a sheet on which nothing is sorted."""
    tab.open("/app/sort/").moves()
    run = tab.lab("run")
    tab.page.evaluate(EMPTY)
    tab.until(f"lab.run > {run} && lab.step >= 1")
    tiles = tab.page.locator(".tiles button")
    expect(tiles).to_have_count(24)
    return tiles


def lie(tab: Tab) -> list[int]:
    """The pile of every tile, as the run says it."""
    return tab.page.evaluate(f"{NOW}.piles")


def until_piles(tab: Tab, **tiles: int) -> None:
    """Wait until the tiles t3, t5 and so on lie on these piles."""
    lies = " && ".join(f"piles[{name[1:]}] === {pile}" for name, pile in tiles.items())
    tab.until(f"(piles => piles && {lies})({NOW}.piles)")


def test_a_click_puts_a_picture_on_one_on_two_and_back(tab: Tab):
    tiles = sorting(tab)
    run = tab.lab("run")
    for pile, said in (
        (1, "on pile one"),
        (2, "on pile two"),
        (0, "on no pile"),
        (1, "on pile one"),
    ):
        tiles.nth(7).click()
        until_piles(tab, t7=pile)
        expect(tiles.nth(7)).to_have_attribute("aria-label", f"Picture 8, {said}")
    tab.page.get_by_text("Pile two is empty: put a picture on each").first.wait_for()
    still = tab.pixels()
    tiles.nth(2).click()
    tiles.nth(2).click()  # sooner than the run answers
    until_piles(tab, t7=1, t2=2)
    tab.until(f"{NOW}.there === 1")
    tab.page.get_by_text("1 and 1 sorted").first.wait_for()
    tab.page.evaluate("lab.set('breathing', false)")
    tab.until(f"Math.abs({NOW}.moved) === 3")
    tab.page.wait_for_function(
        "was => document.querySelector('canvas.picture').toDataURL() !== was", arg=still
    )
    assert tab.lab("run") == run


def test_keys_walk_the_sheet_and_sort_it(tab: Tab):
    tiles = sorting(tab)
    tiles.first.focus()
    keys = tab.page.keyboard
    keys.press("ArrowRight")
    keys.press("1")
    keys.press("ArrowDown")  # eight pictures a row
    keys.press("2")
    keys.press("ArrowLeft")
    keys.press("Enter")
    until_piles(tab, t1=1, t9=2, t8=1)
    assert sum(pile > 0 for pile in lie(tab)) == 3
    keys.press("0")
    until_piles(tab, t8=0)
    assert tab.page.evaluate(
        "document.activeElement === document.querySelectorAll('.tiles button')[8]"
    )
    assert tiles.evaluate_all("all => all.filter(one => one.tabIndex === 0).length") == 1


def test_undo_swap_and_clear(tab: Tab):
    tiles = sorting(tab)
    undo, swap, clear = (
        tab.page.get_by_role("button", name=name, exact=True) for name in ("Undo", "Swap", "Clear")
    )
    for button in (undo, swap, clear):
        expect(button).to_be_disabled()
    tiles.nth(3).click()
    until_piles(tab, t3=1)
    swap.click()
    until_piles(tab, t3=2)
    clear.click()
    until_piles(tab, t3=0)
    expect(swap).to_be_disabled()
    undo.click()
    until_piles(tab, t3=2)
    undo.click()
    until_piles(tab, t3=1)
    undo.click()
    until_piles(tab, t3=0)
    expect(undo).to_be_disabled()


def test_sorting_goes_on_while_it_is_paused(tab: Tab):
    tiles = sorting(tab)
    tab.page.get_by_role("button", name="Pause").click()
    tab.rests()
    step = tab.lab("step")
    tiles.nth(11).click()
    until_piles(tab, t11=1)
    assert tab.lab("step") == step + 1
    assert tab.lab("state") == "paused"


def test_a_link_brings_the_piles_back(tabs: Any):
    tab: Tab = tabs()
    tiles = sorting(tab)
    for tile, clicks in ((0, 1), (4, 2), (23, 1), (12, 3)):
        for _ in range(clicks):
            tiles.nth(tile).click()
    until_piles(tab, t0=1, t4=2, t23=1, t12=0)
    tab.page.get_by_role("button", name="Pause").click()
    tab.rests()
    tab.page.get_by_role("button", name="Link").click()
    tab.page.wait_for_function("location.search.startsWith('?r=')")
    other: Tab = tabs()
    other.page.goto(tab.page.url)
    other.until(f"lab.step === {tab.lab('step')}")
    other.rests()
    assert lie(other) == lie(tab)
    assert sum(lie(other)) == 4
    assert other.pixels() == tab.pixels()
    expect(other.page.locator(".tiles button").nth(4)).to_have_attribute(
        "aria-label", "Picture 5, on pile two"
    )
    both = [one.page.locator(".tiles canvas").nth(4) for one in (tab, other)]
    assert both[0].evaluate("one => one.toDataURL()") == both[1].evaluate("one => one.toDataURL()")


def test_two_dozen_pictures_are_sorted_by_touch_with_all_in_view(tabs: Any):
    tab: Tab = tabs(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    tiles = sorting(tab)
    sizes = tiles.evaluate_all("all => all.map(one => one.getBoundingClientRect().toJSON())")
    assert min(min(box["width"], box["height"]) for box in sizes) >= 44
    for tile in range(24):
        tiles.nth(tile).tap()
    tab.until(f"{NOW}.ones === 24")
    for tile in range(0, 24, 2):
        tiles.nth(tile).tap()
    tab.until(f"{NOW}.twos === 12")
    views = tab.page.locator(".views").bounding_box()
    assert views
    assert views["height"] < 844 / 2
    small = "all => all.filter(one => one.getBoundingClientRect().height < 44).length"
    assert tab.page.locator(".moves button").evaluate_all(small) == 0
