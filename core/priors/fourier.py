"""A picture as its spectrum with 1/f scaling, colours correlated, contrast capped.

Olah, Mordvintsev and Schubert, Feature Visualization, 2017, and lucid's
parametrisation. Departures: decay 1.25 in place of 1, and the cap on contrast.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from core.priors import colour

DEVIATION = 0.01  # of the spectrum at the start
DECAY = 1.25  # unless it is asked for
GAIN = 0.25  # lucid's 4, as a factor: larger saturates

Spectrum = Float[Tensor, "n 3 h f 2"]


def frequencies(height: int, width: int) -> Float[Tensor, "h f"]:
    """Cycles per px of each place of a spectrum, at least one cycle a picture."""
    down = torch.fft.fftfreq(height)[:, None]
    across = torch.fft.rfftfreq(width)[None]
    return (down**2 + across**2).sqrt().clamp(min=1 / max(height, width))


def _scale(height: int, width: int, *, decay: float, like: Tensor) -> Float[Tensor, "h f 1"]:
    scale = 1 / frequencies(height, width) ** (decay or DECAY)
    return scale[..., None].to(like)


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
    x = _waves(p, height, width, decay)
    return torch.sigmoid(colour.correlate(colour.capped(x, contrast) + level))


def free(p: Spectrum, *, height: int, width: int, decay: float) -> Float[Tensor, "n 3 h w"]:
    """The pictures with a brightness and a contrast of their own, without a cap."""
    return torch.sigmoid(colour.correlate(_waves(p, height, width, decay)))


def _waves(p: Spectrum, height: int, width: int, decay: float) -> Float[Tensor, "n 3 h w"]:
    spectrum = torch.view_as_complex((p * _scale(height, width, decay=decay, like=p)).contiguous())
    return torch.fft.irfft2(spectrum, s=(height, width), norm="ortho") * GAIN


def encode(x: Float[Tensor, "n 3 h w"], *, decay: float) -> Spectrum:
    """The spectrum whose picture is x, up to its mean and to the cap on contrast."""
    spectrum = torch.view_as_real(torch.fft.rfft2(colour.flat(x) / GAIN, norm="ortho"))
    return spectrum / _scale(*x.shape[-2:], decay=decay, like=x)
