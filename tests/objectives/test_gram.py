"""Textures are means over positions, and their distances what the papers say."""

import numpy as np
import pytest
import scipy.linalg
import torch

from core.objectives import gram
from core.objectives.gram import Texture


def drawn(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def textures(channels=6, seed=0, n=2):
    """Two textures of channels that vary together."""
    mix = drawn(seed + 9, channels, channels)
    maps = (drawn(seed + i, n, channels, 9, 7) + i for i in range(2))
    return [gram.texture(torch.einsum("nchw,cd->ndhw", a, mix)) for a in maps]


def test_a_gram_matrix_is_the_mean_of_all_products_of_two_channels():
    a = drawn(0, 2, 5, 6, 4)
    found = gram.texture(a)
    brute = torch.einsum("nchw,ndhw->ncd", a.double(), a.double()) / 24
    torch.testing.assert_close(found.gram.double(), brute, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(found.mean, a.mean((2, 3)))


def test_where_things_are_does_not_matter():
    """Positions permuted: the same texture to 1e-5."""
    a = drawn(0, 1, 32, 24, 24)
    order = torch.randperm(576, generator=torch.Generator().manual_seed(1))
    mixed = a.flatten(2)[:, :, order].view_as(a)
    one, other = gram.texture(a), gram.texture(mixed)
    assert float((one.gram - other.gram).norm() / one.gram.norm()) < 1e-5
    assert float((a - mixed).norm() / a.norm()) > 1


def test_a_covariance_is_what_numpy_finds():
    a = drawn(3, 1, 4, 5, 5) + 2
    expected = np.cov(a[0].flatten(1).numpy(), bias=True)
    np.testing.assert_allclose(gram.texture(a).covariance[0], expected, atol=1e-5)


def test_a_mask_adds_up_to_one_and_counts_only_what_it_covers():
    weight = torch.zeros(1, 1, 64, 64)
    weight[..., :32] = 0.5
    share = gram.shares(weight, (8, 8))
    assert float(share.sum()) == pytest.approx(1)
    a = drawn(4, 1, 3, 8, 8)
    half, masked = gram.texture(a[..., :4]), gram.texture(a, weight)
    torch.testing.assert_close(masked.gram, half.gram)
    torch.testing.assert_close(masked.mean, half.mean)


def test_a_mask_of_ones_is_no_mask():
    a = drawn(4, 2, 3, 8, 8)
    torch.testing.assert_close(gram.texture(a, torch.ones(1, 1, 20, 9)).gram, gram.texture(a).gram)


def test_an_empty_mask_gives_an_empty_texture():
    assert not gram.texture(drawn(0, 1, 3, 4, 4), torch.zeros(1, 1, 4, 4)).gram.any()


def test_mixing_averages_raw_moments_as_one_wall_of_both_has_them():
    one, other = drawn(1, 1, 4, 6, 8), drawn(2, 1, 4, 2, 8) + 1
    wall = gram.texture(torch.cat([one, other], 2))
    both = gram.mixed(gram.texture(one), gram.texture(other), 0.25)
    torch.testing.assert_close(both.gram, wall.gram)
    torch.testing.assert_close(both.covariance, wall.covariance)


def test_a_root_is_scipys():
    a, _ = textures(20)
    for matrix, root in zip(a.covariance, gram.square_root(a.covariance), strict=True):
        expected = scipy.linalg.sqrtm(matrix.double().numpy()).real
        np.testing.assert_allclose(root, expected, atol=2e-3 * np.abs(expected).max())


def test_roots_are_inverse_to_each_other():
    root, inverse = gram.roots(textures(8)[0].covariance)
    eye = torch.eye(8).expand(2, 8, 8)
    torch.testing.assert_close(root @ inverse, eye, atol=2e-3, rtol=0)


def wasserstein(one: Texture, other: Texture, i: int) -> float:
    """By scipy's square roots, in double precision."""
    m, m_0 = (t.mean[i].double().numpy() for t in (one, other))
    ridge = float(gram.ridge_of(other)[i]) * np.eye(len(m))
    b, a = (t.covariance[i].double().numpy() + ridge for t in (one, other))
    half = scipy.linalg.sqrtm(a).real
    root = scipy.linalg.sqrtm(half @ b @ half).real
    return float(np.square(m - m_0).sum() + np.trace(a + b - 2 * root))


@pytest.mark.parametrize("channels", [3, 16, 64])
def test_the_distance_of_gaussians_is_wassersteins(channels):
    one, other = textures(channels)
    found = gram.gaussian_distance(one, other)
    for i in range(2):
        assert float(found[i]) == pytest.approx(wasserstein(one, other, i), rel=5e-3)


@pytest.mark.parametrize("name", gram.DISTANCES)
def test_a_distance_is_zero_to_itself_and_larger_to_another(name):
    one, other = textures(12)
    apart, same = (gram.DISTANCES[name](one, t) for t in (other, one))
    assert (same.abs() < 2e-3 * apart).all()


@pytest.mark.parametrize("name", gram.DISTANCES)
def test_slopes_are_finite_differences(name):
    _, wanted = textures(5)
    a, toward = drawn(7, 2, 5, 6, 6), drawn(8, 2, 5, 6, 6)

    def distance(t):
        return gram.DISTANCES[name](gram.texture(a + t * toward), wanted).sum()

    t = torch.zeros((), requires_grad=True)
    (slope,) = torch.autograd.grad(distance(t), t)
    step = 1e-2
    expected = (distance(step) - distance(-step)) / (2 * step)
    torch.testing.assert_close(slope, expected, rtol=2e-2, atol=1e-3)


@pytest.mark.parametrize("name", gram.DISTANCES)
def test_a_style_of_one_colour_has_a_distance_and_a_slope(name):
    plain = gram.texture(torch.full((1, 4, 8, 8), 0.7))
    a = drawn(1, 1, 4, 8, 8).requires_grad_()
    distance = gram.DISTANCES[name](gram.texture(a), plain)
    (slope,) = torch.autograd.grad(distance.sum(), a)
    assert distance.isfinite().all()
    assert slope.isfinite().all()
    assert float(slope.norm()) > 0


@pytest.mark.parametrize("name", gram.DISTANCES)
def test_the_start_is_one_and_the_style_itself_next_to_nothing(name):
    one, other = textures()
    begun = gram.starts({"a": one}, {"a": other}, gram.DISTANCES[name])
    torch.testing.assert_close(
        gram.left({"a": one}, {"a": other}, begun, gram.DISTANCES[name])["a"], torch.ones(2)
    )
    own = gram.starts({"a": one}, {"a": one}, gram.DISTANCES[name])
    assert (gram.left({"a": one}, {"a": one}, own, gram.DISTANCES[name])["a"].abs() < 0.5).all()


def test_layers_count_by_their_share_of_the_weights():
    parts = {"a": torch.tensor([1.0]), "b": torch.tensor([3.0])}
    assert float(gram.style_distance(parts, {"a": 3, "b": 1})) == pytest.approx(1.5)
    assert float(gram.style_distance(parts, {"a": 0, "b": 2})) == pytest.approx(3)
    assert float(gram.style_distance(parts, {"a": 0, "b": 0})) == 0
