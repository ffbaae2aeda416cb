"""How well a score parts two kinds: of pictures, or of their pixels."""

from jaxtyping import Bool, Float
from torch import Tensor

from core.metrics.samples import SamplesError


def auroc(score: Float[Tensor, "*shape"], positive: Bool[Tensor, "*other"]) -> float:
    """The chance that a positive has the larger score than a negative; ties count half.

    It is the area under the ROC curve (Hanley and McNeil 1982). score: of pictures (n,), or
    maps of them (n, h, w), and what is positive in the same shape. Raises SamplesError where
    either kind is missing or a score is not finite.
    """
    if score.shape != positive.shape:
        raise SamplesError(
            f"Scores of {tuple(score.shape)} and truths of {tuple(positive.shape)} stand side by "
            "side: give one for each."
        )
    if not score.isfinite().all():
        raise SamplesError("A score is not finite: leave it out.")
    hits, all_of_them = int(positive.sum()), positive.numel()
    if hits in (0, all_of_them):
        raise SamplesError(
            f"{hits} of {all_of_them} are positive: a curve needs both kinds. Give some of the other."
        )
    ranks = _ranks(score.flatten())
    above = ranks[positive.flatten()].sum() - hits * (hits + 1) / 2
    return float(above / (hits * (all_of_them - hits)))


def _ranks(score: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    """From 1 up; equal scores share the mean of their ranks."""
    _, which, counts = score.unique(return_inverse=True, return_counts=True)
    last = counts.cumsum(0).double()
    return (last - (counts.double() - 1) / 2)[which]
