"""Precision, recall, density and coverage of sets for which they are known."""

import math

import pytest
import torch
from sklearn.neighbors import NearestNeighbors

from core.metrics.neighbours import inside, neighbours
from core.metrics.samples import SamplesError


def drawn(*shape, seed=0):
    noise = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=noise, dtype=torch.float64)


def test_of_a_set_and_itself_everything_is_whole():
    x = drawn(200, 8)
    found = neighbours(x, x, k=5)
    assert (found.precision, found.recall, found.coverage) == (1, 1, 1)
    assert found.density == pytest.approx(6 / 5)  # each ball holds its centre and k more


def test_of_sets_that_lie_apart_everything_is_0():
    found = neighbours(drawn(200, 8), drawn(150, 8, seed=1) + 100)
    assert (found.precision, found.recall, found.density, found.coverage) == (0, 0, 0, 0)


def test_of_two_draws_of_one_density_density_and_coverage_have_their_expected_values():
    """1, and 1 - prod (n - i) / (2 n - i) over i to k, whatever the density (Naeem et al. 2020)."""
    found = [
        neighbours(drawn(400, 8, seed=s), drawn(400, 8, seed=1000 + s), k=5) for s in range(10)
    ]
    expected = 1 - math.prod((400 - i) / (800 - i) for i in range(1, 6))
    assert sum(one.density for one in found) / 10 == pytest.approx(1, abs=0.05)
    assert sum(one.coverage for one in found) / 10 == pytest.approx(expected, abs=0.01)


def test_a_generator_of_few_pictures_is_precise_and_recalls_little():
    real = drawn(400, 4)
    narrow = neighbours(real, 0.2 * drawn(400, 4, seed=1))
    wide = neighbours(real, 4 * drawn(400, 4, seed=1))
    assert narrow.precision > 0.95 > 0.3 > narrow.recall
    assert wide.precision < 0.3 < 0.9 < wide.recall
    assert narrow.coverage < 0.5


def test_they_are_loops_over_scikit_learns_neighbours():
    real, made, k = drawn(60, 3), 1.3 * drawn(50, 3, seed=1) + 0.4, 4
    radius = {
        id(s): NearestNeighbors(n_neighbors=k + 1).fit(s.numpy()).kneighbors(s.numpy())[0][:, k]
        for s in (real, made)
    }

    def holds(centres, i, point):
        return float((centres[i] - point).norm()) <= radius[id(centres)][i] + 1e-12

    in_real = [[holds(real, i, y) for i in range(60)] for y in made]
    in_made = [[holds(made, j, x) for j in range(50)] for x in real]
    found = neighbours(real, made, k=k)
    assert found.precision == pytest.approx(sum(any(row) for row in in_real) / 50)
    assert found.recall == pytest.approx(sum(any(row) for row in in_made) / 60)
    assert found.density == pytest.approx(sum(map(sum, in_real)) / (k * 50))
    covered = sum(any(row[i] for row in in_real) for i in range(60)) / 60
    assert found.coverage == pytest.approx(covered)
    assert inside(made, real, k=k).tolist() == [any(row) for row in in_real]


def test_a_stray_real_picture_raises_precision_but_hardly_density():
    real, far = drawn(200, 4), 30 + drawn(200, 4, seed=1)
    stray = torch.cat((real, torch.full((1, 4), 30.0)))
    assert neighbours(real, far).precision == 0
    found = neighbours(stray, far)
    assert found.precision > 0.9
    assert found.density < 0.25
    assert found.coverage < 0.02


def test_copies_lie_inside_their_own_balls_exactly():
    x = drawn(10, 16).repeat_interleave(8, 0)  # all radii are 0
    found = neighbours(x, x, k=5)
    assert (found.precision, found.recall, found.coverage) == (1, 1, 1)
    assert neighbours(x, x + 1e-9, k=5).precision == 0


def test_too_few_neighbours_are_refused():
    for k, said in ((0, "k = 0"), (9, r"k = 9 is out of range for 9 pictures: choose 1 to 8")):
        with pytest.raises(SamplesError, match=said):
            neighbours(drawn(9, 2), drawn(20, 2), k=k)
        with pytest.raises(SamplesError, match=said):
            neighbours(drawn(20, 2), drawn(9, 2), k=k)
    assert inside(drawn(1, 2), drawn(9, 2)).shape == (1,)
    with pytest.raises(SamplesError, match="have 2 and 3 numbers each"):
        neighbours(drawn(9, 2), drawn(9, 3))
