"""Changes of pictures inside a ball of L2, moved uphill: the attack that the twin learns from.

Madry et al., Towards Deep Learning Models Resistant to Adversarial Attacks, 2018.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

Pictures = Float[Tensor, "n 3 h w"]
Each = Float[Tensor, " n"]
Loss = Callable[[Tensor], Tensor]  # pictures to a number for each


def project(change: Pictures, radius: Each) -> Pictures:
    """Each change scaled back into its ball."""
    return change * _each(radius / _length(change)).clamp(max=1)


def scattered(x: Pictures, radius: Each, noise: torch.Generator) -> Pictures:
    """A change of each picture in a random direction, its length uniform in [0, radius]."""
    direction = torch.randn(x.shape, generator=noise).to(x.device)
    length = radius * torch.rand(len(x), generator=noise).to(x.device)
    change = direction * _each(length / _length(direction))
    return (x + change).clamp(0, 1) - x  # still in the ball: clamping brings it nearer to x


def uphill(loss: Loss, x: Pictures, change: Pictures, *, radius: Each, size: Each) -> Pictures:
    """The change after one step of length `size` up the loss, inside the ball and [0, 1]."""
    with torch.enable_grad():
        seen = (x + change).detach().requires_grad_()
        (slope,) = torch.autograd.grad(loss(seen).sum(), seen)
    moved = change + slope * _each(size / _length(slope))
    return (x + project(moved, radius)).clamp(0, 1) - x


def attacked(
    loss: Loss, x: Pictures, *, radius: float, steps: int, noise: torch.Generator
) -> Pictures:
    """The pictures after projected gradient (PGD): a random start, steps of radius / 4."""
    ball = torch.full((len(x),), radius, device=x.device)
    change = scattered(x, ball, noise)
    for _ in range(steps):
        change = uphill(loss, x, change, radius=ball, size=ball / 4)
    return (x + change).clamp(0, 1)


def _length(change: Pictures) -> Each:
    return change.flatten(1).norm(dim=1).clamp(min=1e-12)


def _each(numbers: Each) -> Tensor:
    return numbers[:, None, None, None]
