"""What a picture can be asked for, from names and numbers: the objectives that Features climbs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from core.objectives import penalties
from core.objectives.algebra import PICTURE, Objective
from core.objectives.terms import channel, direction, layer, logit, neuron, saturated, toward
from core.objectives.together import aligned, diversity

PENALTIES: dict[str, tuple[Callable[[], Objective], float]] = {
    "roughness": (penalties.total_variation, 0.0085),
    "extremes": (penalties.extremes, 0.124),
    "contrast": (penalties.contrast, 0.060),
    "colour": (penalties.colour, 0.0157),
}
"""What may be held against a picture, and what of it the shipped photographs have in the mean at 160 px."""


@dataclass(frozen=True)
class TargetSpace:
    """What there is to climb: a layer's channels, directions among them by number, the classes."""

    layer: str
    channels: int
    output: str
    classes: int
    direction: Callable[[int], Float[Tensor, " channel"]]


def target(name: str, of: TargetSpace, *, number: int, power: float = 0.0) -> Objective:
    """One unit, neuron, layer, class or direction; numbers past the last begin again.

    `power` asks a unit or a direction for itself alone: see `toward`.
    """
    made: dict[str, Callable[[], Objective]] = {
        "unit": lambda: channel(of.layer, number % of.channels),
        "neuron": lambda: neuron(of.layer, number % of.channels),
        "layer": lambda: layer(of.layer),
        "class": lambda: logit(of.output, number % of.classes),
        "direction": lambda: direction(of.layer, of.direction(number)),
    }
    if not power or name not in ("unit", "direction"):
        return made[name]()
    if name == "unit":
        one = torch.zeros(of.channels)
        one[number % of.channels] = 1
        return toward(of.layer, one, power=power)
    return toward(of.layer, of.direction(number), power=power)


def ceiling(name: str, of: TargetSpace, *, number: int, clips: bool) -> Objective:
    """The share of the unit's positions where ReLU6 is saturated; 0 where the layer has none."""
    if name not in ("unit", "neuron") or not clips:
        return 0 * layer(of.layer)
    return saturated(of.layer, number % of.channels)


def paired(one: Sequence[Objective], other: Objective, second: str) -> list[Objective]:
    """Each of these alone, minus another, or turning into it: (1 - t) of the one and t of the other."""
    if second == "alone":
        return list(one)
    if second == "minus":
        return [each - other for each in one]
    shares = [i / max(1, len(one) - 1) for i in range(len(one))]
    return [(1 - t) * each + t * other for t, each in zip(shares, one, strict=True)]


def shaped(
    asked: Objective,
    *,
    layer: str,
    apart: float | None = None,
    alike: float | None = None,
    against: str = "",
    weight: float = 0.0,
) -> Objective:
    """What is asked for, plus what is wanted of the pictures besides; each weight a share of the score.

    apart: `diversity` at the layer; alike: `aligned` there; against: one of
    PENALTIES, in units of what a photograph has of it. A share of 1 makes it
    count as much as the score itself does, whatever is asked for.
    """
    terms: list[tuple[float, Objective]] = []
    if apart is not None:
        terms.append((apart, diversity(layer)))
    if alike is not None:
        terms.append((alike, aligned(layer)))
    if against:
        make, usual = PENALTIES[against]
        terms.append((-weight / usual, make()))
    layers = [name for _, term in terms for name in term.layers]

    def score(a: Mapping[str, Tensor]) -> Float[Tensor, " n"]:
        found = asked.score(a)
        size = found.detach().abs()
        for share, term in terms:
            found = found + share * size * term.score(a)
        return found

    return Objective(tuple(dict.fromkeys((*asked.layers, *layers))), score)


def over_looks(asked: Objective, looks: int) -> Objective:
    """The mean score over so many looks at each picture: batches of views, one after the other."""
    if looks == 1:
        return asked

    def score(a: Mapping[str, Tensor]) -> Float[Tensor, " n"]:
        parts = [
            asked.score({n: x if n == PICTURE else x.chunk(looks)[i] for n, x in a.items()})
            for i in range(looks)
        ]
        return torch.stack(parts).mean(0)

    return Objective(asked.layers, score)
