"""Pictures are made smaller, cut square and laid side by side."""

import torch

from core import pictures
from tests.pictures.files import noise


def test_fit_keeps_the_shape_and_makes_nothing_larger():
    assert pictures.fit(noise(30, 60), 20).shape == (3, 10, 20)
    assert pictures.fit(noise(4000, 31), 100).shape == (3, 100, 1)
    assert torch.equal(pictures.fit(noise(), 14), noise())


def test_square_is_the_middle_of_the_picture():
    wide = torch.zeros(3, 4, 10)
    wide[:, :, 3:7] = noise(4, 4)
    assert torch.equal(pictures.square(wide, 4), noise(4, 4))
    assert torch.equal(pictures.square(wide.mT, 4), noise(4, 4).mT)
    assert pictures.square(wide, 9).shape == (3, 9, 9)
    assert pictures.square(noise(1, 1), 5).shape == (3, 5, 5)


def test_making_smaller_is_antialiased():
    stripes = (torch.arange(128) % 4 == 1).float().expand(3, 128, 128)
    for smaller in (pictures.fit(stripes, 32), pictures.square(stripes, 32)):
        assert (smaller - 0.25).abs().max() < 0.1


def test_a_sheet_has_its_tiles_in_rows_with_one_grey_pixel_between():
    tiles = torch.stack([noise(4, 5, seed=s) for s in range(5)])
    x = pictures.sheet(tiles, 3)
    assert x.shape == (3, 2 * 4 + 1, 3 * 5 + 2)
    for i, tile in enumerate(tiles):
        top, left = i // 3 * 5, i % 3 * 6
        assert torch.equal(x[:, top : top + 4, left : left + 5], tile)
    assert (x[:, 4] == pictures.HAIRLINE).all()
    assert (x[:, :, [5, 11]] == pictures.HAIRLINE).all()
    assert (x[:, 5:, 12:] == pictures.HAIRLINE).all()  # the place left over


def test_one_picture_is_its_own_sheet():
    assert torch.equal(pictures.sheet(noise()[None], 4), noise())
