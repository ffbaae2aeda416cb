"""What is held against a picture itself, whatever the network says: subtract these.

They read PICTURE, the picture before any view, in place of a layer.
"""

from collections.abc import Mapping

from jaxtyping import Float
from torch import Tensor

from core.objectives.algebra import PICTURE, Objective


def _mean(x: Tensor) -> Float[Tensor, " n"]:
    return x.flatten(2).mean(2).mean(1)  # in two goes: it rounds as one thread does at any count


def total_variation(power: float = 2.0) -> Objective:
    """The mean of (dx² + dy²)^(power / 2) over the pixels (Mahendran and Vedaldi 2015, β = power).

    2 smooths; 1 keeps edges; below 1 it draws spikes.
    """

    def score(a: Mapping[str, Tensor]) -> Float[Tensor, " n"]:
        x = a[PICTURE]
        right = x[:, :, :-1, 1:] - x[:, :, :-1, :-1]
        down = x[:, :, 1:, :-1] - x[:, :, :-1, :-1]
        square = right.square() + down.square()
        return _mean((square + 1e-12).pow(power / 2))

    return Objective((PICTURE,), score)


def extremes(power: float = 6.0) -> Objective:
    """The mean of |2 x - 1|^power: the α-norm that keeps pixels from the ends (α = power)."""
    return Objective((PICTURE,), lambda a: _mean((2 * a[PICTURE] - 1).abs().pow(power)))


def contrast() -> Objective:
    """The variance of all values of a picture: subtract it for a calmer one."""
    return Objective((PICTURE,), lambda a: a[PICTURE].flatten(1).var(1, correction=0))


def colour() -> Objective:
    """The mean square distance of each pixel from its own grey: subtract it for less colour."""

    def score(a: Mapping[str, Tensor]) -> Float[Tensor, " n"]:
        x = a[PICTURE]
        return (x - x.mean(1, keepdim=True)).square().flatten(1).mean(1)

    return Objective((PICTURE,), score)
