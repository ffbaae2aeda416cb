"""What a picture of a world can be asked for: some of its factors, each as one number in [-1, 1]."""

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from core.worlds import critters
from core.worlds.factors import Factor, Factors

CRITTERS: Mapping[str, Factor] = {
    name: critters.FACTORS[name]
    for name in ("species", "warmth", "dark", "glasses", "hat", "smile")
}
OF: Mapping[str, Mapping[str, Factor]] = {"critters": CRITTERS}  # by the world


def limits(factor: Factor) -> tuple[float, float]:
    """What -1 and 1 stand for: the ends of a range, or the first two words."""
    return (0, 1) if factor.words else (factor.low, factor.high)


def numbers(table: Mapping[str, Factor], factors: Factors) -> Float[Tensor, "n told"]:
    """The factors as a network is told them."""
    columns = []
    for name, factor in table.items():
        low, high = limits(factor)
        columns.append((factors[name].float() - low) / (high - low) * 2 - 1)
    return torch.stack(columns, 1)
