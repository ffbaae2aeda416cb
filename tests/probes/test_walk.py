"""A walk begins and ends in its pictures, and is held against the true one."""

from dataclasses import replace
from itertools import islice

import torch

from core import models, run
from core.latents.unseen import unseen
from core.probes import walk
from core.worlds import critters

NOW = walk.Settings(walking=False)
EIGEN = walk.Settings(network="digits-eigen", first=30, second=12, walking=False)


def frame(settings, step=0):
    going = run.Run(walk, settings, run.resolve(walk, settings))
    return next(islice(going, step, None))


def test_the_ends_are_the_pictures_as_the_network_draws_them():
    generator = models.load("digits-eigen", "generator")
    for t, number in ((0.0, EIGEN.first), (1.0, EIGEN.second)):
        x = unseen(generator, number).x
        drawn = walk.octaves.resize(generator.decode(generator.encode(x)), (walk.SIDE, walk.SIDE))
        shown = frame(replace(EIGEN, along=t)).panels["picture"]
        assert torch.allclose(shown, drawn[0].clamp(0, 1), atol=1e-5)


def test_the_truth_of_a_walk_is_the_true_walk():
    ends = [
        unseen(models.load(NOW.network, "generator"), n).factors for n in (NOW.first, NOW.second)
    ]
    found = frame(replace(NOW, along=0.5)).panels["truth"]
    expected = critters.morph(*ends, walk.POINTS, size=walk.DRAWN).image[walk.POINTS // 2]
    assert torch.allclose(found, expected, atol=1e-5)


def test_the_fade_has_no_error_at_its_ends_and_some_between():
    for t in (0.0, 1.0):
        assert frame(replace(NOW, along=t)).numbers["control error"] < 1e-3
    assert frame(replace(NOW, along=0.5)).numbers["control error"] > 5


def test_a_straight_line_passes_nearer_to_the_mean_than_the_great_circle():
    for settings in (NOW, EIGEN):
        middle = {
            way: frame(replace(settings, way=way, along=0.5)).numbers["nearer"]
            for way in ("linear", "spherical", "norm-preserving")
        }
        assert middle["linear"] < middle["spherical"]
        assert middle["linear"] < middle["norm-preserving"]


def test_from_a_picture_to_itself_it_stands():
    for t in (0.0, 0.7):
        found = frame(replace(EIGEN, second=EIGEN.first, along=t)).panels["picture"]
        assert torch.equal(found, frame(replace(EIGEN, second=EIGEN.first)).panels["picture"])


def test_a_breath_goes_there_and_back():
    going = run.Run(walk, replace(EIGEN, walking=True), run.resolve(walk, EIGEN))
    t = [float(next(going).numbers["t"]) for _ in range(walk.BREATH + 1)]
    assert t[0] == t[-1] == 0
    assert t[walk.BREATH // 2] == 1
    assert t[: walk.BREATH // 2] == sorted(t[: walk.BREATH // 2])
