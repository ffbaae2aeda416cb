"""The counter, its picture scored by a network: what a run at rest has measured."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from torch import Tensor

from core.models import Classifier
from core.objectives import Objective, layer
from core.probe import Frame, Live, Network, Picture, Range, State
from tests.stage import counter

title, question, source = "Scored", "What is it worth?", "none"
method, limits = "scoring", "It is worth what a stage says."


@dataclass(frozen=True)
class Settings:
    """A counter's, and whose score it is."""

    network: Annotated[str, Network()] = "lite0"
    picture: Annotated[str, Picture(without="none")] = "none"
    steps: Annotated[int, Range(1, 1000)] = 1000
    delay: Annotated[float, Range(0, 1000)] = 5.0
    count: Annotated[int, Range(1, 9)] = 1
    hue: Annotated[float, Range(0, 1, live=True)] = 0.5


def scored(
    settings: Settings, network: Classifier, resources: Mapping[str, Any]
) -> list[Objective]:
    """The first stage's mean square."""
    return [layer("blocks.0")] * settings.count


def run(
    network: Classifier, picture: Tensor | None, live: Live[Settings], state: State | None = None
) -> Iterator[Frame]:
    """The counter's frames."""
    start = live.now
    inner = counter.Settings(steps=start.steps, delay=start.delay, count=start.count)
    counted = Live(inner)
    for frame in counter.run(picture, counted, state):
        yield frame
        counted.now = inner
