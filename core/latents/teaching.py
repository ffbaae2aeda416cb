"""What two piles of pictures teach: a direction, and what it is worth beside piles by chance.

Where a world's factors are known, the worth is the cosine to the frontier of all labelled
latents. Where nothing is known but how pictures look, a word of the visitor's own has no such
frontier: there it is the share of pictures that fall on their side as they are left out.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor

from core.latents import piles, sheets, spaces
from core.latents.directions import Hyperplane
from core.latents.piles import LeftOut
from core.latents.sheets import Sheet
from core.latents.spaces import INDEPENDENT
from core.models import Generator
from core.worlds import appearance

LEFT_OUT = (3, 4, 6, 8, 10, 12, 14, 16, 20)  # how many were sorted, where it takes as many fits

PileOf = tuple[int, ...]  # the pile of each tile
Curve = Float[Tensor, "sorted 2"]


@dataclass(frozen=True)
class Sorting:
    """What decides all that is learned.

    seed: of the sheet, and of chance. example: what the piles are judged by, where it is an
    attribute of the generator. pile_of: the piles; order: the tiles as they were sorted.
    """

    generator: Generator
    seed: int
    method: str
    example: str
    pile_of: PileOf
    order: tuple[int, ...]

    @property
    def sheet(self) -> Sheet:
        """The pictures that are sorted."""
        return sheets.sheet(self.generator, self.seed)

    def way(self, pile_of: PileOf) -> Hyperplane | None:
        """The direction of these piles of the sheet."""
        return piles.direction(self.sheet.z, torch.tensor(pile_of), self.method)

    def left_out(self, pile_of: PileOf) -> LeftOut:
        """Each picture of these piles left out."""
        return _left_out(self.generator, self.seed, self.method, pile_of)

    def by_chance(self, which: int, shuffles: int) -> PileOf:
        """The piles shuffled, in one of so many ways; the control moves along the first."""
        found = piles.shuffled(torch.tensor(self.pile_of), self.seed * shuffles + which)
        return tuple(found.tolist())


@lru_cache(maxsize=8192)
def _left_out(generator: Generator, seed: int, method: str, pile_of: PileOf) -> LeftOut:
    return piles.left_out(sheets.sheet(generator, seed).z, torch.tensor(pile_of), method)


@dataclass(frozen=True, eq=False)
class Learned:
    """What the piles make.

    way, chance: the direction of the piles and of those by chance, or None. step: one deviation of
    all pictures along the former. factor: the attribute by which the piles are judged, and
    deviations: how far they are apart in every one. is_true: whether that attribute is what was
    sorted by, as far as can be known. shown: it, and those that the direction is expected to move
    most. curves: what the piles were worth, and those by chance, by how many were sorted.
    """

    way: Hyperplane | None
    chance: Hyperplane | None
    step: float
    factor: int
    deviations: Float[Tensor, " attributes"]
    is_true: bool
    shown: tuple[int, ...]
    curves: tuple[Curve, Float[Tensor, "some 2"]]


@lru_cache(maxsize=64)
def learned(what: Sorting, *, shuffles: int, shown: int) -> Learned:
    """The direction of these piles, and what is known of it. shown: how many attributes."""
    generator, known = what.generator, spaces.known(what.generator)
    names = list(generator.attributes)
    way, chance = what.way(what.pile_of), what.by_chance(0, shuffles)
    deviations = piles.apart(what.sheet.deviations, torch.tensor(what.pile_of))
    factor = names.index(what.example) if what.example in names else int(deviations.abs().argmax())
    is_true = what.example in names or not set(names) <= set(appearance.ATTRIBUTES)
    expected = deviations.abs()
    if way is not None:
        expected = (way.normal.double() @ spaces.readout(generator).weights).abs()
    others = [i for i in expected.argsort(descending=True).tolist() if i != factor]
    judge = None
    if is_true:
        judge = spaces.frontier(generator, INDEPENDENT, what.method, names[factor])
    return Learned(
        way,
        what.way(chance),
        step=float((known.z @ way.normal).std()) if way else 0.0,
        factor=factor,
        deviations=deviations,
        is_true=is_true,
        shown=(factor, *others[: shown - 1]),
        curves=(_curve(what, what.pile_of, judge), _curve(what, chance, judge)),
    )


def _curve(what: Sorting, pile_of: PileOf, frontier: Hyperplane | None) -> Curve:
    """How many pictures were sorted, and what these first ones were worth: see the module."""
    rows = []
    last = len(what.order)
    counts = range(2, last + 1) if frontier else [n for n in LEFT_OUT if n < last] + [last]
    for count in counts:
        some = _first(pile_of, what.order[:count])
        way = what.way(some)
        if way is not None:
            worth = what.left_out(some).share if frontier is None else _cosine(way, frontier)
            rows += [[float(count), worth]] * math.isfinite(worth)
    return torch.tensor(rows).reshape(-1, 2)


def _first(pile_of: PileOf, tiles: tuple[int, ...]) -> PileOf:
    """The piles with these tiles alone."""
    return tuple(pile if i in tiles else piles.NONE for i, pile in enumerate(pile_of))


def _cosine(one: Hyperplane, other: Hyperplane) -> float:
    """Of the angle between two lines, from 0 to 1."""
    return abs(piles.cosine(one, other))


@dataclass(frozen=True)
class Worth:
    """The share that falls on its side as it is left out, and the cosine; nan where there is none."""

    right: float
    cosine: float


@lru_cache(maxsize=2048)
def worth(what: Sorting, pile_of: PileOf, factor: int) -> Worth:
    """What these piles are worth, held against the frontier of an attribute."""
    name = list(what.generator.attributes)[factor]
    frontier = spaces.frontier(what.generator, INDEPENDENT, what.method, name)
    way = what.way(pile_of)
    return Worth(what.left_out(pile_of).share, _cosine(way, frontier) if way else math.nan)


def mean(values: list[float]) -> float:
    """The mean of those that are numbers; nan of none."""
    there = [value for value in values if math.isfinite(value)]
    return sum(there) / len(there) if there else math.nan
