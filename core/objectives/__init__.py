"""From activations to a number a picture: what an ascent climbs.

Objectives are maximised and form an algebra: they add, subtract and scale.

    0.6 * channel("blocks.3", 12) - 0.2 * channel("blocks.5", 7)

A unit is a (layer, channel), averaged over positions; a neuron is one position.
Index arguments are one number for every picture, or a tensor (n,) with one each.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor

Index = int | Int[Tensor, " n"]


@runtime_checkable
class Reads(Protocol):
    """Whatever reads layers: a backbone."""

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


def evaluate(
    objective: Objective, network: Reads, x: Float[Tensor, "n 3 h w"]
) -> Float[Tensor, " n"]:
    """The objective's score of every picture in x."""
    read = network.activations(x, *objective.layers)
    found = (read,) if isinstance(read, Tensor) else read
    return objective.score(dict(zip(objective.layers, found, strict=True)))


def each(objectives: Sequence[Objective]) -> Objective:
    """One objective for a batch: picture i is scored by objective i alone."""
    layers = tuple(dict.fromkeys(name for o in objectives for name in o.layers))

    def score(a: Mapping[str, Tensor]) -> Tensor:
        rows = ({name: x[i : i + 1] for name, x in a.items()} for i in range(len(objectives)))
        return torch.cat([o.score(row) for o, row in zip(objectives, rows, strict=True)])

    return Objective(layers, score)


def _of(activation: Float[Tensor, "n channel ..."], index: Index) -> Float[Tensor, "n ..."]:
    """One channel a picture."""
    if isinstance(index, int):
        return activation[:, index]
    rows = torch.arange(len(activation), device=activation.device)
    return activation[rows, index.to(activation.device)]


def channel(layer: str, index: Index) -> Objective:
    """A unit: the channel's mean over positions (Olah et al. 2017)."""
    return Objective((layer,), lambda a: _of(a[layer], index).flatten(1).mean(1))


def neuron(layer: str, index: Index) -> Objective:
    """The channel at the middle position alone."""

    def score(a: Mapping[str, Tensor]) -> Tensor:
        found = _of(a[layer], index)
        return found[:, found.shape[1] // 2, found.shape[2] // 2] if found.ndim == 3 else found

    return Objective((layer,), score)


def layer(layer: str) -> Objective:
    """The whole layer's mean square: DeepDream (Mordvintsev et al. 2015)."""
    return Objective((layer,), lambda a: a[layer].square().flatten(1).mean(1))


def logit(layer: str, index: Index) -> Objective:
    """A class before the softmax; `layer` is the network's `output` (Simonyan et al. 2014)."""
    return Objective((layer,), lambda a: _of(a[layer], index))


def direction(
    layer: str, vector: Float[Tensor, " channel"] | Float[Tensor, "n channel"]
) -> Objective:
    """The mean over positions of the activation's dot product with a direction."""

    def score(a: Mapping[str, Tensor]) -> Tensor:
        mean = a[layer].flatten(2).mean(2) if a[layer].ndim == 4 else a[layer]
        return (mean * vector.to(mean)).sum(1)

    return Objective((layer,), score)


def saturated(layer: str, index: int) -> Objective:
    """The share of a ReLU6 channel's positions that stand at its ceiling of 6, where it is flat."""
    return Objective(
        (layer,), lambda a: (a[layer][:, index] > 5.999).flatten(1).to(a[layer]).mean(1)
    )
