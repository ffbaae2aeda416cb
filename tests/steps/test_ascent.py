"""The steppers climb as their papers say, and never leave the finite numbers."""

import pytest
import torch

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
