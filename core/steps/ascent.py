"""One step of gradient ascent on a batch of pictures, and its steppers.

Nothing here reads a number back to the host: the guard against values that are
not finite is a `torch.where`, the rate factor a tensor. torch.optim's Adam
synchronises at every step, so Adam is ours (and is tested against torch.optim).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from core import pictures
from core.objectives import Objective, Reads, read

FIRST, SECOND, EPSILON = 0.9, 0.999, 1e-8  # Kingma and Ba, Adam, 2015

Moments = dict[str, Tensor]
MOMENTS = ("first", "second", "good", "rate")


def start(p: Tensor) -> Moments:
    """What Adam remembers of p: both moments, the last good p, and the rate factor a picture."""
    return {
        "first": torch.zeros_like(p),
        "second": torch.zeros_like(p),
        "good": p.detach().clone(),
        "rate": torch.ones((len(p),) + (1,) * (p.ndim - 1), device=p.device),
    }


def initial_state(p: Tensor, side: int) -> dict[str, Tensor]:
    """All that a run keeps of parameters p and their square pictures before the first step."""
    blank = torch.full((len(p), 3, side, side), 0.5, device=p.device)
    return {"p": p, **start(p), "x": blank, "score": torch.zeros(len(p), device=p.device)}


def adam(
    p: Tensor, slope: Tensor, moments: Moments, *, step: int, learning_rate: float
) -> tuple[Tensor, Moments]:
    """P one step uphill, and its moments. `step` counts from 0.

    A picture whose slope is not finite goes back to its last good p at half the
    rate, its moments as they were.
    """
    flat = slope.flatten(1).isfinite().all(1)
    finite = flat.view((-1,) + (1,) * (p.ndim - 1))
    slope = torch.where(finite, slope, 0.0)
    first = FIRST * moments["first"] + (1 - FIRST) * slope
    second = SECOND * moments["second"] + (1 - SECOND) * slope.square()
    bias, spread = 1 - FIRST ** (step + 1), 1 - SECOND ** (step + 1)
    move = (first / bias) / ((second / spread).sqrt() + EPSILON)
    rate = torch.where(finite, moments["rate"], moments["rate"] / 2)
    return torch.where(finite, p + learning_rate * rate * move, moments["good"]), {
        "first": torch.where(finite, first, moments["first"]),
        "second": torch.where(finite, second, moments["second"]),
        "good": torch.where(finite, p, moments["good"]),
        "rate": rate,
    }


def climb(
    mine: dict[str, Tensor], rows: Tensor, seen: "Seen", *, step: int, learning_rate: float
) -> None:
    """One step of Adam of these rows of a run's own parameters "p", with what it saw kept beside.

    `mine` holds what `start` gives and "x" and "score", each a batch.
    """
    moments = {key: mine[key][rows] for key in MOMENTS}
    p, moments = adam(mine["p"][rows], seen.slope, moments, step=step, learning_rate=learning_rate)
    for key, value in {"p": p, "x": seen.x, "score": seen.score, **moments}.items():
        mine[key] = mine[key].index_copy(0, rows, value)


def normalised(x: Tensor, slope: Tensor, *, size: float) -> Tensor:
    """X moved by `size` in the mean over each picture, uphill (Mordvintsev et al. 2015).

    A picture without a slope, or with one that is not finite, stays as it is.
    """
    slope = torch.where(slope.flatten(1).isfinite().all(1)[:, None, None, None], slope, 0.0)
    mean = slope.abs().mean((2, 3), keepdim=True).mean(1, keepdim=True)  # rounds as one thread does
    return x + size * slope / (mean + 1e-8)


@dataclass(frozen=True)
class Seen:
    """What a step saw: the pictures before it and their score, one each."""

    x: Float[Tensor, "n 3 h w"]
    score: Float[Tensor, " n"]
    slope: Tensor


def slope(
    p: Tensor,
    objective: Objective,
    network: Reads,
    *,
    picture: Callable[[Tensor], Float[Tensor, "n 3 h w"]],
    view: Callable[[Tensor], Tensor] = lambda x: x,
    told: Objective | None = None,
) -> Seen:
    """The slope of the objective with respect to the parameters p of the pictures.

    `picture` renders p, `view` is what the network gets to see of it. Each
    picture has its own score: the objective's, or that of `told`, where what is
    climbed holds more than what is asked.
    """
    p = p.detach().requires_grad_()
    x = picture(p)
    told = told or objective
    found = read((*objective.layers, *told.layers), network, view(x), x)
    score = objective.score(found)
    (up,) = torch.autograd.grad(score.sum(), p)
    if told is not objective:
        score = told.score({name: value.detach() for name, value in found.items()})
    return Seen(x.detach(), score.detach(), up)


def slopes(
    x: Float[Tensor, "n 3 h w"], objectives: Sequence[Objective], network: Reads
) -> list[Seen]:
    """The slope of each of several objectives with respect to x, from one reading."""
    x = x.detach().requires_grad_()
    layers = tuple(dict.fromkeys(name for one in objectives for name in one.layers))
    read = network.activations(x, *layers)
    found = dict(zip(layers, (read,) if isinstance(read, Tensor) else read, strict=True))
    scores = [one.score(found) for one in objectives]
    last = len(scores) - 1
    slopes = [
        torch.autograd.grad(score.sum(), x, retain_graph=i < last)[0]
        for i, score in enumerate(scores)
    ]
    pairs = zip(scores, slopes, strict=True)
    return [Seen(x.detach(), score.detach(), slope) for score, slope in pairs]


def mixed(slopes: Float[Tensor, "k 3 h w"], shares: Sequence[float]) -> Float[Tensor, "1 3 h w"]:
    """Several slopes as one, each with its share of the step whatever its units."""
    if len(slopes) == 1:
        return slopes
    found = torch.zeros_like(slopes[:1])
    for slope, share in zip(slopes.split(1), shares, strict=False):
        found += share * normalised(torch.zeros_like(slope), slope, size=1.0)
    return found


def straight_through(x: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 3 h w"]:
    """The 8-bit picture, whose slope passes as if nothing had been rounded."""
    return x + (pictures.eight_bit(x.detach()) - x).detach()
