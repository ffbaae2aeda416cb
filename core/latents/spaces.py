"""What is known of a generator's latents: those of many pictures, with what is true of each.

From them come the directions of every edit, the frontier between two sides of an
attribute, and the cloud that a page shows.
"""

from collections.abc import Mapping
from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor

from core.latents import directions, manifold
from core.latents.directions import Hyperplane
from core.latents.errors import LatentError
from core.latents.manifold import Gaussian
from core.metrics import ridge
from core.metrics.ridge import Affine
from core.models import Generator, Known
from core.worlds import appearance, critters

INDEPENDENT = "independent"


def known(generator: Generator, world: str = INDEPENDENT) -> Known:
    """The latents that a generator comes with; raises LatentError where it has none of the world."""
    if world not in generator.known:
        names = ", ".join(generator.known) or "none"
        raise LatentError(
            f"{generator.title} has no latents of the world {world!r}: choose from {names}."
        )
    return generator.known[world]


@cache
def frontier(generator: Generator, world: str, method: str, attribute: str) -> Hyperplane:
    """The frontier of an attribute, by one of `directions.METHODS`; raises LatentError."""
    found = known(generator, world)
    return directions.METHODS[method](found.z, found.values[attribute])


def normals(
    generator: Generator, world: str, method: str
) -> Mapping[str, Float[Tensor, " latent"]]:
    """The normal of every attribute; raises LatentError."""
    return {name: frontier(generator, world, method, name).normal for name in generator.attributes}


@cache
def seen(generator: Generator) -> Gaussian:
    """The Gaussian of all that the encoder gives; raises LatentError."""
    return manifold.aggregate(known(generator).z)


@cache
def readout(generator: Generator) -> Affine:
    """From a latent to every attribute, each in its standard deviations from the mean."""
    found = known(generator)
    return ridge.fit(found.z, torch.stack([_standard(v) for v in found.values.values()], 1))


@torch.no_grad()
def read(generator: Generator, x: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n attributes"]:
    """Every attribute of pictures, each in its standard deviations from the mean.

    What can be measured on a picture is measured; of critters and digits the encoder reads the
    picture, and its latent says the attributes. Raises InputError.
    """
    if set(known(generator).values) <= set(appearance.ATTRIBUTES):
        return in_deviations(generator, appearance.measured(x.cpu()))
    return ridge.predicted(generator.encode(x).cpu(), readout(generator)).float()


def in_deviations(
    generator: Generator, values: Mapping[str, Float[Tensor, " n"]]
) -> Float[Tensor, "n attributes"]:
    """What is true of pictures by every attribute, in its standard deviations from the mean."""
    every = known(generator).values
    return torch.stack([(values[name] - v.mean()) / v.std() for name, v in every.items()], 1)


def title(attribute: str) -> str:
    """An attribute in words: a factor has a title of its own."""
    row = critters.FACTORS.get(attribute)
    return row.title if row else attribute.capitalize()


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
