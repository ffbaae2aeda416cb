"""One step of a denoiser's training, symbol by symbol.

    x_t  = sqrt(alpha_bar) x_0 + sqrt(1 - alpha_bar) epsilon
    loss = (epsilon - epsilon_hat(x_t))^2

A network may give x_0 or v in place of epsilon. With sigma^2 = 1 - alpha_bar, an error d of
x_0 is one of d / sigma in v and of d sqrt(alpha_bar) / sigma in epsilon: the three losses weigh
times differently and want the same. Here x_0 is learned with the weights of v, at most LARGEST
(Salimans and Ho, Progressive Distillation, 2022, section 4), which says something at every time,
where epsilon says nothing at the noisy end: sqrt(alpha_bar) is 0 there.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from core.diffusion import sampling

LARGEST = 100.0  # 1 / sigma^2: nearly clean pictures would else count for all
LEAST = 0.02  # radians, of the angle whose cosine is sqrt(alpha_bar)

X = Float[Tensor, "n *shape"]


def alpha_bars(n: int, noise: torch.Generator) -> Float[Tensor, " n"]:
    """Times of a step: the angle phi with alpha_bar = cos^2 phi, even from LEAST to pi / 2."""
    phi = LEAST + (torch.pi / 2 - LEAST) * torch.rand(n, generator=noise, dtype=torch.float64)
    return phi.cos().square()


def noised(x_0: X, alpha_bar: Float[Tensor, " n"], noise: torch.Generator) -> tuple[X, X]:
    """x_t of each picture at its time, and the noise in it."""
    epsilon = torch.randn(x_0.shape, generator=noise).to(x_0.device)
    return sampling.noised(x_0, epsilon, each(alpha_bar, x_0)), epsilon


def of_x_0(said: X, x_0: X, alpha_bar: Float[Tensor, " n"]) -> Float[Tensor, ""]:
    """The loss of a network that gives x_0: the error of v, cut off near the clean end."""
    weight = (1 / (1 - alpha_bar)).clamp(max=LARGEST)
    return ((said - x_0).square() * each(weight, x_0)).mean()


def of_epsilon(said: X, epsilon: X) -> Float[Tensor, ""]:
    """The loss of a network that gives epsilon, as the notes and Ho et al. 2020 (14) have it."""
    return (said - epsilon).square().mean()


def each(values: Float[Tensor, " n"], x: X) -> Tensor:
    """One number for each picture, so that it meets all its pixels."""
    return values.to(x.device, x.dtype).view(-1, *[1] * (x.ndim - 1))
