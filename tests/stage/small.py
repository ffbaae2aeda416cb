"""Probes of a few lines: each lacks something that others have, or breaks something beside its run."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Annotated, Any

import torch
from torch import Tensor

from core.probe import Frame, Live, Marks, Panel, Seed, State
from tests.stage import counter

POINTS = torch.tensor([[0.25, 0.5], [0.75, 1.0], [-1.0, 0.125]])


@dataclass(frozen=True)
class Settings:
    """Nothing to steer."""

    seed: Annotated[int, Seed()] = 0


def probe(name: str, run: Callable[..., Iterator[Frame]], **members: Any) -> ModuleType:
    """A probe of this `run`."""
    found = ModuleType(name)
    words = dict.fromkeys(("title", "question", "method", "source", "limits"), name)
    known = {"__file__": f"{name}.py", "Settings": Settings, "run": run, **words}
    for member, value in (known | members).items():
        setattr(found, member, value)
    return found


def showing(*frames: Mapping[str, Panel]) -> Callable[..., Iterator[Frame]]:
    """A run of these panels, a step each."""

    def run(live: Live[Settings], state: State | None = None) -> Iterator[Frame]:
        first = int(state["step"]) if state else 0
        for step in range(first, len(frames)):
            number = {"n": torch.tensor(float(step))}
            yield Frame(step, frames[step], number, lambda step=step: {"step": step + 1})

    return run


def points(**more: Any) -> Marks:
    """Three points in two classes."""
    return Marks("points", POINTS, classes=torch.tensor([0, 1, 1]), names=("a", "ä"), **more)


def counting(name: str, **members: Any) -> ModuleType:
    """The counter, with some members of its own."""
    own = {"Settings": counter.Settings, "length": counter.length, "caption": counter.caption}
    return probe(name, members.pop("run", counter.run), **(own | members))


def broken(*_: Any, **__: Any) -> Any:
    """Raises what no probe should."""
    raise TypeError("this was never meant to be called so")


def odd(picture: Tensor | None, live: Live[Any], state: State | None = None) -> Iterator[Frame]:
    """The counter, with steps from 5 to 8 that have no picture that could be encoded."""
    for frame in counter.run(picture, live, state):
        bad = 5 <= frame.step <= 8
        yield replace(frame, panels={"picture": torch.zeros(2, 2)}) if bad else frame


def once() -> Callable[..., Iterator[Frame]]:
    """The counter, which cannot be run a second time."""
    begun: list[int] = []

    def run(picture: Tensor | None, live: Live[Any], state: State | None = None) -> Iterator[Frame]:
        again = bool(begun)
        begun.append(1)
        for frame in counter.run(picture, live, state):
            if again and frame.step > 2:
                raise RuntimeError("not again")
            yield frame

    return run
