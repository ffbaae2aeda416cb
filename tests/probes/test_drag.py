"""Drag: the landmark comes to where it is asked, the truth changes least, and a run goes on from any frame."""

from dataclasses import replace

import pytest
import torch

from core import models, run
from core.latents import dragging
from core.latents.unseen import unseen
from core.models import Model
from core.probes import drag
from core.worlds import critters

STILL = drag.Settings(breathing=False)


@pytest.fixture(scope="module")
def vae():
    return models.load("critters-vae", "generator")


@pytest.fixture(scope="module")
def judge():
    return models.load("critters-reader", "reader")


def going(settings):
    return run.Run(drag, settings, run.resolve(drag, settings))


def test_the_reader_is_a_model_like_others(judge):
    assert isinstance(judge, Model)
    assert models.family_of("critters-reader") == "reader"
    assert judge.twin(0) is None
    assert judge.nbytes > 10**6
    assert models.titles("reader") == {"critters-reader": judge.title}


def test_landmarks_without_a_picture_are_those_of_the_picture():
    factors = critters.sample(8, seed=5)
    there = critters.render(factors, 64).landmarks
    assert torch.allclose(critters.landmarks(factors), there, atol=1e-4)


def test_a_reader_finds_landmarks_to_a_pixel(judge):
    factors = critters.sample(64, seed=6)
    scene = critters.render(factors, 64)
    found = dragging.read(judge, scene.image)
    assert (found.at - scene.landmarks).norm(dim=2).mean() < 0.5


def test_slopes_of_a_landmark_are_differences():
    factors = critters.sample(1, seed=7)
    values = torch.stack([factors[name].float() for name in dragging.MOVES], 1)
    at, slopes = dragging._sloped(factors, values, 6, 64)
    for name in ("x", "tilt", "ear_size", "scale"):
        i, by = dragging.MOVES.index(name), 1e-3
        there = {**factors, name: factors[name] + by}
        moved = (critters.landmarks(there)[0, 6] - at) / by
        assert torch.allclose(slopes[:, i], moved, atol=0.05), name


def test_the_true_answer_is_there_and_no_other_within_reach_changes_less(vae, judge):
    factors, sigma = unseen(vae, 8).factors, dragging.deviations(judge)
    start = critters.landmarks(factors)[0, 5]
    asked = start + torch.tensor([-2.0, 2.0])
    truth = dragging.true_answer(factors, 5, asked, sigma, 64)
    assert (critters.landmarks(truth)[0, 5] - asked).norm() < 0.05
    critters.render(truth)  # inside every limit

    def size(found):
        change = torch.stack([(found[n] - factors[n])[0] for n in dragging.MOVES]) / sigma
        return float(change.norm())

    # by place alone, which can bring it there too
    by_place = {**factors, "x": factors["x"] - 2 / 3.2, "y": factors["y"] + 2 / 1.92}
    assert (critters.landmarks(by_place)[0, 5] - asked).norm() < 0.05
    assert size(truth) < size(by_place)


def test_what_comes_to_its_limit_stays_there(vae, judge):
    factors, sigma = unseen(vae, 8).factors, dragging.deviations(judge)
    far = dragging.true_answer(factors, 2, torch.tensor([2.0, 2.0]), sigma, 64)
    critters.render(far, 16)  # which refuses what is past a limit
    before = critters.landmarks(factors)[0, 2]
    assert critters.landmarks(far)[0, 2].norm() < before.norm() - 4


def test_the_landmark_comes_to_where_it_is_asked():
    run_of_it = going(STILL)
    px = [float(next(run_of_it).numbers["px"]) for _ in range(40)]
    assert px[0] > 3
    assert px[-1] < 1


def test_what_is_held_changes_less():
    last = {}
    for hold in (0.0, 0.5):
        run_of_it = going(replace(STILL, hold=hold, control=False))
        for _ in range(30):
            found = next(run_of_it)
        last[hold] = float(found.numbers["astray"])
    assert last[0.5] < last[0.0]


def test_it_goes_on_from_any_frame():
    first = going(replace(STILL, control=False))
    for _ in range(3):
        found = next(first)
    state = found.state()
    after = next(first)
    settings = replace(STILL, control=False)
    again = next(run.Run(drag, settings, run.resolve(drag, settings), state=state))
    assert torch.equal(again.panels["picture"], after.panels["picture"])
    assert again.step == after.step == 3


def test_the_caption_says_where_the_world_itself_cannot_go():
    numbers = {"px": 4.0, "true px": 3.0, "astray": 0.5}
    assert "the world itself comes no nearer than 3.0" in drag.caption(STILL, numbers, {})
    assert "comes no nearer" not in drag.caption(STILL, {**numbers, "true px": 0.1}, {})
