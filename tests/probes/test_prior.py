"""Prior: noise walks and comes back, a flow or a Gaussian leads it, and each number's KL is torch's."""

import itertools
from dataclasses import replace

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from core import models, run
from core.latents import spaces
from core.probes import prior
from core.worlds import critters

NOW = prior.Settings(walking=False)


@pytest.fixture(scope="module")
def vae():
    return models.load("critters-vae", "generator")


@pytest.fixture(scope="module")
def behind():
    return models.load("critters-vae-flow", "generator")


def frame(settings):
    return next(run.Run(prior, settings, run.resolve(prior, settings)))


def test_noise_walks_round_and_comes_back():
    first, last = prior.noise(64, 0, 0), prior.noise(64, 0, prior.ROUND)
    assert torch.equal(first, last)
    steps = [prior.noise(64, 0, step) for step in range(prior.ROUND + 1)]
    moved = [float((b - a).norm()) for a, b in itertools.pairwise(steps)]
    assert max(moved) < 0.7  # of a length of 8: no jump
    assert min(moved) > 0
    assert not torch.equal(first, prior.noise(64, 1, 0))


def test_behind_the_flow_it_is_the_flows_own_picture(vae, behind):
    u = prior.noise(64, 0, 0)
    z = prior.repaired(u, prior.FLOW, vae, behind)
    assert torch.equal(vae.decode(z), behind.decode(u))


def test_one_gaussian_has_the_mean_and_covariance_of_critters(vae, behind):
    u = torch.randn(20000, 64, generator=torch.Generator().manual_seed(0))
    z, known = prior.repaired(u, "one Gaussian", vae, behind), spaces.known(vae).z
    assert (z.mean(0) - known.mean(0)).abs().max() < 0.05
    assert (z.T.cov() - known.T.cov()).abs().max() < 0.08


def test_a_number_says_as_many_nats_as_torch_finds(vae):
    known = prior.measured(vae)
    x = critters.render(critters.sample(64, seed=critters.KNOWN), parts=False, landmarks=False)
    mean, deviation = vae.gaussians(x.image)
    one = torch.ones_like(mean)
    wanted = kl_divergence(Normal(mean, deviation), Normal(0 * one, one)).mean(0)
    assert torch.allclose(known.nats, wanted, rtol=1e-4)
    assert 0.7 < known.kept < 1  # it blurs, and blur is missing variance


def test_led_noise_comes_back_better_than_noise():
    for seed in range(3):
        found = frame(replace(NOW, seed=seed)).numbers
        assert found["control times usual"] > 2 * found["times usual"]


def test_no_spread_is_the_mean_of_the_prior(vae):
    found = frame(replace(NOW, spread=0.0, seed=5)).panels["control"]
    other = frame(replace(NOW, spread=0.0, seed=6)).panels["control"]
    assert torch.equal(found, other)


def test_the_number_that_swings_is_marked_and_moves_the_critter():
    going = run.Run(prior, replace(NOW, unit=7), run.resolve(prior, NOW))
    first = next(going)
    for _ in range(prior.ROUND // 4):
        found = next(going)
    assert found.panels["nats"].classes.tolist().index(0) == 6
    assert not torch.equal(found.panels["number"], first.panels["number"])


def test_a_network_without_a_flow_is_led_by_a_gaussian_and_says_so():
    settings = replace(NOW, network="critters-ae-32")
    found = frame(settings)
    assert "nats" not in found.numbers  # its encoder gives points
    said = prior.caption(settings, {n: float(v) for n, v in found.numbers.items()}, {})
    assert said.startswith("Noise led by one Gaussian")
