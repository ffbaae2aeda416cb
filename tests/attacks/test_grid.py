"""What is read has whole levels, and is no farther away than what was meant."""

import itertools

import pytest
import torch

from core import pictures
from core.attacks import balls, grid
from core.attacks.balls import BALLS
from core.priors import views


def case(size, seed=0, shape=(4, 3, 12, 12)):
    noise = views.generator("grid", seed)
    x = torch.randint(0, 256, shape, generator=noise) / 255
    return x, size / 255 * torch.randn(shape, generator=noise)


@pytest.mark.parametrize("norm", sorted(BALLS))
@pytest.mark.parametrize("size", [0.05, 0.3, 1.0, 6.0, 300.0])
def test_a_rounded_picture_has_whole_levels_and_is_as_near(norm, size):
    x, change = case(size)
    if norm == "Linf":
        change = change.clamp(-4 / 255, 4 / 255)
    y = grid.rounded(x, change, norm)
    assert torch.equal(y, pictures.eight_bit(y))
    assert grid.is_on(y).sum() == 0
    limit = torch.full((4,), 4 / 255) if norm == "Linf" else BALLS[norm].size(change)
    assert (grid.distance(x, y, norm) <= limit * (1 + 1e-6)).all()


@pytest.mark.parametrize("norm", ["L2", "L1"])
def test_rounding_keeps_the_size_where_it_can(norm):
    """A change of a third of a level a value would be lost by rounding each value alone."""
    x, change = case(0.3)
    x = 0.25 + (x * 127).round() / 255
    x = (x * 255).round() / 255
    kept = grid.distance(x, grid.rounded(x, change, norm), norm) / BALLS[norm].size(change)
    assert kept.min() > 0.97
    alone = ((change * 255).round() / 255).abs().sum() / change.abs().sum()
    assert alone < 0.5


@pytest.mark.parametrize(("norm", "power"), [("L2", 2), ("L1", 1)])
def test_no_other_whole_change_of_that_size_is_nearer(norm, power):
    """Brute force over all whole changes of four values."""
    x = torch.full((1, 1, 2, 2), 128 / 255)
    meant = torch.tensor([2.6, -1.2, 0.7, 0.1])
    ours = ((grid.rounded(x, meant.view(1, 1, 2, 2) / 255, norm) - x) * 255).round().flatten()
    every = torch.tensor(list(itertools.product(range(-3, 4), repeat=4)), dtype=torch.float)
    fits = every[every.abs().pow(power).sum(1) <= meant.abs().pow(power).sum()]
    nearest = (fits - meant).square().sum(1).min()
    assert (ours - meant).square().sum() <= nearest * 1.001


def test_equal_values_are_taken_one_after_another_until_the_budget_is_used():
    x = torch.full((1, 1, 4, 4), 0.4)
    x = (x * 255).round() / 255
    change = torch.full_like(x, 0.3 / 255)  # 16 values of .3 levels: 4.8 in L1
    y = grid.rounded(x, change, "L1")
    assert ((y - x) * 255).round().sum() == 4


def test_a_value_at_the_end_stays_there():
    x = torch.tensor([0.0, 1.0, 0.0, 1.0]).view(1, 1, 2, 2)
    change = torch.tensor([-9.0, 9.0, 9.0, -9.0]).view(1, 1, 2, 2) / 255
    for norm in BALLS:
        y = (grid.rounded(x, change, norm) * 255).round().flatten().tolist()
        assert y[:2] == [0, 255]
        assert y[2] > 0
        assert y[3] < 255


def test_a_radius_of_whole_levels_holds_what_is_rounded():
    x, change = case(50)
    for levels in range(1, 9):
        inside = BALLS["Linf"].projected(change, x, balls.radius("Linf", levels, x))
        moved = ((grid.rounded(x, inside, "Linf") - x) * 255).round().abs()
        assert moved.max() == levels


def test_what_is_off_the_grid_is_counted():
    x = torch.tensor([0.0, 0.5, 1.0, 1.2]).view(1, 1, 2, 2)
    assert grid.is_on(x).tolist() == [2]
