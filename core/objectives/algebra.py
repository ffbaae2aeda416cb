"""Objectives add, subtract and scale; each reads layers and gives a score a picture."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

PICTURE = "picture"  # in place of a layer: the picture itself, before any view


@runtime_checkable
class Reads(Protocol):
    """Whatever reads layers: a classifier."""

    def activations(self, x: Tensor, *layers: str) -> Tensor | tuple[Tensor, ...]:
        """The activations of these layers."""
        ...


@dataclass(frozen=True)
class Objective:
    """A score a picture, and the layers that it reads."""

    layers: tuple[str, ...]
    score: Callable[[Mapping[str, Tensor]], Float[Tensor, " n"]]

    def __add__(self, other: "Objective") -> "Objective":
        """The sum of two scores."""
        layers = tuple(dict.fromkeys(self.layers + other.layers))
        return Objective(layers, lambda a: self.score(a) + other.score(a))

    def __mul__(self, weight: float | Tensor) -> "Objective":
        """The score times a weight."""
        return Objective(self.layers, lambda a: weight * self.score(a))

    __rmul__ = __mul__

    def __neg__(self) -> "Objective":
        """What does it avoid?"""
        return -1.0 * self

    def __sub__(self, other: "Objective") -> "Objective":
        """The difference of two scores."""
        return self + -other


def by_layer(
    network: Reads, x: Float[Tensor, "n 3 h w"], layers: Iterable[str]
) -> dict[str, Tensor]:
    """The activations of x by layer, each of them once."""
    wanted = tuple(dict.fromkeys(layers))
    found = network.activations(x, *wanted) if wanted else ()
    return dict(zip(wanted, (found,) if isinstance(found, Tensor) else found, strict=True))


def read(
    layers: Sequence[str],
    network: Reads,
    x: Float[Tensor, "n 3 h w"],
    picture: Float[Tensor, "m 3 H W"] | None = None,
) -> Mapping[str, Tensor]:
    """What objectives score: the activations of x by layer, and the picture itself: or else x."""
    named = by_layer(network, x, (name for name in layers if name != PICTURE))
    return named | {PICTURE: x if picture is None else picture}


def evaluate(
    objective: Objective,
    network: Reads,
    x: Float[Tensor, "n 3 h w"],
    picture: Float[Tensor, "m 3 H W"] | None = None,
) -> Float[Tensor, " m"]:
    """The objective's score of every picture in x: what the network sees of `picture`, or it."""
    return objective.score(read(objective.layers, network, x, picture))


def each(objectives: Sequence[Objective]) -> Objective:
    """One objective for a batch: picture i is scored by objective i alone."""
    layers = tuple(dict.fromkeys(name for o in objectives for name in o.layers))

    def score(a: Mapping[str, Tensor]) -> Tensor:
        rows = ({name: x[i : i + 1] for name, x in a.items()} for i in range(len(objectives)))
        return torch.cat([o.score(row) for o, row in zip(objectives, rows, strict=True)])

    return Objective(layers, score)
