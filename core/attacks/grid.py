"""Changes that a file keeps: whole 8-bit levels.

An attack that is rounded when it is saved often fools nobody any more. So the
rounding is part of every step: the network reads the rounded picture, and its
slope moves the change before rounding (straight through).
"""

import torch
from jaxtyping import Float
from torch import Tensor

from core.attacks.balls import BALLS, TINY, Pictures

LEVELS = 255
HALVINGS = 12  # the rest of the budget is then given out value by value, so this need not be exact


def rounded(x: Pictures, change: Pictures, norm: str) -> Pictures:
    """Pictures of whole levels near x + change, in a ball no larger than the change itself.

    x is of whole levels. In L-infinity each value is rounded by itself: a ball of
    whole levels holds what comes of it. Rounding L2 or L1 so would lose nearly all
    of a change below half a level a value, or leave the ball; there the multiple
    of the change is rounded whose result is as large as the change was.
    """
    start = (x * LEVELS).round()
    wanted = change * LEVELS
    if norm == "Linf":
        moved = (start + wanted.round()).clamp(0, LEVELS)
    else:
        moved = start + _as_large(start, wanted, norm)
    return moved / LEVELS


def _as_large(start: Pictures, wanted: Pictures, norm: str) -> Pictures:
    """Whole levels in the wanted direction, of the wanted size at most."""
    flat, room = wanted.flatten(1), torch.where(wanted > 0, LEVELS - start, start).flatten(1)
    far, power = flat.abs(), {"L2": 2, "L1": 1}[norm]
    size = BALLS[norm].size(wanted)
    budget = size**power * (1 - 1e-6)  # what float32 may add up wrongly

    def at(multiple: Tensor) -> Float[Tensor, "n values"]:
        return torch.minimum((far * multiple[:, None]).round(), room)

    # |round(v)| >= |v| - 1/2, so that this multiple is surely too large
    half = 0.5 * BALLS[norm].mean(flat.shape[1])
    low, high = torch.zeros_like(size), 1 + half / size.clamp(min=TINY)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        fits = at(middle).pow(power).sum(1) <= budget
        low, high = torch.where(fits, middle, low), torch.where(fits, high, middle)
    sure, next_ones = at(low), at(high)
    price = next_ones.pow(power) - sure.pow(power)
    left = budget - sure.pow(power).sum(1)
    paid = price.cumsum(1) <= left[:, None]
    return (torch.where(paid, next_ones, sure) * flat.sign()).view_as(wanted)


def is_on(x: Pictures) -> Float[Tensor, " n"]:
    """How many values of each picture are no whole level in [0, 255]."""
    level = x * LEVELS
    off = (x != level.round() / LEVELS) | (x < 0) | (x > 1)
    return off.to(x).sum((1, 2, 3))


def distance(x: Pictures, y: Pictures, norm: str) -> Float[Tensor, " n"]:
    """How far y is from x, in exact levels where both are of whole levels."""
    return BALLS[norm].size((y * LEVELS).round() - (x * LEVELS).round()) / LEVELS


def within(size: Tensor, radius: Tensor) -> Tensor:
    """Whether a size is in its ball, but for what float32 adds."""
    return size <= radius * (1 + 1e-5) + 1e-6
