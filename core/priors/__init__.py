"""Parametrisations and views: what keeps an ascent among pictures worth looking at.

A parametrisation turns parameters p into pictures: `start` draws p from noise,
`picture` renders it, `encode` finds the p of a given picture.
"""

from collections.abc import Callable
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from core.priors import fourier, natural, pixels, plane


@dataclass(frozen=True)
class Parametrisation:
    """start(height, width, noises), picture(p, height=, width=, decay=, contrast=, level=), encode(x, decay=).

    decay 0 is the parametrisation's own. `encode` raises where no p makes a given
    picture: for a function of the plane. It alone can come `closer`(p, percent), and be drawn at any size
    strip by strip: strip(p, rows, side=, canvas=, contrast=).
    """

    start: Callable[..., Tensor]
    picture: Callable[..., Float[Tensor, "n 3 h w"]]
    encode: Callable[..., Tensor]
    closer: Callable[[Tensor, float], Tensor] | None = None
    strip: Callable[..., Float[Tensor, "n 3 _ side"]] | None = None


PARAMETRISATIONS = {
    "fourier": Parametrisation(fourier.start, fourier.picture, fourier.encode),
    "natural": Parametrisation(natural.start, natural.picture, natural.encode),
    "plane": Parametrisation(plane.start, plane.picture, plane.encode, plane.closer, plane.strip),
    "pixels": Parametrisation(pixels.start, pixels.picture, pixels.encode),
}
