"""The steppers climb as their papers say, and never leave the finite numbers."""

import pytest
import torch

from core import pictures
from core.objectives import PICTURE, Objective
from core.steps import ascent


def climb(p, slope_of, steps, **settings):
    moments = ascent.start(p)
    for step in range(steps):
        p, moments = ascent.adam(p, slope_of(p), moments, step=step, **settings)
    return p, moments


def test_adam_walks_the_path_of_torch_optim():
    noise = torch.Generator().manual_seed(0)
    goal = torch.randn(2, 3, 5, generator=noise)
    start = torch.randn(2, 3, 5, generator=noise)
    ours, _ = climb(start.clone(), lambda p: 2 * (goal - p), 40, learning_rate=0.05)

    theirs = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([theirs], lr=0.05)
    for _ in range(40):
        optimizer.zero_grad()
        (goal - theirs).square().sum().backward()
        optimizer.step()
    torch.testing.assert_close(ours, theirs.detach(), rtol=1e-5, atol=1e-6)


def test_a_slope_that_is_not_finite_returns_its_picture_to_the_last_good_one():
    p = torch.zeros(2, 4)
    moments = ascent.start(p)
    good, moments = ascent.adam(p, torch.ones(2, 4), moments, step=0, learning_rate=0.1)
    bad = torch.ones(2, 4)
    bad[0, 1] = float("nan")
    after, moments = ascent.adam(good, bad, moments, step=1, learning_rate=0.1)
    assert torch.equal(after[0], p[0])  # the last p whose slope was finite
    assert (after[1] > good[1]).all()
    assert moments["rate"].flatten().tolist() == [0.5, 1.0]
    assert all(value.isfinite().all() for value in moments.values())


@pytest.mark.parametrize("slope", [0.0, float("nan"), float("inf")])
def test_normalised_ascent_stands_still_without_a_slope(slope):
    x = torch.rand(1, 3, 4, 4)
    assert torch.equal(ascent.normalised(x, torch.full_like(x, slope), size=0.1), x)


def test_normalised_ascent_moves_each_picture_by_its_size_in_the_mean():
    x = torch.zeros(2, 3, 8, 8)
    slope = torch.randn(2, 3, 8, 8) * torch.tensor([1e-3, 1e3])[:, None, None, None]
    moved = ascent.normalised(x, slope, size=0.01)
    torch.testing.assert_close(
        moved.abs().mean((1, 2, 3)), torch.full((2,), 0.01), rtol=1e-4, atol=0
    )


class Doubling:
    """Reads twice of what it sees, as the layer "twice"."""

    def activations(self, x, *layers):
        assert layers == ("twice",)
        return 2 * x


TOTAL = Objective(("twice",), lambda a: a["twice"].sum((1, 2, 3)))
FIRST = Objective((PICTURE,), lambda a: a[PICTURE][:, 0].sum((1, 2)))


def test_a_slope_is_that_of_what_is_climbed_and_the_score_that_of_what_is_asked():
    p = torch.rand(2, 3, 4, 4)
    how = {"picture": lambda p: 5 * p, "view": lambda x: 7 * x}
    seen = ascent.slope(p, TOTAL, Doubling(), **how)
    torch.testing.assert_close(seen.slope, torch.full_like(p, 2 * 7 * 5))
    torch.testing.assert_close(seen.score, 70 * p.sum((1, 2, 3)))
    torch.testing.assert_close(seen.x, 5 * p)
    told = ascent.slope(p, TOTAL, Doubling(), told=FIRST, **how)
    assert torch.equal(told.slope, seen.slope)
    torch.testing.assert_close(told.score, 5 * p[:, 0].sum((1, 2)))


def test_several_slopes_are_those_of_each_alone():
    x = torch.rand(1, 3, 4, 4)
    total, squares = ascent.slopes(x, [TOTAL, TOTAL * 3.0], Doubling())
    torch.testing.assert_close(total.slope, torch.full_like(x, 2.0))
    torch.testing.assert_close(squares.slope, torch.full_like(x, 6.0))
    torch.testing.assert_close(squares.score, 3 * total.score)


def test_mixed_slopes_have_each_their_share_whatever_their_units():
    up = torch.randn(2, 3, 4, 4) * torch.tensor([1e-3, 1e3])[:, None, None, None]
    one, other = (slope / slope.abs().mean() for slope in up)
    mixed = ascent.mixed(up, [0.25, -2.0])[0]
    torch.testing.assert_close(mixed, 0.25 * one - 2 * other, rtol=1e-3, atol=1e-4)
    assert torch.equal(ascent.mixed(up[:1], [0.25]), up[:1])


def test_normalised_ascent_goes_uphill():
    slope = torch.tensor([1.0, -3.0]).expand(1, 3, 1, 2)
    moved = ascent.normalised(torch.zeros(1, 3, 1, 2), slope, size=0.5)
    torch.testing.assert_close(moved, slope / 4)


def test_a_climb_moves_the_rows_that_are_named_and_keeps_what_they_saw():
    mine = ascent.initial_state(torch.zeros(3, 3, 2, 2), 2)
    x, slope = torch.rand(2, 3, 2, 2), torch.stack([torch.ones(3, 2, 2), -torch.ones(3, 2, 2)])
    rows = torch.tensor([2, 0])
    seen = ascent.Seen(x, torch.tensor([5.0, 6.0]), slope)
    ascent.climb(mine, rows, seen, step=0, learning_rate=0.1)
    for row, value in ((2, 0.1), (1, 0.0), (0, -0.1)):  # Adam's first step is the learning rate
        torch.testing.assert_close(mine["p"][row], torch.full((3, 2, 2), value))
    assert mine["score"].tolist() == [6, 0, 5]
    assert torch.equal(mine["x"][rows], x)
    assert torch.equal(mine["x"][1], torch.full((3, 2, 2), 0.5))


def test_rounding_passes_a_slope_straight_through():
    x = torch.rand(1, 3, 4, 4).requires_grad_()
    rounded = ascent.straight_through(x)
    torch.testing.assert_close(rounded, pictures.eight_bit(x.detach()))
    rounded.sum().backward()
    assert torch.equal(x.grad, torch.ones_like(x))
