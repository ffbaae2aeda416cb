"""Parametrisations and views: what keeps an ascent among pictures worth looking at.

A parametrisation turns parameters p into pictures: `start` draws p from noise,
`picture` renders it, `encode` finds the p of a given picture.
"""

from collections.abc import Callable
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from core.priors import fourier, pixels


@dataclass(frozen=True)
class Parametrisation:
    """start(height, width, noises), picture(p, height=, width=, decay=, contrast=, level=), encode(x, decay=)."""

    start: Callable[..., Tensor]
    picture: Callable[..., Float[Tensor, "n 3 h w"]]
    encode: Callable[..., Tensor]


PARAMETRISATIONS = {
    "fourier": Parametrisation(fourier.start, fourier.picture, fourier.encode),
    "pixels": Parametrisation(pixels.start, pixels.picture, pixels.encode),
}
