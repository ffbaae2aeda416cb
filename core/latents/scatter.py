"""Where latents lie in a picture of them: along one direction, and across it."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from core.latents import directions

SHOWN = 600  # points of a cloud that are shown
EDGE = 4.0  # deviations at the edge of the picture
FLAT = 1e-6  # of the largest spread: along an axis with less nothing is seen


@dataclass(frozen=True)
class Axes:
    """What a cloud of latents is seen along. spread: its deviation along each.

    A flat picture shows the first two; where a latent has no third way across, the third is 0.
    """

    mean: Float[Tensor, " latent"]
    directions: Float[Tensor, "latent 3"]
    spread: Float[Tensor, " 3"]

    def place(self, z: Float[Tensor, "n latent"]) -> Float[Tensor, "n 3"]:
        """Where these latents lie, in deviations from the middle of the cloud."""
        return (z - self.mean) @ self.directions / self.spread


def axes(z: Float[Tensor, "n latent"], along: Float[Tensor, " latent"]) -> Axes:
    """A direction, and the two in which the latents vary most at right angles to it.

    Of a direction of length 0 only the latter are left, and the first of them is there twice.
    """
    first = along / along.norm().clamp(min=1e-9)
    mean = z.mean(0)
    apart = z - mean
    apart = apart - (apart @ first)[:, None] * first
    across = directions.principal(apart, min(2, max(1, z.shape[1] - 1))).directions
    every = torch.zeros(z.shape[1], 3, dtype=z.dtype)
    every[:, 0] = first if first.any() else across[0]
    every[:, 1 : 1 + len(across)] = across.T
    spread = (z @ every).std(0)
    seen = spread > FLAT * spread.max()
    return Axes(mean, every * seen, torch.where(seen, spread, 1.0))
