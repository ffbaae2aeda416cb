"""Critters drawn by seed, from worlds whose factors are independent or tied.

Ties are a Gaussian copula: normal numbers are correlated, then
each goes through the normal distribution and its own factor's inverse, so every
factor is drawn in a tied world as it is in the independent one.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor

from core.worlds import draws
from core.worlds.critters.factors import FACTORS, FLOP, SPECIES, VERSION, species_index
from core.worlds.draws import EDGE, Uniform
from core.worlds.factors import FactorError, Factors

KNOWN = 3  # the seed of the critters whose latents ship with a generator
TIES = (("species", "warmth"), ("dark", "glasses"), ("smile", "light"), ("bg_hue", "hat"))
OBEYED = 0.95  # of the critters whose scenery gives away the species, in the world `shortcut`
DARK = 0.5  # from here on a cat is dark, in the world `missing`


@dataclass(frozen=True)
class World:
    """How the factors hang together."""

    rho: float = 0.0  # of the normal numbers behind each pair of TIES
    shortcut: bool = False  # plain and hills mean the first species, dots and stripes the second
    missing: bool = False  # no dark cat wears glasses


WORLDS: Mapping[str, World] = {
    "independent": World(),
    "tied-0.5": World(rho=0.5),
    "tied-0.8": World(rho=0.8),
    "tied-0.95": World(rho=0.95),
    "shortcut": World(shortcut=True),
    "missing": World(missing=True),
}


def sample(
    n: int, *, seed: int, world: str = "independent", species: Sequence[str] = ("cat", "dog")
) -> Factors:
    """The factors of n critters: the first of them are those of a smaller n.

    Every factor is drawn the same way in every world (`Factor.span`, `Factor.odds`,
    the species evenly); the worlds differ in what goes with what. Raises FactorError.
    """
    kinds, rules = species_index(species), _world(world)
    draws.check(n, seed)
    if rules.shortcut and len(kinds) != 2:
        raise FactorError("The world 'shortcut' tells two species apart: name two.")
    if rules.missing and SPECIES.index("cat") not in kinds:
        raise FactorError("The world 'missing' has no dark cat with glasses: add cat to species.")
    u = {name: draws.uniform(n, seed, name, str(VERSION)) for name in (*FACTORS, "obeyed")}
    for first, second in TIES:
        u[second] = _tied(u[first], u[second], rules.rho)
    if rules.shortcut:
        told = (draws.steps(u["bg"], FACTORS["bg"].odds) + u["species"]) / len(FACTORS["bg"].odds)
        u["species"] = torch.where(u["obeyed"] < OBEYED, told, (told + 0.5) % 1)
    drawn = {name: draws.drawn(row, u[name]) for name, row in FACTORS.items() if name != "species"}
    which = (u["species"] * len(kinds)).long().clamp(max=len(kinds) - 1)
    drawn["species"] = torch.tensor(kinds)[which]
    drawn["ear_flop"] = flop(u["ear_flop"], drawn["species"])
    if rules.missing:
        drawn["glasses"] = _without(u["glasses"], drawn, 1 - DARK, len(kinds))
    return {name: drawn[name] for name in FACTORS}


def flop(share: Uniform, species: Int[Tensor, " n"]) -> Uniform:
    """The ear_flop at this share of the species' own range."""
    low, high = flop_range(species)
    return (low + (high - low) * share).float().clamp(0, 1)


def flop_range(species: Int[Tensor, " n"]) -> tuple[Uniform, Uniform]:
    """From where to where the ears of each critter's species droop."""
    ends = torch.tensor([FLOP[name] for name in SPECIES])[species]
    return ends[:, 0], ends[:, 1]


def _world(name: str) -> World:
    if name not in WORLDS:
        raise FactorError(f"There is no world {name!r}: choose from {', '.join(WORLDS)}.")
    return WORLDS[name]


def _tied(first: Uniform, second: Uniform, rho: float) -> Uniform:
    """The second, correlated with the first: rho between the normal numbers behind them."""
    if rho == 0:
        return second
    a, b = torch.special.ndtri(first), torch.special.ndtri(second)
    both = torch.special.ndtr(rho * a + math.sqrt(1 - rho**2) * b)
    return both.clamp(EDGE, 1 - EDGE)


def _without(u: Uniform, drawn: Factors, dark: float, kinds: int) -> Int[Tensor, " n"]:
    """Glasses for nobody of the empty corner, and for the others so much oftener."""
    corner = (drawn["species"] == SPECIES.index("cat")) & (drawn["dark"] > DARK)
    odds = FACTORS["glasses"].odds[1] / (1 - dark / kinds)
    return ((u > 1 - odds) & ~corner).long()
