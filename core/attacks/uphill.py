"""Steps up the slope of the loss, inside a ball: one of them (FGSM), many (PGD), with momentum.

Goodfellow, Shlens and Szegedy, Explaining and Harnessing Adversarial Examples,
2015; Madry et al. 2018; Dong et al., Boosting Adversarial Attacks with Momentum,
2018; input diversity: Xie et al. 2019; translation invariance: Dong et al. 2019.
"""

import random
from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from core.attacks.balls import TINY, Ball, Each, Pictures, by_picture
from core.attacks.task import Memory, Task, answer, loss_and_slope

SMALLEST, OFTEN = 0.9, 0.5  # of the side, and of the steps (Xie et al. 2019)
REACH, SIGMA = 7, 7 / 3  # px: a kernel of 15 that ends at three deviations (Dong et al. 2019)


def slope(loss: Callable[[Tensor], Each], x: Pictures) -> Pictures:
    """That of any loss with respect to the pictures."""
    with torch.enable_grad():
        seen = x.detach().requires_grad_()
        (found,) = torch.autograd.grad(loss(seen).sum(), seen)
    return found


def steepest_step(
    ball: Ball, x: Pictures, change: Pictures, slope: Pictures, *, size: Each, radius: Each
) -> Pictures:
    """A change one step of this size up the slope, and back into the ball and [0, 1]."""
    up = change + by_picture(size) * ball.steepest(slope)
    return ball.projected(up, x, radius)


def fast(task: Task, memory: Memory, turn: int) -> Memory:
    """One step as long as the radius: the fast gradient sign method (FGSM)."""
    return _climbed(task, memory["change"], task.radius)


def projected(task: Task, memory: Memory, turn: int) -> Memory:
    """A step of `step_size` radii (projected gradient, PGD)."""
    return _climbed(task, memory["change"], task.step_size * task.radius)


def _climbed(task: Task, change: Pictures, size: Each) -> Memory:
    seen = loss_and_slope(task, change)
    after = steepest_step(task.ball, task.x, change, seen.slope, size=size, radius=task.radius)
    return seen.seen | {"change": after}


def resting(task: Task, memory: Memory) -> Memory:
    """No momentum yet."""
    return memory | {"momentum": torch.zeros_like(memory["change"])}


def momentum(task: Task, memory: Memory, turn: int) -> Memory:
    """A step along the sum of all slopes so far, each of mean 1 (MI-FGSM)."""
    seen = loss_and_slope(task, memory["change"])
    return _pushed(task, memory, seen.seen, seen.slope)


def traveller(task: Task, memory: Memory, turn: int) -> Memory:
    """Momentum, input diversity and translation invariance: for networks that are not asked.

    The slope is that of a picture resized at random, and blurred. The logits are
    those of the picture itself: one more pass, forward.
    """
    seen = loss_and_slope(task, memory["change"], view=diverse(task, turn))
    logits = answer(task, seen.x)
    return _pushed(task, memory, seen.seen | {"logits": logits}, blurred(seen.slope))


def _pushed(task: Task, memory: Memory, seen: Memory, slope: Pictures) -> Memory:
    summed = memory["momentum"] + slope / slope.abs().mean((1, 2, 3), keepdim=True).clamp(min=TINY)
    after = steepest_step(
        task.ball, task.x, memory["change"], summed,
        size=task.step_size * task.radius, radius=task.radius,
    )  # fmt: skip
    return seen | {"change": after, "momentum": summed}


def diverse(task: Task, turn: int) -> Callable[[Tensor], Tensor]:
    """Smaller by up to a tenth, somewhere on black, in half of the turns."""
    drawn = random.Random(f"{task.seed}/{turn}/diverse")
    height, width = task.x.shape[-2:]
    share = drawn.uniform(SMALLEST, 1)
    tall, wide = max(1, round(share * height)), max(1, round(share * width))
    top, left = drawn.randint(0, height - tall), drawn.randint(0, width - wide)
    if drawn.random() >= OFTEN:
        return lambda x: x

    def view(x: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 3 h w"]:
        small = F.interpolate(x, (tall, wide), mode="bilinear", align_corners=False)
        return F.pad(small, (left, width - wide - left, top, height - tall - top))

    return view


def blurred(slope: Pictures) -> Pictures:
    """The slope as the mean over shifts of the picture makes it, nearly."""
    at = torch.arange(-REACH, REACH + 1, device=slope.device)
    bell = (-(at**2) / (2 * SIGMA**2)).exp()
    bell = bell / bell.sum()
    n, channels, height, width = slope.shape
    flat = slope.reshape(n * channels, 1, height, width)
    flat = F.conv2d(flat, bell.view(1, 1, -1, 1), padding=(REACH, 0))
    return F.conv2d(flat, bell.view(1, 1, 1, -1), padding=(0, REACH)).view_as(slope)
