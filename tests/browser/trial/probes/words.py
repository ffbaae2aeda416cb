"""Can a probe have nothing to see? A sentence and a number; nobody, nowhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import torch

from core.probe import Frame, Live, Range, State

title, question, method = "Words", "Can a probe have nothing to see?", "counting"
source, limits, pace = "", "It counts, and no more.", 20.0


@dataclass(frozen=True)
class Settings:
    """Nothing changes while it runs."""

    steps: Annotated[int, Range(2, 500, help="until it ends")] = 400


def twinned(_: Settings) -> bool:
    """It has no control."""
    return False


def run(live: Live[Settings], state: State | None = None) -> Iterator[Frame]:
    """A sentence a step."""
    begun = int(state["step"]) if state else 0
    for step in range(begun, live.now.steps):
        yield Frame(
            step=step,
            panels={"count": f"{step + 1} so far"},
            numbers={"count": torch.tensor(float(step + 1))},
            state=lambda after=step + 1: {"step": after},
        )
