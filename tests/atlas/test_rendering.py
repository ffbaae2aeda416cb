"""A unit's picture in an atlas is the one that Features makes of it alone."""

from dataclasses import replace

import pytest
import torch

from core import export, models, pictures, run
from core.atlas.rendering import Chunk, climbed, photographed, recipe, visualised
from core.probes import features
from core.probes.features import Settings, planned

SMALL = Settings(canvas=48, view=48, steps=4, control=False)
EXPANDED = "blocks.1.0.bn1"  # a ReLU6 map


@pytest.fixture(scope="module")
def network():
    return models.load("lite0")


def best(layer: str, units: tuple[int, ...]) -> tuple[float, ...]:
    """The largest of the photographs, for each of these units."""
    found = [photographed(SMALL, [layer], name)[layer] for name in pictures.shipped()]
    return tuple(max(scores[unit] for scores in found) for unit in units)


@pytest.mark.parametrize("layer", ["blocks.1", EXPANDED])
def test_picture_and_numbers_are_those_of_features(layer):
    settings = replace(SMALL, layer=layer, unit=5)
    frame = export.last(run.Run(features, settings, run.resolve(features, settings)))
    (_, one) = visualised(SMALL, Chunk(layer, (7, 5), best(layer, (7, 5))))
    levels = (pictures.to_uint8(frame.panels["picture"]).int() - one.pixels.int()).abs()
    assert levels.float().mean() < 0.2  # a batch rounds otherwise than one alone
    numbers = {name: float(value) for name, value in frame.numbers.items()}
    assert one.numbers["score"] == pytest.approx(numbers["held-out score"], rel=0.02)
    assert one.numbers["photographs"] == pytest.approx(
        numbers["largest of the photographs"], rel=1e-4
    )
    assert one.numbers["kept"] == pytest.approx(numbers["kept"], rel=0.02)
    assert one.numbers["saturated"] == (numbers["at the ceiling"] > 0.5)


@pytest.mark.parametrize("layer", ["blocks.1", EXPANDED])
def test_company_changes_no_bit_of_a_picture(network, layer):
    among = climbed(SMALL, network, Chunk(layer, (1, 5, 2, 7)))[1]
    for units in ((5,), (5, 1), (3, 0, 5)):
        row = units.index(5)
        assert torch.equal(climbed(SMALL, network, Chunk(layer, units))[row], among)


def test_a_silent_unit_is_woken_by_what_its_relu6_clips(network):
    before = network.layer(EXPANDED).before
    drawn = climbed(replace(SMALL, steps=1), network, Chunk(EXPANDED, (0, 1)))[:1]
    with torch.no_grad():
        a = network.activations(drawn, before)[0].flatten(1)
    silent = [unit for unit in range(len(a)) if a[unit].max() < 0 and a[unit].std() > 1e-3]
    chunk = Chunk(EXPANDED, (silent[0],))
    x = climbed(replace(SMALL, steps=features.WAKING), network, chunk)
    with torch.no_grad():
        now = network.activations(x, before)[0, silent[0]]
    assert now.mean() > a[silent[0]].mean() + 0.1


def test_a_unit_that_is_zero_everywhere_is_called_silent(monkeypatch):
    layer = "stem"
    one = visualised(replace(SMALL, steps=1), Chunk(layer, (0,), (0.0,)))[0]
    assert not one.numbers["silent"]
    monkeypatch.setattr(
        "core.atlas.rendering.held_out.scores", lambda *_: torch.zeros(1, 1)
    )  # fmt: skip
    one = visualised(replace(SMALL, steps=1), Chunk(layer, (0,), (0.0,)))[0]
    assert one.numbers["silent"]
    assert one.numbers["kept"] == 0


def test_the_recipe_says_what_was_left_to_it():
    told = recipe(Settings())
    plan = planned(Settings())
    assert (told["canvas"], told["view"], told["steps"], told["views"]) == (
        plan.canvas, plan.view, plan.steps, plan.views,
    )  # fmt: skip
    assert recipe(Settings(layer="blocks.1", unit=3)) == told
    assert recipe(Settings(decay=1.5)) != told


def test_other_settings_make_another_picture(network):
    chunk = Chunk("blocks.1", (0, 1))
    plain = climbed(SMALL, network, chunk)
    changes = {
        "decay": 1.5, "contrast": 0.1, "crop": 0.9, "rotation": 0.0, "noise": 0.2, "seed": 1,
        "learning_rate": 0.1, "parametrisation": "pixels", "views": "lucid",
    }  # fmt: skip
    for name, value in changes.items():
        other = climbed(replace(SMALL, **{name: value}), network, chunk)
        assert not torch.equal(other, plain), name
