"""How alike two sets of pictures are, as a feature network sees them: KID and FID.

Any features do; who reads them belongs to the number. FID is the distance of two
Gaussians (Heusel et al. 2017, https://arxiv.org/abs/1706.08500). It depends on how
many pictures there are, and differently for each generator (Chong and Forsyth 2020,
https://arxiv.org/abs/1911.07023). KID does not: its mean over draws is the true
value (Binkowski et al. 2018, https://arxiv.org/abs/1801.01401).
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from core.metrics.samples import SamplesError, same_width, samples

SUBSETS, SIZE = 100, 500

Features = Float[Tensor, "n d"]
Others = Float[Tensor, "m e"]  # of as many numbers
Rows = Float64[Tensor, "n d"]
OtherRows = Float64[Tensor, "m d"]


@dataclass(frozen=True)
class Kid:
    """The mean over the subsets, and their standard deviation. The mean may be below 0."""

    value: float
    deviation: float


def kid(x: Features, y: Others, *, subsets: int = SUBSETS, size: int = SIZE, seed: int = 0) -> Kid:
    """The kernel distance of two sets of features: `mmd` of subsets drawn by seed.

    Raises SamplesError where a set is smaller than a subset.
    """
    one, other = _two(x, y, least=2)
    for rows in (one, other):
        if not 2 <= size <= len(rows):
            raise SamplesError(
                f"A subset of {size} cannot be drawn from {len(rows)}: choose a size of 2 to "
                f"{len(rows)}, or give more pictures."
            )
    chance = torch.Generator().manual_seed(seed)
    found = torch.stack(
        [_mmd(*(_some(rows, size, chance) for rows in (one, other))) for _ in range(subsets)]
    )
    return Kid(float(found.mean()), float(found.std(correction=0)))


def mmd(x: Features, y: Others) -> float:
    """The squared maximum mean discrepancy of all rows under (x.y / d + 1)^3, without bias."""
    return float(_mmd(*_two(x, y, least=2)))


def fid(x: Features, y: Others) -> float:
    """The Frechet distance of the Gaussians with the sets' means and covariances.

    Raises SamplesError for fewer than 2 rows. Fewer rows than numbers make it too large.
    """
    one, other = _two(x, y, least=2)
    moments = [(rows.mean(0), _covariance(rows)) for rows in (one, other)]
    return frechet(*moments[0], *moments[1])


def frechet(
    mean: Float64[Tensor, " d"],
    covariance: Float64[Tensor, "d d"],
    other_mean: Float64[Tensor, " d"],
    other_covariance: Float64[Tensor, "d d"],
) -> float:
    """|m - m'|^2 + tr(S + S' - 2 (S^1/2 S' S^1/2)^1/2), by eigenvalues, so that S may be singular.

    `core.objectives.gram` has the same for a style; there a slope is needed and a ridge is added.
    """
    values, axes = torch.linalg.eigh(covariance)
    half = axes * values.clamp(min=0).sqrt() @ axes.T
    mixed = torch.linalg.eigvalsh(half @ other_covariance @ half).clamp(min=0).sqrt().sum()
    traces = covariance.trace() + other_covariance.trace()
    apart = (mean - other_mean).square().sum()
    return float((apart + traces - 2 * mixed).clamp(min=0))


def _mmd(x: Rows, y: OtherRows) -> Float64[Tensor, ""]:
    within = [
        (_kernel(rows, rows).sum() - _kernel_of_itself(rows).sum()) / (len(rows) * (len(rows) - 1))
        for rows in (x, y)
    ]
    return within[0] + within[1] - 2 * _kernel(x, y).mean()


def _kernel(x: Rows, y: OtherRows) -> Float64[Tensor, "n m"]:
    return (x @ y.T / x.shape[1] + 1) ** 3


def _kernel_of_itself(x: Rows) -> Float64[Tensor, " n"]:
    return (x.square().mean(1) + 1) ** 3


def _some(rows: Rows, size: int, chance: torch.Generator) -> Float64[Tensor, "size d"]:
    return rows[torch.randperm(len(rows), generator=chance)[:size]]


def _covariance(rows: Rows) -> Float64[Tensor, "d d"]:
    apart = rows - rows.mean(0)
    return apart.T @ apart / (len(rows) - 1)


def _two(x: Tensor, y: Tensor, *, least: int) -> tuple[Tensor, Tensor]:
    one, other = (samples(rows, "features", least=least) for rows in (x, y))
    same_width(one, other, "The features of the two sets")
    return one, other
