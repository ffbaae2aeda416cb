"""How much of a picture passes through a few numbers of a latent.

The numbers of a latent stand in order, the one that says most first. Only the first k
pass, one byte each, and the last of them by its share of a byte where k is no whole
number; those that do not pass are taken for 0, the middle of all latents.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from core.models.generators.trained import Trained
from core.priors import views

DRAWS = 4  # of a Gaussian, whose pictures are looked at
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


@torch.no_grad()
def bits_back(
    vae: Trained, x: Float[Tensor, "1 3 h w"]
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """Bytes of a picture's latent by bits-back coding; the mean squared error of what is decoded.

    It is decoded from draws of the Gaussian, in the mean over DRAWS of them.
    """
    mean, deviation = (part.cpu() for part in vae.gaussians(x.to(vae.device)))
    nats = ((mean.square() + deviation.square() - 1) / 2 - deviation.log()).sum()
    draw, errors = views.generator("bits back"), []
    for _ in range(DRAWS):  # one by one: a batch rounds by its threads
        z = mean + deviation * torch.randn(mean.shape, generator=draw)
        errors.append((vae.decode(z.to(vae.device)).cpu() - x).square().mean())
    return nats / (8 * math.log(2)), torch.stack(errors).mean()
