"""Samples that are measured, brought to double precision, and the sentences of what is no sample."""

import torch
from jaxtyping import Float64, Shaped
from torch import Tensor


class SamplesError(ValueError):
    """Samples that nothing can be computed from; the message names the limit and the remedy."""


def samples(x: Shaped[Tensor, "..."], name: str, *, least: int = 1) -> Float64[Tensor, "n d"]:
    """Rows of numbers, float64 on the CPU. A single column may come as (n,).

    name: what the rows are called in a sentence, in the plural. Raises SamplesError where
    there are fewer than `least`, where they hold no numbers, or one that is not finite.
    """
    rows = x.detach().cpu().double()
    rows = rows[:, None] if rows.ndim == 1 else rows
    if rows.ndim != 2 or rows.shape[1] == 0:
        raise SamplesError(
            f"The {name} have the shape {tuple(x.shape)}: give one row of numbers a sample."
        )
    if len(rows) < least:
        raise SamplesError(f"There are {len(rows)} {name}: give at least {least}.")
    if not rows.isfinite().all():
        broken = int((~rows.isfinite().all(1)).sum())
        raise SamplesError(f"{broken} of {len(rows)} {name} are not finite: leave them out.")
    return rows


def match(one: Tensor, other: Tensor, names: str) -> None:
    """Raise SamplesError where two sets that stand row beside row are of different lengths."""
    if len(one) != len(other):
        raise SamplesError(
            f"{names} stand side by side, and there are {len(one)} and {len(other)}: "
            "give one for each."
        )


def same_width(one: Tensor, other: Tensor, names: str) -> None:
    """Raise SamplesError where two sets of rows are not of the same space."""
    if one.shape[1] != other.shape[1]:
        raise SamplesError(
            f"{names} have {one.shape[1]} and {other.shape[1]} numbers each: "
            "take both from one space."
        )


def distances(x: Float64[Tensor, "n d"], y: Float64[Tensor, "m d"]) -> Float64[Tensor, "n m"]:
    """From each row to each of the others, by differences: 0 exactly where they are the same."""
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")


def shuffled(rows: Shaped[Tensor, "n *rest"], seed: int) -> Shaped[Tensor, "n *rest"]:
    """The same rows in an order drawn by seed: what a pairing is held against."""
    return rows[torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))]
