"""One view: what moves, its control, what steers it and what is said of it stand together."""

from typing import Any

import pytest

from apps import pages
from tests.browser.conftest import Tab, parametrized

pytestmark = pytest.mark.browser
# at every change: a square picture, a wide one, one with more panels; the others before a release
SOME = [
    pytest.param(name, marks=() if name in ("style", "evolve", "sampler") else pytest.mark.slow)
    for name in pages.NAMES
]
SIZES = {(1366, 768): 380, (1280, 720): 380, (1024, 768): 330}  # px of the picture at least
EMPTY = 200  # px of height without anything, at most, where a column ends
# a picture much wider than high is as large as the width allows
AREA = """() => { const box = document.querySelector('.main .frame').getBoundingClientRect();
  return Math.max(Math.min(box.width, box.height), Math.sqrt(box.width * box.height)); }"""
SEEN = """selectors => selectors.flatMap(selector => [...document.querySelectorAll(selector)]
  .filter(one => one.checkVisibility({visibilityProperty: true}))
  .map(one => [selector, one.getBoundingClientRect()])
  .filter(([, {bottom, right, top, left}]) => bottom > innerHeight + 1 || right > innerWidth + 1 || top < 0 || left < 0)
  .map(([selector, {bottom, right}]) => `${selector} ends at ${right} x ${bottom}`))"""
TOGETHER = [
    ".main .frame", ".other:not(.second) canvas", ".other:not(.second) figcaption", ".beside .curve svg",
    ".player .bar", ".bar button", ".caption", "nav.path", ".heading",
]  # fmt: skip
LIVE = """count => [...document.querySelectorAll('#tab-steer :is(.slider, .depth, .own, .form > .block)')]
  .filter(one => one.checkVisibility()).slice(0, count)
  .map(one => one.getBoundingClientRect().bottom).filter(bottom => bottom > innerHeight)"""
HOLLOW = """() => { // the lowest thing of each column of the first screen, and how far from its end that is
  const bottom = all => Math.max(0, ...[...document.querySelectorAll(all)].map(one => one.getBoundingClientRect().bottom));
  const views = document.querySelector('.views').getBoundingClientRect();
  const parts = ['.main figcaption', '.beside .curve p', '.beside .other:not(.second) figcaption', '.beside .worded figcaption'];
  const [main, ...beside] = parts.map(bottom);
  const stacked = document.querySelector('.player').matches('.wide, .paired');
  return stacked ? [views.bottom - Math.max(main, ...beside)] : [views.bottom - main, views.bottom - Math.max(...beside)]; }"""


@pytest.mark.parametrize("name", parametrized())
def test_everything_is_seen_together(tabs: Any, name: str):
    tab: Tab = tabs(viewport={"width": 1366, "height": 768})
    tab.open(f"/app/{name}/").moves()
    tab.page.wait_for_timeout(500)
    for (width, height), least in SIZES.items():
        tab.page.set_viewport_size({"width": width, "height": height})
        tab.page.wait_for_timeout(250)
        where = f"{name} at {width} x {height}"
        assert not tab.page.evaluate(SEEN, TOGETHER), where
        assert not tab.page.evaluate(LIVE, 4), where
        assert tab.page.evaluate(AREA) >= least, where
        assert max(tab.page.evaluate(HOLLOW)) <= EMPTY, where
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert tab.page.evaluate(wide) <= 0, where


@pytest.mark.parametrize("name", SOME)
def test_a_notice_is_seen_where_people_look(tabs: Any, name: str):
    tab: Tab = tabs(viewport={"width": 1280, "height": 720})
    tab.open(f"/app/{name}/").moves()
    tab.page.get_by_role("button", name="Link", exact=True).click()
    notice = tab.page.locator(".player .notice")
    notice.wait_for(timeout=5000)
    assert not tab.page.evaluate(SEEN, [".player .notice"])
    notice.get_by_role("button", name="Dismiss").click()
    assert notice.is_hidden()


def test_a_photograph_that_cannot_be_used_is_answered_where_people_look(tab: Tab):
    tab.open("/app/evolve/").moves()
    run = tab.lab("run")
    tab.page.evaluate(
        """() => { const found = new DataTransfer();
        found.items.add(new File([new Uint8Array(9)], 'mine.jpg', {type: 'image/jpeg'}));
        document.body.dispatchEvent(new DragEvent('drop', {dataTransfer: found, bubbles: true, cancelable: true})); }"""
    )
    tab.page.get_by_role("alert").get_by_text("starts from no picture").wait_for(timeout=5000)
    assert not tab.page.evaluate(SEEN, [".player .notice"])
    assert tab.lab("run") == run


@pytest.mark.parametrize("name", SOME)
def test_a_phone_has_words_targets_and_an_end(tabs: Any, name: str):
    tab: Tab = tabs(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    tab.open(f"/app/{name}/").moves()
    tab.page.wait_for_timeout(500)
    assert tab.page.evaluate("document.documentElement.scrollHeight") < 3000
    small = """() => [...document.querySelectorAll('.bar button, .bar summary, .ways > button, .preset, .tabs button, .top button, .top a')]
      .filter(one => one.checkVisibility()).map(one => [one.textContent.trim(), one.getBoundingClientRect()])
      .filter(([, {height}]) => height < 43.5).map(([text, {height}]) => `${text} ${height}`)"""
    assert not tab.page.evaluate(small)
    silent = "() => [...document.querySelectorAll('.bar button, .bar summary')].filter(one => one.checkVisibility() && !one.innerText.trim()).length"
    assert tab.page.evaluate(silent) == 0
    order = "() => ['.views', '.bar', '.panel', '.says'].map(one => document.querySelector(one).getBoundingClientRect().top)"
    tops = tab.page.evaluate(order)
    assert tops == sorted(tops)
    assert 0 < tops[0] < 360


def test_the_path_is_walked_by_its_buttons_and_by_arrow_keys(tab: Tab):
    tab.open("/app/sampler/").moves()
    path, presets = tab.page.locator(".path"), pages.load("sampler").presets
    assert path.locator(".where").inner_text() == f"1 of {len(presets)}"
    path.get_by_role("button", name="Next step of the path").click()
    tab.until("lab.chosen === 1 && lab.started.data === 'cat' && lab.step >= 0")
    assert path.locator(".here").inner_text() == presets[1].sentence
    path.get_by_role("button", name="Next step of the path").press("ArrowRight")
    tab.until("lab.chosen === 2 && lab.started.data === 'ring'")
    tab.page.evaluate("lab.set('eta', 0.5)")
    assert path.locator(".where").inner_text() == f"3 of {len(presets)}, changed"
    path.get_by_role("button", name="Step before on the path").click()
    tab.until("lab.chosen === 1")
    checked = path.locator(".claim summary")
    checked.click()
    claim = presets[1].claim
    assert (
        f"{claim.number} is at least {claim.ratio} times" in path.locator(".claim p").inner_text()
    )


def test_an_address_begins_with_a_step_of_the_path(tab: Tab):
    tab.open("/app/sampler/?preset=3").moves()
    assert (tab.lab("chosen"), tab.lab("started.data")) == (2, "ring")
    tab.open("/app/sampler/?preset=99").moves()
    tab.page.get_by_role("alert").get_by_text("choose 1 to").wait_for()
    assert tab.lab("chosen") == 0


def test_the_drawing_of_the_network_lights_the_layer_and_chooses_another(tab: Tab):
    tab.open("/app/dream/").moves()
    layer = tab.lab("settings.layer")
    small = tab.page.get_by_role("button", name="Drawing of the network")
    small.locator("rect.lit").wait_for(state="attached")
    small.click()
    blocks = tab.page.locator(".net-card button")
    assert tab.page.locator(".net-card [aria-pressed=true]").get_attribute("data-layer") == layer
    other = blocks.nth(1).get_attribute("data-layer")
    blocks.nth(1).click()
    tab.until(f"lab.settings.layer === '{other}'")
    tab.page.wait_for_function(
        "o => document.querySelector('.net-card [aria-pressed=true]')?.dataset.layer === o",
        arg=other,
    )
    tab.page.keyboard.press("Escape")
    assert tab.page.locator(".net-card").is_hidden()


def test_every_setting_that_starts_again_is_explained(tab: Tab):
    tab.open("/app/features/").moves().turn("Settings")
    said = """() => lab.config.fields.filter(({name}) => document.querySelector(`#tab-settings #set-${name}`))
      .filter(({name, help}) => document.querySelector(`#set-${name} .help`)?.textContent !== help)
      .map(({name}) => name)"""
    assert not tab.page.evaluate(said)
    assert tab.page.locator("#tab-settings .help").locator("visible=true").count() >= 5


def test_the_program_is_copied(tabs: Any):
    tab: Tab = tabs(permissions=["clipboard-read", "clipboard-write"])
    tab.open("/app/sampler/").moves()
    tab.turn("Code").page.wait_for_function(
        "document.getElementById('code').textContent.length > 40"
    )
    tab.page.evaluate("lab.pause()")
    tab.rests()
    tab.page.wait_for_timeout(1200)
    tab.page.get_by_role("button", name="Copy").click()
    tab.page.get_by_role("alert").get_by_text("The program is copied").wait_for()
    copied = tab.page.evaluate("navigator.clipboard.readText()")
    assert copied == tab.page.locator("#code").text_content()
    compile(copied, "copied", "exec")


@pytest.mark.parametrize("size", [(1366, 768), (1024, 768)])
def test_nothing_jumps_when_a_run_ends(tabs: Any, size: tuple[int, int]):
    tab: Tab = tabs(viewport={"width": size[0], "height": size[1]})
    tab.open("/app/features/").moves()
    tab.page.evaluate("lab.again({steps: 4})")
    tab.until("lab.started.steps === 4 && lab.state === 'running'")
    height = "document.querySelector('.views').getBoundingClientRect().height"
    before = tab.page.evaluate(height)
    tab.until("lab.state === 'ended'", timeout=30)
    tab.page.locator(".seen", has_text="on views never seen").wait_for()
    assert tab.page.evaluate(height) == before
