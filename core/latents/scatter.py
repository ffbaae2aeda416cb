"""Where latents lie in a picture of them: along one direction, and across it."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from core.latents import directions

SHOWN = 600  # points of a cloud that are shown
EDGE = 4.0  # deviations at the edge of the picture


@dataclass(frozen=True)
class Axes:
    """What a cloud of latents is seen along. spread: its deviation along both."""

    mean: Float[Tensor, " latent"]
    directions: Float[Tensor, "latent 2"]
    spread: Float[Tensor, " 2"]

    def place(self, z: Float[Tensor, "n latent"]) -> Float[Tensor, "n 2"]:
        """Where these latents lie, in deviations from the middle of the cloud."""
        return (z - self.mean) @ self.directions / self.spread


def axes(z: Float[Tensor, "n latent"], along: Float[Tensor, " latent"]) -> Axes:
    """A direction, and where the latents vary most at right angles to it.

    Of a direction of length 0 only the latter is left, and both axes are it.
    """
    first = along / along.norm().clamp(min=1e-9)
    mean = z.mean(0)
    apart = z - mean
    apart = apart - (apart @ first)[:, None] * first
    second = directions.principal(apart, 1).directions[0]
    both = torch.stack((first if first.any() else second, second), 1)
    return Axes(mean, both, (z @ both).std(0))
