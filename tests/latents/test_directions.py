"""Directions find what is there, point to the larger label, and move by what is asked."""

import math

import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from core.latents import directions
from core.latents.directions import METHODS, Hyperplane
from core.latents.errors import LatentError
from core.metrics.samples import SamplesError

FITTED = ["logistic", "LDA", "ridge"]


def drawn(*shape, seed=0):
    noise = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=noise, dtype=torch.float64)


def unit(v):
    return v / v.norm()


def halves(n=2000, latent=16):
    """Latents, and the classes that a known hyperplane parts."""
    z, normal = drawn(n, latent), unit(drawn(latent, seed=1))
    return z, z @ normal - 0.4, normal


@pytest.mark.parametrize("name", METHODS)
def test_a_direction_is_the_normal_of_what_parts_the_classes(name):
    z, side, normal = halves()
    plane = METHODS[name](z, (side > 0).long())
    assert plane.normal.norm() == pytest.approx(1)
    assert float(plane.normal @ normal) > 0.98  # its sign, too
    right = ((directions.distance(z, plane) > 0) == (side > 0)).double().mean()
    assert right > 0.93


@pytest.mark.parametrize("name", FITTED)
def test_the_bias_is_kept(name):
    """Far from the origin, where a hyperplane without a bias would have all on one side."""
    z, side, normal = halves()
    y = (side > 0).long()
    near, far = METHODS[name](z, y), METHODS[name](z + 7 * normal, y)
    assert far.bias - near.bias == pytest.approx(-7, abs=0.1)
    both = directions.distance(z, near), directions.distance(z + 7 * normal, far)
    torch.testing.assert_close(*both, rtol=0, atol=0.05)


@pytest.mark.parametrize("name", METHODS)
def test_a_continuous_label_has_a_direction(name):
    z, side, normal = halves()
    plane = METHODS[name](z, side.exp())
    assert float(plane.normal @ normal) > 0.9


@pytest.mark.parametrize("name", METHODS)
def test_the_precision_and_the_scale_of_the_labels_do_not_matter(name):
    z, side, _ = halves(500)
    y = (side > 0).long()
    one, other = METHODS[name](z, y), METHODS[name](z.float(), 100 * y - 3)
    assert other.normal.dtype == torch.float32
    torch.testing.assert_close(one.normal, other.normal.double(), rtol=0, atol=1e-4)
    assert one.bias == pytest.approx(other.bias, abs=1e-4)


def anisotropic(n=20_000):
    """Two Gaussians of one covariance, whose best direction is known."""
    root = torch.diag(torch.tensor([5.0, 1.0, 0.3], dtype=torch.float64))
    root[1, 0] = 2.0
    covariance = root @ root.T
    apart = torch.tensor([2.0, 1.0, 0.2], dtype=torch.float64)
    y = torch.arange(n) % 2
    z = drawn(n, 3) @ root.T + y[:, None] * apart
    return z, y, unit(torch.linalg.solve(covariance, apart)), unit(apart)


def test_of_unequal_spreads_lda_is_right_and_the_mean_difference_leaks():
    z, y, best, apart = anisotropic()
    assert float(directions.lda(z, y).normal @ best) > 0.999
    assert float(directions.mean_difference(z, y).normal @ apart) > 0.995
    assert float(apart @ best) < 0.5
    right = {
        name: float(((directions.distance(z, METHODS[name](z, y)) > 0) == (y > 0)).double().mean())
        for name in METHODS
    }
    assert min(right[name] for name in FITTED) > right["mean difference"] + 0.05


def test_lda_is_scikit_learns_where_there_is_enough():
    z, y, *_ = anisotropic()
    theirs = LinearDiscriminantAnalysis(solver="lsqr", priors=[0.5, 0.5]).fit(z.numpy(), y.numpy())
    coefficient = torch.from_numpy(theirs.coef_[0])
    ours = directions.lda(z, y)
    torch.testing.assert_close(ours.normal, unit(coefficient), rtol=0, atol=2e-3)
    assert ours.bias == pytest.approx(theirs.intercept_[0] / float(coefficient.norm()), abs=5e-3)


def test_shrinkage_helps_where_there_is_little():
    """The share is Ledoit and Wolf's: with 40 latents of 32 numbers the bare inverse is noise."""
    found = {"shrunk": [], "bare": []}
    for seed in range(10):
        y = torch.arange(40) % 2
        z = drawn(40, 32, seed=seed)
        z[:, 0] += 3 * y
        found["shrunk"].append(float(directions.lda(z, y).normal[0]))
        means = z[y == 0].mean(0), z[y == 1].mean(0)
        within = z - torch.where((y == 1)[:, None], means[1], means[0])
        bare = torch.linalg.pinv(within.T @ within) @ (means[1] - means[0])
        found["bare"].append(float(unit(bare)[0]))
    assert sum(found["shrunk"]) > sum(found["bare"]) + 1


@pytest.mark.parametrize("target", [-2.0, 0.0, 3.0])
def test_a_move_ends_at_the_distance_that_is_asked(target):
    z, plane = drawn(9, 8), Hyperplane(unit(drawn(8, seed=1)), 0.7)
    moved = directions.move(z, plane, target)
    torch.testing.assert_close(
        directions.distance(moved, plane), torch.full((9,), target, dtype=torch.float64)
    )
    way = moved - z  # along the normal and nothing else
    torch.testing.assert_close(way, (way @ plane.normal)[:, None] * plane.normal)


def test_a_move_along_another_direction_ends_there_too():
    z, plane, along = drawn(9, 8), Hyperplane(unit(drawn(8, seed=1)), 0.7), drawn(8, seed=2)
    moved = directions.move(z, plane, 1.5, along=along)
    torch.testing.assert_close(
        directions.distance(moved, plane), torch.full((9,), 1.5, dtype=torch.float64)
    )
    way = moved - z
    torch.testing.assert_close(
        torch.cosine_similarity(way, along[None]).abs(), torch.ones(9).double()
    )


def test_a_move_that_cannot_be_is_refused():
    z, plane = drawn(9, 8), Hyperplane(torch.eye(8, dtype=torch.float64)[0], 0.0)
    with pytest.raises(LatentError, match="nan: choose a finite number"):
        directions.move(z, plane, math.nan)
    with pytest.raises(LatentError, match="runs along the hyperplane"):
        directions.move(z, plane, 1.0, along=torch.eye(8, dtype=torch.float64)[1])


def test_principal_directions_are_scikit_learns():
    x = drawn(200, 6) @ drawn(6, 6, seed=1)
    found = directions.principal(x, 4)
    theirs = PCA(4).fit(x.numpy())
    components = torch.from_numpy(theirs.components_)
    signs = (components * found.directions).sum(1, keepdim=True).sign()
    torch.testing.assert_close(found.directions, signs * components)
    torch.testing.assert_close(found.sizes, torch.from_numpy(theirs.explained_variance_))
    assert (found.directions.gather(1, found.directions.abs().argmax(1, keepdim=True)) > 0).all()


def test_a_closed_form_direction_is_enlarged_most_by_its_layer():
    weight = drawn(40, 8)
    found = directions.closed_form(weight, 8)
    _, singular, axes = torch.linalg.svd(weight)
    torch.testing.assert_close(found.sizes, singular.square())
    torch.testing.assert_close(
        (found.directions * axes).sum(1).abs(), torch.ones(8, dtype=torch.float64)
    )
    grown = (found.directions @ weight.T).norm(dim=1)
    torch.testing.assert_close(grown, singular)


def test_directions_of_features_are_carried_back_to_latents():
    """Features that are a stretched turn of the latents: the stretched axes come back."""
    z, turn = drawn(4000, 5), torch.linalg.qr(drawn(5, 5, seed=1)).Q
    features = z @ turn * torch.tensor([9.0, 7, 5, 3, 1], dtype=torch.float64) + 2
    found = directions.carried(z, features, 3)
    alike = (found.directions @ turn)[:, :3].abs()
    assert (alike.diagonal() > 0.998).all()
    torch.testing.assert_close(
        found.sizes.sqrt(), torch.tensor([9.0, 7, 5], dtype=torch.float64), rtol=0.05, atol=0
    )


@pytest.mark.parametrize("name", METHODS)
def test_labels_of_one_class_are_refused(name):
    with pytest.raises(
        LatentError, match="All 100 labels are 1: a direction needs some of another"
    ):
        METHODS[name](drawn(100, 4), torch.ones(100))


@pytest.mark.parametrize("name", METHODS)
def test_labels_that_are_not_as_many_as_latents_are_refused(name):
    with pytest.raises(SamplesError, match=r"Latents and labels .* 100 and 99"):
        METHODS[name](drawn(100, 4), torch.arange(99))


@pytest.mark.parametrize("name", FITTED)
def test_fewer_latents_than_numbers_are_refused(name):
    with pytest.raises(LatentError, match=r"10 latents of 16 numbers .* at least 17"):
        METHODS[name](drawn(10, 16), torch.arange(10) % 2)


@pytest.mark.parametrize("name", METHODS)
def test_latents_and_labels_that_are_not_finite_are_refused(name):
    z, y = drawn(100, 4), (torch.arange(100) % 2).double()
    z[3, 1] = math.inf
    with pytest.raises(SamplesError, match="1 of 100 latents are not finite"):
        METHODS[name](z, y)
    y[:2] = math.nan
    with pytest.raises(SamplesError, match="2 of 100 labels are not finite"):
        METHODS[name](drawn(100, 4), y)


@pytest.mark.parametrize("name", ["mean difference", "LDA", "logistic", "ridge"])
def test_labels_that_no_straight_line_sees_have_no_direction(name):
    corners = 0.1 + torch.tensor([[1.0, 1], [-1, -1], [1, -1], [-1, 1]]).repeat(5, 1)
    with pytest.raises(LatentError, match=r"no direction|same mean"):
        METHODS[name](corners, torch.tensor([0, 0, 1, 1]).repeat(5))


def test_more_components_than_there_are_are_refused():
    with pytest.raises(LatentError, match="choose 1 to 4"):
        directions.principal(drawn(9, 4), 5)
    with pytest.raises(LatentError, match="choose 1 to 8"):
        directions.principal(drawn(9, 40), 9)
    with pytest.raises(LatentError, match="choose 1 to 4"):
        directions.closed_form(drawn(9, 4), 0)
    flat = drawn(50, 1) @ drawn(1, 4, seed=1)
    with pytest.raises(LatentError, match="vary in fewer than 2 directions"):
        directions.carried(drawn(50, 4), flat, 2)
    with pytest.raises(SamplesError, match="50 and 49"):
        directions.carried(drawn(50, 4), drawn(49, 4), 2)
