"""Natural statistics keep the magnitudes of photographs, whatever is climbed."""

import pytest
import torch

from core import pictures
from core.priors import colour, fourier, natural, views


def spectrum(x):
    return torch.fft.rfft2(colour.flat(x), norm="ortho")


def drawn(*seeds, side=48, decay=0.0, contrast=0.8):
    p = natural.start(side, side, [views.generator(seed) for seed in seeds])
    return p, natural.picture(p, height=side, width=side, decay=decay, contrast=contrast)


def test_every_picture_has_the_same_magnitudes():
    """Up to one number a picture: the contrast. Frequencies that are their own mirror have no phase."""
    _, x = drawn(0, 1)
    found = spectrum(x).abs()[:, :, 1:24, 1:24]
    wanted = natural.magnitude(48, 48, decay=0, like=x)[:, 1:24, 1:24]
    share = found / wanted
    assert share.std() / share.mean() < 0.02


def test_the_phase_is_what_is_climbed():
    p, x = drawn(0)
    torch.testing.assert_close(
        natural.picture(7 * p, height=48, width=48, decay=0, contrast=0.8), x
    )


def test_a_photograph_gives_its_phases_and_is_seen_by_them():
    x = pictures.square(pictures.load("cat"), 64)[None]
    p = natural.encode(x, decay=0)
    torch.testing.assert_close(p.norm(dim=-1), torch.ones(1, 3, 64, 33), atol=1e-3, rtol=0)
    back = natural.picture(p, height=64, width=64, decay=0, contrast=1.2, level=colour.level(x))
    both = torch.stack([x.flatten(), back.flatten()])
    assert both.corrcoef()[0, 1] > 0.5


@pytest.mark.parametrize("contrast", [0.5, 1.2])
def test_contrast_is_the_deviation(contrast):
    _, x = drawn(3, contrast=contrast)
    logits = colour.decorrelate(torch.logit(x))
    assert logits.std() == pytest.approx(contrast, rel=1e-3)


def test_the_fit_finds_the_slopes_that_pictures_were_made_with():
    decay = natural.FIT[0][1]
    _, made = drawn(*range(8), side=128, decay=decay, contrast=0.5)
    for (size, slope), (wanted_size, wanted) in zip(natural.fitted(made), natural.FIT, strict=True):
        assert slope == pytest.approx(wanted, abs=0.04)
        assert size == pytest.approx(wanted_size, rel=0.05)


def test_the_shipped_photographs_fall_as_the_fit_says():
    """Twelve are few: luminance alone is near."""
    found = natural.fitted(pictures.square(pictures.load(n), 192) for n in pictures.shipped())
    assert found[0][1] == pytest.approx(natural.FIT[0][1], abs=0.1)


def test_a_larger_decay_takes_from_high_frequencies():
    like = torch.zeros(1)
    one, other = (natural.magnitude(64, 64, decay=d, like=like)[0, 0, 1:] for d in (1.35, 1.85))
    wanted = (fourier.frequencies(64, 64)[0, 1:] / natural.MIDDLE) ** -0.5
    torch.testing.assert_close(other / one, wanted)
