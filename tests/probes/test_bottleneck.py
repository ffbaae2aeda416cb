"""Bottleneck: numbers pass in their order, what each way costs is counted, and digits are their own control."""

import math
from dataclasses import replace

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from core import models, run
from core.latents import bottleneck as passing
from core.latents.unseen import unseen
from core.metrics import fidelity
from core.probes import bottleneck

NOW = bottleneck.Settings(breathing=False)
EIGEN = replace(NOW, network="digits-eigen", critter=30)


def frame(settings):
    return next(run.Run(bottleneck, settings, run.resolve(bottleneck, settings)))


def test_only_the_first_numbers_pass_and_the_last_by_its_share():
    z = torch.tensor([[0.5, -1.0, 2.0, 9.0]])
    assert passing.passed(z, 2).tolist() == [[0.5, -1.0, 0, 0]]
    assert passing.passed(z, 2.25).tolist() == [[0.5, -1.0, 0.5, 0]]
    assert passing.passed(z, 99)[0, 3] == 127 / 32  # the largest that a byte can say
    assert passing.passed(z, 0).tolist() == [[0, 0, 0, 0]]


def test_a_byte_says_a_number_to_a_64th_of_a_deviation():
    z = torch.randn(1000, 8, generator=torch.Generator().manual_seed(0)).clamp(-3.9, 3.9)
    said = passing.passed(z, 8)
    assert (said - z).abs().max() <= 1 / 64 + 1e-6
    assert len((said * 32).round().unique()) <= 255


def test_a_picture_costs_a_byte_for_every_number_that_has_begun():
    assert [passing.price(k, 64) for k in (1, 1.01, 2, 63.5, 64, 128)] == [1, 2, 2, 64, 64, 64]
    assert passing.counts(32)[-1] == 32
    assert passing.counts(3) == [1, 2, 3]


def test_all_numbers_draw_what_the_network_draws():
    found = frame(NOW)
    generator = models.load("critters-vae", "generator")
    x = unseen(generator, NOW.critter).x
    error = fidelity.mean_squares(generator.decode(generator.encode(x)), x)[0].sqrt() * 255
    assert float(found.numbers["error"]) == pytest.approx(float(error), rel=0.02)  # a byte a number
    assert float(found.numbers["bytes"]) == generator.latent == 64


def test_with_all_its_numbers_a_network_leads_principal_components_and_with_few_it_does_not():
    many, few = frame(NOW).numbers, frame(replace(NOW, numbers=4)).numbers
    assert many["control error"] > 1.5 * many["error"]
    assert few["control error"] < few["error"]


def test_the_least_jpeg_costs_more_than_sixteen_bytes_and_is_said_to():
    settings = replace(NOW, numbers=16)
    found = frame(settings).numbers
    assert found["bytes"] == 16
    assert found["JPEG bytes"] > 64
    said = bottleneck.caption(settings, {n: float(v) for n, v in found.items()}, {})
    assert said.startswith("16 numbers, a byte each: ")
    assert f"a JPEG of {int(found['JPEG bytes'])} bytes" in said


def test_digits_are_their_own_principal_components():
    found = frame(EIGEN)
    assert torch.equal(found.panels["picture"], found.panels["control"])


def test_the_points_of_now_lie_on_the_curves():
    found = frame(replace(NOW, numbers=8)).panels
    curves, here = found["rate"].values, found["here"].values
    for path, point in zip(curves[:2], here[:2], strict=True):
        assert (path - point).abs().amax(1).min() < 1e-5
    assert float(here[0, 0]) == pytest.approx(math.log2(8) / 11, abs=1e-6)


def test_a_breath_goes_from_one_number_to_all_and_back():
    settings = replace(EIGEN, breathing=True, control=False)
    going = run.Run(bottleneck, settings, run.resolve(bottleneck, settings))
    paid = [int(next(going).numbers["bytes"]) for _ in range(bottleneck.BREATH + 1)]
    half = bottleneck.BREATH // 2
    assert paid[0] == paid[-1] == 1
    assert max(paid) == paid[half] == 32
    assert paid[: half + 1] == sorted(paid[: half + 1])


def test_bits_back_cost_the_kl_of_the_gaussian_and_its_draws_are_what_is_drawn():
    vae = models.load("critters-vae", "generator")
    x = unseen(vae, 5).x
    cost, error = passing.bits_back(vae, x)
    gaussian = Normal(*vae.gaussians(x))
    nats = kl_divergence(gaussian, Normal(0.0, 1.0)).sum()
    assert float(cost) == pytest.approx(float(nats) / math.log(256), rel=1e-4)
    draws = [gaussian.sample() for _ in range(64)]
    wanted = torch.stack([(vae.decode(z) - x).square().mean() for z in draws]).mean()
    assert float(error) == pytest.approx(float(wanted), rel=0.1)
    assert float(error) > float((vae.decode(vae.encode(x)) - x).square().mean())


def test_a_larger_beta_costs_fewer_bytes():
    names = [f"critters-vae{of}" for of in ("-beta-0.3", "", "-beta-4", "-beta-16")]
    vaes = [models.load(name, "generator") for name in names]
    for number in (2, 5):
        costs = [float(passing.bits_back(vae, unseen(vae, number).x)[0]) for vae in vaes]
        assert costs == sorted(costs, reverse=True)
        assert costs[-1] < 0.7 * costs[1]


def test_the_four_vaes_stand_in_the_panel_and_only_where_they_know_the_world():
    found = frame(NOW)
    assert found.panels["rate"].classes.tolist() == [0, 1, 3, 2]
    assert found.panels["rate"].names[2] == bottleneck.BITS_BACK
    bytes_1 = passing.bits_back(
        models.load("critters-vae"), unseen(models.load("critters-vae"), 5).x
    )[0]
    assert found.numbers["KL bytes"] == pytest.approx(float(bytes_1), rel=1e-4)
    assert frame(EIGEN).panels["rate"].classes.tolist() == [0, 1, 3]
    assert "KL bytes" not in frame(replace(NOW, network="critters-ae-32")).numbers
