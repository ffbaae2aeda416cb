"""Where a sampler begins: a noise, or a picture that is led into it. Pictures are in [-1, 1]."""

from functools import lru_cache

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from core.diffusion import travel
from core.worlds import critters, draws

SEED = 4  # of the critters that are led into the noise: no network of ours has learned from them


@lru_cache(maxsize=16)
def noise(channels: int, side: int, seed: int, mix: float = 0.0) -> Float[Tensor, "1 c h w"]:
    """The noise of this seed, or one on the way to that of the next."""
    shape = (1, channels, side, side)
    one, other = (torch.randn(shape, generator=_chance(seed + i)) for i in (0, 1))
    return travel.between(one, other, mix) if mix else one


def original(
    picture: Float[Tensor, "3 h w"] | None, critter: int, channels: int, side: int
) -> Float[Tensor, "1 channels side side"]:
    """A picture as large as the network's; where there is none, the critter of this number."""
    if picture is None:
        small = _critter(critter, side)
    else:
        small = F.interpolate(picture[None].cpu(), (side, side), mode="bilinear", antialias=True)
    if channels == 1:
        small = small.mean(1, keepdim=True)
    return small.clamp(0, 1) * 2 - 1


@lru_cache(maxsize=64)
def _critter(number: int, side: int) -> Float[Tensor, "1 3 h w"]:
    every = critters.sample(number + 1, seed=SEED)
    one = {name: column[number:] for name, column in every.items()}
    return critters.render(one, side, parts=False, landmarks=False).image


def _chance(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(draws.branch(f"start/{seed}"))
