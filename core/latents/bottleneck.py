"""How much of a picture passes through a few numbers of a latent.

The numbers of a latent stand in order, the one that says most first. Only the first k
pass, one byte each, and the last of them by its share of a byte where k is no whole
number; those that do not pass are taken for 0, the middle of all latents.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

STEPS = 32  # of a byte in a standard deviation
EDGE = 127 / STEPS  # deviations: the largest that a byte can say
COUNTS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)


def passed(z: Float[Tensor, "n latent"], k: float) -> Float[Tensor, "n latent"]:
    """The latents with their first k numbers alone, each as a byte says it.

    k: 0 to the latent's numbers, beyond which all pass.
    """
    rounded = (z * STEPS).round().div(STEPS).clamp(-EDGE, EDGE)
    share = (k - torch.arange(z.shape[1], device=z.device)).clamp(0, 1)
    return rounded * share.to(z)


def price(k: float, latent: int) -> int:
    """Bytes of the first k numbers of a latent."""
    return min(math.ceil(k), latent)


def counts(latent: int) -> list[int]:
    """The numbers at which a latent is measured: all of it is the last."""
    return [k for k in COUNTS if k < latent] + [latent]
