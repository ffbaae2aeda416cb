"""Pictures that a denoiser learned from, as those know them who are held against it."""

from functools import cache

from jaxtyping import Float
from torch import Tensor

from core.diffusion import gaussians, memory
from core.diffusion.sampling import Denoiser
from core.worlds import critters

SIDE = 64  # px
SEED, KNOWN = 1, 512  # of the critters that ours learned from, the first so many


@cache
def known() -> Float[Tensor, "n 3 64 64"]:
    """The first of the critters that the denoiser learned from, in [-1, 1]."""
    factors = critters.sample(KNOWN, seed=SEED)
    return critters.render(factors, SIDE, parts=False, landmarks=False).image * 2 - 1


@cache
def gaussian() -> Denoiser:
    """The best denoiser for whoever knows only their mean and covariance."""
    return gaussians.denoiser(gaussians.fitted(known()))


@cache
def by_heart() -> Denoiser:
    """The exact denoiser of them: the best there can be for nothing but these pictures."""
    return memory.denoiser(known())
