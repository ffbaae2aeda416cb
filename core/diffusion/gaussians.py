"""The control: the best denoiser for whoever knows only the mean and the covariance of the data.

With C = sum_k v_k v_k^T lambda_k + r (what those axes leave out), and d = x_t - sqrt(a) m,

    x_0     = m + sum_k sqrt(a) lambda_k / (a lambda_k + 1 - a) v_k (v_k . d)     + sqrt(a) r     / (a r + 1 - a) d_rest
    epsilon =     sum_k sqrt(1 - a)      / (a lambda_k + 1 - a) v_k (v_k . d)     + sqrt(1 - a)   / (a r + 1 - a) d_rest

which is linear in x_t, and exact where the data are one Gaussian. Both are written out, so that
neither loses digits where nearly all or nearly nothing is noise.

n pictures vary along n - 1 axes at most, however many numbers they have: these are found from
their n x n products, and along all others r is 0. Where fewer axes are kept, what those left out
hold of the variance is spread evenly over every direction outside of the kept ones.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from core.diffusion.sampling import Denoiser, Guess

LEAST = 1e-10  # of the largest variance: below, an axis is rounding

Pictures = Float[Tensor, "n *shape"]


@dataclass(frozen=True)
class Gaussian:
    """A mean, orthonormal axes with the variance along each, and that of every other direction."""

    mean: Float[Tensor, "*shape"]
    axes: Float[Tensor, "k numbers"]
    variances: Float[Tensor, " k"]
    rest: float = 0.0


def of(mean: Float[Tensor, " d"], covariance: Float[Tensor, "d d"]) -> Gaussian:
    """Of a covariance that is written out."""
    variances, axes = torch.linalg.eigh(covariance)
    return Gaussian(mean, axes.T.contiguous(), variances)


def fitted(pictures: Pictures, most: int | None = None) -> Gaussian:
    """Mean and covariance (over n) of pictures, with at most so many axes; None: exact."""
    mean = pictures.mean(0)
    rows = (pictures - mean).flatten(1)
    n, numbers = rows.shape
    is_wide = numbers > n
    products = (rows @ rows.T if is_wide else rows.T @ rows).double() / n
    variances, vectors = torch.linalg.eigh(products)
    total = variances.clamp(min=0).sum()
    kept = variances > LEAST * variances[-1].clamp(min=torch.finfo(torch.double).tiny)
    first = len(variances) - min(int(kept.sum()), most if most is not None else numbers)
    variances, vectors = variances[first:].flip(0), vectors[:, first:].flip(1)
    axes = vectors.T
    if is_wide:
        axes = (axes / (n * variances).sqrt()[:, None]).to(rows.dtype) @ rows
    left = (total - variances.sum()).clamp(min=0) if most is not None else torch.zeros(())
    return Gaussian(
        mean,
        axes.to(rows.dtype).contiguous(),
        variances,
        float(left) / max(numbers - len(variances), 1),
    )


def denoiser(known: Gaussian) -> Denoiser:
    """The mean of the picture, and of the noise, given x_t: pictures with or without a batch."""

    def guess(x_t: Float[Tensor, "*_"], alpha_bar: Float[Tensor, ""]) -> Guess:
        d = (x_t - alpha_bar.sqrt() * known.mean).to(known.axes.dtype)
        rows = d.reshape(-1, known.axes.shape[1])
        along = rows @ known.axes.T
        outside = rows - along @ known.axes
        spread = alpha_bar * known.variances + (1 - alpha_bar)
        beyond = alpha_bar * known.rest + (1 - alpha_bar)

        def weighed(kept: Tensor, left: Tensor) -> Tensor:
            found = (along * kept.to(along)) @ known.axes + left.to(outside) * outside
            return found.view(d.shape)

        signal, noise = alpha_bar.sqrt(), (1 - alpha_bar).sqrt()
        x_0 = known.mean + weighed(signal * known.variances / spread, signal * known.rest / beyond)
        epsilon = weighed(noise / spread, noise / beyond)
        return Guess(x_0.to(x_t.dtype), epsilon.to(x_t.dtype))

    return guess
