"""Balls are cut by the cube of pictures, and nothing nearer lies inside them."""

import pytest
import torch
from scipy import optimize

from core.attacks import balls
from core.attacks.balls import BALLS
from core.priors import views

NORMS = sorted(BALLS)


def changes(count, size, seed=0, shape=(1, 2, 3)):
    noise = views.generator("changes", seed)
    x = torch.rand((count, *shape), generator=noise)
    return x, size * torch.randn((count, *shape), generator=noise)


def by_scipy(norm, change, x, radius):
    """The nearest change in the ball and the cube, by a general solver."""
    c, low = change.flatten().double().numpy(), x.flatten().double().numpy()
    size = {"L2": lambda d: (d**2).sum() ** 0.5, "L1": lambda d: abs(d).sum()}[norm]
    # the sign of every value is that of the change: look for how far each one goes
    sign = [1.0 if value >= 0 else -1.0 for value in c]
    found = optimize.minimize(
        lambda d: ((d - abs(c)) ** 2).sum(), 0.01 * abs(c), method="SLSQP",
        bounds=[(0, 1 - a if s > 0 else a) for a, s in zip(low, sign, strict=True)],
        constraints={"type": "ineq", "fun": lambda d: radius - size(d)},
        options={"maxiter": 500, "ftol": 1e-12},
    )  # fmt: skip
    return torch.tensor(found.x * sign).view_as(change)


@pytest.mark.parametrize("norm", ["L2", "L1"])
@pytest.mark.parametrize(("size", "radius"), [(0.2, 0.3), (1.0, 0.5), (3.0, 1.2), (3.0, 2.0)])
def test_a_projection_is_the_nearest_change_in_ball_and_cube(norm, size, radius):
    x, change = changes(6, size)
    found = BALLS[norm].projected(change, x, torch.full((6,), radius))
    for i in range(6):
        nearest = by_scipy(norm, change[i], x[i], radius)
        torch.testing.assert_close(found[i].double(), nearest, atol=2e-4, rtol=0)


def test_in_linf_each_value_goes_to_the_nearest_end():
    x, change = changes(4, 1.0)
    found = BALLS["Linf"].projected(change, x, torch.full((4,), 0.3))
    low, high = (-x).clamp(min=-0.3), (1 - x).clamp(max=0.3)
    torch.testing.assert_close(found, change.clamp(low, high), atol=1e-6, rtol=0)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("size", [0.01, 0.3, 5.0])
def test_what_is_projected_or_scattered_is_in_the_ball_and_a_picture(norm, size):
    x, change = changes(8, size, shape=(3, 32, 32))
    radius = BALLS[norm].mean(3 * 32 * 32) * torch.linspace(0.001, 0.2, 8)
    for one in (
        BALLS[norm].projected(change, x, radius),
        BALLS[norm].scattered(x, radius, views.generator(1)),
    ):
        assert (BALLS[norm].size(one) <= radius * (1 + 1e-5)).all()
        assert (x + one).min() >= 0
        assert (x + one).max() <= 1 + 1e-6


@pytest.mark.parametrize("norm", NORMS)
def test_a_change_inside_stays_as_it_is(norm):
    x, change = changes(4, 0.01, shape=(3, 8, 8))
    x = 0.25 + x / 2
    found = BALLS[norm].projected(change, x, torch.full((4,), 100.0))
    torch.testing.assert_close(found, change, atol=1e-6, rtol=0)


@pytest.mark.parametrize("norm", NORMS)
def test_a_radius_of_nought_leaves_nothing(norm):
    x, change = changes(3, 1.0, shape=(3, 8, 8))
    found = BALLS[norm].projected(change, x, torch.zeros(3))
    torch.testing.assert_close(found, torch.zeros_like(found), atol=1e-6, rtol=0)


@pytest.mark.parametrize("norm", ["Linf", "L2"])
def test_the_steepest_change_of_size_one_gains_the_dual_norm(norm):
    _, slope = changes(3, 1.0, shape=(3, 8, 8))
    best = BALLS[norm].steepest(slope)
    torch.testing.assert_close(BALLS[norm].size(best), torch.ones(3))
    torch.testing.assert_close((best * slope).sum((1, 2, 3)), BALLS[norm].dual(slope))


def test_a_step_in_l1_moves_the_steepest_values_alike():
    _, slope = changes(3, 1.0, shape=(3, 8, 8))
    best = BALLS["L1"].steepest(slope)
    torch.testing.assert_close(BALLS["L1"].size(best), torch.ones(3))
    moved = best != 0
    assert (moved.sum((1, 2, 3)) == round(balls.SPARSE * 192)).all()
    for one, which in zip(slope.abs(), moved, strict=True):
        assert one[which].min() >= one[~which].max()


def test_balls_of_as_many_levels_lie_inside_each_other():
    x = torch.rand(2, 3, 8, 8, generator=views.generator(2))
    change = BALLS["Linf"].scattered(x, balls.radius("Linf", 4, x), views.generator(3))
    for inner, outer in (("Linf", "L2"), ("L2", "L1")):
        full = change / balls.by_picture(BALLS[inner].size(change) / balls.radius(inner, 4, x))
        assert (BALLS[outer].size(full) <= balls.radius(outer, 4, x) * (1 + 1e-5)).all()


def test_random_changes_differ_and_fill_the_ball():
    x = torch.full((64, 3, 4, 4), 0.5)
    for norm in NORMS:
        radius = torch.full((64,), 0.2)
        size = BALLS[norm].size(BALLS[norm].scattered(x, radius, views.generator(4))) / radius
        assert size.max() > 0.9
        assert size.unique().numel() > 32
