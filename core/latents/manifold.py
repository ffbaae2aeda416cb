"""How far a latent is from those that a generator was trained on.

For z of N(m, S) the squared Mahalanobis distance (z - m)^T S^-1 (z - m) has the
chi-squared distribution with `latent` degrees of freedom. So nearly all latents
are at nearly the same distance, about sqrt(latent): one in the middle is as rare
as one far out. The gauge says which share of all latents is nearer; 0 and 1 are
both outside of what was seen.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from core.latents.errors import LatentError
from core.metrics.samples import samples

TYPICAL = 0.99  # of all latents lie in what is called typical

Latents = Float[Tensor, "n latent"]


@dataclass(frozen=True)
class Gaussian:
    """A mean and the root of a covariance, S = root root^T, root lower triangular."""

    mean: Float64[Tensor, " latent"]
    root: Float64[Tensor, "latent latent"]


def prior(latent: int) -> Gaussian:
    """N(0, I), which generators are given."""
    return Gaussian(
        torch.zeros(latent, dtype=torch.float64), torch.eye(latent, dtype=torch.float64)
    )


def aggregate(z: Latents) -> Gaussian:
    """The Gaussian of latents that were seen: the aggregate posterior of an encoder.

    Raises LatentError where they do not vary in every direction.
    """
    x = samples(z, "latents")
    n, latent = x.shape
    if n <= latent:
        raise LatentError(
            f"{n} latents have no covariance of {latent} numbers: give at least {latent + 1}."
        )
    root, failed = torch.linalg.cholesky_ex(x.T.cov().reshape(latent, latent))
    if failed or not root.diagonal().min() > 1e-7 * root.diagonal().max():
        raise LatentError(
            "The latents do not vary in every direction: leave out the numbers that stand still."
        )
    return Gaussian(x.mean(0), root)


def mahalanobis(z: Latents, known: Gaussian) -> Float[Tensor, " n"]:
    """The distance from the mean, in standard deviations of the direction it lies in."""
    apart = z.detach().cpu().double() - known.mean
    white = torch.linalg.solve_triangular(known.root, apart.T, upper=False)
    return white.norm(dim=0).to(z)


def gauge(z: Latents, known: Gaussian) -> Float[Tensor, " n"]:
    """The share of all latents of this Gaussian that are nearer to its mean, in [0, 1]."""
    squared = mahalanobis(z.detach().cpu().double(), known).square()
    half = torch.tensor(len(known.mean) / 2, dtype=torch.float64)
    return torch.special.gammainc(half, squared / 2).to(z)


def typical_distances(latent: int, *, share: float = TYPICAL) -> tuple[float, float]:
    """Between which distances this share of all latents lies, as many nearer as farther."""
    from scipy.special import gammaincinv

    if not 0 < share < 1:
        raise LatentError(f"share = {share:g} is out of range: choose one between 0 and 1.")
    low, high = (float((2 * gammaincinv(latent / 2, q)) ** 0.5) for q in _tails(share))
    return low, high


def _tails(share: float) -> tuple[float, float]:
    return (1 - share) / 2, (1 + share) / 2


def null_directions(
    direction: Float[Tensor, " latent"], n: int, *, seed: int
) -> Float[Tensor, "n latent"]:
    """As long as `direction`, anywhere: what an edit along it is held against, drawn by seed."""
    draw = torch.Generator().manual_seed(seed)
    drawn = torch.randn(n, len(direction), generator=draw, dtype=torch.float64)
    length = direction.detach().cpu().double().norm()
    return (length * drawn / drawn.norm(dim=1, keepdim=True)).to(direction)
