"""Natural statistics: every picture keeps the spectrum of photographs, and only its phase is climbed.

Fel et al., Unlocking Feature Visualization for Deeper Networks with MAgnitude
Constrained Optimization, 2023, https://arxiv.org/abs/2306.06805. Departures:
the spectrum is a fit of our own (`fitted`), a little steeper by default; the
phase is that of a complex p, so that Adam climbs it as it climbs a spectrum:
its steps lie along the circle, p grows, and the phase settles by itself.
"""

from collections.abc import Iterable
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor

from core.priors import colour, fourier

DEVIATION = 0.1  # of p at the start: Adam's first steps turn a phase by about half a radian
DECAY = 1.55  # of luminance, unless it is asked for: photographs have 1.35, which grains
MIDDLE = 0.1  # cycles per px, where the fit is read off
FIT = ((1.0, 1.35), (0.71, 1.42), (0.81, 1.31))
"""Amplitude at MIDDLE over luminance's, and decay: luminance, red-blue, green-magenta.

`fitted` to 200 photographs of as many classes of ImageNet, cut square, 192 px.
"""


def start(height: int, width: int, noises: list[torch.Generator]) -> fourier.Spectrum:
    """A random phase everywhere, a generator each: clouds."""
    return fourier.start(height, width, noises) * (DEVIATION / fourier.DEVIATION)


def magnitude(
    height: int, width: int, *, decay: float, like: Tensor
) -> Float[Tensor, "3 height f"]:
    """What photographs have of each frequency; nothing at 0. `decay` is luminance's, 0: DECAY."""
    frequency = fourier.frequencies(height, width) / MIDDLE
    steeper = (decay or DECAY) - FIT[0][1]
    found = torch.stack([size / frequency ** (slope + steeper) for size, slope in FIT])
    found[:, 0, 0] = 0
    return found.to(like)


def picture(
    p: fourier.Spectrum,
    *,
    height: int,
    width: int,
    decay: float,
    contrast: float,
    level: float | Tensor = 0.0,
) -> Float[Tensor, "n 3 h w"]:
    """The pictures in [0, 1] of the phases of p; their deviation before the sigmoid is `contrast`."""
    phase = p / (p.square().sum(-1, keepdim=True) + 1e-12).sqrt()
    size = magnitude(height, width, decay=decay, like=p)[..., None]
    x = torch.fft.irfft2(torch.view_as_complex(phase * size), s=(height, width), norm="ortho")
    return torch.sigmoid(colour.correlate(colour.standard(x) * contrast + level))


def encode(x: Float[Tensor, "n 3 h w"], *, decay: float) -> fourier.Spectrum:
    """The phases of x: what is left of a photograph when its magnitudes are everybody's."""
    spectrum = torch.view_as_real(torch.fft.rfft2(colour.flat(x), norm="ortho"))
    return spectrum / (spectrum.square().sum(-1, keepdim=True) + 1e-12).sqrt()


def fitted(photographs: Iterable[Float[Tensor, "3 side side"]]) -> list[tuple[float, float]]:
    """Amplitude at MIDDLE over luminance's, and decay, a colour axis: lines through log magnitudes.

    Of the mean magnitude in twelve rings of equal width in log frequency, from
    .01 to .4 cycles per px. FIT is this function's.
    """
    summed, count = torch.zeros(()), 0
    for x in photographs:
        flat = colour.flat(x[None])
        centred = flat - flat.mean((2, 3), keepdim=True)
        summed, count = summed + torch.fft.rfft2(centred, norm="ortho").abs()[0], count + 1
    mean = summed / count
    frequency = fourier.frequencies(mean.shape[1], mean.shape[1])
    edges = torch.logspace(-2, -0.4, 13)
    rings = [(frequency >= a) & (frequency < b) for a, b in pairwise(edges)]
    where = torch.stack([(frequency[r].mean() / MIDDLE).log() for r in rings])
    heights = torch.stack([mean[:, r].mean(1).log() for r in rings], 1)
    centre = where - where.mean()
    slopes = (heights * centre).sum(1) / centre.square().sum()
    at = (heights.mean(1) - slopes * where.mean()).exp()
    return [(float(a / at[0]), float(-s)) for a, s in zip(at, slopes, strict=True)]
