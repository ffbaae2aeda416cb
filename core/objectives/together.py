"""Objectives that look at a batch as a whole: each picture's score depends on the others."""

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from core.objectives.algebra import Objective

NEIGHBOURS = 4  # how far along the batch `aligned` looks


def diversity(layer: str) -> Objective:
    """How unlike each picture's texture is to the others': minus the mean cosine of Gram matrices.

    From -1 (all the same) to 1; 0 for a picture alone. Olah, Mordvintsev and
    Schubert, Feature Visualization, 2017, "Diversity".
    """

    def score(a: Mapping[str, Tensor]) -> Float[Tensor, " n"]:
        features = a[layer].flatten(2)
        gram = (features @ features.mT).flatten(1)
        unit = gram / (gram.norm(dim=1, keepdim=True) + 1e-8)
        cosine = unit @ unit.T
        others = max(1, len(gram) - 1)
        return -(cosine.sum(1) - cosine.diagonal()) / others

    return Objective((layer,), score)


def between(first: Objective, last: Objective) -> Objective:
    """From one objective to another along the batch: picture i of n climbs (1 - t) and t of them."""

    def score(a: Mapping[str, Tensor]) -> Float[Tensor, " n"]:
        one, other = first.score(a), last.score(a)
        t = torch.linspace(0, 1, len(one), device=one.device)
        return (1 - t) * one + t * other

    return Objective(tuple(dict.fromkeys(first.layers + last.layers)), score)


def aligned(layer: str) -> Objective:
    """How alike each picture is to its neighbours in the batch, position by position.

    Minus the sum over d = 1 to 4 of the mean squared difference to the pictures
    d before and after, each over 2^d, in units of the layer's mean square; 0 at
    most. Keeps what `between` makes in place (lucid's alignment penalty).
    """

    def score(a: Mapping[str, Tensor]) -> Float[Tensor, " n"]:
        features = a[layer].flatten(1)
        size = features.square().mean().detach() + 1e-8
        found = features.new_zeros(len(features))
        for apart in range(1, min(NEIGHBOURS, len(features) - 1) + 1):
            gap = (features[apart:] - features[:-apart]).square().mean(1) / size / 2**apart
            found = found - torch.nn.functional.pad(gap, (apart, 0))
            found = found - torch.nn.functional.pad(gap, (0, apart))
        return found

    return Objective((layer,), score)
