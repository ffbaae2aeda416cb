"""The two operators of real-coded evolution, on any genes between two bounds.

Deb and Agrawal, Simulated binary crossover for continuous search space, 1995;
Deb and Goyal, A combined genetic adaptive search, 1996.
"""

import torch
from jaxtyping import Float
from torch import Tensor


def polynomial(
    genes: Float[Tensor, "*genes"],
    u: Float[Tensor, "*genes"],
    *,
    eta: float,
    low: float,
    high: float,
) -> Float[Tensor, "*genes"]:
    """Each gene moved by polynomial mutation; u: uniform in [0, 1). Larger `eta`, smaller moves.

    The form that knows the bounds: a gene never leaves [low, high].
    """
    span, power = high - low, eta + 1
    below, above = (genes - low) / span, (high - genes) / span
    left = 2 * u + (1 - 2 * u) * (1 - below) ** power
    right = 2 * (1 - u) + (2 * u - 1) * (1 - above) ** power
    move = torch.where(u < 0.5, left ** (1 / power) - 1, 1 - right ** (1 / power))
    return (genes + move * span).clamp(low, high)


def sbx(
    one: Float[Tensor, "*genes"],
    other: Float[Tensor, "*genes"],
    u: Float[Tensor, "*genes"],
    *,
    eta: float,
    low: float,
    high: float,
) -> Float[Tensor, "*genes"]:
    """The child nearer to `one` of simulated binary crossover; u: uniform in [0, 1).

    Both children have the parents' mean, and are spread as those of one-point
    crossover of binary strings would be. It is cut off at the bounds.
    """
    power = 1 / (eta + 1)
    beta = torch.where(u <= 0.5, (2 * u) ** power, (1 / (2 * (1 - u)).clamp(min=1e-12)) ** power)
    return (0.5 * ((1 + beta) * one + (1 - beta) * other)).clamp(low, high)


def one_of(possible: Float[Tensor, "n k"], u: Float[Tensor, "n k"]) -> Float[Tensor, "n k"]:
    """A row of zeros with a single 1 where something is possible, drawn evenly; all 0 where nothing is."""
    at = (u * possible).argmax(1, keepdim=True)
    return torch.zeros_like(possible).scatter(1, at, 1.0) * possible
