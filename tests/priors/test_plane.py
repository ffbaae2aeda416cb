"""A function of the plane is the same function at every size and in every window."""

import math

import pytest
import torch
from torch import nn

from core.priors import colour, plane, views

P = plane.start(0, 0, [views.generator(seed) for seed in (0, 1)])


def picture(p, height, width=None):
    return plane.picture(p, height=height, width=width or height, decay=0, contrast=1.2)


def test_it_is_a_chain_of_convolutions_of_one_pixel():
    """A second implementation, from the parameters up."""
    at, x, one = 0, plane._plane(9, 13, P).permute(1, 0, 2)[None], P[1] * plane.SHRINK
    for i, (rows, columns) in enumerate(plane._SHAPES):
        conv = nn.Conv2d(columns, rows, 1)
        conv.weight = nn.Parameter(one[at : at + rows * columns].view(rows, columns, 1, 1))
        at += rows * columns
        conv.bias = nn.Parameter(one[at : at + rows])
        at += rows
        if i:
            x = torch.cat([x.atan() / 0.67, x.atan() ** 2 / 0.6], 1)
        x = conv(x)
    assert at == plane.SIZE == P.shape[1]
    torch.testing.assert_close(plane.colours(P, 9, 13)[1:], x, atol=1e-5, rtol=1e-4)


def test_coordinates_have_deviation_one_and_keep_the_picture_s_shape():
    across, down = plane._plane(40, 80, P).unbind(1)
    assert across.std() == pytest.approx(1, rel=0.02)
    assert across.max() == pytest.approx(math.sqrt(3) * 79 / 80)
    assert down.max() == pytest.approx(math.sqrt(3) * 39 / 80)


def test_a_closer_window_is_the_middle_of_the_same_function():
    wide = plane.colours(P, 64, 64)[:, :, 16:48, 16:48]
    torch.testing.assert_close(plane.colours(plane.closer(P, 100), 32, 32), wide)


def test_a_zoom_never_ends():
    p = P
    for _ in range(40):
        p = plane.closer(p, 100)
    assert picture(p, 16).isfinite().all()


def test_strips_put_together_are_the_picture():
    parts = [plane.strip(P, rows, side=96, canvas=96, contrast=1.2) for rows in plane.strips(96)]
    torch.testing.assert_close(torch.cat(parts, 2), picture(P, 96))


def test_at_another_size_it_is_the_same_picture():
    parts = [plane.strip(P, rows, side=192, canvas=96, contrast=1.2) for rows in plane.strips(192)]
    small = torch.nn.functional.avg_pool2d(torch.cat(parts, 2), 2)
    assert (small - picture(P, 96)).abs().mean() < 0.02


def test_no_size_is_a_photograph_s():
    with pytest.raises(ValueError, match="starts from noise"):
        plane.encode(torch.zeros(1, 3, 8, 8), decay=0)


def test_a_part_is_as_contrasty_as_the_whole_it_is_a_part_of():
    x = torch.randn(1, 3, 16, 16, generator=views.generator(0)) * 4
    torch.testing.assert_close(colour.standard(x[:, :, :5], of=x), colour.standard(x)[:, :, :5])
