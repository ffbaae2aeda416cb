"""Distances and gauges are those of Gaussians, checked against scipy and by counting."""

import pytest
import torch
from scipy import stats

from core.latents import manifold
from core.latents.errors import LatentError


def drawn(*shape, seed=0):
    noise = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=noise, dtype=torch.float64)


def test_under_the_prior_the_distance_is_the_length():
    z = drawn(50, 12)
    torch.testing.assert_close(manifold.mahalanobis(z, manifold.prior(12)), z.norm(dim=1))


def test_the_distance_is_the_formula_with_the_inverse_covariance():
    z = drawn(500, 6) @ drawn(6, 6, seed=1) + 4
    known = manifold.aggregate(z)
    apart, inverse = z - z.mean(0), torch.linalg.inv(z.T.cov())
    expected = (apart @ inverse * apart).sum(1).sqrt()
    torch.testing.assert_close(manifold.mahalanobis(z, known), expected)


def test_no_change_of_coordinates_changes_a_distance():
    z, matrix = drawn(500, 6), drawn(6, 6, seed=1)
    one = manifold.mahalanobis(z, manifold.aggregate(z))
    other = manifold.mahalanobis(z @ matrix - 3, manifold.aggregate(z @ matrix - 3))
    torch.testing.assert_close(one, other)


@pytest.mark.parametrize("latent", [1, 2, 64])
def test_the_gauge_is_the_share_that_is_nearer(latent):
    z, known = drawn(2000, latent), manifold.prior(latent)
    found = manifold.gauge(z, known)
    expected = stats.chi2(latent).cdf(z.square().sum(1).numpy())
    torch.testing.assert_close(found, torch.from_numpy(expected))
    assert stats.kstest(found.numpy(), "uniform").pvalue > 0.001
    ends = torch.stack((torch.zeros(latent), torch.full((latent,), 100.0)))
    assert manifold.gauge(ends, known).tolist() == [0, 1]


def test_typical_distances_hold_the_share_that_is_asked():
    low, high = manifold.typical_distances(64, share=0.9)
    assert (low, high) == pytest.approx(stats.chi(64).ppf([0.05, 0.95]))
    length = drawn(20_000, 64).norm(dim=1)
    assert float(((length > low) & (length < high)).double().mean()) == pytest.approx(0.9, abs=0.01)
    with pytest.raises(LatentError, match="share = 1 is out of range"):
        manifold.typical_distances(64, share=1)


def test_null_directions_are_as_long_as_what_they_are_held_against_and_come_by_seed():
    direction = 3 * drawn(64).float()
    found = manifold.null_directions(direction, 400, seed=1)
    torch.testing.assert_close(found.norm(dim=1), direction.norm().expand(400))
    assert found.dtype == direction.dtype
    cosine = torch.cosine_similarity(found, direction[None])
    assert float(cosine.mean()) == pytest.approx(0, abs=3 / (64 * 400) ** 0.5)
    assert float(cosine.std()) == pytest.approx(1 / 8, rel=0.15)
    assert torch.equal(found, manifold.null_directions(direction, 400, seed=1))
    assert not torch.equal(found, manifold.null_directions(direction, 400, seed=2))


def test_latents_without_a_covariance_are_refused():
    with pytest.raises(LatentError, match=r"6 latents have no covariance of 6 numbers: .* 7"):
        manifold.aggregate(drawn(6, 6))
    still = drawn(50, 6)
    still[:, 2] = 1
    with pytest.raises(LatentError, match="do not vary in every direction"):
        manifold.aggregate(still)
