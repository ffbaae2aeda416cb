"""Settings are declared once, checked with their own limits, and change only at a step's start."""

from dataclasses import dataclass
from typing import Annotated

import pytest

from core.probe import (
    Attributes,
    Choice,
    Live,
    Network,
    Range,
    SettingError,
    Switch,
    Unit,
    declared,
    made,
)
from core.settings import LONGEST


@dataclass(frozen=True)
class Settings:
    """Of nothing in particular."""

    smoothness: Annotated[float, Range(0, 10, unit="px", live=True)] = 1.0
    steps: Annotated[int, Range(1, 2000)] = 200
    form: Annotated[str, Choice(("round", "square"), live=True)] = "round"
    control: Annotated[bool, Switch()] = True


@dataclass(frozen=True)
class Locks:
    """Some attributes of a generator."""

    network: Annotated[str, Network(family="generator")] = "critters-vae"
    hold: Annotated[tuple[str, ...], Attributes(of="network", live=True)] = ()


@dataclass(frozen=True)
class Drop:
    """An action: something falls in."""

    size: Annotated[float, Range(0, 1)] = 0.5


SENTENCES = [
    ({"smoothness": 11}, "smoothness = 11 is out of range: choose 0 to 10 px."),
    ({"smoothness": float("nan")}, "smoothness = nan is out of range"),
    ({"smoothness": "1"}, "smoothness = '1' is not a number."),
    ({"smoothness": True}, "smoothness = True is not a number."),
    ({"steps": 2.5}, "steps = 2.5 is not a whole number."),
    ({"steps": 0}, "steps = 0 is out of range: choose 1 to 2000."),
    ({"form": "flat"}, "form = 'flat' is unknown: choose round, square."),
    ({"control": 1}, "control = 1 is not true or false."),
    ({"colour": 1}, "There is no setting 'colour': choose from smoothness, steps"),
]


@pytest.mark.parametrize(("values", "sentence"), SENTENCES)
def test_a_value_that_does_not_fit_is_answered_with_a_sentence(values, sentence):
    with pytest.raises(SettingError) as error:
        made(Settings, values)
    assert str(error.value).startswith(sentence)


def test_whole_numbers_stand_for_numbers_and_the_other_way_round():
    settings = made(Settings, {"smoothness": 3, "steps": 7.0})
    assert (settings.smoothness, settings.steps) == (3.0, 7)
    assert isinstance(settings.steps, int)


@pytest.mark.parametrize(
    ("sent", "held"),
    [
        ([], ()),
        (["smile", "dark"], ("dark", "smile")),
        (("smile", "dark", "smile"), ("dark", "smile")),
        ("smile, dark", ("dark", "smile")),
        (["smile,dark", "hat"], ("dark", "hat", "smile")),
        ("nothing", ()),
        ("all others", ("all others",)),
        (["all others", "smile"], ("all others",)),
        ("", ()),
    ],
)
def test_the_same_set_is_the_same_value_however_it_is_sent(sent, held):
    assert made(Locks, {"hold": sent}).hold == held


@pytest.mark.parametrize("wrong", [3, None, [1], [["smile"]], {"smile": 1}, True])
def test_what_is_no_set_of_names_is_refused(wrong):
    with pytest.raises(SettingError, match="give names of attributes with commas between them"):
        made(Locks, {"hold": wrong})


@pytest.mark.parametrize("wrong", [[str(i) for i in range(LONGEST + 1)], ["a" * (LONGEST + 1)]])
def test_a_set_without_an_end_is_refused(wrong):
    with pytest.raises(SettingError, match=f"hold has more than {LONGEST} names"):
        made(Locks, {"hold": wrong})


def test_what_is_declared_is_found_with_its_kind_and_default():
    steps = declared(Settings)["steps"]
    assert (steps.type, steps.kind, steps.default) == (int, Range(1, 2000), 200)


def test_live_settings_checks_what_it_starts_from():
    with pytest.raises(SettingError, match="steps = 0"):
        Live(Settings(steps=0))


def test_a_change_takes_effect_at_the_next_step_and_is_on_the_tape():
    live = Live(Settings())
    live.begin(0)
    live.set(smoothness=2)
    assert live.now.smoothness == 1
    live.begin(1)
    assert live.now.smoothness == 2
    assert live.tape == [(1, {"smoothness": 2})]


def test_a_fixed_setting_is_refused_and_nothing_changes():
    live = Live(Settings())
    with pytest.raises(SettingError, match="steps is fixed during a run: start again"):
        live.set(steps=3, smoothness=2)
    live.begin(0)
    assert live.now == Settings()
    assert live.tape == []


def test_a_tape_steers_a_run_as_it_was_steered():
    live = Live(Settings(), tape=[(2, {"smoothness": 5}), (4, {"form": "square"})])
    seen = []
    for step in range(6):
        live.begin(step)
        seen.append((live.now.smoothness, live.now.form))
    assert seen == [(1, "round")] * 2 + [(5, "round")] * 2 + [(5, "square")] * 2


def test_a_run_that_goes_on_catches_up_with_its_tape():
    live = Live(Settings(), tape=[(2, {"smoothness": 5}), (4, {"form": "square"})])
    live.catch_up(4)
    assert (live.now.smoothness, live.now.form) == (5, "round")


def test_a_change_drops_what_the_tape_held_for_later():
    live = Live(Settings(), tape=[(1, {"smoothness": 5}), (4, {"form": "square"})])
    live.begin(1)
    live.set(smoothness=3)
    live.begin(2)
    assert live.tape == [(1, {"smoothness": 5}), (2, {"smoothness": 3})]


def test_an_action_is_read_at_one_step_only_and_is_on_the_tape():
    live = Live(Settings(), kinds={"drop": Drop})
    live.act("drop", size=0.25)
    live.begin(0)
    assert live.actions == (Drop(0.25),)
    live.begin(1)
    assert live.actions == ()
    assert live.tape == [(0, {"action": "drop", "size": 0.25})]
    replayed = Live(Settings(), tape=list(live.tape), kinds={"drop": Drop})
    replayed.begin(0)
    assert replayed.actions == (Drop(0.25),)


@pytest.mark.parametrize(
    ("name", "values", "sentence"),
    [
        ("rain", {}, "There is no action 'rain' here: choose from drop."),
        ("drop", {"size": 2}, "size = 2 is out of range: choose 0 to 1."),
    ],
)
def test_an_action_that_does_not_exist_or_fit_is_refused(name, values, sentence):
    live = Live(Settings(), kinds={"drop": Drop})
    with pytest.raises(SettingError) as error:
        live.act(name, **values)
    assert str(error.value) == sentence


def test_a_wish_at_the_step_of_a_links_change_comes_after_it():
    kept = [(2, {"smoothness": 5.0, "form": "square"}), (4, {"form": "round"})]
    live = Live(Settings(), tape=list(kept))
    live.begin(1)
    live.set(smoothness=3.0)
    live.begin(2)
    assert (live.now.smoothness, live.now.form) == (3, "square")
    assert live.tape == [kept[0], (2, {"smoothness": 3.0})]
    replayed = Live(Settings(), tape=list(live.tape))
    replayed.begin(2)
    assert replayed.now == live.now


def test_a_change_is_applied_at_its_step_alone():
    live = Live(Settings(), tape=[(1, {"smoothness": 5.0})])
    live.begin(0)
    assert live.now.smoothness == 1
    live.begin(1)
    live.now = Settings(smoothness=7.0)
    live.begin(2)
    assert live.now.smoothness == 7


def test_a_wish_is_tried_together_with_those_that_wait():
    tried = []
    live = Live(Settings(), fits=tried.append)
    live.set(smoothness=2)
    live.set(form="square")
    assert tried[-1] == Settings(smoothness=2.0, form="square")


@dataclass(frozen=True)
class Named:
    """Of a network and one of its units."""

    network: Annotated[str, Network()] = "lite0"
    unit: Annotated[int, Unit(of="layer")] = 1


@pytest.mark.parametrize(
    ("cls", "values"),
    [
        (Settings, {"smoothness": 0}),
        (Settings, {"smoothness": 10}),
        (Settings, {"steps": 1}),
        (Settings, {"steps": 2000}),
        (Named, {"unit": 0}),
        (Named, {"network": "x" * LONGEST}),
    ],
)
def test_the_ends_of_a_range_belong_to_it(cls, values):
    made(cls, values)


@pytest.mark.parametrize("values", [{"unit": -1}, {"network": "x" * (LONGEST + 1)}])
def test_what_is_one_too_far_is_refused(values):
    with pytest.raises(SettingError):
        made(Named, values)
