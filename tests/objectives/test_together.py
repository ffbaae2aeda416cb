"""Objectives over a batch and penalties on the picture: against loops over their formulas."""

import itertools
import math

import pytest
import torch

from core import models
from core.objectives import (
    PICTURE,
    aligned,
    between,
    channel,
    colour,
    contrast,
    direction,
    diversity,
    each,
    evaluate,
    extremes,
    layer,
    logit,
    total_variation,
    toward,
)
from core.steps import ascent

NOISE = torch.Generator().manual_seed(5)
A = torch.randn(4, 3, 4, 5, generator=NOISE)
X = torch.rand(2, 3, 6, 7, generator=NOISE)
READ = {"a": A, PICTURE: X}


@pytest.fixture(scope="module")
def lite0():
    return models.load("lite0")


def test_diversity_is_minus_the_mean_cosine_of_gram_matrices():
    grams = []
    for one in A:
        rows = one.flatten(1)
        grams.append(torch.stack([torch.stack([(p * q).sum() for q in rows]) for p in rows]))
    for i, found in enumerate(diversity("a").score(READ)):
        cosines = [
            (grams[i] * g).sum() / (grams[i].norm() * g.norm())
            for j, g in enumerate(grams)
            if j != i
        ]
        assert found == pytest.approx(-sum(cosines).item() / 3, abs=1e-6)


def test_diversity_knows_the_same_and_the_alone():
    same = {"a": A[:1].expand(3, -1, -1, -1)}
    torch.testing.assert_close(diversity("a").score(same), torch.full((3,), -1.0))
    assert diversity("a").score({"a": A[:1]}).tolist() == [0.0]
    shuffled = torch.stack([A[0], A[0].flatten(1)[:, torch.randperm(20)].view(3, 4, 5)])
    torch.testing.assert_close(diversity("a").score({"a": shuffled}), torch.full((2,), -1.0))


def test_between_goes_from_one_to_the_other():
    found = between(channel("a", 0), channel("a", 2)).score(READ)
    for i, t in enumerate((0, 1 / 3, 2 / 3, 1)):
        wanted = (1 - t) * A[i, 0].mean() + t * A[i, 2].mean()
        assert found[i] == pytest.approx(wanted.item(), abs=1e-6)


def test_aligned_is_the_sum_over_neighbours():
    size = A.square().mean()
    for i, found in enumerate(aligned("a").score(READ)):
        wanted = 0.0
        for j in range(len(A)):
            if i != j and abs(i - j) <= 4:
                wanted -= ((A[i] - A[j]) ** 2).mean().item() / size.item() / 2 ** abs(i - j)
        assert found == pytest.approx(wanted, abs=1e-5)
    assert aligned("a").score({"a": A[:1]}).tolist() == [0.0]


@pytest.mark.parametrize("power", [0.0, 1.0, 2.5])
def test_toward_weighs_each_position_by_its_angle(power):
    vector = torch.tensor([1.0, -2.0, 0.5])
    for one, found in zip(A, toward("a", vector, power=power).score(READ), strict=True):
        terms = []
        for y, x in itertools.product(range(4), range(5)):
            dot = (one[:, y, x] * vector).sum().item()
            cosine = dot / (one[:, y, x].norm() * vector.norm() + 1e-4).item()
            terms.append(dot * max(0.1, cosine) ** power)
        assert found == pytest.approx(sum(terms) / 20, abs=1e-5)


def test_toward_without_a_power_is_the_direction():
    vector = torch.tensor([1.0, -2.0, 0.5])
    torch.testing.assert_close(
        toward("a", vector, power=0).score(READ), direction("a", vector).score(READ)
    )


@pytest.mark.parametrize("power", [1.0, 2.0, 0.8])
def test_total_variation_is_the_sum_over_pixels(power):
    for one, found in zip(X, total_variation(power).score(READ), strict=True):
        terms = [
            math.pow(
                (one[c, y, x + 1] - one[c, y, x]).item() ** 2
                + (one[c, y + 1, x] - one[c, y, x]).item() ** 2,
                power / 2,
            )
            for c, y, x in itertools.product(range(3), range(5), range(6))
        ]
        assert found == pytest.approx(sum(terms) / len(terms), rel=1e-4)


def test_penalties_are_zero_where_there_is_nothing_to_hold_against_a_picture():
    flat = {PICTURE: torch.full((1, 3, 5, 5), 0.5)}
    for penalty in (total_variation(), extremes(), contrast(), colour()):
        assert penalty.score(flat).item() == pytest.approx(0, abs=1e-6)
    black = {PICTURE: torch.zeros(1, 3, 5, 5)}
    assert extremes().score(black).item() == 1
    red = {PICTURE: torch.tensor([1.0, 0, 0]).view(1, 3, 1, 1).expand(1, 3, 2, 2)}
    assert colour().score(red).item() == pytest.approx((4 + 1 + 1) / 27)
    assert contrast().score(READ)[0] == pytest.approx(X[0].var(correction=0).item())


def test_the_algebra_mixes_layers_batches_and_pictures(lite0):
    x = torch.rand(3, 3, 64, 64, generator=torch.Generator().manual_seed(0)).to(lite0.device)
    whole = (
        0.6 * channel("blocks.1", 3)
        - 0.2 * channel("blocks.2", 7)
        + diversity("blocks.1")
        - 2 * total_variation()
        + (logit(lite0.output, 3) - logit(lite0.output, 5))
    )
    assert whole.layers == ("blocks.1", "blocks.2", PICTURE, lite0.output)
    one, two, out = lite0.activations(x, "blocks.1", "blocks.2", lite0.output)
    wanted = (
        0.6 * one[:, 3].mean((1, 2))
        - 0.2 * two[:, 7].mean((1, 2))
        + diversity("blocks.1").score({"blocks.1": one})
        - 2 * total_variation().score({PICTURE: x})
        + out[:, 3]
        - out[:, 5]
    )
    torch.testing.assert_close(evaluate(whole, lite0, x), wanted, rtol=1e-4, atol=1e-4)


def test_a_penalty_sees_the_picture_and_not_the_view(lite0):
    x = torch.rand(1, 3, 40, 40, generator=torch.Generator().manual_seed(0)).to(lite0.device)
    seen = ascent.slope(
        x, -1.0 * total_variation(), lite0, picture=lambda p: p, view=lambda v: v[..., :32, :32] * 0
    )
    torch.testing.assert_close(seen.score, -total_variation().score({PICTURE: x}))
    assert seen.slope.abs().sum() > 0


def test_each_keeps_pictures_apart_and_takes_on_what_sees_them_all():
    both = each([channel("a", i) for i in range(3)] + [layer("a")]) + 0.5 * diversity("a")
    found = both.score(READ)
    alone = [channel("a", i).score({"a": A[i : i + 1]}) for i in range(3)]
    alone += [layer("a").score({"a": A[3:]})]
    torch.testing.assert_close(found, torch.cat(alone) + 0.5 * diversity("a").score(READ))
