"""The axes of a cloud of latents."""

import pytest
import torch

from core.latents import scatter


def drawn(n, *spread):
    made = torch.randn(n, len(spread), generator=torch.Generator().manual_seed(0))
    return made * torch.tensor(spread) + 5


def test_the_axes_are_the_direction_and_the_two_largest_across_it():
    z = drawn(4000, 1.0, 7.0, 0.5, 3.0)
    along = torch.tensor([1.0, 1.0, 0.0, 0.0])
    found = scatter.axes(z, along)
    unit = found.directions
    torch.testing.assert_close(unit.T @ unit, torch.eye(3), rtol=0, atol=1e-4)
    torch.testing.assert_close(unit[:, 0], along / 2**0.5)
    # across (1, 1): what is left of the second is (1, -1), then the fourth
    assert unit[:, 1].abs()[0] == pytest.approx(0.5**0.5, abs=0.03)
    assert unit[:, 2].abs()[3] == pytest.approx(1, abs=0.03)
    placed = found.place(z)
    torch.testing.assert_close(placed.mean(0), torch.zeros(3), rtol=0, atol=1e-3)
    torch.testing.assert_close(placed.std(0), torch.ones(3), rtol=0, atol=1e-3)


def test_two_numbers_have_no_third_axis():
    z = drawn(50, 1.0, 2.0)
    placed = scatter.axes(z, torch.tensor([1.0, 0.0])).place(z)
    assert placed.shape == (50, 3)
    assert torch.equal(placed[:, 2], torch.zeros(50))
    assert placed[:, :2].std(0).tolist() == pytest.approx([1, 1], abs=1e-4)


def test_without_a_direction_the_largest_is_there_twice():
    z = drawn(50, 1.0, 2.0, 3.0)
    placed = scatter.axes(z, torch.zeros(3)).place(z)
    assert torch.equal(placed[:, 0], placed[:, 1])
