"""Masks are 1 where a picture may change and 0 where it stays."""

import pytest
import torch

from core import run
from core.pictures import masks
from core.probes import dream


@pytest.mark.parametrize("name", masks.names())
def test_a_ready_made_mask_holds_both_and_a_soft_edge(name):
    mask = masks.load(name)
    assert mask.shape == (1, masks.SIDE, masks.SIDE)
    assert mask.min() == 0
    assert mask.max() == 1
    assert ((mask > 0) & (mask < 1)).any()


@pytest.mark.parametrize(
    ("one", "other"), [("left", "right"), ("top", "bottom"), ("middle", "border")]
)
def test_opposite_masks_add_up_to_everywhere(one, other):
    torch.testing.assert_close(masks.load(one) + masks.load(other), torch.ones(1, 256, 256))


def test_the_middle_of_a_mask_lies_where_it_is_white():
    across, down = masks.middle(masks.load("left"))
    assert across < -0.4
    assert abs(float(down)) < 1e-4


def test_an_empty_mask_is_refused_with_the_remedy():
    with pytest.raises(masks.MaskError, match="mask is empty: paint white where"):
        masks.of_picture(torch.zeros(3, 8, 8))


def test_an_unknown_mask_is_answered_with_those_there_are():
    settings = dream.Settings(mask="sky")
    with pytest.raises(masks.MaskError, match="no mask 'sky': choose left, right"):
        run.resolve(dream, settings)
