"""True edits and true walks: what an edited or interpolated picture should have been."""

import torch
from jaxtyping import Float
from torch import Tensor

from core.worlds import factors as rows
from core.worlds.critters.factors import FACTORS
from core.worlds.critters.rendering import Scene, render, shares
from core.worlds.critters.sampling import flop, flop_range
from core.worlds.factors import FactorError, Factors, Value


def intervene(factors: Factors, name: str, to: Value) -> Factors:
    """The same critters with one factor set: a number, one for each, or a word such as "dog".

    All else stays, with one exception that has to be: a new species keeps the droop
    of its ears at the same share of its own range, since a dog's ears on a cat are
    no cat. Raises FactorError.
    """
    edited = rows.edited(FACTORS, factors, name, to)
    if name == "species":
        low, high = flop_range(factors["species"])
        share = ((factors["ear_flop"] - low) / (high - low)).clamp(0, 1)
        drooped = flop(share, edited["species"])
        same = edited["species"] == factors["species"]
        edited["ear_flop"] = torch.where(same, factors["ear_flop"], drooped)
    return edited


def walk(
    first: Factors, second: Factors, steps: int
) -> tuple[Factors, Float[Tensor, "steps kinds"]]:
    """Factors and blend from one critter to another, both ends included.

    Continuous factors go straight, circular ones the short way round, the species as
    a blend; scenery and what is worn change at the middle. Raises FactorError.
    """
    for end in (first, second):
        if rows.checked(FACTORS, end) != 1:
            raise FactorError("A walk goes from one critter to another: give one at each end.")
    if steps < 2:
        raise FactorError(f"steps = {steps} is out of range: a walk has 2 or more.")
    t = torch.linspace(0, 1, steps)
    path: Factors = {}
    for name, row in FACTORS.items():
        a, b = first[name], second[name]
        if row.kind == "categorical":
            path[name] = torch.where(t < 0.5, a, b)
        elif row.kind == "circular":
            way = (b - a + 0.5) % 1 - 0.5
            path[name] = torch.where(t < 1, (a + t * way) % 1, b)
        else:
            path[name] = torch.lerp(a, b, t).clamp(row.low, row.high)
    start, end = shares(first, None), shares(second, None)
    return path, torch.lerp(start, end, t[:, None])


def morph(first: Factors, second: Factors, steps: int, *, size: int = 64) -> Scene:
    """The pictures of a true walk from one critter to another."""
    path, blend = walk(first, second, steps)
    return render(path, size, blend=blend)
