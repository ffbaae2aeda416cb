"""An inversion finds a picture with the photograph's code, and says how far it is from it."""

from dataclasses import replace
from itertools import islice

import pytest
import torch

from core import pictures, run
from core.metrics import survival
from core.objectives import codes
from core.probes import inversion
from core.steps import inverting

QUICK = inversion.Settings(size=64, steps=24, layer="blocks.2")


def last(uploads=None, **changes):
    settings = replace(QUICK, **changes)
    going = run.Run(inversion, settings, run.resolve(inversion, settings, uploads))
    *_, frame = going
    return going, frame


@pytest.fixture(scope="module")
def made():
    return last()


def test_the_layer_comes_to_take_it_for_the_photograph(made):
    _, frame = made
    assert frame.numbers["relative error"] < 0.5 * frame.numbers["another photograph"]
    assert frame.numbers["cosine"] > 0.8


def test_the_shown_errors_are_those_of_the_eight_bit_picture(made):
    going, frame = made
    network = going.resources["network"]
    x = pictures.read(pictures.png(frame.panels["picture"]))[None]
    photograph = pictures.square(going.resources["picture"], 64)[None]
    for px, name in ((0, "relative error"), (3, "rolled error")):
        a, code = (
            network.activations(torch.roll(one, (px, px), (2, 3)), "blocks.2")
            for one in (x, photograph)
        )
        error = (a - code).norm() / code.norm()
        torch.testing.assert_close(frame.numbers[name], error, rtol=1e-4, atol=1e-5)


def test_the_photograph_is_no_distance_from_itself(made):
    going, _ = made
    network = going.resources["network"]
    x = pictures.eight_bit(pictures.square(going.resources["picture"], 64))[None]
    marks = inverting.marks(network, ("blocks.2",), x, [x.flip(3)])
    told = inverting.measured(x, network, "blocks.2", marks)
    assert told["relative error"] == told["rolled error"] == 0
    assert told["label kept"] == 1


def test_the_controls_picture_means_nothing_to_the_trained_network(made):
    _, frame = made
    assert frame.numbers["control on the trained scale"] > 1.5 * frame.numbers["relative error"]


def test_every_stage_is_inverted_in_turn():
    going, frame = last(depths="every stage", steps=8, control=False)
    stages = going.resources["network"].stages
    assert going.length() == 8 * len(stages)
    assert frame.panels["picture"].shape == (7, 3, 64, 64)
    assert frame.numbers["relative error"].shape == (7,)
    for i, stage in enumerate(stages):
        for name in ("error", "rolled error", "label kept", "another photograph"):
            assert f"{name} at {stage}" in frame.numbers
        assert frame.numbers[f"error at {stage}"] == frame.numbers["relative error"][i]


def test_starts_differ_and_say_by_how_much():
    _, frame = last(starts=3, control=False)
    x = frame.panels["picture"]
    pairs = [(x[i] - x[j]).square().mean() for i in range(3) for j in range(i)]
    levels = 255 * torch.stack(pairs).mean().sqrt()
    torch.testing.assert_close(frame.numbers["spread of the starts"], levels)
    assert levels > 3


def test_all_shifts_are_not_told_as_one_code():
    _, frame = last(mode="all shifts", control=False)
    said = inversion.caption(replace(QUICK, mode="all shifts"), numbers(frame), {})
    assert "every shift" in said
    assert "every shift" not in inversion.caption(QUICK, numbers(frame), {})


def test_moving_both_pictures_costs_all_shifts_less_than_one_code():
    costs = {}
    for mode in ("one code", "all shifts"):
        _, frame = last(mode=mode, control=False, steps=40)
        costs[mode] = frame.numbers["rolled error"] / frame.numbers["relative error"]
    assert costs["all shifts"] < 1.3
    assert costs["one code"] > 1.5 * costs["all shifts"]


def test_a_caricature_comes_to_lie_along_the_code_at_its_size():
    going, frame = last(mode="caricature", steps=40, control=False)
    network, layer = going.resources["network"], "blocks.2"
    photograph = pictures.square(going.resources["picture"], 64)[None]
    code = network.activations(photograph, layer)
    a = network.activations(frame.panels["picture"][None], layer)
    assert codes.likeness(a, code, 0.0) > 0.9  # at 64 px; without an end it goes past 1
    assert frame.numbers["cosine"] > 0.5


def test_the_schedule_of_2015_goes_down_and_stays_a_picture():
    _, frame = last(schedule="Mahendran-Vedaldi", control=False, steps=60)
    assert frame.numbers["feature error"] < 0.9
    assert 0 <= frame.panels["picture"].min() <= frame.panels["picture"].max() <= 1


@pytest.mark.parametrize("layer", ["conv_head", "classifier"])
def test_a_layer_of_single_positions_can_be_inverted(layer):
    found = inversion.Settings()
    network = run.resolve(inversion, found)["network"]
    layer = layer if layer in network.layers else network.output
    _, frame = last(layer=layer, control=False, steps=16)
    assert frame.numbers["relative error"] < 1
    assert frame.panels["where it differs"].shape == (3, 64, 64)


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_a_photograph_of_one_colour_gives_numbers_and_a_picture(level):
    flat = {"flat": torch.full((3, 80, 70), level)}
    _, frame = last(flat, picture="flat", steps=9)
    assert all(value.isfinite().all() for value in frame.numbers.values())
    assert frame.panels["picture"].isfinite().all()


def test_a_photograph_of_one_pixel_or_a_long_strip_is_taken():
    for shape in ((3, 1, 1), (3, 31, 400)):
        _, frame = last({"odd": torch.rand(shape)}, picture="odd", steps=8, control=False)
        assert frame.numbers["relative error"].isfinite()


def test_the_curve_begins_anew_with_another_seed():
    def first(seed):
        settings = replace(QUICK, seed=seed, control=False)
        going = run.Run(inversion, settings, run.resolve(inversion, settings))
        return next(islice(going, 3, None)).panels["picture"]

    assert not torch.equal(first(0), first(1))


def test_what_survives_is_the_class_that_the_network_has_for_the_photograph(made):
    going, frame = made
    sides = run.optimised_pictures(inversion, QUICK, going.resources, frame)
    network = going.resources["network"]
    photograph = pictures.square(going.resources["picture"], 64)[None]
    label = int(network.activations(photograph, network.output).argmax())
    (subject,) = sides["picture"]
    assert subject.is_class
    found = subject.objective.score({network.output: torch.eye(1000)})
    assert int(found.argmax()) == label
    assert survival.score(subject, photograph[0]).sure is not None


def numbers(frame):
    return {k: v.item() if v.ndim == 0 else v.tolist() for k, v in frame.numbers.items()}
