"""A run on the stage: its time line, what was asked of it, and who watches."""

import dataclasses
import json
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from types import ModuleType
from typing import Any

import torch

from apps.stage.messages import GONE, Act, Do, Seek, Set, Speed, StageError, spoken
from apps.stage.telling import STATUS, Encode, Telling, echo, hello, history, sentence
from apps.stage.timeline import Timeline
from apps.stage.viewer import Viewer
from core import backbones
from core.probe import Frame
from core.run import Run, pack

RATE_OVER = 3.0  # seconds
SHAREABLE = 2048  # characters of a link that is copied rather than saved


@dataclasses.dataclass(frozen=True)
class Opened:
    """What a visitor opened: a probe with settings, or a link's record."""

    probe: ModuleType
    settings: Any
    record: dict[str, Any] | None = None
    link: str = ""
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


class Staged:
    """One run and its viewers. Apart from `ask`, `join` and `leave`, only the worker touches it."""

    def __init__(self, number: int, token: str, opened: Opened, encode: Encode) -> None:
        self.number, self.token, self.opened = number, token, opened
        self.viewers: tuple[Viewer, ...] = ()
        self.closing = self.loading = False
        self.timeline: Timeline | None = None
        self.place = 0  # in the line of those who wait; 0 with a seat
        self.since: int | None = None  # when it came to want something computed
        self.turns = self.served = 0
        self.fresh = False  # has input that no step has read
        self.due = 0.0  # when the next step may begin
        self._inbox: deque[tuple[Viewer | None, Any]] = deque()
        self._telling = Telling(number, encode)
        self._over, self._failure = "", ""
        self._paused = False
        self._speed = 0.0
        self._steps = 0  # to take while paused
        self._until = _step_of(opened.record)  # a link rests at its step
        self._echoed: Any = opened.settings
        self._times: deque[float] = deque(maxlen=64)  # when the last steps were done

    def ask(self, message: Any, viewer: Viewer | None = None) -> None:
        """Leave a message for the worker, who must then be woken."""
        self._inbox.append((viewer, message))

    def join(self, viewer: Viewer) -> None:
        """Let somebody watch; a page that comes back hears what it missed."""
        viewer.turn(self.number)
        viewer.tell(self.hello())
        if self._telling.numbers:
            viewer.tell(history(dict(self._telling.numbers)))
        self.viewers = (*self.viewers, viewer)
        self._telling.renew()

    def leave(self, viewer: Viewer) -> None:
        """Let somebody go."""
        self.viewers = tuple(v for v in self.viewers if v is not viewer)

    def hello(self) -> str:
        """What a page needs to know first."""
        return hello(
            number=self.number,
            token=self.token,
            probe=self.opened.probe,
            settings=self.timeline.now if self.timeline else self.opened.settings,
            panels=self._telling.panels,
            link=self.opened.link,
        )

    @property
    def state(self) -> str:
        """Where the run stands, as the browser calls it."""
        if self._over:
            return self._over
        if self.place:
            return "waiting"
        if self.timeline is None:
            return "loading"
        return "running" if self._moves else "paused"

    @property
    def hurries(self) -> bool:
        """Whether it does not wait for its speed: it goes to a step, or takes one."""
        return self._steps > 0 or bool(self.timeline and self.timeline.target is not None)

    @property
    def _moves(self) -> bool:
        return not self._over and not (self._paused and not self._steps)

    def wants(self, now: float) -> bool:
        """Whether there is something to compute, and somebody to see it."""
        if self._over or not any(v.watches(now) for v in self.viewers):
            return False
        return self.timeline is None or self.timeline.target is not None or self._moves

    def close(self) -> None:
        """Free everything."""
        if self.timeline:
            self.timeline.free()
        for _, message in self._inbox:
            if isinstance(message, Look):
                message.answer.set_exception(StageError(GONE))
        self._inbox.clear()

    def attend(self) -> None:
        """Follow what was asked; wishes wait while the run is loading or goes to a step."""
        later = []
        while self._inbox:
            viewer, message = self._inbox.popleft()
            absent = self.timeline is None or self.timeline.target is not None
            if isinstance(message, Set | Act) and absent and not self._over:
                later.append((viewer, message))
            else:
                self._follow(viewer, message)
        self._inbox.extendleft(reversed(later))

    def _follow(self, viewer: Viewer | None, message: Any) -> None:
        try:
            _FOLLOW[type(message)](self, viewer, message)
        except (ValueError, LookupError) as error:
            if not spoken(error):
                raise
            if viewer:
                viewer.tell(sentence(str(error)))

    def _load(self, _: Viewer | None, message: Loaded) -> None:
        self.timeline = Timeline(message.run)
        for said in message.said:
            self._tell(sentence(said))

    def _cannot_load(self, _: Viewer | None, message: Unloadable) -> None:
        self.fail(message.error)

    def _look(self, _: Viewer | None, message: Look) -> None:
        timeline = self.timeline
        record = timeline.record() if timeline else {}
        message.answer.set_result((timeline.latest if timeline else None, record))

    def _set(self, viewer: Viewer | None, message: Set) -> None:
        if viewer:
            viewer.rev = max(viewer.rev, message.rev)
        try:
            self._open().set(message.changes)
            self._changed()
        finally:
            if self.timeline:
                self._echo()  # also of what was refused: the widget goes back

    def _act(self, _: Viewer | None, message: Act) -> None:
        self._open().act(message.action, message.values)
        self._changed()

    def _open(self) -> Timeline:
        if self.timeline is None or self._over:
            raise StageError("This run is over: go back on its time line, or start again.")
        return self.timeline

    def _changed(self) -> None:
        self.fresh = True
        self._until = None
        if self.timeline:
            self._telling.forget(after=self.timeline.at)

    def _seek(self, _: Viewer | None, message: Seek) -> None:
        if self.timeline is None:
            raise StageError("There is no step to go to yet: wait for the first.")
        self.timeline.go(message.step)
        self._over = self._failure = ""
        self._paused, self._steps, self.fresh = True, 0, True

    def _hurry(self, _: Viewer | None, message: Speed) -> None:
        self._speed, self.due = message.value, 0.0

    def _do(self, viewer: Viewer | None, message: Do) -> None:
        _DO[message.what](self, viewer)

    def _pause(self, _: Viewer | None) -> None:
        seen = self.timeline and self.timeline.latest
        self._paused, self._steps = True, 0 if seen else 1  # never an empty page

    def _play(self, _: Viewer | None) -> None:
        self._revive()
        self._paused, self._steps, self.fresh, self.due = False, 0, True, 0.0

    def _one(self, _: Viewer | None) -> None:
        self._revive()
        self._paused, self._steps, self.fresh = True, min(self._steps + 1, 100), True

    def _revive(self) -> None:
        """Let a stopped run go on; one that is complete or failed says what can be done."""
        if not self._over:
            return
        if self._over == "failed" or self.timeline is None or self.timeline.complete:
            self._open()
        elif self.timeline.at >= 0:
            self.timeline.go(self.timeline.at)
        self._over = ""

    def _stop(self, _: Viewer | None) -> None:
        if self.timeline:
            self.timeline.stop()
        self._over = self._over or "ended"

    def _link(self, viewer: Viewer | None) -> None:
        if self.timeline is None:
            raise StageError("There is nothing to link to yet: wait for the first step.")
        if viewer:
            packed = pack(self.timeline.record())
            copyable = len(packed) <= SHAREABLE and not self.opened.uploads
            viewer.tell(json.dumps({"link": packed, "copyable": copyable}))

    def step(self) -> None:
        """Compute one frame."""
        timeline = self.timeline
        if timeline is None:
            return
        sought = timeline.target is not None
        frame = timeline.step()
        now = time.monotonic()
        self.fresh = False
        self._times.append(now)
        if frame is None:
            self._over = "ended"
        elif not sought:
            self._steps = max(0, self._steps - 1)
            self._paused = self._paused or frame.step == self._until
            self.due = max(self.due + 1 / self._speed, now) if self._speed else 0.0
        if timeline.target is None and timeline.now != self._echoed:
            self._echo()

    def fail(self, error: BaseException) -> None:
        """End in a sentence; the last frame stays."""
        self._over, self._failure = "failed", _failure(error)
        if self.timeline:
            self.timeline.lose()
            shown = self._telling.shown  # a frame that cannot be shown is not tried again
            self.timeline.latest = shown.frame if shown else None

    def present(self, now: float) -> bool:
        """Show the latest frame to whoever is due; whether nothing is left to be shown."""
        timeline = self.timeline
        if timeline is None or timeline.latest is None or timeline.target is not None:
            return True
        frame = timeline.latest
        if not frame.panels.keys() <= set(self._telling.panels):
            new = [name for name in frame.panels if name not in self._telling.panels]
            self._telling.panels = [*self._telling.panels, *new]
            self._tell(self.hello())
        return self._telling.present(frame, self.viewers, resting=not self._moves, now=now)

    def report(self, now: float) -> float | None:
        """Send the status if it is time; else when it will be."""
        at = self.timeline.at if self.timeline else -1
        loading = self._loading if self.state == "loading" else ""
        state = (self.state, self.place, self._failure, loading)
        when = self._telling.report(
            self.viewers, state, lambda: self._status(now), step=at, now=now
        )
        return now + STATUS if loading else when  # how far the fetching is

    def _status(self, now: float) -> dict[str, Any]:
        timeline, state = self.timeline, self.state
        kept = timeline.furthest if timeline else -1
        return {
            "step": timeline.latest.step if timeline and timeline.latest else -1,
            "kept": kept,
            "ends": self._ends(kept),
            "state": state,
            "place": self.place or None,
            "rate": self._rate(now) if state == "running" else 0,
            "sentence": self._sentence(state),
            "unfair": self._unfair,
        }

    def _ends(self, kept: int) -> int | None:
        if self.timeline and self.timeline.complete:
            return kept
        length: Callable[[Any], int] | None = getattr(self.opened.probe, "length", None)
        return max(kept, length(self.opened.settings) - 1) if length else None

    def _rate(self, now: float) -> float:
        times = [t for t in self._times if now - t < RATE_OVER]
        return round((len(times) - 1) / (times[-1] - times[0]), 1) if len(times) > 1 else 0.0

    def _sentence(self, state: str) -> str:
        if state == "waiting":
            return f"The lab is full: you are number {self.place} in line."
        if state == "loading":
            return self._loading
        caption = getattr(self.opened.probe, "caption", None)
        shown = self._telling.shown
        if self._failure or not caption or not self.timeline or not shown:
            return self._failure
        return caption(self.timeline.now, shown.values)

    @property
    def _unfair(self) -> bool:
        """Whether the control could not be calibrated: the page then says so beside it."""
        control = self.timeline.control if self.timeline else None
        return control is not None and not control.fair

    @property
    def _loading(self) -> str:
        """What is being fetched, or that something is loaded."""
        network = getattr(self.opened.settings, "network", "")
        return (network and backbones.progress(network)) or f"Loading {network}".strip() + "."

    def _echo(self) -> None:
        if self.timeline:
            self._echoed = self.timeline.now
            for viewer in self.viewers:
                viewer.tell(echo(viewer, self._echoed))

    def _tell(self, text: str) -> None:
        for viewer in self.viewers:
            viewer.tell(text)


_FOLLOW: dict[type, Callable[[Staged, Viewer | None, Any], None]] = {
    Set: Staged._set,
    Act: Staged._act,
    Seek: Staged._seek,
    Speed: Staged._hurry,
    Do: Staged._do,
    Look: Staged._look,
    Loaded: Staged._load,
    Unloadable: Staged._cannot_load,
}
_DO: dict[str, Callable[[Staged, Viewer | None], None]] = {
    "pause": Staged._pause,
    "play": Staged._play,
    "step": Staged._one,
    "stop": Staged._stop,
    "link": Staged._link,
}


def _step_of(record: dict[str, Any] | None) -> int | None:
    step = record.get("step") if record else None
    return step if isinstance(step, int) and step >= 0 else None


def _failure(error: BaseException) -> str:
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
