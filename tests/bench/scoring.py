"""Held-out scores of pictures that anybody made, and of a folder of photographs."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from core import models, pictures
from core.export import sheets
from core.metrics import held_out
from core.objectives import Objective, channel


@dataclass(frozen=True)
class Unit:
    """A channel of a stage's output."""

    layer: str
    channel: int

    def __str__(self) -> str:
        """As the tables name it: b3/12."""
        return f"b{self.layer.rsplit('.', 1)[-1]}/{self.channel}"

    @property
    def objective(self) -> Objective:
        """What the ascent climbs."""
        return channel(self.layer, self.channel)


def drawn(count: int, *, seed: int) -> list[Unit]:
    """So many units of four stages, by seed: never picked by hand."""
    return [Unit(*one) for one in sheets.units(models.load("lite0"), count, seed)]


def held_out_score(
    x: Float[Tensor, "3 h w"], objectives: Sequence[Objective], *, side: int
) -> Float[Tensor, " m"]:
    """The mean over all sixteen held-out views of the 8-bit picture."""
    network, x = models.load("lite0"), pictures.eight_bit(x)
    halves = [
        held_out.scores(objectives, network, held_out.looks(x, half, side=side)).mean(1)
        for half in held_out.HALVES
    ]
    return torch.stack(halves).mean(0)


def largest(
    objectives: Sequence[Objective], *, canvas: int, side: int
) -> tuple[Float[Tensor, " m"], int]:
    """The largest score that any photograph reaches on the same canvas and views; of how many."""
    scores = [
        held_out_score(pictures.square(photograph, canvas), objectives, side=side)
        for photograph in photographs()
    ]
    return torch.stack(scores).amax(0), len(scores)


def photographs() -> Iterator[Float[Tensor, "3 h w"]]:
    """Those of the folder $PICTURES; the shipped ones if it is not set."""
    folder = os.environ.get("PICTURES")
    if not folder:
        yield from (pictures.load(name) for name in sorted(pictures.shipped()))
        return
    paths = [p for p in sorted(Path(folder).iterdir()) if p.suffix.lower() in (".jpg", ".png")]
    if not paths:
        raise SystemExit(f"PICTURES={folder} holds no .jpg or .png.")
    yield from (pictures.read(path) for path in paths)
