"""KID is a loop over pairs and unbiased; FID is the closed form of Gaussians."""

import itertools

import pytest
import scipy.linalg
import torch
from sklearn.metrics.pairwise import polynomial_kernel

from core.metrics import likeness
from core.metrics.samples import SamplesError


def drawn(*shape, seed=0):
    noise = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=noise, dtype=torch.float64)


def test_the_discrepancy_is_a_loop_over_pairs_that_leaves_out_a_sample_with_itself():
    x, y = drawn(6, 3), drawn(5, 3, seed=1) + 0.5

    def kernel(a, b):
        return (sum(float(p) * float(q) for p, q in zip(a, b, strict=True)) / 3 + 1) ** 3

    within = [
        sum(kernel(a, b) for a, b in itertools.permutations(s, 2)) / (len(s) * (len(s) - 1))
        for s in (x, y)
    ]
    across = sum(kernel(a, b) for a in x for b in y) / 30
    assert likeness.mmd(x, y) == pytest.approx(within[0] + within[1] - 2 * across)


def test_its_kernel_is_scikit_learns_default():
    x, y = drawn(40, 8), drawn(30, 8, seed=1) + 0.5
    xx, yy, xy = (
        polynomial_kernel(a.numpy(), b.numpy(), degree=3, gamma=1 / 8, coef0=1)
        for a, b in ((x, x), (y, y), (x, y))
    )
    expected = (xx.sum() - xx.trace()) / (40 * 39) + (yy.sum() - yy.trace()) / (30 * 29)
    assert likeness.mmd(x, y) == pytest.approx(expected - 2 * xy.mean())


def test_of_two_halves_of_one_set_it_is_0_in_the_mean_and_may_be_below():
    found = torch.tensor([likeness.mmd(*drawn(2, 50, 4, seed=seed)) for seed in range(300)])
    assert abs(float(found.mean())) < 3 * float(found.std()) / 300**0.5
    assert (found < 0).any()


def test_kid_is_the_mean_over_subsets_drawn_by_seed():
    x, y = drawn(300, 8), drawn(260, 8, seed=1) + 0.5
    found = likeness.kid(x, y, subsets=60, size=100)
    assert found.value == pytest.approx(likeness.mmd(x, y), abs=4 * found.deviation / 60**0.5)
    assert found == likeness.kid(x, y, subsets=60, size=100)
    assert found != likeness.kid(x, y, subsets=60, size=100, seed=1)
    whole = likeness.kid(x, x[:260] + 0.5, subsets=3, size=260)
    assert whole.value > 0


def test_subsets_of_everything_have_no_spread():
    x, y = drawn(50, 4), drawn(50, 4, seed=1) + 1
    found = likeness.kid(x, y, subsets=4, size=50)
    assert found.value == pytest.approx(likeness.mmd(x, y))
    assert found.deviation == pytest.approx(0, abs=1e-9)


def test_kid_grows_with_what_is_wrong():
    x = drawn(500, 8)
    values = [
        likeness.kid(x, drawn(500, 8, seed=1) + s, subsets=10, size=200).value for s in (0, 0.3, 1)
    ]
    assert values == sorted(values)
    assert values[0] < 0.1 * values[1]


def test_the_distance_of_two_gaussians_is_the_closed_form_on_shared_axes():
    """|m - m'|^2 + sum (s - s')^2 for covariances with the same axes."""
    axes = torch.linalg.qr(drawn(5, 5)).Q
    s, t = (torch.rand(5, generator=torch.Generator().manual_seed(k)).double() for k in (1, 2))
    mean, other = drawn(2, 5, seed=3)
    found = likeness.frechet(mean, axes * s**2 @ axes.T, other, axes * t**2 @ axes.T)
    assert found == pytest.approx(float((mean - other).square().sum() + (s - t).square().sum()))


@pytest.mark.parametrize("rank", [6, 3])
def test_the_distance_of_any_two_gaussians_is_scipys(rank):
    a, b = (m @ m.T for m in drawn(2, 6, rank))
    b = b + 0.5 * torch.eye(6)
    mean, other = drawn(2, 6, seed=1)
    root = scipy.linalg.sqrtm((a @ b).numpy()).real
    expected = (mean - other).square().sum() + a.trace() + b.trace() - 2 * root.trace()
    assert likeness.frechet(mean, a, other, b) == pytest.approx(float(expected), rel=1e-6)
    assert likeness.frechet(other, b, mean, a) == pytest.approx(float(expected), rel=1e-6)


def test_fid_is_the_distance_of_the_sample_moments():
    x, y = drawn(12, 4), drawn(9, 4, seed=1) * 2
    expected = likeness.frechet(x.mean(0), x.T.cov(), y.mean(0), y.T.cov())
    assert likeness.fid(x, y) == pytest.approx(expected)


def test_fid_comes_near_the_distance_of_what_was_sampled_from_above():
    scale = torch.tensor([1.0, 2, 0.5, 1], dtype=torch.float64)
    true = 4 * 0.3**2 + float((scale - 1).square().sum())
    few, many = (likeness.fid(drawn(n, 4), drawn(n, 4, seed=1) * scale + 0.3) for n in (50, 50_000))
    assert many == pytest.approx(true, rel=0.05)
    assert abs(few - true) > abs(many - true)


def test_of_a_set_and_itself_fid_is_0_and_it_falls_with_the_number_of_samples():
    x = drawn(200, 8)
    assert likeness.fid(x, x) == pytest.approx(0, abs=1e-6)
    bias = [likeness.fid(drawn(n, 8), drawn(n, 8, seed=1)) for n in (50, 500, 5000)]
    assert bias == sorted(bias, reverse=True)


def test_sets_that_cannot_be_compared_are_refused():
    for measure in (likeness.mmd, likeness.fid, likeness.kid):
        with pytest.raises(SamplesError, match="have 4 and 3 numbers each"):
            measure(drawn(9, 4), drawn(9, 3))
        with pytest.raises(SamplesError, match="There are 1 features: give at least 2"):
            measure(drawn(9, 4), drawn(1, 4))
        with pytest.raises(SamplesError, match="1 of 9 features are not finite"):
            measure(drawn(9, 4) / (torch.arange(9.0)[:, None] != 3), drawn(9, 4))
    with pytest.raises(SamplesError, match="A subset of 500 cannot be drawn from 9"):
        likeness.kid(drawn(9, 4), drawn(900, 4))
