"""What every page is held to, over the folder listing: its presets are true and its names exist."""

import json
import re
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path

import pytest
import torch

from apps import pages
from apps.kit import page as kit
from apps.kit import shell
from apps.kit.preset import Claim, ClaimError, Guess, GuessError
from apps.stage.wire import messages
from core import probes, run
from core.export import pairs
from core.probe import declared, made

FIRST = 1  # preset of a page whose claim is tried at every change, the others before a release


def presets(*, quick: int | None) -> list:
    return [
        pytest.param(
            name,
            preset,
            id=f"{name}: {preset.sentence}",
            marks=() if quick is None or i < quick else pytest.mark.slow,
        )
        for name in pages.NAMES
        for i, preset in enumerate(pages.load(name).presets)
    ]


def start(name, preset):
    return made(probes.load(name).Settings, preset.settings)


def test_every_probe_has_a_page_and_every_page_is_in_the_header():
    found = {path.stem for path in Path(pages.__file__).parent.glob("*.py")}
    others = {"__init__", "follow", "gallery", "landing", "lessons", "units"}
    assert found - others == set(pages.NAMES)
    assert set(pages.NAMES) == set(probes.names())
    assert {pages.load(name).group for name in pages.NAMES} <= set(shell.GROUPS)


@pytest.mark.parametrize("name", pages.NAMES)
def test_a_sentence_has_at_most_four_choices_at_a_time(name):
    """What is shown together for some preset; all else is in the panel."""
    page = pages.load(name)
    for values in [asdict(start(name, preset)) for preset in page.presets]:
        shown = [
            setting
            for setting in re.findall(r"\{(\w+)\}", page.sentence)
            if all(
                _holds(values[other], wanted)
                for other, wanted in page.conditions().get(setting, ())
            )
        ]
        assert len(shown) <= 4, shown


def _holds(value, wanted):
    return value in wanted if wanted else bool(value) and value != "none"


def test_a_number_compared_with_itself_is_no_claim():
    with pytest.raises(ClaimError, match="compares 'activation' with itself: name another number"):
        Claim("activation", 0.9, "activation")
    assert Claim("twin activation", 0.9, "activation").ratio == 0.9


@pytest.mark.parametrize(
    ("answers", "right", "sentence"),
    [
        (("yes",), "yes", "give 2 to 4 different ones"),
        (("yes", "yes"), "yes", "give 2 to 4 different ones"),
        (tuple("abcde"), "a", "give 2 to 4 different ones"),
        (("yes", "no"), "perhaps", "'perhaps' is no answer"),
    ],
)
def test_a_guess_that_cannot_be_asked_is_refused(answers, right, sentence):
    with pytest.raises(GuessError, match=sentence):
        Guess("Is it?", answers, right, "It is.")


@pytest.mark.parametrize("name", pages.NAMES)
def test_a_page_with_presets_asks_a_guess_that_a_phone_can_show(name):
    page = pages.load(name)
    guesses = [preset.guess for preset in page.presets if preset.guess]
    assert guesses or not page.presets
    for guess in guesses:
        told = guess.as_json()
        assert guess.answers[told["right"]] == guess.right
        order = messages.read(json.dumps({"ask": told}))
        assert (order.question, order.answers) == (guess.question, guess.answers)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("name", "preset"), presets(quick=FIRST))
def test_a_preset_keeps_its_claim(name, preset):
    """The control is left out where the claim does not speak of it: it changes no picture."""
    probe, settings = probes.load(name), start(name, preset)
    spoken = preset.claim.number + preset.claim.other
    if "control" not in spoken and hasattr(settings, "control"):
        settings = replace(settings, control=False)
    going = run.Run(probe, settings, run.resolve(probe, settings))
    if preset.twin:
        other = pairs.started(going, preset.twin, {})
        mine, its = next(islice(pairs.in_step(going, other), preset.at_step, None))
        numbers = pairs.numbers(mine.numbers, its.numbers)
    else:
        numbers = next(islice(going, preset.at_step, None)).numbers
    number, other = numbers[preset.claim.number], numbers[preset.claim.other]
    assert torch.all(number >= preset.claim.ratio * other), (number, other)


@pytest.mark.parametrize(("name", "preset"), presets(quick=None))
def test_a_preset_sets_what_is_declared_to_another_value(name, preset):
    default = asdict(probes.load(name).Settings())
    values = asdict(start(name, preset))
    assert {k for k, v in values.items() if v != default[k]} >= {
        k for k in preset.settings if k != "label"
    }


@pytest.mark.parametrize("name", pages.NAMES)
def test_two_presets_of_a_page_are_twins_that_differ(name):
    twins = [preset for preset in pages.load(name).presets if preset.twin]
    assert len(twins) >= 2 or not pages.load(name).presets
    for preset in twins:
        assert pairs.settings_of(start(name, preset), preset.twin)


@pytest.mark.parametrize("name", pages.NAMES)
def test_the_presets_of_a_page_are_different_starts(name):
    starts = [
        (tuple(asdict(start(name, p)).items()), tuple(p.twin.items()))
        for p in pages.load(name).presets
    ]
    assert len(set(starts)) == len(starts)


@pytest.mark.parametrize("name", pages.NAMES)
def test_what_depends_on_what_is_declared(name):
    known = declared(probes.load(name).Settings)
    for field, conditions in pages.load(name).conditions().items():
        assert field in known
        for other, values in conditions:
            for value in values:
                made(probes.load(name).Settings, {other: value})


@pytest.mark.parametrize("name", pages.NAMES)
def test_no_marks_of_a_docstring_stand_among_the_sources(name: str):
    assert "`" not in kit.papers(probes.load(name))
