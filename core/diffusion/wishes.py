"""What a sampler is asked for, in words and numbers, and a change of mind on the way."""

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from core.diffusion.guidance import Asked
from core.worlds.factors import Factor

Wish = Mapping[str, float]  # by factor, in [0, 1] from its lower end to its upper one


def condition(table: Mapping[str, Factor], wish: Wish) -> Asked | None:
    """The wish as a network is told it; None where nothing is asked, or nothing can be."""
    if not table or not wish:
        return None
    told = torch.tensor([[2 * wish.get(name, 0.5) - 1 for name in table]])
    known = torch.tensor([[float(name in wish) for name in table]])
    return Asked(told, known)


def obeyed(
    table: Mapping[str, Factor],
    wish: Wish,
    read: Mapping[str, Float[Tensor, " n"]],
    likely: Mapping[str, Float[Tensor, "n _"]],
) -> Float[Tensor, " n"]:
    """How far pictures are what was asked, from 0 to 1, in the mean over all that was asked.

    Of words, how likely the reader thinks them; of a range, 1 less the distance in it.
    """
    shares: Sequence[Tensor] = [
        likely[name][:, round(value)]
        if table[name].words
        else 1 - (_share(table[name], read[name]) - value).abs()
        for name, value in wish.items()
    ]
    return torch.stack(list(shares)).mean(0)


def _share(factor: Factor, values: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return (values - factor.low) / (factor.high - factor.low)
