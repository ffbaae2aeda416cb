"""Colours are matched exactly, and luminance leaves the hues alone."""

import torch

from core import pictures
from core.pictures import swatches
from core.priors import recolour


def moments(x):
    flat = x.flatten(2)[0].double()
    return flat.mean(1), torch.cov(flat, correction=0)


def photograph():
    return pictures.square(pictures.load("flower"), 64)[None]


def test_matched_colours_have_the_mean_and_covariance_that_are_asked_for():
    wanted = photograph()
    found = recolour.matched(swatches.load("glass")[None], wanted)
    for one, other in zip(moments(found), moments(wanted), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-2, atol=2e-4)


def test_a_picture_of_one_colour_takes_and_gives_colours_that_are_finite():
    plain = torch.full((1, 3, 40, 40), 0.3)
    assert recolour.matched(plain, photograph()).isfinite().all()
    found = recolour.matched(photograph(), plain)
    assert (found - 0.3).abs().max() < 0.1


def test_luminance_from_one_picture_and_hues_from_another():
    one, other = photograph(), pictures.square(pictures.load("citrus"), 64)[None]
    both = recolour.with_chroma(recolour.grey(one), other)
    torch.testing.assert_close(recolour.grey(both), recolour.grey(one))
    hues = [x - recolour.grey(x) for x in (both, other)]
    torch.testing.assert_close(hues[0], hues[1], atol=1e-5, rtol=0)


def test_a_lit_picture_has_the_others_luminance():
    found = recolour.lit(swatches.load("weave")[None], photograph())
    mine, other = found, recolour.grey(photograph())
    assert abs(float(mine.mean() - other.mean())) < 0.02
    assert abs(float(mine.std() / other.std()) - 1) < 0.1
