"""A sheet of pictures to be sorted by hand, and what is true of each of them."""

from dataclasses import dataclass
from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor

from core.latents import spaces
from core.latents.unseen import COUNT, unseen
from core.models import Generator
from core.worlds import appearance

TILES = 24  # pictures on a sheet


@dataclass(frozen=True, eq=False)
class Sheet:
    """Pictures to be sorted, with their latents.

    values: what is true of each picture, by attribute: its factors where they are known, and what
    can be measured in any picture. deviations: the generator's own attributes, a column each, in
    standard deviations from the mean of all that is known.
    """

    x: Float[Tensor, "n 3 h w"]
    z: Float[Tensor, "n latent"]
    values: dict[str, Float[Tensor, " n"]]
    deviations: Float[Tensor, "n attributes"]


@lru_cache(maxsize=16)
def sheet(generator: Generator, seed: int) -> Sheet:
    """The pictures of this seed: TILES of the COUNT that there are, in an order of its own."""
    draw = torch.Generator().manual_seed(seed)
    numbers = torch.randperm(COUNT, generator=draw)[:TILES].tolist()
    found = [unseen(generator, number) for number in numbers]
    x, z = torch.cat([one.x for one in found]), torch.cat([one.z for one in found]).cpu()
    values = appearance.measured(x)
    factors = [one.factors for one in found if one.factors is not None]
    if factors:
        values |= {name: torch.cat([one[name].float() for one in factors]) for name in factors[0]}
    return Sheet(x, z, values, _deviations(generator, x, values))


def _deviations(
    generator: Generator, x: Float[Tensor, "n 3 h w"], values: dict[str, Float[Tensor, " n"]]
) -> Float[Tensor, "n attributes"]:
    """What is true of each picture; what is not known of it is read."""
    if any(name not in values for name in spaces.known(generator).values):
        return spaces.read(generator, x.to(generator.device))
    return spaces.in_deviations(generator, values)
