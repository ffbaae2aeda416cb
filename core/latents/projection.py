"""Directions that leave other attributes where they are.

The edited normal minus what the other normals explain of it, all at once by least
squares: n' = n - N (N^T N)^-1 N^T n. Along n' the linear read-outs of all others
stay exactly as they are (Shen et al. 2020, who take one). Taking the
others out one after another does not, unless they are orthogonal. Their pictures
may still change: a read-out is not the attribute.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from core.latents.errors import LatentError

SAME = 1e-5  # of the largest singular value, or of a unit normal: less is rounding

Normals = Mapping[str, Float[Tensor, " latent"]]


@dataclass(frozen=True)
class Projection:
    """A unit direction, and what it cost.

    kept: the cosine to the normal it was made of, in (0, 1]: moving by a step along it moves
    the edited read-out by so much of the step. note: a sentence where the locked normals
    depend on each other, else empty.
    """

    direction: Float[Tensor, " latent"]
    kept: float
    note: str


def orthogonal(normals: Normals, edited: str, *, locked: Collection[str]) -> Projection:
    """The normal of `edited`, orthogonal to all the locked ones.

    With nothing locked it is the normal itself. Raises LatentError for a name that is not
    known, for a normal of zero, and where nothing is left: the edited attribute is locked
    itself, or is a mix of those that are.
    """
    others = list(dict.fromkeys(locked))
    if edited in others:
        raise LatentError(f"{edited} is to be edited and locked at once: unlock it.")
    n, *rest = _columns(normals, [edited, *others]).T
    if not rest:
        return Projection(n.to(normals[edited]), 1.0, "")
    N = torch.stack(rest, 1)
    direction = n - N @ (torch.linalg.pinv(N, rtol=SAME) @ n)
    kept = float(direction.norm())
    if kept < SAME:
        raise LatentError(
            f"Nothing of {edited} is left once {', '.join(others)} may not move: it is a mix of "
            "what is locked. Unlock one."
        )
    return Projection((direction / kept).to(normals[edited]), kept, _note(N))


def symmetric(normals: Normals) -> dict[str, Float[Tensor, " latent"]]:
    """All normals made orthogonal at once, each as near to where it was as can be.

    N (N^T N)^-1/2 (Loewdin 1950): no normal is preferred, and each moves a little, where
    `orthogonal` moves one and leaves the others. Raises LatentError where one normal is a mix
    of the others.
    """
    names = list(normals)
    N = _columns(normals, names)
    left, sizes, right = torch.linalg.svd(N, full_matrices=False)
    if len(names) > len(N) or sizes[-1] < SAME * sizes[0]:
        raise LatentError(
            f"{', '.join(names)} cannot all be made orthogonal: one is a mix of the others. "
            "Leave one out."
        )
    made = left @ right  # the root's inverse cancels the singular values
    return {name: made[:, i].to(normals[name]) for i, name in enumerate(names)}


def cosines(normals: Normals) -> Float64[Tensor, "k k"]:
    """The cosine of every pair of normals, in the order of their names."""
    N = _columns(normals, list(normals))
    return N.T @ N


def _note(N: Float64[Tensor, "latent k"]) -> str:
    rank, k = int(torch.linalg.matrix_rank(N, rtol=SAME)), N.shape[1]
    if rank == k:
        return ""
    return f"Of the {k} locked attributes only {rank} are independent: the others follow from them."


def _columns(normals: Normals, names: Collection[str]) -> Float64[Tensor, "latent k"]:
    """The normals of these names, of length 1, one a column."""
    if not names:
        raise LatentError("No attribute is chosen: choose one.")
    for name in names:
        if name not in normals:
            raise LatentError(f"There is no attribute {name!r}: choose from {', '.join(normals)}.")
    N = torch.stack([normals[name].detach().cpu().double() for name in names], 1)
    lengths = N.norm(dim=0)
    for name, length in zip(names, lengths.tolist(), strict=True):
        if not 0 < length < torch.inf:
            raise LatentError(f"The direction of {name} has the length {length:g}: fit it again.")
    return N / lengths
