"""Colours say which side of nothing a number is on, and how far."""

import pytest
import torch

from core.pictures import heat


def shade(colour, strength):
    """A colour at this strength over the ground."""
    return heat.GROUND + (1 - heat.GROUND) * strength * torch.tensor(colour)


def test_warm_is_red_and_cold_is_blue():
    assert heat.WARM[0] > heat.WARM[1] > heat.WARM[2]
    assert heat.COLD[0] < heat.COLD[1] < heat.COLD[2]


@pytest.mark.parametrize("sign", [1, -1])
def test_above_nothing_is_warm_below_is_cold_and_the_largest_of_both_is_full(sign):
    one, other = (heat.WARM, heat.COLD)[::sign]
    x = heat.signed(sign * torch.tensor([[4.0, 0.0, -1.0]]))
    torch.testing.assert_close(x[:, 0, 0], shade(one, 1.0))
    torch.testing.assert_close(x[:, 0, 1], torch.full((3,), heat.GROUND))
    torch.testing.assert_close(x[:, 0, 2], shade(other, 0.5))


def test_what_is_full_may_be_given_and_more_than_that_is_full_too():
    x = heat.signed(torch.tensor([[1.0, 9.0, -9.0]]), torch.tensor(4.0))
    expected = (shade(heat.WARM, 0.5), shade(heat.WARM, 1.0), shade(heat.COLD, 1.0))
    torch.testing.assert_close(x[:, 0], torch.stack(expected, 1))


def test_a_pixel_becomes_a_square():
    x = torch.rand(3, 2, 4)
    assert torch.equal(heat.enlarged(x, 3), torch.kron(x, torch.ones(1, 3, 3)))


def test_where_it_is_strongest_a_picture_is_warm_and_elsewhere_dark_grey():
    x, strength = torch.rand(3, 4, 6), torch.zeros(1, 1, 4, 6)
    strength[..., 1, 2], strength[..., 3, 5] = 0.02, 0.01
    found, grey = heat.over(x, strength), 0.45 * x.mean(0)
    warm = torch.tensor(heat.WARM)
    torch.testing.assert_close(found[:, 1, 2], warm)
    torch.testing.assert_close(found[:, 3, 5], (warm + grey[3, 5]) / 2)
    torch.testing.assert_close(found[:, 0, 0], grey[0, 0].expand(3))
    assert heat.over(x, strength[..., ::2, ::3]).shape == x.shape
