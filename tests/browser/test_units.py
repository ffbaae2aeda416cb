"""The sheet of units does in a real browser what it says."""

import shutil
from math import inf
from typing import Any

import pytest

from core import models
from core.atlas import sprites
from tests.browser.conftest import AXE, Tab

pytestmark = pytest.mark.browser


def sheet(tab: Tab, query: str = "", count: int = 1) -> Tab:
    """The page, with so many tiles made."""
    tab.open(f"/units/{query}")
    made = f"document.querySelectorAll('#units [data-made]').length >= {count}"
    tab.page.wait_for_function(made, timeout=60_000)
    return tab


def order(tab: Tab) -> list[int]:
    """The units as they stand on the page."""
    script = "[...document.querySelectorAll('#units a')].map(({dataset}) => +dataset.unit)"
    return tab.page.evaluate(script)


def times(layer: str) -> list[float]:
    """The score of each unit's sprite over the best photograph's; inf where that is below 0."""
    numbers = sprites.shipped(models.load("lite0"))[layer].units()
    best = [(float(one["score"]), float(one["photographs"])) for one in numbers]
    return [score / other if other > 0 else inf for score, other in best]


def test_pointing_at_a_unit_names_it_and_says_its_score(tab: Tab):
    sheet(tab, "?layer=blocks.6", 320)
    tile = tab.page.locator("[data-unit='7']")
    tile.hover()
    said = tab.page.locator("#said").inner_text()
    assert said.startswith("Unit 7 of blocks.6: its picture drives it ")
    assert f"{times('blocks.6')[7]:.2g} times the best of the shipped photographs" in said
    shown = tile.evaluate("one => getComputedStyle(one, '::after')")
    assert shown
    text = tile.evaluate("one => getComputedStyle(one, '::after').content")
    assert "blocks.6 · 7" in text
    assert tile.evaluate("one => getComputedStyle(one, '::after').opacity") == "1"
    assert tab.page.locator("[data-unit='8']").evaluate(
        "one => getComputedStyle(one, '::after').opacity"
    ) == "0"  # fmt: skip


def test_a_click_starts_that_very_unit_live(tab: Tab):
    sheet(tab, "?layer=blocks.6", 320).page.locator("[data-unit='64']").click()
    tab.page.wait_for_url("**/app/features/?layer=blocks.6&unit=64")
    tab.moves()
    assert tab.lab("started.layer") == "blocks.6"
    assert tab.lab("settings.unit") == 64
    assert tab.page.locator("input[data-field=unit]").input_value() == "64"


def test_by_score_the_best_comes_first_and_the_address_says_so(tab: Tab):
    sheet(tab, "?layer=blocks.1", 24)
    assert order(tab) == list(range(24))
    tab.page.get_by_label("Order").select_option("score")
    best = times("blocks.1")
    assert order(tab) == sorted(range(24), key=lambda unit: -best[unit])
    assert tab.page.evaluate("location.search") == "?layer=blocks.1&sort=score"
    tab.page.reload()
    sheet(tab, "?layer=blocks.1&sort=score", 24)
    assert order(tab)[0] == best.index(max(best))


def test_the_keyboard_walks_over_the_sheet_and_starts_a_unit(tab: Tab):
    sheet(tab, "?layer=blocks.6", 320)
    columns = tab.page.evaluate(
        "getComputedStyle(document.getElementById('units')).gridTemplateColumns.split(' ').length"
    )
    here = "document.activeElement.dataset.unit"
    tab.page.locator("[data-unit='0']").focus()
    for key, unit in [
        ("ArrowRight", 1), ("ArrowDown", 1 + columns), ("ArrowLeft", columns), ("ArrowUp", 0),
        ("ArrowUp", 0), ("End", 319), ("ArrowRight", 319), ("Home", 0), ("ArrowRight", 1),
    ]:  # fmt: skip
        tab.page.keyboard.press(key)
        assert tab.page.evaluate(here) == str(unit), key
    assert tab.page.locator("#said").inner_text().startswith("Unit 1 of blocks.6")
    assert tab.page.locator("#units a[tabindex='0']").count() == 1
    tab.page.keyboard.press("Enter")
    tab.page.wait_for_url("**/app/features/?layer=blocks.6&unit=1")


def test_a_unit_is_found_by_its_number(tab: Tab):
    sheet(tab, "?layer=blocks.6", 320)
    find = tab.page.get_by_label("Unit", exact=True)
    find.fill("311")
    box = tab.page.locator("[data-unit='311']").bounding_box()
    assert box
    assert 0 < box["y"] < 800
    assert tab.page.locator("#said").inner_text().startswith("Unit 311 of blocks.6")
    find.fill("320")
    assert "0 to 319" in tab.page.locator("#said").inner_text()


def test_a_layer_without_sprites_is_made_now_and_kept(tab: Tab):
    layer = "blocks.0.0.bn1"
    for path in (models.cache.folder() / "units").glob(f"*/{layer}"):
        shutil.rmtree(path)  # made by an earlier run of this test
    tab.open(f"/units/?layer={layer}&network=lite2")
    tab.page.locator("#units canvas, #units [data-made]").first.wait_for(timeout=30_000)
    made = "document.querySelectorAll('#units [data-made]').length >= 9"
    tab.page.wait_for_function(made, timeout=90_000)
    tab.page.locator("[data-unit='0']").hover()
    tab.page.wait_for_function(
        f"document.getElementById('said').textContent.startsWith('Unit 0 of {layer}')"
    )
    answer = tab.page.evaluate(f"fetch('/units/layer.json?network=lite2&layer={layer}').then(a => a.json())")  # fmt: skip
    assert len(answer["sheets"]) >= 1
    assert not answer["whole"]
    assert answer["numbers"][0]["score"] is not None


def test_what_is_asked_for_and_is_not_there_gets_a_sentence(tab: Tab):
    sheet(tab, "?layer=blocks.33", 1)
    tab.page.get_by_text("has no layer 'blocks.33': did you mean").wait_for()
    tab.wrong.clear()  # the browser itself reports the answer 404
    assert tab.page.locator("#layer").input_value() == "blocks.4"


def test_thousands_of_units_stay_smooth(tab: Tab):
    sheet(tab, "?layer=head", 0).page.wait_for_selector("[data-unit='1279']", state="attached")
    script = """() => new Promise((done) => {
      const times = []; let last = performance.now(), n = 0;
      (function frame(now) {
        times.push(now - last); last = now; scrollBy(0, 400);
        ++n < 30 ? requestAnimationFrame(frame) : done(times.sort((a, b) => a - b)[15]);
      })(last);
    })"""
    assert tab.page.evaluate(script) < 120  # ms, the median of a frame while it scrolls


@pytest.mark.parametrize("path", ["/app/features/", "/app/dream/"])
def test_a_page_takes_its_settings_from_the_address(tab: Tab, path: str):
    tab.open(f"{path}?layer=blocks.2&control=false&seed=7").moves()
    for name, value in {"layer": "blocks.2", "control": False, "seed": 7}.items():
        assert tab.lab(f"started.{name}") == value
    assert tab.page.locator(".notice").is_hidden()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("layers=blocks.2&unit=3", "There is no setting 'layers' here: choose from network"),
        ("unit=80", "unit = 80 is out of range: blocks.3 of EfficientNet-Lite0 has 80 units"),
        ("unit=twelve", "unit = 'twelve' is not a whole number"),
        ("layer=blocks.9", "has no layer 'blocks.9'"),
        ("control=perhaps", "control = 'perhaps' is not true or false"),
    ],
)
def test_an_address_that_cannot_be_is_answered_and_the_page_runs(
    tab: Tab, query: str, sentence: str
):
    tab.open(f"/app/features/?{query}").moves()
    tab.page.get_by_text(sentence).first.wait_for()
    assert tab.lab("started.layer") == "blocks.3"


def test_the_sheet_fits_a_phone(tabs: Any):
    tab: Tab = tabs(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    sheet(tab, "?layer=blocks.6", 320)
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert tab.page.evaluate(wide) <= 0
    box = tab.page.locator("[data-unit='0']").bounding_box()
    assert box
    assert 80 <= box["width"] <= 130
    assert abs(box["width"] - box["height"]) < 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(tabs: Any, scheme: str):
    tab: Tab = tabs(color_scheme=scheme)
    sheet(tab, "", 100)
    tab.page.locator("[data-unit='3']").focus()
    tab.page.add_script_tag(content=AXE.read_text())
    result = tab.page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa']})")
    assert not [
        (found["id"], [node["html"][:120] for node in found["nodes"]])
        for found in result["violations"]
    ]
