"""The nearest relative of a unit or layer in another network.

There is no same unit elsewhere. So every candidate of the other network, each
unit of its stages and each stage as a whole (its mean square), is followed over
the shipped photographs, position by position on a grid of 14 x 14, and the one
that correlates best with what is asked for is taken; its r says how near a
relative it is. (Li, Yosinski et al., Convergent Learning, 2016, match units so.)

What is asked for is any objective that works position by position: it is
scored at every position as if that were the whole picture.
"""

from collections.abc import Generator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from core import pictures
from core.backbones import Backbone
from core.objectives import Objective, channel, evaluate, layer
from core.pictures import Rgb

GRID = 14  # positions a side
T = TypeVar("T")
Steps = Generator[None, None, T]  # small steps, and what they come to


@dataclass(frozen=True)
class Relative:
    """An objective of another network, its name, and how alike it is (Pearson's r)."""

    objective: Objective
    name: str
    alike: float


def sized(x: Rgb, network: Backbone, other: Backbone) -> Rgb:
    """The picture at the size that it has for the other network, as native sides go."""
    height, width = (
        max(other.smallest, round(n * other.size / network.size)) for n in x.shape[-2:]
    )
    return pictures.resized(x, height, width)


def nearest(objective: Objective, network: Backbone, other: Backbone) -> Steps[Relative]:
    """Whatever of the other network is most like the objective."""
    mine, theirs = [], []
    for name in pictures.shipped():
        mine.append(_asked(objective, network, name))
        yield
        theirs.append(_candidates(other, name))
        yield
    r = correlations(torch.cat(mine).flatten(), torch.cat(theirs, 1))
    best = int(r.argmax())
    found, said = _named(other)[best]
    return Relative(found, said, float(r[best]))


def largest(objective: Objective, network: Backbone, side: int) -> Steps[float]:
    """The largest score that a shipped photograph reaches, cut square, `side` px wide."""
    found = []
    for name in pictures.shipped():
        found.append(_of_photograph(objective, network, side, name))
        yield
    return max(found)


def correlations(
    one: Float[Tensor, " position"], many: Float[Tensor, "unit position"]
) -> Float[Tensor, " unit"]:
    """Pearson's r of one with each of many; 0 where something never varies."""
    one, many = (x - x.mean(-1, keepdim=True) for x in (one, many))
    size = one.norm() * many.norm(dim=1)
    return torch.where(size > 1e-9, many @ one / size.clamp(min=1e-9), 0.0)


@torch.no_grad()
def by_position(
    objective: Objective, network: Backbone, x: Float[Tensor, "1 3 h w"]
) -> Float[Tensor, "height width"]:
    """The objective's score of every position, at the finest of its layers."""
    read = network.activations(x, *objective.layers)
    maps = (read,) if isinstance(read, Tensor) else read
    size = max((m.shape[-2:] for m in maps), key=lambda s: s[0])
    cells = [F.interpolate(m, size=size).flatten(2)[0].T[..., None, None] for m in maps]
    return objective.score(dict(zip(objective.layers, cells, strict=True))).view(*size)


@lru_cache(maxsize=512)
def _asked(objective: Objective, network: Backbone, photograph: str) -> Tensor:
    return _pooled(by_position(objective, network, _read(photograph, network))[None])


@lru_cache(maxsize=64)
@torch.no_grad()
def _candidates(network: Backbone, photograph: str) -> Float[Tensor, "unit position"]:
    """Every candidate's map of one photograph, in the order of `_named`."""
    read = network.activations(_read(photograph, network), *_stages(network))
    maps = (read,) if isinstance(read, Tensor) else read
    units = [_pooled(m[0]) for m in maps]
    return torch.cat([*units, *(_pooled(m.square().mean(1)) for m in maps)])


@lru_cache(maxsize=8)
def _named(network: Backbone) -> list[tuple[Objective, str]]:
    stages = _stages(network)
    units = [(s, i) for s in stages for i in range(network.layer(s).channels)]
    return [(channel(s, i), f"Unit {i} of {s}") for s, i in units] + [
        (layer(s), f"The layer {s}") for s in stages
    ]


@lru_cache(maxsize=1024)
@torch.no_grad()
def _of_photograph(objective: Objective, network: Backbone, side: int, name: str) -> float:
    x = pictures.square(pictures.load(name), side).to(network.device)
    return float(evaluate(objective, network, x[None])[0])


def _pooled(maps: Float[Tensor, "unit h w"]) -> Float[Tensor, "unit position"]:
    return F.adaptive_avg_pool2d(maps, GRID).flatten(1)


def _read(photograph: str, network: Backbone) -> Float[Tensor, "1 3 side side"]:
    return pictures.square(pictures.load(photograph), network.size)[None].to(network.device)


def _stages(network: Backbone) -> list[str]:
    return [name for name, info in network.layers.items() if info.kind == "stage output"]
