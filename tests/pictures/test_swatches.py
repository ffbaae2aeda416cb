"""The style pictures that ship are what the programs draw."""

import pytest
import torch

from core import pictures, run
from core.pictures import swatches
from core.probes import style


@pytest.mark.parametrize("name", ["woodcut", "weave"])
def test_a_swatch_that_ships_is_what_its_program_draws(name):
    """Up to what WebP loses."""
    apart = (swatches.load(name) - swatches.rendered(name)).square().mean()
    assert float(-10 * apart.log10()) > 28


def test_every_swatch_ships_in_one_size_and_no_two_are_alike():
    shown = torch.stack([swatches.load(name) for name in swatches.names()])
    assert shown.shape == (len(swatches.names()), 3, swatches.SIDE, swatches.SIDE)
    apart = torch.cdist(shown.flatten(1)[None], shown.flatten(1)[None])[0]
    assert (apart + 1e6 * torch.eye(len(shown))).min() > 50
    assert not set(swatches.names()) & set(pictures.shipped())


def test_a_style_that_is_none_is_answered_with_a_sentence():
    settings = style.Settings(style="mosaics", control=False)
    with pytest.raises(LookupError, match="no picture 'mosaics'"):
        run.resolve(style, settings)
