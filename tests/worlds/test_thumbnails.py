"""The sheets hold all that the small denoisers learn from, and nothing that is held out."""

import pytest
import torch

from core.training import digits
from core.worlds import thumbnails
from core.worlds.thumbnails import SHEETS


@pytest.mark.parametrize("name", list(SHEETS))
def test_a_sheet_holds_as_many_pictures_as_it_says_all_of_them_different(name):
    x, sheet = thumbnails.learned(name), SHEETS[name]
    assert x.shape == (sheet.count, sheet.channels, sheet.side, sheet.side)
    assert len(x.flatten(1).unique(dim=0)) > 0.99 * sheet.count
    signed = thumbnails.signed(name)
    assert (float(signed.min()) >= -1, float(signed.max())) == (True, 1)


def test_the_digits_are_those_that_the_networks_of_digits_learn_from():
    learned, held_out = digits.read()
    sheet = thumbnails.pictures.read(thumbnails.ASSETS / SHEETS["digits"].file)
    assert torch.allclose(sheet, thumbnails.laid(learned.small[:, None], "digits"), atol=1 / 255)
    rows = {tuple(x) for x in (learned.small * 16).flatten(1).tolist()}
    assert not rows & {tuple(x) for x in (held_out.small * 16).flatten(1).tolist()}


@pytest.mark.parametrize("name", list(SHEETS))
def test_laid_out_and_read_again_they_are_the_same(name):
    sheet = SHEETS[name]
    x = torch.arange(sheet.count).float().view(-1, 1, 1, 1) / sheet.count
    x = x.expand(-1, sheet.channels, sheet.small, sheet.small)
    whole = thumbnails.laid(x, name)
    assert float(whole[0, sheet.small, 0]) == pytest.approx(sheet.columns / sheet.count)
    assert float(whole[0, 0, sheet.small]) == pytest.approx(1 / sheet.count)
