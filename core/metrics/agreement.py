"""How much of one picture another explains, and how much of it pictures explain that have nothing to do with it."""

import torch
from jaxtyping import Float
from torch import Tensor

from core.metrics.samples import SamplesError, match

Pictures = Float[Tensor, "n *shape"]
Others = Float[Tensor, "m *shape"]


def r2(x: Pictures, y: Others) -> Float[Tensor, " n"]:
    """The squared correlation of the numbers of each two pictures, in [0, 1]; 0 where one is flat."""
    match(x, y, "Pictures")
    return _squared(_centred(x), _centred(y))


def shuffled(x: Pictures, y: Others) -> Float[Tensor, " n"]:
    """The same with pictures of others: for each of x the median over all of y but its own.

    What pictures of one kind have in common explains so much. Raises SamplesError below two pictures.
    """
    match(x, y, "Pictures")
    if len(x) < 2:
        raise SamplesError("One picture has no others: give at least two.")
    one, other = _centred(x), _centred(y)
    found = [_squared(one, other.roll(by, 0)) for by in range(1, len(x))]
    return torch.stack(found).median(0).values


def _centred(x: Tensor) -> Float[Tensor, "n numbers"]:
    rows = x.flatten(1).double()
    rows = rows - rows.mean(1, keepdim=True)
    return rows / rows.norm(dim=1, keepdim=True).clamp(min=torch.finfo(torch.double).tiny)


def _squared(x: Tensor, y: Tensor) -> Float[Tensor, " n"]:
    return (x * y).sum(1).square()
