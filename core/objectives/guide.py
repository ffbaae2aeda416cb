"""What another picture holds at a layer, for a picture to take over."""

import math
from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from core.objectives.algebra import Objective

MOST = 1024  # positions of the guide that are looked through
AT_ONCE = 4096  # positions that look at a time: bounds the table of all pairs

Directions = Float[Tensor, "n channel"]


def directions(activation: Float[Tensor, "1 channel ..."]) -> Directions:
    """The guide's positions as directions of length 1 from its own mean, at most 1024 of them.

    What all its positions share is left out: along it every position would find
    the same match, the strongest.
    """
    if activation.ndim == 2:  # it holds no positions
        found = activation
    else:
        every = math.ceil(math.sqrt(activation[0, 0].numel() / MOST))
        found = activation[0, :, ::every, ::every].flatten(1).T
    apart = found - found.mean(0) if len(found) > 1 else found
    return apart / (apart.norm(dim=1, keepdim=True) + 1e-8)


def guided(layer: str, guide: Directions) -> Objective:
    """The mean over positions of the dot product with the best match among the guide's.

    Mordvintsev, Olah and Tyka 2015, "guided dreams": max over j of <a_i, g_j>.
    """

    def score(a: Mapping[str, Tensor]) -> Float[Tensor, " n"]:
        found = a[layer][..., None].flatten(2).transpose(1, 2)  # (n, position, channel)
        with torch.no_grad():
            parts = found.split(AT_ONCE, dim=1)
            best = torch.cat([(part @ guide.T).argmax(2) for part in parts], dim=1)
        return (found * guide[best]).sum(2).mean(1)

    return Objective((layer,), score)
