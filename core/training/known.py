"""What ships with a generator of critters besides its weights: the latents of known critters.

A page then has the directions of every edit at once, and need not draw and read two
thousand critters first.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from core.models.generators.latents import BESIDE
from core.worlds import critters

COUNT, AT_ONCE = 2048, 256
WORLDS = ("independent", "tied-0.8")


@torch.no_grad()
def known(encode: Callable[[Tensor], Tensor]) -> dict[str, Float[Tensor, "..."]]:
    """Latents of the known critters of each world."""
    found: dict[str, Tensor] = {}
    for world in WORLDS:
        factors = critters.sample(COUNT, seed=critters.KNOWN, world=world)
        found[f"{BESIDE}{world}"] = torch.cat([encode(x) for x in painted(factors)])
    return found


def painted(factors: critters.Factors) -> list[Float[Tensor, "n 3 64 64"]]:
    """The pictures of these critters, some at once."""
    parts = zip(*(column.split(AT_ONCE) for column in factors.values()), strict=True)
    return [
        critters.render(dict(zip(factors, part, strict=True)), parts=False, landmarks=False).image
        for part in parts
    ]
