"""Directions of a latent space: what to add to a latent so that one attribute changes.

With labels, a direction is the normal of the hyperplane n.z + b = 0 that parts
them, |n| = 1, pointing to the larger label. n.z + b is the signed distance of z,
in the latent's own units, and an edit is

    z' = z + (target - (n.z + b)) n

(Shen et al., Interpreting the Latent Space of GANs, 2020,
https://arxiv.org/abs/1907.10786, with the bias kept). Without labels, directions
come from where latents or features vary most (Haerkoenen et al., GANSpace, 2020,
https://arxiv.org/abs/2004.02546) or from the first layer alone (Shen and Zhou,
SeFa, 2021, https://arxiv.org/abs/2007.06600).

Labels of two values are two classes; of others, logistic, mean difference and LDA
part the values above the median from the rest.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float, Float64, Shaped
from torch import Tensor

from core.latents.errors import LatentError
from core.metrics import ridge as ridges
from core.metrics.samples import match, samples
from core.worlds.factors import sides

STILL = 1e-9  # of a label or of the largest variance, by which nothing moves

Latents = Float[Tensor, "n latent"]
Labels = Shaped[Tensor, " labels"]  # as many as latents


@dataclass(frozen=True)
class Hyperplane:
    """n.z + b = 0. normal: n, of length 1, towards the larger label; bias: b."""

    normal: Float[Tensor, " latent"]
    bias: float


@dataclass(frozen=True)
class Directions:
    """Unit directions, one a row, and how much each counts, largest first."""

    directions: Float[Tensor, "k latent"]
    sizes: Float[Tensor, " k"]


def distance(z: Latents, plane: Hyperplane) -> Float[Tensor, " n"]:
    """n.z + b: how far each latent is from the hyperplane, positive on the larger label's side."""
    return z @ plane.normal.to(z) + plane.bias


def move(
    z: Latents,
    plane: Hyperplane,
    target: float,
    *,
    along: Float[Tensor, " latent"] | None = None,
) -> Latents:
    """The latents moved to the distance `target` from the hyperplane.

    They go along the normal, which is the shortest way, or `along` another direction, as
    after a projection. Raises LatentError for a target that is not finite and for a
    direction that runs along the hyperplane.
    """
    if not math.isfinite(target):
        raise LatentError(f"The target of an edit is {target}: choose a finite number.")
    way = (plane.normal if along is None else along).to(z)
    rise = float(way @ plane.normal.to(z))
    if not abs(rise) > 1e-6 * float(way.norm()):
        raise LatentError(
            "This direction runs along the hyperplane, so that no step reaches the other side: "
            "choose another direction."
        )
    return z + ((target - distance(z, plane)) / rise)[:, None] * way


def mean_difference(z: Latents, y: Labels) -> Hyperplane:
    """From the mean of one class to the mean of the other; the boundary is half-way."""
    x, upper = _classes(z, y)
    means = _means(x, upper)
    return _plane(means[1] - means[0], means, z)


def lda(z: Latents, y: Labels, *, few: bool = False) -> Hyperplane:
    """Sigma^-1 (m1 - m0), Sigma the covariance within the classes (Fisher 1936).

    It is the best direction where both classes are Gaussian of one covariance. Sigma is
    shrunk towards a multiple of the identity by Ledoit and Wolf's 2004 share. The boundary is
    half-way between the means. few: fewer latents than numbers will do, as the shrinking leaves
    one answer; one a class says nothing of Sigma, which is then even.
    """
    from sklearn.covariance import ledoit_wolf_shrinkage  # a second to import

    x, upper = _classes(z, y, fitted=not few)
    means = _means(x, upper)
    within = x - torch.where(upper[:, None], means[1], means[0])
    if not within.any():
        return _plane(means[1] - means[0], means, z)
    covariance = within.T @ within / len(x)
    share = float(ledoit_wolf_shrinkage(within.numpy(), assume_centered=True))
    even = covariance.diagonal().mean() * torch.eye(len(covariance), dtype=covariance.dtype)
    shrunk = torch.lerp(covariance, even, share)
    return _plane(_solved(shrunk, means[1] - means[0], few=few), means, z)


def _solved(covariance: Tensor, way: Tensor, *, few: bool) -> Tensor:
    """covariance^-1 way; a shrunk one of few is far from singular, and a factor is soon found."""
    root, failed = torch.linalg.cholesky_ex(covariance)
    if few and not failed:
        return torch.cholesky_solve(way[:, None], root)[:, 0]
    return torch.linalg.pinv(covariance, hermitian=True) @ way


def logistic(z: Latents, y: Labels, *, few: bool = False) -> Hyperplane:
    """The hyperplane of logistic regression, the latents standardised before its penalty of 1.

    few: fewer latents than numbers will do, as the penalty leaves one answer.
    """
    from sklearn.linear_model import LogisticRegression  # a second to import

    x, upper = _classes(z, y, fitted=not few)
    spread = x.std(0)
    spread = torch.where(spread > 0, spread, 1.0)
    fitted: Any = LogisticRegression(max_iter=1000)
    fitted.fit(((x - x.mean(0)) / spread).numpy(), upper.numpy())
    normal = torch.from_numpy(fitted.coef_[0]) / spread
    size = _length(normal, x)
    bias = float(fitted.intercept_[0]) - float(x.mean(0) @ normal)
    return Hyperplane((normal / size).to(z), bias / size)


def ridge(z: Latents, y: Labels) -> Hyperplane:
    """The slope of the label by least squares, its penalty by leaving one out.

    The boundary is where the prediction is half-way between two labels, or the mean of many.
    """
    x = samples(z, "latents")
    labels = _labels(x, y)
    _enough(x)
    labels = (labels - labels.mean()) / labels.std()
    affine = ridges.fit(x, labels[:, None])
    normal = affine.weights[:, 0]
    size = _length(normal, x)
    values = labels.unique()
    middle = values.mean() if len(values) == 2 else 0.0
    return Hyperplane((normal / size).to(z), float(affine.bias[0] - middle) / size)


METHODS: Mapping[str, Callable[[Latents, Labels], Hyperplane]] = {
    "logistic": logistic,
    "mean difference": mean_difference,
    "LDA": lda,
    "ridge": ridge,
}


def principal(x: Float[Tensor, "n d"], k: int) -> Directions:
    """The k directions in which latents or features vary most, with their variances.

    A direction's sign is set so that its largest component is positive.
    """
    rows = samples(x, "latents", least=2)
    _at_most(k, min(rows.shape[1], len(rows) - 1), "principal components")
    rows = rows - rows.mean(0)
    variances, axes = torch.linalg.eigh(rows.T @ rows / (len(rows) - 1))
    return _largest(variances, axes, k, x)


def carried(z: Latents, features: Float[Tensor, "m d"], k: int) -> Directions:
    """The k principal directions of the features, as directions of the latents.

    U = argmin sum |U x_j - (z_j - mean z)|^2, x_j the coordinates of the features on their
    principal components (GANSpace, equation 2). sizes: the features' variances.
    """
    rows, seen = samples(z, "latents"), samples(features, "features", least=2)
    match(rows, seen, "Latents and features")
    found = principal(seen, k)
    if not found.sizes[-1] > STILL * found.sizes[0]:
        raise LatentError(f"The features vary in fewer than {k} directions: ask for fewer.")
    along = (seen - seen.mean(0)) @ found.directions.T
    weights = (along.T @ (rows - rows.mean(0))) / (found.sizes * (len(rows) - 1))[:, None]
    lengths = weights.norm(dim=1, keepdim=True)
    if not (lengths > 0).all():
        raise LatentError(
            f"The latents do not follow {k} directions of the features: ask for fewer."
        )
    return Directions((weights / lengths).to(z), found.sizes.to(z))


def closed_form(weight: Float[Tensor, "out latent"], k: int) -> Directions:
    """The k latent directions that a first linear layer enlarges most: eigenvectors of A^T A.

    weight: A, of a layer that computes A z. sizes: the eigenvalues. Shen and Zhou 2021.
    """
    rows = samples(weight, "rows of the weight")
    _at_most(k, rows.shape[1], "directions")
    values, axes = torch.linalg.eigh(rows.T @ rows)
    return _largest(values, axes, k, weight)


def _largest(values: Tensor, axes: Tensor, k: int, like: Tensor) -> Directions:
    """The last k of what eigh found, largest first, each with its largest component positive."""
    found = axes.T.flip(0)[:k]
    found = found * found.gather(1, found.abs().argmax(1, keepdim=True)).sign()
    return Directions(found.to(like), values.flip(0)[:k].clamp(min=0).to(like))


def _at_most(k: int, most: int, what: str) -> None:
    if not 1 <= k <= most:
        raise LatentError(f"{k} {what} were asked for: choose 1 to {most}.")


def _labels(x: Tensor, y: Tensor) -> Float64[Tensor, " n"]:
    labels = samples(y, "labels")[:, 0]
    match(x, labels, "Latents and labels")
    if (labels == labels[0]).all():
        raise LatentError(
            f"All {len(labels)} labels are {labels[0]:g}: a direction needs some of another value."
        )
    return labels


def _classes(
    z: Latents, y: Labels, *, fitted: bool = False
) -> tuple[Float64[Tensor, "n latent"], Bool[Tensor, " n"]]:
    """The latents, and which of them have the larger label. fitted: a fit needs enough."""
    x = samples(z, "latents")
    labels = _labels(x, y)
    if fitted:
        _enough(x)
    return x, sides(labels)


def _enough(x: Tensor) -> None:
    n, latent = x.shape
    if n <= latent:
        raise LatentError(
            f"{n} latents of {latent} numbers can be parted whatever their labels are: give at "
            f"least {latent + 1}."
        )


def _length(normal: Tensor, x: Tensor) -> float:
    size = float(normal.norm())
    if not size * float(x.std(0).norm()) > STILL:
        raise LatentError(
            "The labels do not depend on the latents in a straight line: no direction."
        )
    return size


def _means(x: Tensor, upper: Tensor) -> tuple[Tensor, Tensor]:
    """The mean of each class; raises LatentError where it is the same."""
    low, high = x[~upper].mean(0), x[upper].mean(0)
    if not float((high - low).norm()) > STILL * float(x.std(0).norm()):
        raise LatentError("Both classes have the same mean: there is no direction between them.")
    return low, high


def _plane(normal: Tensor, means: tuple[Tensor, Tensor], like: Tensor) -> Hyperplane:
    """The hyperplane through the point half-way between two means."""
    normal = normal / normal.norm()
    return Hyperplane(normal.to(like), -float(normal @ (means[0] + means[1])) / 2)
