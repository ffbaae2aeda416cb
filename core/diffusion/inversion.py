"""The noise that a picture would come from: the sampler run the other way.

With predicted noise the chain is an ordinary differential equation, and every step can be
undone. The step from x' (noisier, alpha_bar') to x (alpha_bar) is

    x = sqrt(alpha_bar) x_0(x') + sqrt(1 - alpha_bar) epsilon(x')

and what is wanted is x'. Its guess epsilon(x') is not known yet: that of x is taken first, and
then that of the x' that it gives, again and again. (Song et al. 2021 stop at the first; Pan et
al., Effective Real Image Editing with Accelerated Iterative Diffusion Inversion, 2023, go on.)

The list should not begin in pure noise, as `trailing` does. There the guess of the picture
decides all that follows, and x' holds less of it than its last digits: the one step from alpha_bar
2e-9 costs 25 dB of a round trip of 50 steps, which `leading` brings back at 48.
"""

from collections.abc import Iterator
from itertools import pairwise

from jaxtyping import Float
from torch import Tensor

from core.diffusion.sampling import Denoiser, X

REFINEMENTS = 3


def inverted(
    denoiser: Denoiser,
    x: X,
    alpha_bars: Float[Tensor, " visited"],
    *,
    refinements: int = REFINEMENTS,
) -> Iterator[X]:
    """X at each time of the sampler's own list, from its clean end to its noise.

    alpha_bars: as the sampler visits them, 1 last. Each takes 1 + refinements evaluations. The
    denoiser must not clip, and should not guide: what is cut off cannot be found again.
    """
    for alpha_bar, noisier in pairwise(alpha_bars.flip(0)):
        epsilon = denoiser(x, noisier).epsilon
        for _ in range(refinements):
            epsilon = denoiser(_back(x, epsilon, alpha_bar, noisier), noisier).epsilon
        x = _back(x, epsilon, alpha_bar, noisier)
        yield x


def _back(x: X, epsilon: X, alpha_bar: Tensor, noisier: Tensor) -> X:
    """The x' whose step arrives at x, if this is its noise."""
    x_0 = (x - (1 - alpha_bar).sqrt() * epsilon) / alpha_bar.sqrt()
    return noisier.sqrt() * x_0 + (1 - noisier).sqrt() * epsilon
