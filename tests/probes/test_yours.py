"""Yours: it begins with the encoder's answer, comes nearer, and is held by the pull."""

from dataclasses import replace

import pytest
import torch

from core import models, pictures, run
from core.latents.unseen import unseen
from core.probes import yours

NOW = yours.Settings(steps=12)


@pytest.fixture(scope="module")
def vae():
    return models.load("critters-vae", "generator")


def going(settings):
    return run.Run(yours, settings, run.resolve(yours, settings))


def test_it_begins_with_the_encoders_answer(vae):
    found = next(going(NOW))
    x = pictures.square(pictures.load("cat"), 64)[None]
    made = vae.decode(vae.encode(x))
    error = 255 * (made - x).square().mean().sqrt()
    assert float(found.numbers["error"]) == pytest.approx(float(error), rel=1e-4)
    assert found.numbers["first error"] == pytest.approx(float(error), rel=1e-4)


def test_it_comes_nearer_and_noise_comes_nearer_too():
    frames = list(going(NOW))
    assert len(frames) == NOW.steps + 1
    first, last = frames[0].numbers, frames[-1].numbers
    assert last["error"] < 0.9 * first["error"]
    assert last["control error"] < first["control error"]


def test_what_is_pulled_stays_nearer_to_the_answer():
    ends = [list(going(replace(NOW, pull=pull)))[-1].numbers["error"] for pull in (0.0, 0.1)]
    assert ends[0] < ends[1]


def test_a_critter_is_its_own_answer(vae):
    x = unseen(vae, 5).x
    found = run.Run(yours, NOW, {**run.resolve(yours, NOW), "picture": x[0]})
    assert float(next(found).numbers["error"]) < 20


def test_it_goes_on_from_any_frame():
    first = going(NOW)
    for _ in range(4):
        found = next(first)
    after, state = next(first), found.state()
    again = next(run.Run(yours, NOW, run.resolve(yours, NOW), state=state))
    assert again.step == after.step == 4
    assert torch.equal(again.panels["picture"], after.panels["picture"])
    assert torch.equal(again.panels["control"], after.panels["control"])
