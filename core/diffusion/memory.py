"""The exact denoiser of a training set: the best there can be for whoever saw these pictures alone.

What is known of x_t is from which picture p it may come, and the guess is their mean,

    x_0 = sum_p w_p p      w = softmax(-|x_t - sqrt(a) p|^2 / (2 (1 - a)))

A network that reached the least loss on its training set would give this and nothing else, and
every sample would be a picture of that set (Kamb and Ganguli 2025, https://arxiv.org/abs/2412.20292,
call it the ideal score machine). That samples of networks are new pictures is what they do not learn.

Distances are summed from differences, so nothing cancels, and the largest is taken out before exp:
alpha_bar may be as near to 0 or 1 as x_t can tell.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from core.diffusion import sampling
from core.diffusion.sampling import Denoiser, Guess

Pictures = Float[Tensor, "n *shape"]
Noisy = Float[Tensor, "b *shape"]


@dataclass(frozen=True)
class Recalled:
    """The mean picture, and of those that it is made of the one with the largest share."""

    x_0: Noisy
    which: Int64[Tensor, " b"]
    share: Float[Tensor, " b"]


def recalled(x_t: Noisy, alpha_bar: Float[Tensor, ""], pictures: Pictures) -> Recalled:
    """What this x_t is taken to be by whoever knows these pictures; alpha_bar in (0, 1)."""
    rows, known = x_t.flatten(1), pictures.flatten(1)
    apart = _distances(rows.to(known.dtype), alpha_bar.sqrt() * known)
    shares = (-apart.square() / (2 * (1 - alpha_bar))).softmax(1)
    share, which = shares.max(1)
    return Recalled((shares @ known).view(x_t.shape).to(x_t.dtype), which, share)


def denoiser(pictures: Pictures) -> Denoiser:
    """The exact denoiser of these pictures, for a batch of x_t."""

    def guess(x_t: Noisy, alpha_bar: Float[Tensor, ""]) -> Guess:
        return sampling.guess_from_x_0(x_t, recalled(x_t, alpha_bar, pictures).x_0, alpha_bar)

    return guess


def nearest(x: Noisy, pictures: Pictures) -> tuple[Int64[Tensor, " b"], Float[Tensor, " b"]]:
    """The picture that is nearest to each x, and how far it is: root mean square over its numbers."""
    apart, which = _distances(x.flatten(1).to(pictures.dtype), pictures.flatten(1)).min(1)
    return which, apart / x[0].numel() ** 0.5


def _distances(x: Float[Tensor, "b d"], y: Float[Tensor, "n d"]) -> Float[Tensor, "b n"]:
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")
