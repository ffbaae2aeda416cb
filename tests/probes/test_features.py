"""Features does what feature visualisation says it does."""

import json
from dataclasses import replace

import pytest
import torch

from core import models, objectives, pictures, run
from core.metrics import held_out
from core.priors import fourier, views
from core.probes import features

QUICK = features.Settings(layer="blocks.1", unit=3, canvas=64, view=48, steps=24, control=False)
LITE0 = {"network": models.load("lite0")}


@pytest.fixture(scope="module")
def resources():
    return run.resolve(features, QUICK)


@pytest.fixture(scope="module")
def ended(resources):
    """Every frame of a quick run."""

    def all_frames(settings=QUICK, **how):
        return list(run.Run(features, settings, resources, **how))

    return all_frames


def test_the_activation_climbs(ended):
    score = [frame.numbers["activation"] for frame in ended()[: QUICK.steps]]
    assert torch.stack(score[-4:]).mean() > 3 * torch.stack(score[:4]).mean().abs()


def test_the_picture_beats_every_shipped_photograph(ended):
    numbers = ended()[-1].numbers
    assert numbers["held-out score"] > numbers["largest of the photographs"]


def test_the_held_out_score_is_that_of_the_picture_that_is_saved(ended, resources):
    last = ended()[-1]
    x = pictures.read(pictures.png(last.panels["picture"]))
    wanted = [objectives.channel("blocks.1", 3)]
    network = resources["network"]
    means = [
        held_out.scores(wanted, network, held_out.looks(x, half, side=48)).mean()
        for half in held_out.HALVES
    ]
    torch.testing.assert_close(sum(means) / 2, last.numbers["held-out score"])


def test_the_largest_of_the_photographs_is_found_by_looking_at_each(ended, resources):
    best = max(_held_out(name, resources["network"]) for name in pictures.shipped())
    found = ended()[-1].numbers["largest of the photographs"]
    torch.testing.assert_close(found, torch.tensor(best), rtol=1e-4, atol=1e-5)


def _held_out(name, network):
    x = pictures.square(pictures.load(name), QUICK.canvas)
    seen = torch.cat([held_out.looks(x, half, side=QUICK.view) for half in held_out.HALVES])
    return network.activations(seen, "blocks.1")[:, 3].mean().item()


def test_views_keep_what_an_ascent_without_them_loses(ended):
    kept = {
        name: ended(replace(QUICK, views=name, noise=0.0 if name == "none" else 0.03))[-1]
        for name in ("crops", "none")
    }
    assert kept["crops"].numbers["kept"] > kept["none"].numbers["kept"]


def test_a_batch_of_seeds_holds_the_pictures_of_each_seed(ended):
    many = ended(replace(QUICK, count=3))[-1].panels["picture"]
    assert many.shape == (3, 3, 64, 64)
    one = ended()[-1].panels["picture"]
    assert (many[0] - one).abs().mean() < 0.1  # other crops a place, the same start
    assert (many[1] - many[0]).abs().mean() > 0.05


def test_neighbouring_units_share_a_batch(ended, resources):
    frame = ended(replace(QUICK, count=3, vary="units"))[-1]
    read = resources["network"].activations(frame.panels["picture"], "blocks.1").mean((2, 3))
    for picture, unit in enumerate((3, 4, 5)):
        assert read[:, unit].argmax() == picture


@pytest.mark.parametrize("target", ["unit", "neuron", "layer", "class", "direction"])
def test_every_target_is_climbed(ended, target):
    frames = ended(replace(QUICK, target=target, label=130, noise=0.0, views="none", steps=10))
    assert frames[9].numbers["activation"] > frames[0].numbers["activation"]


def test_a_start_from_a_picture_is_that_picture(resources):
    name = "cat"
    settings = replace(QUICK, picture=name, contrast=3.0)
    first = next(run.Run(features, settings, run.resolve(features, settings)))
    start = pictures.square(pictures.load(name), 64)
    assert (first.panels["picture"] - start).abs().mean() < 0.03


def test_a_class_says_how_sure_the_network_is(ended):
    settings = replace(QUICK, target="class", label=130, canvas=96, view=96, steps=40)
    assert 0.3 < ended(settings)[-1].numbers["probability"] <= 1


def test_a_unit_that_is_silent_at_first_wakes_up(resources):
    settings = replace(QUICK, layer="blocks.5.0.bn1", canvas=96, view=96, steps=48)
    network = resources["network"]
    start = fourier.start(96, 96, [views.generator(0, "start")])
    x = fourier.picture(start, height=96, width=96, decay=1.25, contrast=1.2)
    silent = network.activations(x, settings.layer).amax((0, 2, 3)) == 0
    unit = int(silent.nonzero()[0])
    frames = list(run.Run(features, replace(settings, unit=unit), resources))
    assert frames[-1].numbers["held-out score"] > 0


def test_nothing_clips(ended):
    x = ended()[-1].panels["picture"]
    clipped = ((x <= 0) | (x >= 1)).float().mean()
    assert clipped <= 0.001


def test_the_caption_speaks_of_the_numbers(ended):
    frame = ended()[-1]
    numbers = json.loads(json.dumps({k: v.item() for k, v in frame.numbers.items()}))
    said = features.caption(QUICK, numbers, LITE0)
    times = numbers["held-out score"] / numbers["largest of the photographs"]
    assert f"{times:.1f} times the best of the shipped photographs" in said


@pytest.mark.parametrize(
    ("numbers", "sentence"),
    [
        ({"held-out score": 0.0, "largest of the photographs": 0.0}, "Silent here"),
        ({"at the ceiling": 0.62}, "Saturated: 62 %"),
        ({"held-out score": -0.5, "largest of the photographs": -1.0}, "to -0.50, against -1.00"),
    ],
)
def test_silent_and_saturated_units_are_said(numbers, sentence):
    usual = {
        "held-out score": 4.0,
        "largest of the photographs": 2.0,
        "kept": 0.9,
        "at the ceiling": 0.0,
    }
    assert sentence in features.caption(QUICK, usual | numbers, LITE0).replace("%", " %").replace(
        "  ", " "
    )


def test_the_caption_names_the_class_and_speaks_of_the_least_of_several():
    pair = {
        "held-out score": [8.0, 3.0],
        "largest of the photographs": [2.0, 2.0],
        "kept": [0.9, 0.8],
        "at the ceiling": [0.0, 0.0],
    }
    flamingo = replace(QUICK, target="class", label=130, count=2)
    assert "the class flamingo to at least 1.5 times" in features.caption(flamingo, pair, LITE0)
    neighbours = replace(QUICK, count=2, vary="units")
    assert "2 units of blocks.1 from 3 on to at least 1.5" in features.caption(
        neighbours, pair, LITE0
    )


@pytest.mark.parametrize(
    ("asked", "canvas", "steps"),
    [({}, 160, 96), ({"target": "class"}, 192, 128), ({"canvas": 64}, 64, 96)],
)
def test_the_recipe_is_told_by_its_numbers(asked, canvas, steps):
    found = features.meant(features.Settings(**asked), {})
    assert (found["canvas"], found["steps"], "size" in found) == (canvas, steps, False)
