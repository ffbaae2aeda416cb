"""A probe that is only for tests: its picture says which step it is, and what steers it.

The top rows hold the step as 16 black or white blocks and `hue` as grey blocks, so
that both survive a JPEG; the rest is a random walk, so that a wrong state shows.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from torch import Tensor

from core.probe import Frame, Live, Picture, Range, Seed, State

title = "Counter"
question = "Which step is this?"
method = "counting"
source = "none"
limits = "It counts, and nothing else."
BLOCK = 8
pulled: list[int] = []  # steps whose numbers were read


@dataclass(frozen=True)
class Settings:
    """How long, how slow, how large."""

    picture: Annotated[str, Picture(without="none")] = "none"
    steps: Annotated[int, Range(1, 100000)] = 1000
    delay: Annotated[float, Range(0, 1000, unit="ms")] = 5.0
    count: Annotated[int, Range(1, 9)] = 1
    fails: Annotated[int, Range(-1, 1000, help="the step that breaks; -1 for none")] = -1
    exhausts: Annotated[int, Range(-1, 1000, help="the step that runs out of memory")] = -1
    weight: Annotated[int, Range(0, 10000, unit="kB", help="of a state")] = 0
    hue: Annotated[float, Range(0, 1, live=True)] = 0.5
    gain: Annotated[float, Range(0, 2, live=True)] = 1.0
    seed: Annotated[int, Seed()] = 0


@dataclass(frozen=True)
class Splash:
    """Adds to the picture once."""

    amount: Annotated[float, Range(0, 1)] = 0.5


Actions = (Splash,)


def length(settings: Settings, resources: Mapping[str, Any]) -> int:
    """Frames of a run."""
    return settings.steps


def caption(settings: Settings, numbers: Mapping[str, Any], resources: Mapping[str, Any]) -> str:
    """The hue, in words."""
    return f"The hue is {settings.hue:g}, the walk is at {numbers['walk']:.2f}."


def run(
    picture: Tensor | None, live: Live[Settings], state: State | None = None
) -> Iterator[Frame]:
    """One frame a step."""
    start = live.now
    first = int(state["step"]) if state else 0
    x = torch.as_tensor(state["x"]).clone() if state else torch.full((3, 64, 128), 0.5)
    for step in range(first, start.steps):
        now, acts = live.now, live.actions
        time.sleep(start.delay / 1000)
        if step == start.fails:
            raise RuntimeError("the counter broke")
        if step == start.exhausts:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")
        noise = torch.rand(x.shape, generator=torch.Generator().manual_seed(start.seed + step))
        x = x + (noise - 0.5) * 0.2 * now.gain + sum(a.amount for a in acts)
        x = 0.9 * x + 0.1 * now.hue
        shown = x.clamp(0, 1)
        shown[:, :BLOCK] = marks(step, now.hue)
        panel = shown if start.count == 1 else torch.stack([shown] * start.count)
        value = x.mean()

        def keep(step: int = step, x: Tensor = x) -> State:
            return {"step": step + 1, "x": x.clone(), "weight": torch.zeros(start.weight * 250)}

        yield Frame(step, {"picture": panel, "control": 1 - shown}, {"walk": value}, keep)


def marks(step: int, hue: float) -> Tensor:
    """The first rows: bits of the step in the first 64 px, of the hue in tenths in the rest."""
    bits = [(step >> i) & 1 for i in range(8)] + [hue] * 8
    return torch.tensor(bits).repeat_interleave(BLOCK).expand(3, BLOCK, -1)


def reading(pixels: Tensor) -> tuple[int, float]:
    """Step (of its low 8 bits) and hue that a picture of uint8 (3, h, w) shows."""
    middle = pixels[:, BLOCK // 2, BLOCK // 2 :: BLOCK].float().mean(0) / 255
    return sum(int(m > 0.5) << i for i, m in enumerate(middle[:8])), float(middle[12])


def picture(frame: Frame | None) -> Tensor:
    """The picture of a frame."""
    assert frame
    panel = frame.panels["picture"]
    assert isinstance(panel, Tensor)
    return panel
