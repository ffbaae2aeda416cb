"""Are made pictures among the real ones, and real ones among those that are made?

A set's manifold is the union of balls around its features, each as wide as the
distance to its k-th nearest neighbour (Kynkaanniemi et al. 2019,
https://arxiv.org/abs/1904.06991). Precision: the share of made pictures on the
real manifold. Recall: of real ones on that of the made. One stray real picture has
a wide ball, which density and coverage count less (Naeem et al. 2020,
https://arxiv.org/abs/2002.09797).
"""

from dataclasses import dataclass

from jaxtyping import Bool, Float, Float64
from torch import Tensor

from core.metrics.samples import SamplesError, distances, same_width, samples

K = 5

Features = Float[Tensor, "n d"]
Others = Float[Tensor, "m e"]  # of as many numbers


@dataclass(frozen=True)
class Neighbours:
    """precision, recall, coverage: shares in [0, 1]. density: 0 or more, 1 where sets are alike."""

    precision: float
    recall: float
    density: float
    coverage: float


def neighbours(real: Features, made: Others, *, k: int = K) -> Neighbours:
    """All four. Raises SamplesError where k is not below the number of either set."""
    one, other = _two(real, made)
    apart = distances(one, other)
    within = apart <= _radii(one, k)[:, None]  # (real, made): in the ball of that real picture
    within_theirs = apart <= _radii(other, k)
    return Neighbours(
        precision=_share(within.any(0)),
        recall=_share(within_theirs.any(1)),
        density=float(within.sum()) / (k * len(other)),
        coverage=_share(within.any(1)),
    )


def inside(made: Others, real: Features, *, k: int = K) -> Bool[Tensor, " m"]:
    """Which made pictures lie on the real manifold, one by one: precision is their share."""
    one, other = _two(real, made)
    return (distances(one, other) <= _radii(one, k)[:, None]).any(0)


def _share(of: Bool[Tensor, " n"]) -> float:
    return float(of.double().mean())


def _radii(x: Float64[Tensor, "n d"], k: int) -> Float64[Tensor, " n"]:
    """The distance to the k-th nearest of the others."""
    if not 1 <= k < len(x):
        raise SamplesError(
            f"k = {k} is out of range for {len(x)} pictures: choose 1 to {len(x) - 1}, or give more."
        )
    return distances(x, x).kthvalue(k + 1, dim=1).values  # the first is itself


def _two(real: Tensor, made: Tensor) -> tuple[Tensor, Tensor]:
    one, other = samples(real, "real features"), samples(made, "made features")
    same_width(one, other, "The features of the two sets")
    return one, other
