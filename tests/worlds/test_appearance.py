"""How a picture looks, on pictures where anybody can say it."""

import pytest
import torch

from core.worlds import appearance, collections


def plain(red, green, blue, side=16):
    return torch.tensor([red, green, blue]).view(1, 3, 1, 1).expand(1, 3, side, side).clone()


def one(name, x):
    return appearance.ATTRIBUTES[name](x).item()


def test_plain_colours():
    assert one("bright", plain(1.0, 1.0, 1.0)) == pytest.approx(1)
    assert one("bright", plain(0.0, 1.0, 0.0)) == pytest.approx(0.7152)
    assert one("warm", plain(1.0, 0.5, 0.25)) == pytest.approx(0.75)
    assert one("warm", plain(0.0, 0.5, 1.0)) == pytest.approx(-1)
    assert one("colourful", plain(0.9, 0.4, 0.2)) == pytest.approx(0.7)
    assert one("colourful", plain(0.3, 0.3, 0.3)) == pytest.approx(0)
    for name in ("contrast", "light from the left", "light from above", "bright edge"):
        assert one(name, plain(0.5, 0.2, 0.7)) == pytest.approx(0, abs=1e-6)
    assert one("symmetric", plain(0.5, 0.2, 0.7)) == pytest.approx(1)


def test_where_the_light_is():
    left = plain(0.0, 0.0, 0.0)
    left[..., :8] = 1
    assert one("light from the left", left) == pytest.approx(1)
    assert one("light from the left", left.flip(3)) == pytest.approx(-1)
    assert one("light from above", left) == pytest.approx(0, abs=1e-6)
    assert one("light from above", left.transpose(2, 3)) == pytest.approx(1)
    assert one("symmetric", left) == pytest.approx(0)
    assert one("contrast", left) == pytest.approx(0.5)


def test_a_bright_edge_is_an_eighth_wide():
    x = plain(0.0, 0.0, 0.0)
    x[..., :2, :] = x[..., -2:, :] = 1
    x[..., :2] = x[..., -2:] = 1
    share = 1 - (12 / 16) ** 2
    assert one("bright edge", x) == pytest.approx(1 - share)
    assert one("bright edge", 1 - x) == pytest.approx(share - 1)


def test_every_attribute_is_one_number_a_picture():
    x = torch.rand(5, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    for name, values in appearance.measured(x).items():
        assert values.shape == (5,)
        assert torch.allclose(values[3], appearance.ATTRIBUTES[name](x[3:4])[0], atol=1e-6)


@pytest.mark.parametrize("name", collections.NAMES)
def test_a_sheet_holds_64_pictures_that_differ_and_is_read_as_it_was_laid(name):
    x = collections.held_out(name)
    assert x.shape == (64, 3, 64, 64)
    apart = torch.cdist(x.flatten(1), x.flatten(1)).fill_diagonal_(1e9)
    assert apart.min() > 5
    numbered = torch.arange(64.0).view(64, 1, 1, 1).expand(64, 3, 64, 64)
    sheet = collections.sheet(numbered)
    assert sheet[0, 64, 0] == 8  # the second row begins with the ninth
    assert sheet[0, 0, 64] == 1
