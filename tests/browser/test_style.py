"""The page Style: a weight a layer, a cell of the Gram matrix, positions permuted, the tutorial's path."""

import pytest

from tests.browser.conftest import Tab

pytestmark = pytest.mark.browser

SMALL = "?size=96&sizes=1&control=false"


def opened(tab: Tab, more: str = "") -> Tab:
    tab.open(f"/app/style/{SMALL}{more}").moves()
    tab.until("lab.step >= 6")
    tab.page.evaluate("lab.pause()")
    return tab.rests()


def maps(tab: Tab) -> str:
    return tab.page.evaluate("document.querySelector('.grams .maps').toDataURL()")


def test_a_cell_opens_the_two_maps_it_multiplies(tab: Tab):
    opened(tab)
    before = maps(tab)
    gram = tab.page.locator(".grams .gram")
    box = gram.bounding_box()
    assert box
    cells = tab.page.evaluate("document.querySelector('.grams .gram').width / 6")
    place = {"x": (3.5 / cells) * box["width"], "y": (9.5 / cells) * box["height"]}
    gram.click(position=place)
    tab.until("lab.settings.channel === 9 && lab.settings.other_channel === 3")
    tab.page.locator(".textures .one").get_by_text("channel 9").wait_for()
    assert tab.page.locator(".textures .other").inner_text() == "channel 3"
    other = "was => document.querySelector('.grams .maps').toDataURL() !== was"
    tab.page.wait_for_function(other, arg=before, timeout=15_000)


def test_permuted_positions_leave_the_matrix_and_break_the_content(tab: Tab):
    opened(tab)
    tab.page.get_by_role("button", name="Permute all positions").click()
    tab.page.get_by_role("button", name="Put them back").wait_for()
    values = tab.lab("numbers.get(lab.step)")
    assert values["Gram changed"] < 1e-5
    assert values["error permuted"] > values["error before"] + 0.15
    said = tab.page.locator(".textures .permuted").inner_text()
    assert "rounding" in said
    assert f"{values['error permuted']:.2f}" in said
    tab.page.get_by_role("button", name="Put them back").click()
    tab.page.get_by_role("button", name="Permute all positions").wait_for()


def test_every_layer_of_the_network_and_no_other_has_a_slider(tab: Tab):
    opened(tab)
    rows = (
        "[...document.querySelectorAll('.lefts > div')].map(row => row.innerText.split('\\n')[0])"
    )
    assert tab.page.evaluate(rows) == ["stem", "blocks.0", "blocks.1", "blocks.2", "blocks.4"]
    run = tab.lab("run")
    slider = tab.page.get_by_label("Weight of blocks.1")
    slider.press("End")
    tab.until("lab.settings.weight_3 === 4 && lab.answered >= lab.asked")
    assert tab.lab("run") == run
    vgg = "&network=vgg16-edges&layer=relu2_1&content_layer=relu4_1"
    opened(tab, vgg)
    assert tab.page.evaluate(rows) == ["relu1_1", "relu2_1", "relu3_1", "relu4_1"]
    assert not tab.page.locator("#set-weight_5").count()


def test_the_tutorials_path_is_drawn_beside_ours(tab: Tab):
    tab.open("/app/style/?size=96&sizes=1&beside=the+tutorial").moves()
    paths = "[...document.querySelectorAll('.textures .totals-of path')].map(one => one.getAttribute('d'))"
    # the numbers of the steps that were shown: on a busy machine not of all
    tab.page.wait_for_function(f"{paths}.filter(d => d.split('L').length > 4).length === 2")
    tab.page.wait_for_function(
        "document.querySelector('.textures .totals-of .its').textContent !== ''"
    )
    tutorial, _, mine = tab.page.evaluate(paths)
    assert tutorial != mine
