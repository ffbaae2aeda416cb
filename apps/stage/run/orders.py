"""What a staged run is asked to do: by its viewers, and by the stage."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from apps.stage.past.branches import BranchRecord
from apps.stage.past.timeline import Past
from core.probe import Frame
from core.run import Run


@dataclass(frozen=True)
class Kept:
    """A run as its page has kept it.

    record: as core.records has it, without the tape; its step is the one that was shown.
    now: the branch that was shown. goes: whether it ran. until: the step it was to rest at.
    """

    record: dict[str, Any]
    branches: tuple[BranchRecord, ...]
    now: int
    goes: bool = True
    until: int | None = None


@dataclass(frozen=True)
class Open:
    """Start a probe, replay a link or what a page has kept, return to a run, or start its twin.

    A page that returns says which step it shows and how far it knows the run to have been.
    The twin of the run `beside` differs from it in `settings`, or replays its
    `branch`; without either it is the twin that the run's own link has.
    """

    probe: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    link: str = ""
    kept: Kept | None = None
    run: int = 0
    token: str = ""
    step: int | None = None
    furthest: int = -1
    beside: int = 0
    branch: int = 0


@dataclass(frozen=True)
class Return:
    """A page is back that shows this step, and has heard of no later one than `furthest`."""

    step: int
    furthest: int


@dataclass(frozen=True)
class Set:
    """Live settings to change; rev numbers the browser's wishes."""

    rev: int
    changes: dict[str, Any]


@dataclass(frozen=True)
class Act:
    """An action for the next step."""

    action: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Do:
    """pause, play, step, stop, link or tape."""

    what: str


@dataclass(frozen=True)
class Seek:
    """Show the frame of this step again."""

    step: int


@dataclass(frozen=True)
class Turn:
    """Show another branch."""

    branch: int


@dataclass(frozen=True)
class Delete:
    """Drop a branch."""

    branch: int


@dataclass(frozen=True)
class Name:
    """Call a branch so; an empty name is made from what was changed."""

    branch: int
    name: str


@dataclass(frozen=True)
class Speed:
    """Steps a second; 0 is as fast as it goes."""

    value: float


@dataclass(frozen=True)
class Measure:
    """Measure what survives of the score at every strength of this disturbance, at rest."""

    what: str


@dataclass(frozen=True)
class Look:
    """Somebody wants the latest frame and the record that leads to it."""

    answer: Future[tuple[Frame | None, dict[str, Any]]]


@dataclass(frozen=True)
class Rerun:
    """Somebody wants the last steps of the run once more, as a run of their own."""

    steps: int
    answer: Future[Past]


@dataclass(frozen=True)
class Loaded:
    """The core's run is there, with sentences on what a link could not keep."""

    run: Run
    said: list[str]


@dataclass(frozen=True)
class Unloadable:
    """It could not be made."""

    error: BaseException


def answer(asked: Future[Any], find: Callable[[], Any]) -> None:
    """Answer somebody who waits; what fails in it is theirs, and not the run's."""
    if not asked.set_running_or_notify_cancel():
        return  # nobody waits any more
    try:
        asked.set_result(find())
    except Exception as error:  # noqa: BLE001  handed on
        asked.set_exception(error)
