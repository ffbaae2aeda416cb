"""What a run, the stage and the pages may ask of a model, whatever its family."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from core.settings import Kind
from core.worlds.factors import Factor, sides

FAMILIES = "classifier", "generator", "denoiser", "detector", "segmenter", "reader"


@dataclass(frozen=True)
class Card:
    """Where a model comes from and what it can do, as sentences."""

    origin: str
    licence: str
    training_data: str
    accuracy: str


def of_random_weights(name: str, title: str, seed: int, accuracy: str) -> dict[str, Any]:
    """Name, title and card of the twin of a model that this project trained or has the layers of."""
    return {
        "name": f"{name}-random-{seed}",
        "title": f"{title} with random weights",
        "card": Card(
            origin=f"The layers of {title}, their weights drawn at random with seed {seed}.",
            licence="none needed: these weights are random numbers",
            training_data="None.",
            accuracy=accuracy,
        ),
    }


@runtime_checkable
class Model(Protocol):
    """A frozen model, shared by all who use it.

    name, title: for links and for people. family: one of FAMILIES. fingerprint: of
    architecture and weights. fair: False for a twin that is no fair control.
    """

    name: str
    title: str
    family: str
    fingerprint: str
    card: Card
    device: torch.device
    fair: bool

    @property
    def nbytes(self) -> int:
        """Of the weights."""
        ...

    def check(self, kind: Kind, name: str, value: Any, now: Any) -> None:
        """Raise a sentence where the setting `name` of this kind is none of the model's.

        now: all settings, as a unit depends on its layer.
        """

    def twin(self, seed: int) -> "Model | None":
        """The same model with weights drawn at random: its control. None where there is none."""


@dataclass(frozen=True)
class Known:
    """Latents of pictures that a generator comes with, and what is true of each, by attribute."""

    z: Float[Tensor, "n latent"]
    values: Mapping[str, Float[Tensor, " n"]]

    def sides(self, attribute: str) -> Bool[Tensor, " n"]:
        """Which of them lie on the larger side: with it, or above the median."""
        return sides(self.values[attribute])


@runtime_checkable
class Generator(Model, Protocol):
    """A model that makes pictures out of latents.

    latent: how many numbers a latent has; its prior is N(0, 1) in each. side: px of its
    pictures. of: the world (core.worlds) that its pictures are of. attributes:
    directions in the latent space by name, of length 1. known: by the world's variant,
    "independent" first; empty where nothing is known.
    """

    latent: int
    side: int
    of: str
    attributes: Mapping[str, Float[Tensor, " latent"]]
    known: Mapping[str, Known]

    def decode(self, z: Float[Tensor, "n latent"]) -> Float[Tensor, "n 3 h w"]:
        """The pictures of these latents, in [0, 1]."""
        ...

    def encode(self, x: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n latent"]:
        """The latents of these pictures; raises NoEncoderError where there is no encoder."""
        ...


@runtime_checkable
class Denoiser(Model, Protocol):
    """A model that finds the picture in a noisy one.

    side, channels: of its pictures, px, whose numbers are in [-1, 1] before noise comes in. of: the
    world that they are of. asks: what it can be asked for, each as a number in [-1, 1]
    (core.worlds.conditions); empty where it was told nothing.
    """

    side: int
    channels: int
    of: str
    asks: Mapping[str, Factor]

    def x_0(
        self,
        x_t: Float[Tensor, "n c h w"],
        alpha_bar: Float[Tensor, "*_"],
        told: Float[Tensor, "n told"] | None = None,
        known: Float[Tensor, "n told"] | None = None,
    ) -> Float[Tensor, "n c h w"]:
        """The guess of the pictures in x_t = sqrt(alpha_bar) x_0 + sqrt(1 - alpha_bar) epsilon.

        alpha_bar: in (0, 1), one for all or one for each. told: what is asked for, and `known` 1
        for each number of it that counts and 0 for one that is left open; None: nothing is asked.
        """
        ...
