"""One elite close by: its picture, what the network says of it now, and its ancestors."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from core import pictures
from core.evolution import elites, lineage
from core.evolution.elites import SEATED, Elites, State
from core.evolution.encodings import Encoding, Plan
from core.models import Classifier
from core.pictures import heat

SHIFT = 3  # px of the judged picture
LARGE = 256  # px: graphs are drawn anew, pixels are repeated


@dataclass(frozen=True)
class Relative:
    """An elite or one of its ancestors.

    query: the number of the question that found it, from 1. origin: the class
    whose elite was its parent, or NOBODY. sure: what the network says of its
    8-bit picture, of the elite's class and of its own first choice.
    """

    query: int
    origin: int
    picture: Float[Tensor, "3 side side"]
    sure: float
    first: int


@dataclass(frozen=True)
class Portrait:
    """An elite with its ancestors, the youngest first; and how sure moved copies of it leave the network."""

    label: int
    line: tuple[Relative, ...]
    shifted: float
    large: Float[Tensor, "3 large large"]


@torch.no_grad()
def portrait(
    state: State, label: int, network: Classifier, facts: Plan, code: Encoding
) -> Portrait | None:
    """The elite of this class in a run's state; None while its seat is vacant."""
    seats = seated(state)
    found = list(lineage.ancestors(lineage.resumed(state, facts.batch), seats, label))
    if not found:
        return None
    genomes = torch.stack([genome for _, _, genome in found]).to(network.device)
    x = pictures.eight_bit(code.rendered(genomes, side=facts.side))
    said = elites.class_odds(x, network).sigmoid()
    line = [
        Relative(name + 1, origin, picture, float(p[label]), int(p.argmax()))
        for (name, origin, _), picture, p in zip(found, x, said, strict=True)
    ]
    moved = torch.stack(
        [x[0].roll(by, (1, 2)) for by in ((SHIFT, 0), (-SHIFT, 0), (0, SHIFT), (0, -SHIFT))]
    )
    shifted = float(elites.class_odds(moved, network)[:, label].sigmoid().mean())
    return Portrait(label, tuple(line), shifted, _large(genomes[:1], x[0], code))


def _large(genome: Tensor, x: Tensor, code: Encoding) -> Tensor:
    """As large as a page shows it."""
    if not code.sexual:
        return code.rendered(genome, side=LARGE)[0]
    return heat.enlarged(x, max(1, LARGE // x.shape[-1]))


def seated(state: Mapping[str, Any]) -> Elites:
    """The elites in a run's state."""
    keys = ("odds", "switches", *SEATED)
    return {key: torch.as_tensor(state[f"picture.{key}"]) for key in keys}
