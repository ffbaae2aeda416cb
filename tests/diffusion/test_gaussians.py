"""The Gaussian of pictures is that of its formula, and the axes it is held by change nothing."""

import math

import pytest
import torch

from core.diffusion import gaussians, sampling, schedules


def scalar(value):
    return torch.tensor(value, dtype=torch.float64)


def drawn(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def pictures(n=12, dtype=torch.float64):
    """Pictures of 3 x 4 x 5 numbers whose axes differ in size."""
    return drawn(n, 3, 4, 5, dtype=dtype) * torch.linspace(0.1, 2, 5, dtype=dtype) + 0.3


def written_out(x, x_t, a):
    """The same with the whole covariance, solved."""
    rows = x.flatten(1)
    m = rows.mean(0)
    C = torch.cov(rows.T, correction=0)
    eye = torch.eye(len(m), dtype=m.dtype)
    solved = torch.linalg.solve(a * C + (1 - a) * eye, (x_t.flatten(1) - a.sqrt() * m).T).T
    return (m + a.sqrt() * solved @ C).view(x_t.shape), ((1 - a).sqrt() * solved).view(x_t.shape)


@pytest.mark.parametrize("alpha_bar", [1e-3, 0.5, 0.999])
@pytest.mark.parametrize("n", [12, 200], ids=["fewer than numbers", "more than numbers"])
def test_it_is_the_formula_with_the_whole_covariance(n, alpha_bar):
    x, x_t, a = pictures(n), drawn(6, 3, 4, 5, seed=1), scalar(alpha_bar)
    found = gaussians.denoiser(gaussians.fitted(x))(x_t, a)
    x_0, epsilon = written_out(x, x_t, a)
    assert torch.allclose(found.x_0, x_0, atol=1e-9)
    assert torch.allclose(found.epsilon, epsilon, atol=1e-9)


def test_n_pictures_have_n_minus_one_axes_and_no_more():
    known = gaussians.fitted(pictures(12))
    assert known.axes.shape == (11, 60)
    assert known.rest == 0
    assert torch.allclose(known.axes @ known.axes.T, torch.eye(11).double(), atol=1e-9)


@pytest.mark.parametrize("most", [1, 5, 11])
def test_what_is_left_out_of_the_variance_is_spread_over_the_other_directions(most):
    x = pictures(12)
    known = gaussians.fitted(x, most)
    whole = x.flatten(1).var(0, correction=0).sum()
    assert len(known.variances) == most
    assert float(known.variances.sum() + known.rest * (60 - most)) == pytest.approx(float(whole))


def test_more_axes_come_nearer_to_the_exact_one():
    x, a = pictures(60), scalar(0.7)
    x_t = sampling.noised(x, drawn(*x.shape, seed=2), a)
    exact = gaussians.denoiser(gaussians.fitted(x))(x_t, a).x_0
    off = [
        float((gaussians.denoiser(gaussians.fitted(x, most))(x_t, a).x_0 - exact).norm())
        for most in (5, 20, 40)
    ]
    assert off == sorted(off, reverse=True)


@pytest.mark.parametrize("alpha_bar", [2e-9, 1e-3, 0.5, 1 - 1e-3, 1 - 1e-9])
@pytest.mark.parametrize("most", [None, 4])
def test_single_precision_holds_at_every_noise(most, alpha_bar):
    x, a = pictures(12, torch.float32), scalar(alpha_bar)
    x_t = sampling.noised(x[:4], drawn(4, 3, 4, 5, seed=3, dtype=torch.float32), a)
    single = gaussians.denoiser(gaussians.fitted(x, most))(x_t, a)
    double = gaussians.denoiser(gaussians.fitted(x.double(), most))(x_t.double(), a)
    assert single.x_0.dtype == single.epsilon.dtype == torch.float32
    assert float((single.x_0 - double.x_0).abs().max()) < 1e-4
    digits = 1e-6 / math.sqrt(1 - alpha_bar)  # that x_t has of its noise, in single precision
    assert float((single.epsilon - double.epsilon).abs().max()) < 1e-4 + 2 * digits


def test_what_it_takes_x_t_to_be_made_of_makes_x_t():
    x, x_t, a = pictures(12), drawn(3, 3, 4, 5, seed=4), scalar(0.3)
    found = gaussians.denoiser(gaussians.fitted(x, 4))(x_t, a)
    assert torch.allclose(sampling.noised(found.x_0, found.epsilon, a), x_t, atol=1e-12)


def test_its_samples_have_the_mean_and_the_covariance_of_the_pictures():
    x = pictures(12)
    x_t = drawn(4000, 3, 4, 5, seed=5)
    visited = schedules.visited("cosine", "leading", 200)
    denoise = gaussians.denoiser(gaussians.fitted(x))
    for done in sampling.chain(denoise, x_t, visited, torch.Generator()):
        x_t = done.x_next
    off = (x_t.mean(0) - x.mean(0)).abs().max()
    assert float(off) < 5 * math.sqrt(x.var(0).max() / 4000)
    C, found = (torch.cov(one.flatten(1).T, correction=0) for one in (x, x_t))
    assert float((found - C).norm() / C.norm()) < 0.1
