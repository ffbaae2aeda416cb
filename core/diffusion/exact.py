"""Denoisers that are not trained: the best there can be, and a control that knows little.

The best guess of the noise in x_t is its mean given x_t, and that is the score of
the noised data: epsilon = -sqrt(1 - alpha_bar) grad log p_t(x_t) (Vincent 2011;
Robbins 1956 and Miyasawa 1961 for x_0). A network trained on the squared error
approaches it. For a mixture of Gaussians it is a softmax over the means.

A denoiser is a function of (x_t, alpha_bar) with alpha_bar in (0, 1), a scalar,
best of float64 on the CPU. It counts in the precision of its data, float64 as
`core.worlds.plane` gives them, and answers in that of x_t.
"""

from jaxtyping import Float
from torch import Tensor

from core.diffusion import gaussians, sampling
from core.diffusion.sampling import Denoiser, Guess
from core.worlds import plane
from core.worlds.plane import Mixture, Points


def denoiser(data: Mixture) -> Denoiser:
    """The exact denoiser of a mixture or of a cloud of points."""

    def guess(x_t: Points, alpha_bar: Float[Tensor, ""]) -> Guess:
        slope = plane.score(x_t, plane.noised(data, alpha_bar))
        epsilon = (-(1 - alpha_bar).sqrt() * slope).to(x_t.dtype)
        return sampling.guess_from_epsilon(x_t, epsilon, alpha_bar)

    return guess


def control(data: Mixture) -> Denoiser:
    """The Gaussian with the mean and the covariance of these data."""
    return gaussians.denoiser(gaussians.of(plane.mean(data), plane.covariance(data)))
