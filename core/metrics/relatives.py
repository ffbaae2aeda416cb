"""The nearest relative of a unit or layer in another network.

There is no same unit elsewhere. So what is asked for is followed over the
shipped photographs, position by position on a grid of 14 x 14, and read out of
each stage of the other network: by a linear combination of the stage's units
(ridge regression), or, where it is not linear in the activations, as a layer's
mean square is not, by the mean square of the stage. The stage whose readout
correlates best is taken, each photograph predicted from the others; that r says
how near a relative it is. A single best unit is a far worse one: of 13 units of
lite0 r is .21 in the median that way on photographs left out, and .66 this way.

(Lenc and Vedaldi, Understanding Image Representations by Measuring Their
Equivariance and Equivalence, 2015, read one network by another so.)
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
from core.models import Classifier
from core.objectives import Objective, direction, evaluate, layer
from core.pictures import Rgb

GRID = 14  # positions a side
RIDGE = 0.1  # of the variance of a unit, added to it
T = TypeVar("T")
Steps = Generator[None, None, T]  # small steps, and what they come to
Maps = Float[Tensor, "photograph position"]


@dataclass(frozen=True)
class Relative:
    """A stage of another network, what is read out of it, and how alike that is (r)."""

    stage: str
    objective: Objective
    alike: float


def sized(x: Rgb, network: Classifier, other: Classifier) -> Float[Tensor, "3 H W"]:
    """The picture at the size that it has for the other network, as native sides go."""
    height, width = (
        max(other.smallest, round(n * other.size / network.size)) for n in x.shape[-2:]
    )
    return pictures.resized(x, height, width)


def nearest(objective: Objective, network: Classifier, other: Classifier) -> Steps[Relative]:
    """The readout of the other network that is most like the objective."""
    asked, linear = [], True
    for name in pictures.shipped():
        found, doubled = _objective_map(objective, network, name)
        asked.append(found)
        linear &= doubled
        yield
        _stages_of(other, name)
        yield
    best: Relative | None = None
    for stage in other.stages:
        _prepared(other, stage)
        yield
        found = _readout(other, stage, torch.stack(asked), linear=linear)
        best = found if best is None or found.alike > best.alike else best
        yield
    assert best is not None
    return best


def largest(objective: Objective, network: Classifier, side: int) -> Steps[float]:
    """The largest score that a shipped photograph reaches, cut square, `side` px wide."""
    found = []
    for name in pictures.shipped():
        found.append(_of_photograph(objective, network, side, name))
        yield
    return max(found)


def correlation(one: Tensor, other: Tensor) -> float:
    """Pearson's r; 0 where one of them never varies."""
    one, other = one - one.mean(), other - other.mean()
    size = float(one.norm() * other.norm())
    return float((one * other).sum()) / size if size > 1e-9 else 0.0


def ridge(
    x: Float[Tensor, "photograph unit position"],
    grams: Float[Tensor, "photograph unit unit"],
    y: Maps,
) -> tuple[Float[Tensor, " unit"], Maps]:
    """Weights of units of mean 0 that predict y, and each photograph as the others predict it.

    grams: x @ x.mT. Each unit's variance is enlarged by RIDGE.
    """
    moments = torch.einsum("nup,np->nu", x, y - y.mean())
    total = grams.sum(0)
    added = torch.diag(RIDGE * total.diagonal() + 1e-6 * total.diagonal().mean())
    without = torch.linalg.solve(total - grams + added, moments.sum(0) - moments)
    whole = torch.linalg.solve(total + added, moments.sum(0))
    return whole, torch.einsum("nup,nu->np", x, without)


@torch.no_grad()
def by_position(
    objective: Objective, network: Classifier, x: Float[Tensor, "1 3 h w"], *, gain: float = 1.0
) -> Float[Tensor, "height width"]:
    """The objective's score of every position as if it were the whole, at its finest layer.

    gain: a factor on the activations.
    """
    read = network.activations(x, *objective.layers)
    maps = (read,) if isinstance(read, Tensor) else read
    size = max((m.shape[-2:] for m in maps), key=lambda s: s[0])
    cells = [gain * F.interpolate(m, size=size).flatten(2)[0].T[..., None, None] for m in maps]
    return objective.score(dict(zip(objective.layers, cells, strict=True))).view(*size)


def _readout(other: Classifier, stage: str, asked: Maps, *, linear: bool) -> Relative:
    if not linear:
        squares = torch.stack([_stages_of(other, n)[stage][-1] for n in pictures.shipped()])
        return Relative(stage, layer(stage), correlation(squares, asked))
    mean, units, grams = _prepared(other, stage)
    weights, predicted = ridge(units, grams, asked)
    base, line = float(asked.mean() - weights @ mean), direction(stage, weights)
    readout = Objective((stage,), lambda a: line.score(a) + base)
    return Relative(stage, readout, correlation(predicted, asked))


@lru_cache(maxsize=32)
def _prepared(network: Classifier, stage: str) -> tuple[Tensor, Tensor, Tensor]:
    """Each unit's mean over the photographs, what is left of it there, and `ridge`'s grams."""
    units = torch.stack([_stages_of(network, name)[stage][:-1] for name in pictures.shipped()])
    mean = units.mean((0, 2))
    units = units - mean[:, None]
    return mean, units, units @ units.mT


@lru_cache(maxsize=512)
def _objective_map(
    objective: Objective, network: Classifier, photograph: str
) -> tuple[Float[Tensor, " position"], bool]:
    """The objective's map of one photograph, and whether it doubles with the activations."""
    x = _read(photograph, network)
    once, twice = (by_position(objective, network, x, gain=gain) for gain in (1, 2))
    return _pooled(once[None])[0], torch.allclose(twice, 2 * once, rtol=1e-3, atol=1e-4)


@lru_cache(maxsize=64)
@torch.no_grad()
def _stages_of(network: Classifier, photograph: str) -> dict[str, Float[Tensor, "row position"]]:
    """Every stage's units on one photograph, and last their mean square."""
    names = network.stages
    read = network.activations(_read(photograph, network), *names)
    maps = [m[0] for m in ((read,) if isinstance(read, Tensor) else read)]
    rows = [torch.cat([_pooled(m), _pooled(m.square().mean(0, keepdim=True))]) for m in maps]
    return dict(zip(names, rows, strict=True))


@lru_cache(maxsize=1024)
@torch.no_grad()
def _of_photograph(objective: Objective, network: Classifier, side: int, name: str) -> float:
    x = pictures.square(pictures.load(name), side).to(network.device)
    return float(evaluate(objective, network, x[None])[0])


def _pooled(maps: Float[Tensor, "unit h w"]) -> Float[Tensor, "unit position"]:
    return F.adaptive_avg_pool2d(maps, GRID).flatten(1)


def _read(photograph: str, network: Classifier) -> Float[Tensor, "1 3 side side"]:
    return pictures.square(pictures.load(photograph), network.size)[None].to(network.device)
