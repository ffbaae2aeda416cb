"""What ships with a generator of critters besides its weights: latents of known critters, and directions.

A page then has the directions of every edit at once, and need not draw and read two
thousand critters first.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from core.latents import directions
from core.models.generators.trained import ATTRIBUTE, KNOWN
from core.networks.autoencoder import Autoencoder
from core.worlds import critters

COUNT, AT_ONCE = 2048, 256
WORLDS = ("independent", "tied-0.8")


@torch.no_grad()
def known(module: Autoencoder) -> dict[str, Float[Tensor, "..."]]:
    """Latents of the known critters of each world, and the direction of each factor by LDA."""
    found: dict[str, Tensor] = {}
    for world in WORLDS:
        factors = critters.sample(COUNT, seed=critters.KNOWN, world=world)
        found[f"{KNOWN}{world}"] = torch.cat([module.encode(x) for x in drawn(factors)])
    z = found[f"{KNOWN}{WORLDS[0]}"]
    factors = critters.sample(COUNT, seed=critters.KNOWN)
    for name in critters.EDITED:
        found[f"{ATTRIBUTE}{name}"] = directions.lda(z, factors[name].float()).normal
    return found


def drawn(factors: critters.Factors) -> list[Float[Tensor, "n 3 64 64"]]:
    """The pictures of these critters, some at once."""
    parts = zip(*(column.split(AT_ONCE) for column in factors.values()), strict=True)
    return [
        critters.render(dict(zip(factors, part, strict=True)), parts=False, landmarks=False).image
        for part in parts
    ]
