"""Can a probe be over at once? Points of one frame, in a panel of another name; nobody, nowhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import torch

from core.probe import Frame, Live, Marks, Seed, State

title, question, method = "Cloud", "Can a probe be over at once?", "drawing"
source, limits = "", "It draws, and no more."


@dataclass(frozen=True)
class Settings:
    """Nothing changes while it runs."""

    seed: Annotated[int, Seed(help="other points")] = 0


def twinned(_: Settings) -> bool:
    """It has no control."""
    return False


def run(live: Live[Settings], state: State | None = None) -> Iterator[Frame]:
    """One frame."""
    if state:
        return
    x = torch.randn(300, 2, generator=torch.Generator().manual_seed(live.now.seed))
    yield Frame(
        step=0,
        panels={"cloud": Marks("points", x, low=-3, high=3)},
        numbers={"spread": x.std()},
        state=lambda: {"step": 1},
    )
