"""A lecturer and two phones: the address in the code, a guess, the wheel, away and back."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from apps import pages
from apps.stage.room.invitation import address_in_network
from tests.browser.conftest import AXE, Tab, opened_lab, tabs_of

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def open_lab() -> Iterator[str]:
    """A lab that the room can reach."""
    if not address_in_network():
        pytest.skip("This computer is in no network: there is no address for phones.")
    with opened_lab("apps.lab", LAB_HOST="0.0.0.0", LAB_PUBLIC="0") as address:
        yield address


@dataclass
class Room:
    """A lecturer's page with an open room, and a way in."""

    lecturer: Tab
    address: str
    new: Any

    def phone(self) -> Tab:
        """A phone that follows, by the address of the code."""
        parts = urlsplit(self.address)
        phone = self.new(f"{parts.scheme}://{parts.netloc}", **PHONE)
        phone.open(parts.path)
        phone.until("lab.frames >= 2")
        return phone


@pytest.fixture
def room(browser: Any, open_lab: str) -> Iterator[Room]:
    with tabs_of(browser) as new:
        lecturer = new(open_lab)
        moves(lecturer.open("/app/dream/"))
        lecturer.page.get_by_role("button", name="Follow me").click()
        link = lecturer.page.locator(".room-address a")
        link.wait_for(state="visible")
        expect(lecturer.page.locator(".room-code svg")).to_be_visible()
        yield Room(lecturer, link.inner_text(), new)
        lecturer.page.locator(".room-close").evaluate("button => button.click()")


def moves(tab: Tab) -> Tab:
    """Wait until frames come and the page is there."""
    tab.until("lab.frames >= 2 && lab.run > 0")
    tab.page.wait_for_function("document.documentElement.matches('.ready')")
    return tab


def rests(lecturer: Tab, phone: Tab) -> None:
    """Pause, and wait until both rest at one step without loss."""
    lecturer.page.evaluate("lab.pause()")
    lecturer.rests()
    phone.until(f"['paused', 'ended'].includes(lab.state) && lab.exact === {lecturer.lab('step')}")


def test_a_phone_joins_by_the_address_and_sees_the_same_picture(room: Room):
    parts = urlsplit(room.address)
    assert parts.hostname == address_in_network()
    phone = room.phone()
    expect(phone.page.locator(".question")).to_have_text(
        "What does a layer make of this photograph?"
    )
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= 390
    box = phone.page.locator("canvas.picture").bounding_box()
    assert box
    assert box["width"] == 390
    expect(phone.page.locator(".inset")).to_be_visible()
    other = room.phone()
    expect(room.lecturer.page.locator(".room-count")).to_have_text("2 people follow")
    expect(other.page.locator(".people")).to_contain_text("phone 2")
    rests(room.lecturer, phone)
    for canvas in ("picture", "control"):
        assert phone.pixels(canvas) == room.lecturer.pixels(canvas)
    phone.page.add_script_tag(content=AXE.read_text())
    found = phone.page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa']})")
    assert [v["id"] for v in found["violations"] if v["impact"] in ("serious", "critical")] == []


def test_a_lab_of_this_computer_alone_says_how_to_open_it(tab: Tab):
    moves(tab.open("/app/dream/"))
    tab.page.keyboard.press("q")
    hint = tab.page.locator(".room-hint")
    expect(hint).to_contain_text("LAB_HOST=0.0.0.0 make lab")
    expect(tab.page.locator(".room-code svg")).to_have_count(0)
    tab.page.keyboard.press("q")
    expect(hint).not_to_be_visible()


def test_the_room_guesses_and_sees_what_was_right(room: Room):
    first, second = room.phone(), room.phone()
    lecturer = room.lecturer
    guess = pages.load("dream").presets[0].guess
    assert guess
    lecturer.page.locator("h1").click()
    lecturer.page.keyboard.press("g")
    wrong = next(answer for answer in guess.answers if answer != guess.right)
    for phone, answer in ((first, guess.right), (second, wrong)):
        expect(phone.page.locator(".guess-cover h2")).to_have_text(guess.question)
        phone.page.get_by_role("button", name=answer).click()
        expect(phone.page.get_by_role("button", name=answer)).to_have_attribute(
            "aria-pressed", "true"
        )
    expect(lecturer.page.locator(".room-guess p")).to_have_text("2 of 2 have guessed")
    counts = [str(int(answer in (guess.right, wrong))) for answer in guess.answers]
    expect(lecturer.page.locator(".guess-bars output")).to_have_text(counts)
    lecturer.until("lab.state === 'paused'")
    assert lecturer.lab("step") <= 1
    lecturer.page.get_by_role("button", name="Reveal").click()
    expect(first.page.locator(".guess-cover")).not_to_be_visible()
    said = lecturer.page.locator(".guess-said")
    expect(said).to_contain_text(guess.reveal, timeout=30_000)
    expect(said).to_contain_text("1 of 2 guessed it")
    expect(first.page.locator(".guess-said")).to_contain_text("Right.")
    expect(second.page.locator(".guess-said")).to_contain_text(f"“{guess.right}” is right")
    assert lecturer.lab("step") >= pages.load("dream").presets[0].at_step


def test_one_alone_guesses_and_sees_what_was_right(tab: Tab):
    moves(tab.open("/app/dream/"))
    guess = pages.load("dream").presets[0].guess
    assert guess
    run = tab.lab("run")
    tab.page.locator(".guess-open").click()
    expect(tab.page.locator(".guess-cover h2")).to_have_text(guess.question)
    tab.until(f"lab.run > {run} && lab.state === 'paused'")
    tab.page.keyboard.press(str(guess.answers.index(guess.right) + 1))
    expect(tab.page.locator(".guess-cover")).not_to_be_visible()
    expect(tab.page.locator(".guess-said")).to_have_text(f"Right. {guess.reveal}", timeout=30_000)


def test_a_guess_that_is_given_up_lets_the_run_go_on(tab: Tab):
    moves(tab.open("/app/dream/"))
    tab.page.keyboard.press("g")
    tab.until("lab.state === 'paused' && lab.step <= 1")
    tab.page.keyboard.press("Escape")
    tab.until("lab.step > 3")
    expect(tab.page.locator(".guess-cover")).not_to_be_visible()


def test_the_wheel_is_handed_over_and_taken_back(room: Room):
    first, second = room.phone(), room.phone()
    lecturer = room.lecturer
    wheel = lecturer.page.locator(".room-wheel select")
    wheel.select_option("1")
    expect(first.page.locator(".wheel")).to_be_visible()
    expect(second.page.locator(".wheel")).not_to_be_visible()
    before = lecturer.lab("settings.smoothness")
    slider = first.page.get_by_role("slider", name="Smoothness")
    slider.focus()
    for _ in range(10):
        slider.press("ArrowRight")
    lecturer.until(f"lab.settings.smoothness > {before}")
    expect(second.page.locator(".changed")).to_contain_text("Smoothness")
    wheel.select_option("0")
    expect(first.page.locator(".wheel")).not_to_be_visible()
    lecturer.page.evaluate("lab.set('smoothness', 3)")
    first.until("lab.settings.smoothness === 3")


def test_a_phone_with_the_wheel_locks_attributes(room: Room):
    lecturer, phone, other = room.lecturer, room.phone(), room.phone()
    moves(lecturer.open("/app/latents/"))
    phone.until("lab.settings.edit === 'glasses' && lab.frames > 2")
    lecturer.page.keyboard.press("q")
    lecturer.page.locator(".room-wheel select").select_option("1")
    box = phone.page.locator(".wheel fieldset label", has_text="eye size").locator("input")
    box.check()
    lecturer.until("JSON.stringify(lab.settings.hold) === '[\"eye_size\"]'")
    expect(other.page.locator(".changed")).to_contain_text("Hold eye size")
    phone.page.locator(".wheel fieldset label", has_text="all others").locator("input").check()
    lecturer.until("lab.settings.hold[0] === 'all others'")


def test_a_phone_breaks_away_at_the_same_picture_and_comes_back(room: Room):
    phone, lecturer = room.phone(), room.lecturer
    lecturer.page.evaluate("lab.set('step_size', 4)")
    lecturer.until(f"lab.step > {lecturer.lab('step')} + 6")
    rests(lecturer, phone)
    step, there = lecturer.lab("step"), phone.pixels()
    phone.page.get_by_role("button", name="Break away").click()
    phone.page.wait_for_url("**/app/dream/**")
    phone.until(f"lab.step === {step}", timeout=30)
    phone.rests()
    assert phone.pixels() == there
    assert phone.lab("settings.step_size") == 4
    phone.page.evaluate("lab.set('step_size', 1)")
    expect(lecturer.page.locator(".room-count")).to_have_text("Nobody follows yet")
    assert lecturer.lab("settings.step_size") == 4
    phone.page.locator(".room-back a").click()
    phone.page.wait_for_url("**/f/*")
    phone.until(f"lab.exact === {step}")
    assert phone.pixels() == there
    expect(phone.page.locator(".people")).to_contain_text("phone 1")


def test_phones_go_along_to_another_page_and_are_let_go(room: Room):
    phone, lecturer = room.phone(), room.lecturer
    run = phone.lab("run")
    moves(lecturer.open("/app/linear/"))
    phone.until(f"lab.run > {run} && lab.frames > 2")
    expect(phone.page.locator(".question")).to_have_text("Is it a property of deep networks?")
    expect(lecturer.page.get_by_role("button", name="Following: 1")).to_be_visible()
    lecturer.page.keyboard.press("q")
    lecturer.page.get_by_role("button", name="Stop").click()
    expect(phone.page.locator(".words")).to_contain_text("has closed this room")


def test_a_phone_sees_both_of_two_twins(room: Room):
    phone, lecturer = room.phone(), room.lecturer
    lecturer.page.locator(".twin-open").click()
    lecturer.page.locator(".pairing .go").click()
    twin = phone.page.locator(".twin")
    expect(twin).to_be_visible(timeout=15_000)
    differs = lecturer.page.locator(".differs").inner_text()
    expect(twin.locator("figcaption")).to_have_text(differs.capitalize())
    rests(lecturer, phone)
    lecturer.until("lab.twin.exact === lab.step")
    phone.page.wait_for_timeout(500)
    assert phone.pixels("twin-picture") == lecturer.pixels("twin-picture")
    lecturer.page.locator(".apart").click()
    expect(twin).not_to_be_visible()


@pytest.mark.parametrize(
    ("path", "title"),
    [("/units/", "Units"), ("/app/gallery/", "Gallery"), ("/course/", "Course")],
)
def test_phones_are_told_of_a_page_without_a_run(room: Room, path: str, title: str):
    phone, lecturer = room.phone(), room.lecturer
    lecturer.open(path)
    gone = phone.page.locator(".gone")
    expect(gone).to_have_text(f"The lecturer is looking at: {title}", timeout=15_000)
    expect(gone.get_by_role("link")).to_have_attribute("href", phone.address + path)
    moves(lecturer.open("/app/dream/"))
    expect(gone).not_to_be_visible()
