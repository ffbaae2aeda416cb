"""Latents: attributes are locked by hand and by key, and the cloud is turned."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import FLAGS, Tab, chromium, tabs_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

# Chromium draws WebGL on the CPU where it is told to
SOFTWARE = (*(flag for flag in FLAGS if flag != "--disable-gpu"), "--use-angle=swiftshader", "--enable-unsafe-swiftshader")  # fmt: skip
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
    tab.until("'held moves' in (lab.numbers.get(lab.step) ?? {})")  # the run has it
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
    tab.until("lab.answered >= lab.asked && !('held moves' in (lab.numbers.get(lab.step) ?? {}))")
    assert tab.lab("run") == run  # none of this starts again
    assert tab.page.locator(".player .notice").is_hidden()


def test_a_link_and_a_twin_carry_the_locks(tab: Tab):
    tab.open("/app/latents/?hold=dark,smile").moves()
    tab.until("'held moves' in (lab.numbers.get(lab.step) ?? {})")
    lock(tab, "hat").click()
    held = f'{HELD} === \'["dark","hat","smile"]\''
    tab.until(f"{held} && lab.answered >= lab.asked && lab.numbers.has(lab.step)")
    link = tab.page.evaluate("lab.record()")["link"]
    tab.open(f"/app/latents/?r={link}").moves()
    tab.until(held)
    tab.open("/app/latents/?preset=5").moves()
    tab.until("lab.twin.wish() && document.querySelector('.pairing').checkVisibility()")
    tab.page.locator(".second .differs", has_text="hold light").wait_for()
    assert tab.page.locator(".player .notice").is_hidden()


def test_a_twin_that_holds_all_others_is_opened_by_hand(tab: Tab):
    tab.open("/app/latents/").moves()
    tab.page.locator(".twin-open").click()
    tab.page.locator(".pairing .which").select_option("hold")
    tab.page.get_by_label("Hold of the twin").select_option("all others")
    tab.page.locator(".pairing .go").click()
    tab.page.locator(".second .differs", has_text="hold all others").wait_for()
    tab.page.locator(".main .same", has_text="hold nothing").wait_for()
    tab.until("lab.twin.step > 0")
    tab.page.get_by_label("Hold of the twin").select_option("smile")
    tab.page.locator(".second .differs", has_text="hold smile").wait_for()
    assert tab.page.locator(".player .notice").is_hidden()


def test_the_word_in_the_sentence_leads_to_the_locks(tab: Tab):
    tab.open("/app/latents/?hold=dark,smile").moves()
    tab.until(f"{LOCKED} === 'dark and smile'")
    rows = "[...document.querySelectorAll('.leaks .rows [aria-pressed=true]')].map(one => one.dataset.one)"
    tab.page.wait_for_function(f"{rows}.sort().join() === 'dark,smile'")
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
    small = """() => [...document.querySelectorAll('[data-set=hold] button, .turn')]
      .filter(one => one.checkVisibility()).map(one => [one.textContent, one.getBoundingClientRect()])
      .filter(([, {height, width}]) => height < 43.5 || width < 43.5).map(([text]) => text)"""
    assert not tab.page.evaluate(small)


def test_without_webgl_the_flat_cloud_stays_and_that_is_said(tabs: Any):
    tab: Tab = tabs()
    tab.page.add_init_script(
        "const own = HTMLCanvasElement.prototype.getContext;"
        "HTMLCanvasElement.prototype.getContext = function (kind, ...more) {"
        " return kind.startsWith('webgl') ? null : own.call(this, kind, ...more); };"
    )
    tab.open("/app/latents/").moves()
    tab.page.get_by_role("button", name="turn it").click()
    tab.page.get_by_role("alert").get_by_text("it stays flat here").wait_for(timeout=5000)
    assert tab.page.locator(".turning").is_hidden()
    assert not tab.page.evaluate("'Plotly' in window")


@pytest.fixture(scope="module")
def drawing(browser: Browser) -> Iterator[Browser]:
    """A browser that draws WebGL."""
    opened = browser.browser_type.launch(executable_path=chromium(), args=list(SOFTWARE))
    yield opened
    opened.close()


WHERE = """() => { const {data} = document.querySelector('.turning .plot');
  const {x, y, z} = data.at(-1); return [x.at(-1), y.at(-1), z.at(-1)]; }"""
EYE = "JSON.stringify(document.querySelector('.turning .plot').layout.scene.camera.eye)"


@pytest.mark.parametrize("name", ["latents", "walk"])
def test_the_cloud_turns_by_mouse_and_keys_and_the_point_moves_in_it(
    drawing: Browser, lab: str, name: str
):
    with tabs_of(drawing) as new:
        tab: Tab = new(lab, viewport={"width": 1280, "height": 720})
        tab.open(f"/app/{name}/").moves()
        assert not tab.page.evaluate("'Plotly' in window")  # loaded only where it is opened
        tab.page.get_by_role("button", name="turn it").click()
        tab.page.wait_for_function(
            "document.querySelector('.turning .plot canvas') && "
            "document.querySelector('.turning .plot').data?.length > 1"
        )
        where = tab.page.evaluate(WHERE)
        tab.page.wait_for_function(
            f"before => JSON.stringify(({WHERE})()) !== before", arg=str(where)
        )
        eye = tab.page.evaluate(EYE)
        tab.page.locator(".turning .plot").press("ArrowRight")
        tab.page.wait_for_function(f"before => {EYE} !== before", arg=eye)
        eye = tab.page.evaluate(EYE)
        box = tab.page.locator(".turning .plot").bounding_box()
        assert box
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        tab.page.mouse.move(*middle)
        tab.page.mouse.down()
        tab.page.mouse.move(middle[0] + 80, middle[1] + 30, steps=6)
        tab.page.mouse.up()
        tab.page.wait_for_function(f"before => {EYE} !== before", arg=eye)
        step = tab.lab("step")
        tab.until(f"lab.step !== {step}")  # the run goes on
        tab.page.keyboard.press("Escape")
        assert tab.page.locator(".turning").is_hidden()
        assert tab.page.locator(".turn").evaluate("one => one === document.activeElement")
        assert tab.lab("state") == "running"


def test_in_a_lecture_a_key_opens_the_cloud_and_escape_closes_it_alone(drawing: Browser, lab: str):
    with tabs_of(drawing) as new:
        tab: Tab = new(lab, viewport={"width": 1024, "height": 768})
        tab.open("/app/latents/?lecture=1").moves()
        tab.page.keyboard.press("t")
        tab.page.wait_for_function("document.querySelector('.turning .plot canvas')")
        eye, chosen = tab.page.evaluate(EYE), tab.lab("chosen")
        tab.page.keyboard.press("ArrowLeft")
        tab.page.wait_for_function(f"before => {EYE} !== before", arg=eye)
        tab.page.keyboard.press("Escape")
        assert tab.page.locator(".turning").is_hidden()
        assert tab.page.evaluate("document.documentElement.matches('.lecture')")
        assert tab.lab("chosen") == chosen
        tab.page.keyboard.press("Escape")
        tab.page.wait_for_function("!document.documentElement.matches('.lecture')")
