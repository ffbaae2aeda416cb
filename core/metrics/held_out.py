"""The score of a picture on views that its ascent never saw.

Sixteen fixed views, half from lucid's distribution, half crops of .6 to 1, of
the 8-bit picture that a user can download. Raw activation rewards the worst
picture; what is left of it on held-out views is the honest score.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from core.objectives import Objective, Reads
from core.priors import views

HALVES = ("lucid's views", "crops")
EACH = 8  # views a half
_KEY = "held out"  # in place of a run's seed


def looks(x: Float[Tensor, "3 h w"], half: str, *, side: int) -> Float[Tensor, "k 3 side side"]:
    """The eight fixed views of one half, `side` px wide."""
    noise = views.generator(_KEY, half)
    batch = x.expand(EACH, *x.shape)
    if half == "crops":
        drawn = views.crops(EACH, noise, smallest=0.6, rotation=15)
        return views.look(batch, drawn, side=side)
    drawn = views.lucid(EACH, noise, side=x.shape[-1])
    return views.look(batch, drawn, side=side, pad=views.PAD)


def whole(x: Float[Tensor, "3 h w"], *, side: int) -> Float[Tensor, "1 3 side side"]:
    """The canvas as it is, at the size that the views have."""
    return views.look(x[None], views.whole(1), side=side)


@torch.no_grad()
def scores(
    objectives: Sequence[Objective], network: Reads, seen: Float[Tensor, "k 3 h w"]
) -> Float[Tensor, "m k"]:
    """Every objective's score of every view, from one pass through the network."""
    layers = tuple(dict.fromkeys(name for o in objectives for name in o.layers))
    read = network.activations(seen, *layers)
    found = dict(zip(layers, (read,) if isinstance(read, Tensor) else read, strict=True))
    return torch.stack([o.score(found) for o in objectives])
