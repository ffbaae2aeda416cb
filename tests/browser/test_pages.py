"""The pages do in a real browser what they say."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from apps import pages
from core import pictures
from tests.browser.conftest import ALIKE, AXE, Tab, parametrized

pytestmark = pytest.mark.browser
PAGES = pages.NAMES
EVERY = parametrized()


@pytest.mark.parametrize("name", ["", *EVERY])
def test_a_page_moves_before_any_click(tab: Tab, name: str):
    tab.open(f"/app/{name}/" if name else "/")
    tab.until("lab.shown >= 5")
    found = {tab.pixels()}
    for _ in range(3):  # a picture that breathes may be back where it was
        tab.until(f"lab.shown > {tab.lab('shown')}")
        found.add(tab.pixels())
    assert len(found) > 1


def test_a_slider_steers_the_run_without_a_restart(tab: Tab):
    tab.open("/app/dream/").moves()
    run = tab.lab("run")
    slider = tab.page.locator("#set-step_size input[type=range]")
    slider.focus()
    for _ in range(5):
        slider.press("ArrowRight")
    tab.until("lab.settings.step_size > 3 && lab.lastSet.step_size === lab.settings.step_size")
    shown = tab.lab("shown")
    tab.until(f"lab.shown >= {shown} + 2")
    assert tab.lab("run") == run
    tab.page.wait_for_timeout(400)
    assert tab.lab("settings.step_size") > 3


def test_pause_step_and_play(tab: Tab):
    tab.open("/app/dream/").moves()
    tab.page.get_by_role("button", name="Pause").click()
    tab.rests()
    step = tab.lab("step")
    tab.page.wait_for_timeout(500)
    assert tab.lab("step") == step
    tab.page.get_by_role("button", name="Step", exact=True).click()
    tab.until(f"lab.step === {step + 1}")
    tab.rests()
    tab.page.get_by_role("button", name="Play").first.click()
    tab.until(f"lab.step > {step + 2}")


def test_the_keyboard_pauses_and_steps(tab: Tab):
    tab.open("/app/dream/").moves()
    tab.until("lab.step > 6")
    tab.page.keyboard.press("Space")
    tab.rests()
    step = tab.lab("step")
    tab.page.keyboard.press("ArrowLeft")
    tab.until(f"lab.step === {step - 1}")
    tab.rests()
    tab.page.keyboard.press("ArrowRight")
    tab.until(f"lab.step === {step}")
    tab.page.keyboard.press("Space")
    tab.until("lab.state === 'running'")


def test_the_time_line_goes_back_to_the_same_picture(tab: Tab):
    tab.open("/app/features/").moves()
    tab.until("lab.step > 12")
    tab.page.get_by_role("button", name="Pause").click()
    tab.rests()
    step, there = tab.lab("step"), tab.pixels()
    line = tab.page.get_by_label("Time line")
    line.focus()
    for _ in range(8):
        line.press("ArrowLeft")
    tab.until(f"lab.step === {step - 8}")
    tab.rests()
    assert tab.pixels() != there
    for _ in range(8):
        line.press("ArrowRight")
    tab.until(f"lab.step === {step}")
    tab.rests()
    assert tab.pixels() == there


@pytest.mark.parametrize("name", EVERY)
def test_a_preset_starts_what_it_says_and_moves_the_widgets(tab: Tab, name: str):
    tab.open(f"/app/{name}/").moves()
    run, preset = tab.lab("run"), pages.load(name).presets[1]
    tab.preset(preset.sentence)
    tab.until(f"lab.run > {run} && lab.frames > 2 && lab.step >= 1")
    for setting, value in preset.settings.items():
        assert tab.lab(f"started.{setting}") == (list(value) if isinstance(value, tuple) else value)
    assert tab.page.locator(".preset").nth(1).get_attribute("aria-pressed") == "true"
    assert tab.page.locator(".path .here").inner_text() == preset.sentence


def test_what_a_preset_sets_is_what_the_widgets_show(tab: Tab):
    tab.open("/app/dream/").moves()
    tab.page.evaluate("lab.again({smoothness: 2.5, octaves: 2, seed: 7, control: false})")
    page = tab.page
    page.wait_for_function("document.querySelector('#set-smoothness input').value === '2.5'")
    page.wait_for_function("document.querySelector('#set-octaves input').value === '2'")
    page.wait_for_function("document.querySelector('#set-seed input').value === '7'")
    page.wait_for_function("!document.querySelector('#set-control input').checked")
    page.wait_for_function("document.querySelector('.player').matches('.alone')")


def test_a_link_opened_anew_gives_the_same_picture(tabs: Any):
    tab: Tab = tabs()
    tab.open("/app/dream/").moves()
    tab.page.evaluate("lab.set('step_size', 4)")
    tab.until("lab.asked > 0 && lab.answered >= lab.asked")
    tab.until(f"lab.step > {tab.lab('step') + 4}")  # a step has read it
    tab.page.get_by_role("button", name="Pause").click()
    tab.rests()
    tab.page.get_by_role("button", name="Link").click()
    tab.page.wait_for_function("location.search.startsWith('?r=')")
    other: Tab = tabs()
    other.page.goto(tab.page.url)
    other.until(f"lab.step === {tab.lab('step')}", timeout=30)
    other.rests()
    assert other.pixels() == tab.pixels()
    assert other.pixels("control") == tab.pixels("control")
    assert other.lab("settings.step_size") == 4


def test_a_damaged_link_is_answered_and_the_page_runs_all_the_same(tab: Tab):
    tab.open("/app/dream/?r=nonsense")
    tab.until("lab.frames > 2")
    assert "This link" in tab.page.get_by_role("alert").inner_text()


def test_a_saved_picture_brings_its_run_back(tab: Tab, tmp_path: Path):
    tab.open("/app/features/").moves()
    tab.page.evaluate("lab.again({unit: 3, seed: 5})")
    tab.until("lab.started.unit === 3 && lab.step > 4")
    tab.page.get_by_role("button", name="Pause").click()
    tab.rests()
    with tab.page.expect_download() as saving:
        tab.page.get_by_role("button", name="Save").click()
    path = tmp_path / saving.value.suggested_filename
    saving.value.save_as(path)
    step, there = tab.lab("step"), tab.pixels()
    tab.preset("A flamingo")
    tab.until("lab.started.target === 'class' && lab.step >= 1")
    tab.page.locator("input[type=file]").set_input_files(path)
    tab.until(f"lab.started.unit === 3 && lab.step === {step}", timeout=30)
    tab.rests()
    assert tab.pixels() == there


def test_a_picture_of_ones_own_is_what_the_run_starts_from(tab: Tab, tmp_path: Path):
    mine = tmp_path / "mine.jpg"
    mine.write_bytes(pictures.shipped()["bee"].read_bytes())
    tab.open("/app/dream/").moves()
    tab.page.locator("[data-bring=picture]").set_input_files(mine)
    tab.until("lab.started.picture.startsWith('upload-') && lab.step >= 2")
    tab.page.get_by_role("button", name="Link").click()
    tab.page.get_by_text("Save it instead").wait_for()


def test_a_file_that_is_no_picture_gets_a_sentence_and_the_run_goes_on(tab: Tab, tmp_path: Path):
    none = tmp_path / "notes.png"
    none.write_text("nothing to see")
    tab.open("/app/dream/").moves()
    run = tab.lab("run")
    tab.page.locator("[data-bring=picture]").set_input_files(none)
    tab.page.get_by_text("drop it again").wait_for()
    assert tab.lab("run") == run
    tab.wrong.clear()  # the browser itself reports the answer 422


def test_a_reloaded_page_returns_to_its_run(tab: Tab):
    tab.open("/app/dream/").moves()
    tab.until("lab.step > 5")
    run, step = tab.lab("run"), tab.lab("step")
    tab.page.reload()
    tab.until(f"lab.run === {run} && lab.step >= {step}")


def test_steering_the_dream_of_the_front_page_goes_on_with_it(tab: Tab):
    tab.open("/")
    tab.until("lab.step > 3")
    run = tab.lab("run")
    tab.page.get_by_role("link", name="Steer this dream").click()
    tab.page.wait_for_url("**/app/dream/**")
    tab.until(f"lab.run === {run} && lab.frames > 1")


def test_with_reduced_motion_nothing_moves_until_play(tabs: Any):
    tab: Tab = tabs(reduced_motion="reduce")
    tab.open("/app/dream/")
    tab.until("lab.frames >= 1 && lab.state === 'paused'")
    tab.page.wait_for_timeout(600)
    assert tab.lab("step") == 0
    tab.page.get_by_role("button", name="Play").first.click()
    tab.until("lab.step > 3")


def test_a_run_that_is_over_starts_again_when_it_is_steered(tab: Tab):
    tab.open("/app/features/").moves()
    tab.page.evaluate("lab.again({steps: 2})")
    tab.until("lab.started.steps === 2 && lab.state === 'ended'", timeout=40)
    run = tab.lab("run")
    tab.page.evaluate("lab.set('contrast', 2)")
    tab.until(f"lab.run > {run} && lab.started.contrast === 2 && lab.step >= 1")


def test_no_page_is_wider_than_a_phone_and_the_picture_stays_in_view(tabs: Any):
    tab: Tab = tabs(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    for path in ("/", *(f"/app/{name}/" for name in PAGES)):
        tab.open(path)
        tab.until("lab.frames >= 2")
        tab.page.wait_for_timeout(600)
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert tab.page.evaluate(wide) <= 0, path
    tab.open("/app/dream/").moves()
    tab.page.locator("#set-step_size").scroll_into_view_if_needed()
    tab.page.evaluate("scrollBy(0, 200)")
    box = tab.page.locator("canvas.picture").bounding_box()
    assert box
    assert box["y"] >= 0
    assert box["height"] < 844 / 2


BOTH = ("", "dream", "evolve")  # in the dark too at every change


def later(name: str, scheme: str) -> Any:
    """The mark of what is looked at before a release."""
    at_once = name not in ALIKE and (scheme == "light" or name in BOTH)
    return () if at_once else pytest.mark.slow


@pytest.mark.parametrize(
    ("path", "scheme"),
    [
        pytest.param(f"/app/{name}/" if name else "/", scheme, marks=later(name, scheme))
        for name in ("", *PAGES)
        for scheme in ("light", "dark")
    ],
)
def test_axe_finds_nothing_serious(tabs: Any, path: str, scheme: str):
    tab: Tab = tabs(color_scheme=scheme)
    tab.open(path)
    tab.until("lab.frames >= 2")
    tab.page.wait_for_timeout(1000)
    tab.page.add_script_tag(content=AXE.read_text())
    result = tab.page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa']})")
    assert not [
        (found["id"], [node["html"][:120] for node in found["nodes"]])
        for found in result["violations"]
        if found["impact"] in ("serious", "critical")
    ]


def test_the_choice_of_light_or_dark_is_kept(tab: Tab):
    tab.open("/app/dream/").moves()
    tab.page.get_by_role("button", name="Dark").click()
    assert tab.page.evaluate("document.documentElement.dataset.theme") == "dark"
    tab.open("/")
    assert tab.page.evaluate("document.documentElement.dataset.theme") == "dark"


@pytest.mark.parametrize("seconds", [0, pytest.param(6, marks=pytest.mark.slow)])
def test_the_way_back_leads_to_the_same_run_at_its_step(tab: Tab, seconds: int):
    tab.open("/app/features/").moves()
    tab.page.evaluate("lab.set('contrast', 1.7)")
    tab.until("lab.step > 10")
    tab.page.evaluate("lab.pause()")
    tab.rests()
    step, there = tab.lab("step"), tab.pixels()
    tab.page.get_by_role("link", name="Dream", exact=True).click()
    tab.until("lab.config.probe === 'dream' && lab.frames >= 2")
    tab.page.wait_for_timeout(1000 * seconds)  # longer than a run waits for its page
    tab.page.go_back()
    tab.until("lab.config.probe === 'features' && lab.frames >= 1 && lab.state === 'paused'")
    tab.rests()
    assert (tab.lab("step"), tab.lab("settings.contrast"), tab.pixels()) == (step, 1.7, there)


def on_a_phone(tabs: Any, path: str) -> Tab:
    tab: Tab = tabs(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    tab.open(path).until("lab.frames >= 2")
    return tab


def test_nothing_of_the_front_page_is_cut_on_a_phone(tabs: Any):
    tab = on_a_phone(tabs, "/")
    for selector in (".groups a", ".sheet a", ".sheet a > *"):
        ends = "all => Math.max(...all.map((one) => one.getBoundingClientRect().right))"
        assert tab.page.locator(selector).evaluate_all(ends) <= 390 - 12, selector
    assert not tab.page.locator(".bar").is_visible()  # its buttons are another page's


@pytest.mark.parametrize("name", ["linear", "evolve"])
def test_a_flat_picture_is_as_wide_as_a_phone_and_its_control_covers_none_of_it(
    tabs: Any, name: str
):
    tab = on_a_phone(tabs, f"/app/{name}/")
    picture = tab.page.locator("canvas.picture").bounding_box()
    control = tab.page.locator("canvas.control").bounding_box()
    views = tab.page.locator(".views").bounding_box()
    assert picture
    assert control
    assert views
    assert picture["width"] >= 350
    assert control["y"] >= picture["y"] + picture["height"]
    assert views["height"] < 844 / 2
    for word in tab.page.locator(".columns span").all():
        assert word.evaluate("one => one.scrollWidth <= one.clientWidth")


def test_a_slider_stands_where_its_recipe_is_and_to_its_right_is_more(tab: Tab):
    tab.open("/app/features/").moves().turn("Settings")
    slider = tab.page.locator("#set-canvas input[type=range]")
    expect(slider).to_have_attribute("aria-valuetext", "recipe: 160 px")
    expect(slider).to_have_value("160")
    slider.focus()
    for _ in range(4):  # quicker than Gradio tells of them
        slider.press("ArrowRight")
    tab.until("lab.settings.canvas === 164 && lab.started.canvas === 164")
    slider.press("Home")
    tab.until("lab.started.canvas === 0")
    slider.blur()
    expect(slider).to_have_value("160")


@pytest.mark.parametrize("name", ["latents", "walk", "sampler"])
def test_many_panels_leave_half_of_a_phone_to_what_steers_them(tabs: Any, name: str):
    tab = on_a_phone(tabs, f"/app/{name}/")
    views = tab.page.locator(".views").bounding_box()
    assert views
    assert views["height"] < 844 / 2
