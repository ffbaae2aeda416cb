"""The gallery does in a real browser what it says."""

import re
from pathlib import Path
from typing import Any

import pytest

from core.gallery import checking, keeping
from tests.browser.conftest import AXE, Tab
from tests.gallery.test_checking import anew, of

pytestmark = pytest.mark.browser


def hung(tab: Tab) -> Tab:
    """The page, every picture checked."""
    tab.open("/app/gallery/")
    tab.page.wait_for_function(
        "/^\\d+ pictures/.test(document.getElementById('count').textContent)"
    )
    return tab


def brought(tab: Tab, tmp_path: Path, **files: bytes) -> None:
    """Files of somebody's own, checked."""
    for name, data in files.items():
        (tmp_path / f"{name}.png").write_bytes(data)
    tab.page.locator("#bring").set_input_files([tmp_path / f"{name}.png" for name in files])
    count = len(keeping.shipped()) + len(files)
    said = f"document.getElementById('count').textContent.startsWith('{count} pictures')"
    tab.page.wait_for_function(said)


def test_every_shipped_picture_is_hung_and_still_fools(tab: Tab):
    hung(tab)
    cards = tab.page.locator("#cards li")
    assert cards.count() == len(keeping.shipped())
    assert tab.page.locator("#cards li[data-verdict=kept]").count() == cards.count()
    for name, path in list(keeping.shipped().items())[:2]:
        found = checking.check(path.read_bytes())
        card = cards.nth(list(keeping.shipped()).index(name))
        assert card.locator(".name").inner_text() == found.name
        assert f"{checking.percent(found.measured.answer.claimed)} measured" in card.inner_text()
    small = "[...document.querySelectorAll('#cards img')].filter((x) => x.src && !x.naturalWidth)"
    tab.page.wait_for_function(f"!{small}.length")


def test_a_false_claim_is_told_from_a_true_one_and_neither_is_stored(tab: Tab, tmp_path: Path):
    hung(tab)
    brought(tab, tmp_path, true=of("linear"), false=anew(of("linear"), label=5))
    verdicts = [tab.page.locator("#cards li").nth(i).get_attribute("data-verdict") for i in (0, 1)]
    assert sorted(str(one) for one in verdicts) == ["kept", "no longer"]
    assert tab.page.get_by_text("It claims to be called 5. Now Linear digit model").count() == 1
    tab.page.get_by_label("Show").select_option("no longer")
    assert tab.page.locator("#cards li:visible").count() == 1
    tab.page.reload()
    hung(tab)
    assert tab.page.locator("#cards li").count() == len(keeping.shipped())


def test_what_claims_nothing_gets_a_sentence(tab: Tab, tmp_path: Path):
    hung(tab)
    (tmp_path / "notes.png").write_text("nothing to see")
    tab.page.locator("#bring").set_input_files(tmp_path / "notes.png")
    alert = tab.page.get_by_role("alert")
    alert.get_by_text("notes.png: No run is saved in this picture").wait_for()
    assert tab.page.locator("#cards li").count() == len(keeping.shipped())


def test_by_keyboard_one_is_kept_removed_and_opened_as_the_run_that_made_it(
    tab: Tab, tmp_path: Path
):
    hung(tab)
    brought(tab, tmp_path, mine=of("linear"))
    card = tab.page.locator("#cards li").first
    card.get_by_role("button", name="Keep").press("Enter")
    tab.page.get_by_role("alert").get_by_text("Kept on this computer").wait_for()
    tab.page.reload()
    tab.page.wait_for_function(
        f"document.querySelectorAll('#cards li[data-verdict]').length > {len(keeping.shipped())}"
    )
    card.get_by_role("button", name="Remove").press("Enter")
    tab.page.get_by_role("alert").get_by_text("Removed").wait_for()
    assert tab.page.locator("#cards li").count() == len(keeping.shipped())
    last = tab.page.locator("#cards li").last
    assert last.locator(".name").inner_text() == "2"
    last.get_by_role("button", name="Open as a run").press("Enter")
    tab.page.wait_for_url("**/app/linear/")
    tab.until("lab.step >= 0 && lab.started.breathing === false")


def test_an_elite_goes_from_its_wall_into_the_gallery_and_back(tab: Tab):
    tab.open("/app/evolve/").moves()
    tab.until("lab.step >= 12")
    tile = tab.page.locator("canvas.picture").bounding_box()
    assert tile
    # ten classes are five columns: the second tile of the second row is the 6
    tab.page.mouse.click(tile["x"] + tile["width"] * 0.3, tile["y"] + tile["height"] * 0.75)
    assert tab.page.get_by_label("Class of the elite").input_value() == "6"
    tab.page.get_by_role("button", name="Keep in the gallery").click()
    tab.page.get_by_role("link", name="it is in the gallery").click()
    tab.page.wait_for_url("**/app/gallery/")
    card = tab.page.locator("#cards li").first
    card.locator(".name").get_by_text(re.compile("^6$")).wait_for()
    card.get_by_role("button", name="Open as a run").click()
    tab.page.wait_for_url("**/app/evolve/")
    tab.until("lab.step >= 12 && document.querySelector('.elite input')?.value === '6'")
    tab.page.go_back()
    hung(tab)
    card.get_by_role("button", name="Remove").click()
    tab.page.get_by_role("alert").get_by_text("Removed").wait_for()


def test_before_a_photograph_fools_there_is_nothing_to_keep(tab: Tab):
    tab.open("/app/fool/?size=64&landscape=0&epsilon=0&control=false").moves()
    tab.until("lab.step >= 1")
    tab.page.get_by_role("button", name="Keep in the gallery").click()
    tab.page.get_by_text("There is nothing to keep yet: EfficientNet-Lite0 calls it").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_it_is_no_wider_and_axe_finds_nothing_serious(tabs: Any, scheme: str):
    phone = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
    tab = hung(tabs(color_scheme=scheme, **phone))
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert tab.page.evaluate(wide) <= 0
    tab.page.add_script_tag(content=AXE.read_text())
    result = tab.page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa']})")
    serious = [one for one in result["violations"] if one["impact"] in ("serious", "critical")]
    assert not [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in serious]
