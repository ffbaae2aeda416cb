"""A map between two latent spaces is found where there is one, and its nulls find none."""

import pytest
import torch

from core.latents import maps
from core.latents.errors import LatentError
from core.metrics import ridge
from core.metrics.samples import SamplesError


def drawn(*shape, seed=0):
    noise = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=noise, dtype=torch.float64)


def spaces(n=4400, source=24, target=16, noise=0.1):
    """Two spaces that are affine images of one another up to noise, and 400 pairs held out."""
    one = drawn(n, source)
    matrix = drawn(source, target, seed=1) / source**0.5
    other = one @ matrix + 1 + noise * drawn(n, target, seed=2)
    return one[400:], other[400:], one[:400], other[:400], matrix


def error(affine, one, other):
    return float((ridge.predicted(one, affine) - other).square().mean())


def test_the_error_falls_with_the_pairs_to_the_noise_that_is_there():
    one, other, held, truth, _ = spaces()
    found = list(maps.curve(one, other, lambda affine: error(affine, held, truth)))
    assert [support.pairs for support in found] == list(maps.SIZES)
    values = [support.value for support in found]
    assert values == sorted(values, reverse=True)
    assert values[-1] == pytest.approx(0.01, rel=0.05)
    assert values[0] < 1  # 25 pairs of 24 numbers: the penalty holds them
    assert found[-1].affine.error == pytest.approx(0.01, rel=0.05)


def test_smaller_sets_lie_in_larger_ones_and_sizes_beyond_the_pairs_are_left_out():
    one, other, *_ = spaces()
    seen = []
    found = list(maps.curve(one[:60], other[:60], lambda a: seen.append(a) or 0.0, seed=3))
    assert [support.pairs for support in found] == [25, 50]
    again = list(maps.curve(one[:60], other[:60], lambda a: 0.0, sizes=(50,), seed=3))
    assert torch.equal(again[0].affine.weights, found[1].affine.weights)
    order = torch.randperm(60, generator=torch.Generator().manual_seed(3))
    first = maps.fitted(one[order[:25]], other[order[:25]])
    assert torch.equal(first.weights, found[0].affine.weights)


def test_the_nulls_know_nothing():
    one, other, held, truth, _ = spaces()
    true = maps.fitted(one[:1000], other[:1000])
    shuffled = maps.from_shuffled_pairs(one[:1000], other[:1000], seed=0)
    mean = maps.mean_latent(one[:1000], other[:1000])
    spread = float(truth.var())
    assert error(true, held, truth) < 0.02 * spread
    assert error(shuffled, held, truth) == pytest.approx(spread, rel=0.1)
    assert error(mean, held, truth) == pytest.approx(spread, rel=0.05)
    assert mean.error == pytest.approx(spread, rel=0.1)
    torch.testing.assert_close(
        ridge.predicted(held, mean), other[:1000].mean(0).expand(len(held), -1)
    )


def test_the_error_of_the_mean_is_that_of_leaving_one_out():
    one, other, *_ = spaces()
    y = other[:20]
    left = [(y[i] - y[torch.arange(20) != i].mean(0)).square().mean() for i in range(20)]
    assert maps.mean_latent(one[:20], y).error == pytest.approx(float(sum(left)) / 20)


def test_a_direction_is_carried_as_latents_are():
    one, other, *_, matrix = spaces(noise=0.0)
    affine = maps.fitted(one, other)
    direction = drawn(24, seed=5).float()
    found = maps.carried(direction, affine)
    expected = direction.double() @ matrix
    torch.testing.assert_close(found, (expected / expected.norm()).float())
    with pytest.raises(LatentError, match="takes this direction to zero"):
        maps.carried(direction, maps.mean_latent(one, other))


def test_pairs_that_say_nothing_are_refused():
    one, other, *_ = spaces()
    with pytest.raises(LatentError, match="9 pairs are too few for a map: give at least 10"):
        maps.fitted(one[:9], other[:9])
    with pytest.raises(LatentError, match="5 of 55 pairs are copies of others"):
        maps.fitted(one[[*range(50), *range(5)]], other[[*range(50), *range(5)]])
    with pytest.raises(SamplesError, match=r"20 inputs of 24 numbers .* which needs 25"):
        maps.fitted(one[:20], other[:20], penalty=0)
    for make in (maps.fitted, lambda a, b: maps.from_shuffled_pairs(a, b, seed=0)):
        with pytest.raises(SamplesError, match="60 and 50"):
            make(one[:60], other[:50])
    with pytest.raises(SamplesError, match="60 and 50"):
        next(maps.curve(one[:60], other[:50], lambda a: 0.0))
