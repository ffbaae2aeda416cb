"""What a run on the stage is made of and asked, and the sentences on what went wrong."""

import dataclasses
from collections.abc import Mapping
from concurrent.futures import Future
from types import ModuleType
from typing import Any

import torch

from apps.stage.wire.messages import spoken
from core.probe import Frame
from core.run import Run


@dataclasses.dataclass(frozen=True)
class Opened:
    """What a visitor opened: a probe with settings, or a link's record."""

    probe: ModuleType
    settings: Any
    record: dict[str, Any] | None = None
    link: str = ""
    twin: dict[str, Any] | None = None  # what a link says of the run beside it
    uploads: Mapping[str, Any] = dataclasses.field(default_factory=dict)  # held while it runs
    fetches: bool = False  # its network is not on this computer yet


@dataclasses.dataclass(frozen=True)
class Loaded:
    """The core's run is there, with sentences on what a link could not keep."""

    run: Run
    said: list[str]


@dataclasses.dataclass(frozen=True)
class Unloadable:
    """It could not be made."""

    error: BaseException


@dataclasses.dataclass(frozen=True)
class Look:
    """Somebody wants the latest frame and the record that leads to it."""

    answer: Future[tuple[Frame | None, dict[str, Any]]]


def step_of(record: dict[str, Any] | None) -> int | None:
    """The step that a link rests at."""
    step = record.get("step") if record else None
    return step if isinstance(step, int) and step >= 0 else None


def failure(error: BaseException) -> str:
    """What to say of a run that failed."""
    full = isinstance(error, torch.OutOfMemoryError | MemoryError) or (
        isinstance(error, RuntimeError) and "alloc" in str(error) and "memory" in str(error)
    )
    if full:
        return "This run needs more memory than there is: choose smaller or fewer pictures."
    if spoken(error):
        return str(error)
    return (
        f"This run failed ({type(error).__name__}: {str(error)[:200]}). "
        "Go back on its time line, or start again with other settings."
    )
