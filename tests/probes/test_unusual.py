"""Unusual: what was changed is known, what is usual is measured, and the map finds the one by the other."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from core import models, run
from core.latents import changes
from core.latents import unusual as arithmetic
from core.latents.unseen import unseen
from core.models import UnknownNetworkError
from core.pictures import heat
from core.probes import unusual
from core.worlds import critters

NOW = unusual.Settings(breathing=False)


@pytest.fixture(scope="module")
def vae():
    return models.load("critters-vae", "generator")


def frame(settings):
    return next(run.Run(unusual, settings, run.resolve(unusual, settings)))


def test_an_error_is_the_mean_of_its_neighbours_squares():
    x, made = torch.zeros(1, 3, 9, 9), torch.zeros(1, 3, 9, 9)
    made[0, 0, 4, 4] = 3.0
    found = arithmetic.errors(x, made)[0]
    assert torch.allclose(found[2:7, 2:7], torch.full((5, 5), 3.0 / 25))  # 9 / 3 colours / 25
    found[2:7, 2:7] = 0
    assert not found.any()


def test_what_is_usual_is_half_of_that_place_and_half_of_any(vae):
    found = arithmetic.usual(vae, 64)
    x = critters.render(critters.sample(256, seed=critters.KNOWN), parts=False, landmarks=False)
    errors = arithmetic.errors(x.image, arithmetic.returned(vae, x.image, 64))
    assert torch.allclose(found.error, (errors.mean(0) + errors.mean()) / 2, rtol=1e-3)
    scores = (errors / found.error).mean((1, 2)).sort().values
    assert torch.allclose(found.scores, scores, rtol=1e-3)
    assert found.scores.tolist() == sorted(found.scores.tolist())
    assert found.share_below(found.scores[128]) == 128 / 256
    again = arithmetic.usual(vae, 64)  # as it was kept
    assert torch.equal(again.error, found.error)


@pytest.mark.parametrize("subject", [name for name in changes.CHANGES if name != "nothing"])
def test_nothing_of_a_change_is_nothing_and_more_of_it_is_more(vae, subject):
    before = unseen(vae, 5)
    half, whole = (unusual.changed(before, subject, amount, seed=1) for amount in (0.5, 1))
    assert torch.equal(unusual.changed(before, subject, 0, seed=1), before.x)
    moved = [(x - before.x).square().mean() for x in (half, whole)]
    assert 0 < moved[0] < moved[1]
    assert torch.equal(whole, unusual.changed(before, subject, 1, seed=1))
    assert not torch.equal(whole, unusual.changed(before, subject, 1, seed=2))


def test_shuffled_pixels_are_the_same_colours(vae):
    before = unseen(vae, 5)
    x = unusual.changed(before, "shuffled pixels", 1, seed=0)
    assert torch.equal(x.flatten(2).sort().values, before.x.flatten(2).sort().values)


def test_a_rabbit_is_the_same_critter_of_another_species(vae):
    before = unseen(vae, 5)
    there = critters.intervene(before.factors, "species", "rabbit")
    rabbit = critters.render(there, 64, parts=False, landmarks=False).image
    assert torch.allclose(unusual.changed(before, "rabbit", 1, seed=0), rabbit, atol=1e-5)
    assert torch.allclose(unusual.changed(before, "rabbit", 0, seed=0), before.x, atol=1e-5)


def test_the_mask_is_every_pixel_that_was_changed():
    before = torch.full((3, 4, 4), 0.5)
    after = before.clone()
    after[1, 2, 3] += 0.1
    after[0, 0, 0] += 0.01
    assert arithmetic.changed(before, after).nonzero().tolist() == [[2, 3]]


def test_rabbits_are_more_unusual_than_cats_and_dogs_and_stickers_are_found():
    rabbits = [frame(replace(NOW, critter=n)).numbers for n in range(6)]
    plain = [frame(replace(NOW, critter=n, subject="nothing")).numbers for n in range(6)]
    assert all(r["times usual"] > p["times usual"] for r, p in zip(rabbits, plain, strict=True))
    found = [frame(replace(NOW, critter=n, subject="sticker")).numbers["found"] for n in range(6)]
    assert sum(found) / 6 > 0.9
    assert "found" not in plain[0]


def test_a_map_is_shown_by_what_is_usual_and_not_by_its_own_largest():
    x, strength = torch.full((3, 8, 8), 0.5), torch.ones(1, 1, 8, 8)
    half = heat.over(x, strength, 2.0)
    dark, warm = 0.45 * 0.5, torch.tensor(heat.WARM)
    assert torch.allclose(half[:, 0, 0], torch.lerp(torch.tensor(dark), warm, 0.5))
    assert torch.allclose(heat.over(x, strength)[:, 0, 0], warm)


def test_fewer_numbers_are_cut_off(vae):
    x = unseen(vae, 5).x
    z = F.pad(vae.encode(x)[:, :3], (0, 61))
    assert torch.equal(arithmetic.returned(vae, x, 3), vae.decode(z))
    assert torch.equal(arithmetic.returned(vae, x, 99), vae.decode(vae.encode(x)))


def test_a_generator_of_another_world_is_refused():
    with pytest.raises(UnknownNetworkError, match="draws digits, not critters: choose critters-"):
        run.resolve(unusual, replace(NOW, network="digits-eigen"))
