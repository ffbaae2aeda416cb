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


@pytest.mark.parametrize(
    ("norm", "order", "dual"), [("Linf", "inf", 1), ("L2", 2, 2), ("L1", 1, "inf")]
)
def test_sizes_and_duals_are_the_norms_of_their_names(norm, order, dual):
    change = torch.randn(3, 2, 4, 5)
    flat = change.flatten(1)
    for found, power in ((BALLS[norm].size, order), (BALLS[norm].dual, dual)):
        torch.testing.assert_close(found(change), torch.linalg.vector_norm(flat, float(power), 1))


def test_a_radius_is_the_size_of_a_change_by_so_many_levels_everywhere():
    x = torch.zeros(2, 3, 4, 4)
    for norm in NORMS:
        change = torch.full_like(x, 51 / 255)
        torch.testing.assert_close(balls.radius(norm, 51, x), BALLS[norm].size(change))


def test_a_random_change_in_linf_is_uniform_up_to_the_radius_on_both_sides():
    x = torch.full((8, 3, 16, 16), 0.5)
    change = balls.scattered_linf(x, torch.full((8,), 0.2), views.generator(5))
    assert -0.2 <= change.min() < -0.19
    assert 0.19 < change.max() <= 0.2
    assert abs(float(change.mean())) < 0.01
    assert float(change.square().mean()) == pytest.approx(0.2**2 / 3, rel=0.05)


def test_a_random_change_in_l1_is_of_exponential_values_of_both_signs():
    x = torch.full((64, 3, 8, 8), 0.5)
    change = balls.scattered_l1(x, torch.ones(64), views.generator(6))
    size = change.abs()
    assert (change > 0).float().mean() == pytest.approx(0.5, abs=0.05)
    total = size.sum((1, 2, 3))
    assert total.mean() == pytest.approx(0.5, abs=0.1)  # uniform in [0, 1]
    spread = (size.square().mean((1, 2, 3)) / size.mean((1, 2, 3)).square()).mean()
    assert spread == pytest.approx(2, rel=0.1)  # of an exponential; 4/3 of a uniform


def test_a_random_change_in_l2_has_a_length_uniform_up_to_the_radius():
    x = torch.full((256, 3, 4, 4), 0.5)
    share = balls.scattered_l2(x, torch.full((256,), 0.2), views.generator(7)).flatten(1)
    length = share.norm(dim=1) / 0.2
    assert length.mean() == pytest.approx(0.5, abs=0.06)
    assert length.square().mean() == pytest.approx(1 / 3, abs=0.06)
