"""Latents as settings say them, and the directions that come from what is known of them."""

from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from core.models.model import Generator, Known
from core.settings import Attribute, Attributes, Kind, Latent, SettingError
from core.worlds import appearance, critters

BESIDE = "known/"  # what is no weight in a file: latents, by the world of their critters
VALUES = "values/"  # and, of pictures that are no critters, each attribute


def check(generator: Generator, kind: Kind, name: str, value: Any) -> None:
    """Raise where a latent is longer than the generator's, or an attribute is not its own."""
    if isinstance(kind, Latent) and len(value) > generator.latent:
        raise SettingError(
            f"{name} has {len(value)} numbers: {generator.title} takes up to {generator.latent}."
        )
    names: tuple[str, ...] = ()
    if isinstance(kind, Attribute):
        names = (value,)
    if isinstance(kind, Attributes) and value != (kind.every,):
        names = value
    for one in names:
        if one not in generator.attributes:
            known = ", ".join(generator.attributes) or "none"
            raise SettingError(
                f"{generator.title} has no attribute {one[:40]!r}: choose from {known}."
            )


def attributes(known: Mapping[str, Known]) -> dict[str, Float[Tensor, " latent"]]:
    """For each attribute the way from the mean of one side to the mean of the other, of length 1.

    The sides part at the median; of what is there or not, between both. They are those of the
    first of the worlds; none where nothing is known.
    """
    first = next(iter(known.values()), None)
    if first is None:
        return {}
    return {name: _towards(first.z, first.sides(name)) for name in first.values}


def popped(weights: dict[str, Tensor]) -> dict[str, Known]:
    """What a file knows, by the world of its pictures, taken out of its weights.

    The latents of critters are those of the critters that are drawn with the seed
    critters.KNOWN; of other pictures the attributes stand beside the latents.
    """
    values = {
        name: weights.pop(f"{VALUES}{name}")
        for name in appearance.ATTRIBUTES
        if f"{VALUES}{name}" in weights
    }
    if values:
        return {"independent": Known(weights.pop(f"{BESIDE}independent"), values)}
    found = {}
    for world in critters.WORLDS:
        z = weights.pop(f"{BESIDE}{world}", None)
        if z is not None:
            factors = critters.sample(len(z), seed=critters.KNOWN, world=world)
            values = {name: factors[name].float() for name in critters.EDITED}
            found[world] = Known(z, values)
    return found


def _towards(z: Float[Tensor, "n latent"], upper: Bool[Tensor, " n"]) -> Float[Tensor, " latent"]:
    way = z[upper].mean(0) - z[~upper].mean(0)
    return way / way.norm()


def filled(first: tuple[float, ...], latent: int, seed: int) -> Float[Tensor, " latent"]:
    """A latent that begins with these components; the others N(0, 1), drawn by seed."""
    draw = torch.Generator().manual_seed(seed)
    z = torch.randn(latent, generator=draw)
    z[: len(first)] = torch.tensor(first)
    return z
