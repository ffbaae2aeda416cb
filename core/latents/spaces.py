"""What is known of a generator's latents: those of many pictures, with what is true of each.

From them come the directions of every edit, the frontier between two sides of an
attribute, and the cloud that a page shows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from core.latents import directions, manifold
from core.latents.directions import Hyperplane
from core.latents.errors import LatentError
from core.latents.manifold import Gaussian
from core.metrics import ridge
from core.metrics.ridge import Affine
from core.models import Generator
from core.worlds import critters

INDEPENDENT = "independent"


@dataclass(frozen=True)
class Space:
    """Latents of pictures of one world, and the value of every attribute in each of them."""

    z: Float[Tensor, "n latent"]
    values: Mapping[str, Float[Tensor, " n"]]

    def sides(self, attribute: str) -> Bool[Tensor, " n"]:
        """Which of them lie on the larger side: with it, or above the median."""
        values = self.values[attribute]
        middle = values.median()
        return values > middle if (values > middle).any() else values >= middle


@cache
def space(generator: Generator, world: str = INDEPENDENT) -> Space:
    """The latents that a generator comes with; raises LatentError where it has none of the world."""
    if world not in generator.known:
        known = ", ".join(generator.known) or "none"
        raise LatentError(
            f"{generator.title} has no latents of the world {world!r}: choose from {known}."
        )
    found = generator.known[world]
    return Space(found.z.cpu(), {name: found.values[name].float() for name in generator.attributes})


@cache
def plane(generator: Generator, world: str, method: str, attribute: str) -> Hyperplane:
    """The frontier of an attribute, by one of `directions.METHODS`; raises LatentError."""
    known = space(generator, world)
    return directions.METHODS[method](known.z, known.values[attribute])


def normals(
    generator: Generator, world: str, method: str
) -> Mapping[str, Float[Tensor, " latent"]]:
    """The normal of every attribute; raises LatentError."""
    return {name: plane(generator, world, method, name).normal for name in generator.attributes}


@cache
def seen(generator: Generator) -> Gaussian:
    """The Gaussian of all that the encoder gives; raises LatentError."""
    return manifold.aggregate(space(generator).z)


@cache
def readout(generator: Generator) -> Affine:
    """From a latent to every attribute, each in its standard deviations from the mean."""
    known = space(generator)
    return ridge.fit(known.z, torch.stack([_standard(v) for v in known.values.values()], 1))


def _standard(values: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return (values - values.mean()) / values.std()


def true_edit(
    factors: critters.Factors, attribute: str, *, by: float, crossed: bool
) -> critters.Factors:
    """What an edit should have made of one critter.

    A continuous factor moves by `by`, up to its limits; one that is there or not is there
    where the edit has crossed the frontier.
    """
    row = critters.FACTORS[attribute]
    if row.kind == "categorical":
        return critters.intervene(factors, attribute, int(crossed))
    moved = float(factors[attribute]) + by
    return critters.intervene(factors, attribute, min(row.high, max(row.low, moved)))
