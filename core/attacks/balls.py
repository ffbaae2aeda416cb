"""Balls of changes around a picture, and how far a change may go in each.

Every ball is cut by the cube of pictures: x + change lies in [0, 1]. Projections
are exact, the nearest change of both: of L-infinity by clamping, of L2 and L1 by
the one multiplier of the Lagrangian, which is the same for all values. Nothing
here waits for the device.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

Pictures = Float[Tensor, "n channel h w"]
Each = Float[Tensor, " n"]

ROUNDS = 8  # until no further value of an L2 change meets the end of [0, 1]
HALVINGS = 32  # of the interval that holds L1's threshold: down to float32's own step
SPARSE = 0.05  # of all values move in one step of L1 (Croce and Hein 2021 begin with more)
TINY = 1e-12


def by_picture(numbers: Each) -> Float[Tensor, "n 1 1 1"]:
    """One number a picture, to be multiplied with pictures."""
    return numbers[:, None, None, None]


@dataclass(frozen=True)
class Ball:
    """A norm, its projection and its random starts.

    size(change) is the norm and dual(slope) how much a change of size 1 gains on
    that slope; steepest(slope) is that change. projected(change, x, radius) is the
    nearest change in the ball, scattered(x, radius, noise) one anywhere in it.
    mean(n): the size of a change by 1 of each of n values.
    """

    size: Callable[[Pictures], Each]
    dual: Callable[[Pictures], Each]
    steepest: Callable[[Pictures], Pictures]
    projected: Callable[[Pictures, Pictures, Each], Pictures]
    scattered: Callable[[Pictures, Each, torch.Generator], Pictures]
    mean: Callable[[int], float]


def _largest(change: Pictures) -> Each:
    return change.abs().amax((1, 2, 3))


def _length(change: Pictures) -> Each:
    return change.flatten(1).norm(dim=1)


def _sum(change: Pictures) -> Each:
    return change.abs().sum((1, 2, 3))


def _unit(slope: Pictures) -> Pictures:
    return slope / by_picture(_length(slope).clamp(min=TINY))


def _sparsest(slope: Pictures) -> Pictures:
    """The same small step of the steepest values: one alone would need as many steps as values."""
    flat = slope.flatten(1)
    count = max(1, round(SPARSE * flat.shape[1]))
    best = flat.abs().topk(count, dim=1).indices
    signs = flat.gather(1, best).sign()
    return torch.zeros_like(flat).scatter(1, best, signs / count).view_as(slope)


def project_linf(change: Pictures, x: Pictures, radius: Each) -> Pictures:
    """The nearest change whose every value is at most the radius."""
    most = by_picture(radius)
    return (x + change.clamp(-most, most)).clamp(0, 1) - x


def project_l2(change: Pictures, x: Pictures, radius: Each) -> Pictures:
    """The nearest change of at most this length.

    It is t times the change, cut to [0, 1]; t grows until the cut values and the
    others make up the length together.
    """
    room = torch.where(change > 0, 1 - x, x)  # how far each value can go
    length = _length(change)
    inside = _length(torch.minimum(change.abs(), room)) <= radius
    t = (radius / length.clamp(min=TINY)).clamp(max=1)
    for _ in range(ROUNDS):
        cut = change.abs() * by_picture(t) >= room
        gone = torch.where(cut, room, 0.0).square().sum((1, 2, 3))
        free = torch.where(cut, 0.0, change).square().sum((1, 2, 3))
        t = ((radius.square() - gone).clamp(min=0) / free.clamp(min=TINY)).sqrt().clamp(max=1)
    t = torch.where(inside, 1.0, t)
    return (x + change * by_picture(t)).clamp(0, 1) - x


def project_l1(change: Pictures, x: Pictures, radius: Each) -> Pictures:
    """The nearest change whose values add up to at most the radius.

    Every value gives up the same amount, down to 0, and is cut to [0, 1] (Duchi
    et al. 2008, in a cube: Croce and Hein, Mind the Box, 2021).
    """
    room, far = torch.where(change > 0, 1 - x, x), change.abs()
    low, high = torch.zeros_like(radius), _largest(change)
    inside = torch.minimum(far, room).sum((1, 2, 3)) <= radius
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        left = torch.minimum((far - by_picture(middle)).clamp(min=0), room).sum((1, 2, 3))
        low = torch.where(left > radius, middle, low)
        high = torch.where(left > radius, high, middle)
    given = by_picture(torch.where(inside, 0.0, high))
    kept = torch.minimum((far - given).clamp(min=0), room)
    return kept * change.sign()


def scattered_linf(x: Pictures, radius: Each, noise: torch.Generator) -> Pictures:
    """A change of each value uniform in [-radius, radius]."""
    drawn = torch.rand(x.shape, generator=noise).to(x) * 2 - 1
    return project_linf(drawn * by_picture(radius), x, radius)


def scattered_l2(x: Pictures, radius: Each, noise: torch.Generator) -> Pictures:
    """A change in a random direction, its length uniform in [0, radius]."""
    direction = torch.randn(x.shape, generator=noise).to(x)
    length = radius * torch.rand(len(x), generator=noise).to(x)
    change = direction * by_picture(length / _length(direction).clamp(min=TINY))
    return (x + change).clamp(0, 1) - x  # still in the ball: clamping brings it nearer to x


def scattered_l1(x: Pictures, radius: Each, noise: torch.Generator) -> Pictures:
    """Random values of a random sign, which add up to a number uniform in [0, radius]."""
    size = torch.rand(x.shape, generator=noise).clamp(min=1e-7).log().to(x)
    sign = torch.rand(x.shape, generator=noise).to(x) - 0.5
    total = radius * torch.rand(len(x), generator=noise).to(x)
    change = size * sign.sign() * by_picture(total / _sum(size))
    return (x + change).clamp(0, 1) - x


BALLS = {
    "Linf": Ball(_largest, _sum, torch.sign, project_linf, scattered_linf, lambda n: 1.0),
    "L2": Ball(_length, _length, _unit, project_l2, scattered_l2, math.sqrt),
    "L1": Ball(_sum, _largest, _sparsest, project_l1, scattered_l1, float),
}


def radius(norm: str, levels: float, x: Pictures) -> Each:
    """The radius of so many 8-bit levels: of every value at most, or in the (square) mean.

    The largest move of any value in L-infinity, the root mean square in L2, the
    mean in L1: of the same number of levels the first ball lies inside the second,
    and the second inside the third.
    """
    size = levels / 255 * BALLS[norm].mean(x[0].numel())
    return torch.full((len(x),), size, device=x.device)
