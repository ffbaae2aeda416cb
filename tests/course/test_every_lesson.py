"""What every page of the course is held to, over the folder listing."""

from dataclasses import replace
from pathlib import Path

import pytest

from apps.course import frame, lessons
from apps.course.settings import Held, Whole
from core import probes, records
from tests.course.conftest import html, proofs, shown, sound

NAMES = lessons.names()
ROOT = Path(__file__).resolve().parents[2]
PRESETS = [
    pytest.param(name, at, id=f"{name}: {preset.sentence}")
    for name in NAMES
    for at, preset in enumerate(lessons.load(name).presets)
]
STEPS = [
    pytest.param(name, at, id=f"{name}: {step.sentence}")
    for name in NAMES
    for at, step in enumerate(lessons.load(name).steps)
]


def drawn(page):
    """Everything that a page draws and says, as bytes; its controls are left out."""
    figures = [one.proto.SerializeToString() for one in page.get("bidi_component")]
    return b"".join(figures) + html(page).encode()


def ends(setting):
    """The two values that are furthest from each other."""
    whole = isinstance(setting, Whole)
    return (setting.low, setting.high) if whole else (setting.options[0], setting.options[-1])


@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_its_arithmetic_in_core_and_that_has_its_tests(name):
    assert (ROOT / "core" / "lessons" / f"{name}.py").exists()
    assert (ROOT / "tests" / "lessons" / f"test_{name}.py").exists()


def test_every_page_is_in_the_contents_as_its_question(contents):
    page = contents()
    links = [one.proto for one in page.get("page_link")]
    assert [one.label for one in links] == [lessons.load(name).question for name in NAMES]
    assert len(page.get("bidi_component")) == len(NAMES)
    assert {lessons.load(name).picture()[:4] for name in NAMES} == {"<svg"}


@pytest.mark.parametrize("name", NAMES)
def test_a_page_asks_a_question_and_proves_its_answer(name):
    page = shown(name)
    assert page.title[0].value == lessons.load(name).question
    assert page.title[0].value.endswith("?")
    assert set(proofs(page).values()) == {"holds"}
    assert len(page.get("bidi_component")) > 1  # the figure, and the link


@pytest.mark.parametrize("name", NAMES)
def test_presets_and_steps_set_what_is_declared(name):
    lesson = lessons.load(name)
    assert len(lesson.presets) >= 3
    assert len(lesson.steps) >= 3
    assert not isinstance(lesson.settings[lesson.control], Held)
    for preset in (*lesson.presets, *lesson.steps):
        for key, value in preset.settings.items():
            assert lesson.settings[key].read(f"{value}") == value
            assert value != lesson.settings[key].default
    for group in (lesson.presets, lesson.steps):
        assert len({str(sorted(one.settings.items())) for one in group}) == len(group)


@pytest.mark.parametrize(("name", "at"), PRESETS)
def test_a_preset_runs_and_its_link_brings_back_the_same(name, at):
    lesson = lessons.load(name)
    preset = lesson.presets[at]
    page = shown(name)
    other = lesson.presets[at - 1]
    for one in (other, preset):  # from another start: what is not named goes back
        page.button(key=f"preset{lesson.presets.index(one)}").click()
        sound(page.run())
    assert set(proofs(page).values()) == {"holds"}
    assert {k: f"{v}" for k, v in preset.settings.items()} == dict(page.query_params)
    again = shown(name, **{k: f"{v}" for k, v in preset.settings.items()})
    assert drawn(again) == drawn(page)


@pytest.mark.parametrize(("name", "at"), STEPS)
def test_a_step_of_the_lecture_shows_one_control_and_no_prose(name, at):
    lesson = lessons.load(name)
    page = shown(name, lecture="1", step=f"{at + 1}")
    assert set(proofs(page).values()) == {"holds"}
    controls = [*page.slider, *page.select_slider, *page.button_group]
    assert [one.key for one in controls] == [lesson.control]
    assert lesson.steps[at].sentence in html(page)
    assert "corrected" not in html(page)
    last = at == len(lesson.steps) - 1
    assert (page.button(key="back").disabled, page.button(key="next").disabled) == (at == 0, last)
    to = at - 1 if last else at + 1
    page.button(key="back" if last else "next").click()
    sound(page.run())
    assert lesson.steps[to].sentence in html(page)
    assert drawn(shown(name, lecture="1", step=f"{to + 1}")) == drawn(page)


@pytest.mark.parametrize("name", NAMES)
def test_the_answer_comes_after_a_guess_and_is_computed(name):
    lesson = lessons.load(name)
    right, why = lesson.guess.answer()
    assert right in lesson.guess.options
    assert why not in html(shown(name))
    wrong = next(option for option in lesson.guess.options if option != right)
    for option in (right, wrong):
        said = html(shown(name, g=option))
        assert ("<b>Yes.</b>" in said) == (option == right)
        assert (f"It is {right}" in said) == (option != right)


@pytest.mark.parametrize("name", NAMES)
def test_every_control_changes_what_is_drawn(name):
    lesson = lessons.load(name)
    asking = [{}, *(preset.settings for preset in (*lesson.presets, *lesson.steps))]
    for key, setting in lesson.settings.items():
        if isinstance(setting, Held):
            continue
        start = next(  # where this control is asked for
            one
            for one in asking
            if key in lesson.asks({n: one.get(n, s.default) for n, s in lesson.settings.items()})
        )
        low, high = (
            drawn(shown(name, **{k: f"{v}" for k, v in {**start, key: end}.items()}))
            for end in ends(setting)
        )
        assert low != high, key


@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_value_of_a_control_is_the_default(name):
    lesson = lessons.load(name)
    for bad in ("-1", "9999", "x", "", "1e3", "٣"):
        for setting in lesson.settings.values():
            assert isinstance(setting, Held) or setting.read(bad) == setting.default
    query = dict.fromkeys(lesson.settings, "-1")
    for page in (shown(name, **query), shown(name, lecture="1", **query)):
        assert set(proofs(page).values()) == {"holds"}


@pytest.mark.parametrize("name", NAMES)
def test_a_door_leads_to_a_page_of_the_lab_as_it_says(name):
    doors = lessons.load(name).doors
    assert doors
    for door in doors:
        address = frame.address(door.probe, dict(door.settings))
        record = records.unpack(address.split("?r=")[1])
        settings, _, said = records.read(probes.load(door.probe), record)
        assert said == []
        for key, value in door.settings.items():
            assert getattr(settings, key) == value
        assert address in html(shown(name))


@pytest.mark.parametrize("name", NAMES)
def test_a_page_says_what_is_believed_and_what_the_notes_say(name):
    lesson = lessons.load(name)
    said = html(shown(name))
    for one in (lesson.myth, *lesson.corrections()):
        assert one.said
        assert frame.escape(one.said) in said


def test_a_lesson_cannot_hide_that_it_fails():
    """The badge of a proof that does not hold is red, whatever the page."""
    from apps.course import parts
    from core.lessons.proof import Proof

    good = Proof("a = b", 1e-16)
    assert 'class="proof holds"' in parts.badge(good)
    assert 'class="proof fails"' in parts.badge(replace(good, residual=0.5))
    assert 'class="proof fails"' in parts.badge(replace(good, residual=float("nan")))
    assert "5e-1" in parts.badge(replace(good, residual=0.5))
