"""The exact denoiser is the mean of the noise given x_t, and the sampler ends in the data."""

import math

import pytest
import torch

from core.diffusion import exact, gaussians, sampling, schedules
from core.worlds import plane

SHAPES = list(plane.POINTS)


def scalar(value):
    return torch.tensor(value, dtype=torch.float64)


def drawn(n, seed=0, dtype=torch.float64):
    return torch.randn(n, 2, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def end(denoise, schedule, steps, spacing="leading", n=256, noise="predicted"):
    x = drawn(n)
    visited, chance = schedules.visited(schedule, spacing, steps), torch.Generator().manual_seed(1)
    for done in sampling.chain(denoise, x, visited, chance, sigma=sampling.NOISE[noise]):
        x = done.x_next
    return x


@pytest.mark.parametrize("alpha_bar", [0.1, 0.5, 0.9])
def test_epsilon_is_the_mean_of_the_noise_by_numerical_integration(alpha_bar):
    ring, alpha_bar = plane.DENSITIES["ring"](), scalar(alpha_bar)
    axis = torch.arange(-7, 7, 0.03, dtype=torch.float64)
    epsilon = torch.cartesian_prod(axis, axis)
    prior = -epsilon.square().sum(1) / 2
    x_t = drawn(4, seed=2)
    for x, ours in zip(x_t, exact.denoiser(ring)(x_t, alpha_bar).epsilon, strict=True):
        x_0 = (x - (1 - alpha_bar).sqrt() * epsilon) / alpha_bar.sqrt()
        weight = (prior + plane.log_p(x_0, ring)).softmax(0)
        assert torch.allclose(ours, weight @ epsilon, atol=1e-7)


@pytest.mark.parametrize("alpha_bar", [0.003, 0.5, 0.99])
@pytest.mark.parametrize("name", SHAPES)
def test_epsilon_is_the_score_of_the_noised_density(name, alpha_bar):
    data, alpha_bar = plane.DENSITIES[name](), scalar(alpha_bar)
    x_t = drawn(32).requires_grad_()
    (slope,) = torch.autograd.grad(plane.log_p(x_t, plane.noised(data, alpha_bar)).sum(), x_t)
    ours = exact.denoiser(data)(x_t.detach(), alpha_bar).epsilon
    assert float((ours + (1 - alpha_bar).sqrt() * slope).abs().max()) < 1e-6


def test_epsilon_of_a_cloud_is_a_weighted_mean_as_one_would_write_it():
    points, a = plane.moons(), 0.8
    for x in drawn(5).tolist():
        apart = [
            [(x[i] - math.sqrt(a) * p[i]) / math.sqrt(1 - a) for i in (0, 1)]
            for p in points.tolist()
        ]
        weights = [math.exp(-(u * u + v * v) / 2) for u, v in apart]
        mean = [
            sum(w * e[i] for w, e in zip(weights, apart, strict=True)) / sum(weights)
            for i in (0, 1)
        ]
        ours = exact.denoiser(plane.mixture(points))(torch.tensor([x]).double(), scalar(a)).epsilon
        assert ours[0].tolist() == pytest.approx(mean, abs=1e-6)


@pytest.mark.parametrize("alpha_bar", [1 - 1e-12, 1 - 1e-4])
def test_at_tiny_noise_the_picture_is_the_nearest_point(alpha_bar):
    points, x_t = plane.cat(), drawn(64)
    a = scalar(alpha_bar)
    epsilon = exact.denoiser(plane.mixture(points))(x_t, a).epsilon
    x_0 = sampling.x_0_from_epsilon(x_t, epsilon, a)
    nearest = (x_t[:, None] - points).norm(dim=2).argmin(1)
    off = (x_0 - points[nearest]).norm(dim=1)
    assert float(off.median()) < 1e-6


def test_at_next_to_no_signal_the_picture_is_the_mean():
    data, x_t, a = plane.DENSITIES["cat"](), drawn(64), scalar(1e-10)
    x_0 = exact.denoiser(data)(x_t, a).x_0
    assert float(x_0.abs().max()) < 1e-3


@pytest.mark.parametrize("alpha_bar", [1e-4, 0.5, 1 - 1e-4])
def test_data_in_float32_are_enough(alpha_bar):
    points, x_t, a = plane.spiral(), drawn(256), scalar(alpha_bar)
    single = exact.denoiser(plane.mixture(points.float()))(x_t.float(), a).epsilon
    assert single.dtype == torch.float32
    double = exact.denoiser(plane.mixture(points.float().double()))(x_t.float().double(), a).epsilon
    off = (single - double).abs().amax(1)
    assert float(off.median()) < 1e-4


def of_gaussian(mean, covariance):
    return gaussians.denoiser(gaussians.of(mean, covariance))


def tilted():
    """A mean, and a covariance that lies along no axis."""
    return torch.tensor([0.7, -0.4]).double(), torch.tensor([[2.0, 0.8], [0.8, 0.5]]).double()


@pytest.mark.parametrize("alpha_bar", [0.01, 0.6, 0.999])
def test_the_control_is_the_score_of_a_gaussian(alpha_bar):
    mean, covariance = tilted()
    a, x_t = scalar(alpha_bar), drawn(32).requires_grad_()
    noised = torch.distributions.MultivariateNormal(
        a.sqrt() * mean, a * covariance + (1 - a) * torch.eye(2, dtype=torch.float64)
    )
    (slope,) = torch.autograd.grad(noised.log_prob(x_t).sum(), x_t)
    ours = of_gaussian(mean, covariance)(x_t.detach(), a).epsilon
    assert torch.allclose(ours, -(1 - a).sqrt() * slope, atol=1e-9)


def test_the_control_does_not_care_which_way_its_axes_point(monkeypatch):
    x_t, a = drawn(8), scalar(0.4)
    as_found = of_gaussian(*tilted())(x_t, a).epsilon
    variances, axes = torch.linalg.eigh(tilted()[1])
    turned = axes * scalar([1.0, -1.0])  # a rotation where there was a reflection
    monkeypatch.setattr(torch.linalg, "eigh", lambda C: (variances, turned))
    assert torch.allclose(of_gaussian(*tilted())(x_t, a).epsilon, as_found, atol=1e-12)


def test_on_one_gaussian_the_control_is_the_exact_denoiser():
    data = plane.mixture(torch.tensor([[0.5, -1.0]]).double(), 0.3)
    for a in (scalar(0.02), scalar(0.7)):
        x_t = drawn(16)
        assert torch.allclose(
            exact.control(data)(x_t, a).epsilon, exact.denoiser(data)(x_t, a).epsilon, atol=1e-10
        )


def pushed(steps):
    """The chain of the control is affine, x_0 = A x_T + b: A A^T and b, from three starts."""
    denoise = of_gaussian(*tilted())
    x = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]).double()
    visited = schedules.visited("cosine", "leading", steps)
    for done in sampling.chain(denoise, x, visited, torch.Generator()):
        x = done.x_next
    A = (x[1:] - x[0]).T
    return x[0], A @ A.T


def test_the_control_samples_its_gaussian():
    mean, covariance = tilted()
    b, C = pushed(1000)
    assert float((b - mean).abs().max()) < 5e-3
    assert float((C - covariance).abs().max()) < 2e-2


def test_with_more_steps_the_control_comes_nearer_to_its_gaussian():
    _, covariance = tilted()
    off = [float((pushed(steps)[1] - covariance).abs().max()) for steps in (20, 100, 500)]
    assert off[1] < off[0] / 3
    assert off[2] < off[1] / 3


def test_ddpm_samples_the_gaussian_too():
    mean, covariance = tilted()
    x = end(of_gaussian(mean, covariance), "linear", 250, n=10_000, noise="posterior")
    assert float((x.mean(0) - mean).abs().max()) < 0.04
    assert float((torch.cov(x.T) - covariance).abs().max()) < 0.08


@pytest.mark.parametrize(("steps", "bar"), [(10, 0.05), (50, 1e-3)])
@pytest.mark.parametrize("schedule", ["linear", "cosine"])
@pytest.mark.parametrize("name", SHAPES)
def test_the_sampler_ends_on_the_data(name, schedule, steps, bar):
    points = plane.POINTS[name]()
    x = end(exact.denoiser(plane.mixture(points)), schedule, steps)
    assert float(plane.nearest(x, points).median()) < bar


@pytest.mark.parametrize("name", SHAPES)
def test_the_sampler_ends_all_over_the_data(name):
    points = plane.POINTS[name]()
    x = end(exact.denoiser(plane.mixture(points)), "cosine", 50)
    assert float(plane.spread(x)) > 0.9 * float(plane.spread(points))
    assert float(plane.nearest(points, x).median()) < 0.15


@pytest.mark.parametrize("steps", [10, 50])
@pytest.mark.parametrize("name", SHAPES)
def test_the_printed_order_collapses_to_the_mean(name, steps):
    points = plane.POINTS[name]()
    x = end(exact.denoiser(plane.mixture(points)), "as printed", steps)
    assert float(plane.spread(x)) < 0.1
    assert float((x.mean(0) - points.mean(0)).abs().max()) < 0.02


def test_the_control_misses_the_data():
    cloud = plane.mixture(plane.moons())
    x = end(exact.control(cloud), "cosine", 50)
    assert float(plane.nearest(x, cloud.means).median()) > 0.2


def test_the_control_knows_mean_and_covariance():
    cloud = plane.mixture(plane.moons())
    C = torch.cov(plane.moons().T, correction=0)
    x_t, a = drawn(8), scalar(0.4)
    known = of_gaussian(scalar([0.0, 0.0]), C)(x_t, a).epsilon
    assert torch.allclose(exact.control(cloud)(x_t, a).epsilon, known, atol=1e-9)
