"""The densities of the plane are what their formulas say, and the shapes what their names say."""

import math

import pytest
import torch

from core.worlds import plane

CLOUDS = ["spiral", "moons", "cat"]


def scalar(value):
    return torch.tensor(value, dtype=torch.float64)


def places(n=64, seed=0):
    noise = torch.Generator().manual_seed(seed)
    return 1.5 * torch.randn(n, 2, generator=noise, dtype=torch.float64)


def grid(reach, spacing):
    axis = torch.arange(-reach, reach + spacing / 2, spacing, dtype=torch.float64)
    return torch.cartesian_prod(axis, axis)


def integral(data, reach, spacing):
    return float(plane.log_p(grid(reach, spacing), data).exp().sum()) * spacing**2


@pytest.mark.parametrize("alpha_bar", [0.01, 0.5, 0.99])
@pytest.mark.parametrize("name", plane.DENSITIES)
def test_the_score_is_the_slope_of_log_p(name, alpha_bar):
    data = plane.noised(plane.DENSITIES[name](), scalar(alpha_bar))
    x = places().requires_grad_()
    (slope,) = torch.autograd.grad(plane.log_p(x, data).sum(), x)
    assert float((plane.score(x.detach(), data) - slope).abs().max()) < 1e-6


@pytest.mark.parametrize("alpha_bar", [1.0, 0.9, 0.1])
def test_the_density_of_the_ring_integrates_to_one(alpha_bar):
    data = plane.noised(plane.DENSITIES["ring"](), scalar(alpha_bar))
    assert integral(data, 6, 0.04) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("name", CLOUDS)
def test_the_density_of_a_noised_cloud_integrates_to_one(name):
    data = plane.noised(plane.DENSITIES[name](), scalar(0.9))
    assert integral(data, 5, 0.1) == pytest.approx(1, abs=1e-3)


def test_log_p_is_that_of_torch_distributions():
    data = plane.DENSITIES["ring"]()
    modes = torch.distributions.Independent(
        torch.distributions.Normal(data.means, data.variance.sqrt()), 1
    )
    weights = torch.distributions.Categorical(torch.ones(8, dtype=torch.float64))
    theirs = torch.distributions.MixtureSameFamily(weights, modes)
    assert torch.allclose(plane.log_p(places(), data), theirs.log_prob(places()), atol=1e-10)


def test_noise_on_samples_gives_samples_of_the_noised_density():
    data, alpha_bar, n = plane.DENSITIES["ring"](), scalar(0.6), 40_000
    noise = torch.Generator().manual_seed(0)
    x_0 = plane.sampled(data, n, noise)
    epsilon = torch.randn(n, 2, generator=noise, dtype=torch.float64)
    by_hand = alpha_bar.sqrt() * x_0 + (1 - alpha_bar).sqrt() * epsilon
    noised = plane.noised(data, alpha_bar)
    drawn = plane.sampled(noised, n, noise)
    space = grid(6, 0.05)
    log_p = plane.log_p(space, noised)
    expected = float((log_p.exp() * log_p).sum()) * 0.05**2
    for x in (by_hand, drawn):
        assert float(plane.log_p(x, noised).mean()) == pytest.approx(expected, abs=0.02)
        assert torch.allclose(torch.cov(x.T), plane.covariance(noised), atol=0.03)
        assert torch.allclose(x.mean(0), plane.mean(noised), atol=0.03)


def test_samples_lie_in_every_mode_of_the_ring():
    x, modes = plane.ring_points(800), plane.ring()
    which = (x[:, None] - modes).norm(dim=2).argmin(1)
    assert (torch.bincount(which, minlength=8) > 60).all()
    # a distance from the centre of a Gaussian in the plane: Rayleigh, mean sd * sqrt(pi / 2)
    mean = float(plane.nearest(x, modes).mean())
    assert mean == pytest.approx(plane.SD * math.sqrt(math.pi / 2), abs=0.005)


def test_the_ring_has_radius_one_and_a_half():
    assert torch.allclose(plane.ring().norm(dim=1), scalar(1.5))


def test_a_seed_gives_the_same_points_and_another_one_others():
    assert torch.equal(plane.ring_points(seed=3), plane.ring_points(seed=3))
    assert not torch.equal(plane.ring_points(seed=3), plane.ring_points(seed=4))


@pytest.mark.parametrize(("name", "n"), [("spiral", 200), ("moons", 120), ("cat", 400)])
def test_a_shape_has_its_points_its_centre_and_its_scale(name, n):
    x = plane.POINTS[name]()
    assert x.shape == (n, 2)
    assert float(x.mean(0).abs().max()) < 1e-12
    assert float(plane.spread(x)) == pytest.approx(math.sqrt(2))


def test_points_of_the_spiral_are_evenly_spaced_and_go_outward():
    x = plane.spiral()
    between = x.diff(dim=0).norm(dim=1)
    assert float(between.max() / between.min()) < 1.02
    turned = torch.atan2(x[:, 1], x[:, 0]).diff()
    assert float((turned > 0).double().mean()) > 0.95


def test_each_moon_is_round_and_reaches_into_the_other():
    upper, lower = plane.moons().chunk(2)
    assert torch.allclose(upper, -lower, atol=1e-9)
    assert float(upper[:, 1].min()) < float(lower[:, 1].max())
    assert float(upper[:, 1].max()) > float(lower[:, 1].max())
    centre = (upper[0] + upper[-1]) / 2
    assert float((upper - centre).norm(dim=1).std()) < 1e-9


def test_the_cat_is_as_left_as_right():
    right, left = plane.cat().chunk(2)
    assert torch.allclose(right * scalar([-1.0, 1.0]), left, atol=1e-9)


def test_the_cat_has_two_ears_above_a_lower_forehead():
    x = plane.cat()
    high = x[x[:, 1] > 0.8 * x[:, 1].max()]
    assert float(high[:, 0].abs().min()) > 0.8
    forehead = x[(x[:, 0].abs() < 0.2) & (x[:, 1] > 0)][:, 1].max()
    assert 0.4 < float(forehead / x[:, 1].max()) < 0.7


def test_the_lines_of_the_cat_have_no_gaps_and_no_heaps():
    right = plane.cat().chunk(2)[0]
    apart = (right[:, None] - right).norm(dim=2).fill_diagonal_(9).amin(1)
    assert float(apart.quantile(0.9)) < 1.5 * float(apart.median())
    assert float(apart.quantile(0.1)) > 0.3 * float(apart.median())
