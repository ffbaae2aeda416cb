"""What an edit changes besides what it should.

L[i, j]: the mean change of factor j, in its own standard deviations, when edit i
moves factor i by one. A true edit, made in the world itself, is what remains where
nothing leaks but the reader errs; a random direction of equal length is the other
end (Shen et al. 2020 correlate the changes; here each has a size).
"""

from collections.abc import Collection, Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from core.metrics.samples import SamplesError

TOLERANCE = 0.5  # standard deviations that every other factor may move by

Readings = Float[Tensor, "n factor"]


def changes(
    before: Readings, after: Readings, spread: Float[Tensor, " factor"], *,
    circular: Collection[int] = (),
) -> Readings:  # fmt: skip
    """The change of each reading, in the factors' standard deviations.

    circular: the columns that are in turns, whose change is the shorter way round. Raises
    SamplesError where a spread is not above 0.
    """
    if not bool((spread > 0).all()):
        raise SamplesError("A factor does not vary and has no standard deviation: leave it out.")
    found = after - before
    for column in circular:
        found[:, column] = (found[:, column] + 0.5) % 1 - 0.5
    return found / spread


def leakage_matrix(found: Float[Tensor, "edit n factor"]) -> Float[Tensor, "edit factor"]:
    """The mean change of every factor by every edit; found: `changes`, one edit after another."""
    return found.mean(1)


def leakage(matrix: Float[Tensor, "edit factor"], targets: Sequence[int]) -> float:
    """The mean size of what should not move, over the mean of what should.

    targets: the factor that each edit is for. 0 is no leakage. Raises SamplesError where the
    edits do not move their own factors.
    """
    if len(targets) != len(matrix) or matrix.shape[1] < 2:
        raise SamplesError(
            f"{len(matrix)} edits of {matrix.shape[1]} factors, and {len(targets)} targets: give one "
            "target for each edit, and at least 2 factors."
        )
    own = torch.nn.functional.one_hot(torch.tensor(targets), matrix.shape[1]).bool()
    moved = float(matrix[own.to(matrix.device)].mean())
    if not moved > 0:
        raise SamplesError(
            "The edits do not move their own factors, so that there is nothing to compare with: "
            "take longer steps, or turn them round."
        )
    return float(matrix[~own.to(matrix.device)].abs().mean()) / moved


def succeeded(
    before: Readings, after: Readings, spread: Float[Tensor, " factor"], *, target: int,
    boundary: float, upwards: Bool[Tensor, " n"], inside: Bool[Tensor, " n"],
    circular: Collection[int] = (),
) -> Bool[Tensor, " n"]:  # fmt: skip
    """Which edits did what was asked, and that alone.

    The target factor ends on the side of the boundary that was asked (upwards: above it), every
    other factor stays within half a standard deviation, and the picture lies among real ones
    (inside, as `core.metrics.neighbours.inside` says). Their share is the edit's success.
    """
    ends = torch.where(upwards, after[:, target] > boundary, after[:, target] < boundary)
    moved = changes(before, after, spread, circular=circular).abs() <= TOLERANCE
    moved[:, target] = True
    return ends & moved.all(1) & inside
