"""What one picture is asked for: units, neurons, layers, classes, directions."""

from collections.abc import Mapping

import torch
from jaxtyping import Float, Int
from torch import Tensor

from core.objectives.algebra import Objective

Index = int | Int[Tensor, " n"]


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


def toward(
    layer: str, vector: Float[Tensor, " channel"] | Float[Tensor, "n channel"], *, power: float
) -> Objective:
    """A direction by dot product and angle: the mean over positions of dot * max(.1, cosine)^power.

    Power 0 is `direction`; more asks for that direction alone and not only much
    of it (lucid's cosine power; Carter et al., Activation Atlas, 2019).
    """

    def score(a: Mapping[str, Tensor]) -> Float[Tensor, " n"]:
        found = a[layer].flatten(2) if a[layer].ndim == 4 else a[layer][..., None]
        wanted = vector.to(found).expand(len(found), -1)
        dot = torch.einsum("ncp,nc->np", found, wanted)
        cosine = dot / (found.norm(dim=1) * wanted.norm(dim=1, keepdim=True) + 1e-4)
        return (dot * cosine.clamp(min=0.1).pow(power)).mean(1)

    return Objective((layer,), score)
