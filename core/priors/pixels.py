"""A picture as its pixels, in correlated colours with capped contrast: no prior on frequency."""

import torch
from jaxtyping import Float
from torch import Tensor

from core.priors import colour

DEVIATION = 0.01


def start(height: int, width: int, noises: list[torch.Generator]) -> Float[Tensor, "n 3 h w"]:
    """Random pixels a generator: almost grey."""
    shape = (3, height, width)
    return torch.stack([torch.randn(shape, generator=noise) for noise in noises]) * DEVIATION


def picture(
    p: Float[Tensor, "n 3 h w"],
    *,
    height: int,
    width: int,
    decay: float,
    contrast: float,
    level: float | Tensor = 0.0,
) -> Float[Tensor, "n 3 h w"]:
    """The pictures in [0, 1]; size and decay are the spectrum's and change nothing here."""
    return torch.sigmoid(colour.correlate(colour.capped(p, contrast) + level))


def encode(x: Float[Tensor, "n 3 h w"], *, decay: float) -> Float[Tensor, "n 3 h w"]:
    """The pixels whose picture is x, up to its mean and to the cap on contrast."""
    return colour.flat(x)
