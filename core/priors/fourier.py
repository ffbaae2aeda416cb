"""A picture as its spectrum with 1/f scaling, colours correlated, contrast capped.

Olah, Mordvintsev and Schubert, Feature Visualization, 2017, and lucid's
parametrisation. Departures: decay 1.25 in place of 1, and the cap on contrast.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from core.priors import colour

DEVIATION = 0.01  # of the spectrum at the start
GAIN = 0.25  # lucid's 4, as a factor: larger saturates

Spectrum = Float[Tensor, "n 3 h f 2"]


def _scale(height: int, width: int, *, decay: float, like: Tensor) -> Float[Tensor, "h f 1"]:
    down = torch.fft.fftfreq(height)[:, None]
    across = torch.fft.rfftfreq(width)[None]
    frequency = (down**2 + across**2).sqrt().clamp(min=1 / max(height, width))  # cycles per px
    return (1 / frequency**decay)[..., None].to(like)


def start(height: int, width: int, noises: list[torch.Generator]) -> Spectrum:
    """A random spectrum a generator: almost grey."""
    shape = (3, height, width // 2 + 1, 2)
    return torch.stack([torch.randn(shape, generator=noise) for noise in noises]) * DEVIATION


def picture(
    p: Spectrum,
    *,
    height: int,
    width: int,
    decay: float,
    contrast: float,
    level: float | Tensor = 0.0,
) -> Float[Tensor, "n 3 h w"]:
    """The pictures in [0, 1] of these spectra; `level` is their brightness, 0 for middle grey."""
    spectrum = torch.view_as_complex((p * _scale(height, width, decay=decay, like=p)).contiguous())
    x = torch.fft.irfft2(spectrum, s=(height, width), norm="ortho") * GAIN
    return torch.sigmoid(colour.correlate(colour.capped(x, contrast) + level))


def encode(x: Float[Tensor, "n 3 h w"], *, decay: float) -> Spectrum:
    """The spectrum whose picture is x, up to its mean and to the cap on contrast."""
    flat = colour.decorrelate(torch.logit(x.clamp(0.02, 0.98)))
    spectrum = torch.view_as_real(torch.fft.rfft2(flat / GAIN, norm="ortho"))
    return spectrum / _scale(*x.shape[-2:], decay=decay, like=x)
