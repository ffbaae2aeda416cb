"""The factor reader: what critter a picture shows, and the features that pictures are compared by."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from core.models import shipped
from core.models.cache import fingerprint
from core.models.devices import device
from core.models.inputs import check_pictures
from core.models.model import Card
from core.networks import reader
from core.networks.autoencoder import SIDE
from core.networks.reader import Form
from core.settings import Kind

NAME, TITLE = "critters-reader", "Critters, factor reader"
AT_ONCE = 256


@dataclass(frozen=True)
class Head:
    """What part of the outputs says one factor.

    kind: as in critters.FACTORS. low, high: of the factor; mean, deviation: of its values, which
    the network gives in units of the latter. size: outputs.
    """

    name: str
    kind: str
    size: int
    low: float = 0.0
    high: float = 1.0
    mean: float = 0.0
    deviation: float = 1.0

    def value(self, said: Float[Tensor, "n k"]) -> Float[Tensor, " n"]:
        """The factor, in its own units; of a categorical one the index of the likeliest word."""
        if self.kind == "categorical":
            return said.argmax(1).to(said.dtype)
        if self.kind == "circular":
            turn = torch.atan2(said[:, 0], said[:, 1]) / (2 * math.pi)
            return self.low + (self.high - self.low) * (turn % 1)
        return (self.mean + self.deviation * said[:, 0]).clamp(self.low, self.high)


def parts(
    heads: tuple[Head, ...], said: Float[Tensor, "n output"]
) -> Mapping[str, Float[Tensor, "n _"]]:
    """What each head says, by the name of its factor."""
    split = said.split([head.size for head in heads], 1)
    return {head.name: one for head, one in zip(heads, split, strict=True)}


class Reader:
    """The trained reader; it answers for any number of pictures of 64 px in [0, 1]."""

    def __init__(self, module: reader.Reader, heads: tuple[Head, ...], *, card: Card) -> None:
        self.name, self.title, self.card, self.family = NAME, TITLE, card, "reader"
        self.fair = True
        self.heads, self.device = heads, device()
        self.fingerprint = fingerprint("reader", module.state_dict())
        self._module = module.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    @property
    def nbytes(self) -> int:
        """Of the weights."""
        return sum(t.nbytes for t in self._module.state_dict().values())

    def check(self, kind: Kind, name: str, value: Any, now: Any) -> None:
        """Nothing that is set is the reader's."""

    def twin(self, seed: int) -> None:
        """A reader of random weights reads nothing: there is none."""

    def read(self, x: Float[Tensor, "n 3 h w"]) -> dict[str, Float[Tensor, " n"]]:
        """Every factor that it finds in the pictures; raises InputError for another size."""
        return self.readings(x)[0]

    def readings(
        self, x: Float[Tensor, "n 3 h w"]
    ) -> tuple[dict[str, Float[Tensor, " n"]], dict[str, Float[Tensor, "n _"]]]:
        """Every factor, and of the categorical ones how likely each word is; raises InputError."""
        said = torch.cat([self._module(part) for part in self._fed(x)])
        found = parts(self.heads, said)
        return (
            {head.name: head.value(found[head.name]) for head in self.heads},
            {h.name: found[h.name].softmax(1) for h in self.heads if h.kind == "categorical"},
        )

    def features(self, x: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 128"]:
        """The features of the pictures; raises InputError for another size."""
        return torch.cat([self._module.features(part) for part in self._fed(x)])

    def _fed(self, x: Tensor) -> tuple[Tensor, ...]:
        check_pictures(x, self.title, SIDE)
        return x.to(self.device).split(AT_ONCE)


def load() -> Reader:
    """The reader that ships; raises MissingWeightsError."""
    weights, said = shipped.read(NAME, TITLE)
    heads = tuple(Head(**head) for head in said["heads"])
    return Reader(reader.network(Form(**said["form"]), weights), heads, card=Card(**said["card"]))
