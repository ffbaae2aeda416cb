"""A run on the stage: its time line, what was asked of it, and who watches."""

import json
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from apps.stage.filming import Again, again
from apps.stage.past.timeline import Timeline
from apps.stage.run.orders import Loaded, Look, Opened, Unloadable, failure, step_of
from apps.stage.run.status import loading, status
from apps.stage.run.survival import Job, measures
from apps.stage.run.twin import Beside, record
from apps.stage.sight.telling import STATUS, Encode, Telling, echo, hello, history, sentence
from apps.stage.sight.viewer import Viewer
from apps.stage.wire.messages import (
    GONE,
    Act,
    Delete,
    Do,
    Measure,
    Name,
    Seek,
    Set,
    Speed,
    StageError,
    Turn,
    spoken,
)
from core.run import pack

SHAREABLE = 2048  # characters of a link that is copied rather than saved


class Staged:
    """One run and its viewers. Apart from `ask`, `join` and `leave`, only the worker touches it."""

    def __init__(
        self,
        number: int,
        token: str,
        opened: Opened,
        encode: Encode,
        beside: Beside | None = None,
    ) -> None:
        self.number, self.token, self.opened = number, token, opened
        self.beside = beside  # the run that this one follows as its twin
        self.twin: Staged | None = None  # the run that follows this one
        self.viewers: tuple[Viewer, ...] = ()
        self.closing = self.loading = False
        self.timeline: Timeline | None = None
        self.place = 0  # in the line of those who wait; 0 with a seat
        self.since: int | None = None  # when it came to want something computed
        self.turns = self.served = 0
        self.fresh = False  # has input that no step has read
        self.due = 0.0  # when the next step may begin
        self._inbox: deque[tuple[Viewer | None, Any]] = deque()
        self.telling = Telling(number, encode)
        self.job: Job | None = None
        self.over, self.failure = "", ""
        self._paused = False
        self._speed = 0.0
        self._steps = 0  # to take while paused
        self._until = step_of(opened.record)  # a link rests at its step
        self._echoed: Any = opened.settings
        self.times: deque[float] = deque(maxlen=64)  # when the last steps were done

    def ask(self, message: Any, viewer: Viewer | None = None) -> None:
        """Leave a message for the worker, who must then be woken."""
        self._inbox.append((viewer, message))

    def join(self, viewer: Viewer) -> None:
        """Let somebody watch; a page that comes back hears what it missed."""
        viewer.turn(self.number)
        viewer.tell(self.hello())
        if self.telling.branches:
            viewer.tell(self.telling.branches)
        if self.telling.numbers:
            viewer.tell(history(dict(self.telling.numbers)))
        if self.job and (measured := self.job.said):
            viewer.tell(measured)
        self.viewers = (*self.viewers, viewer)
        self.telling.renew()

    def leave(self, viewer: Viewer) -> None:
        """Let somebody go."""
        self.viewers = tuple(v for v in self.viewers if v is not viewer)

    def hello(self) -> str:
        """What a page needs to know first."""
        return hello(self)

    @property
    def state(self) -> str:
        """Where the run stands, as the browser calls it."""
        if self.over:
            return self.over
        if self.place:
            return "waiting"
        if self.timeline is None:
            return "loading"
        return "running" if self.moves else "paused"

    @property
    def hurries(self) -> bool:
        """Whether it does not wait for its speed: it goes to a step, or takes one."""
        sought = self.timeline and self.timeline.target is not None
        return self._steps > 0 or bool(sought or self.beside)

    @property
    def at(self) -> int:
        """The last step that was computed; -1 before the first."""
        return self.timeline.at if self.timeline else -1

    @property
    def _behind(self) -> bool:
        return bool(self.beside and self.at < self.beside.goal)

    @property
    def moves(self) -> bool:
        """Whether more steps are to come without a hand."""
        if self.over:
            return False
        if self.beside:
            return self._behind or (self.beside.leads and self.beside.leader.moves)
        return not (self._paused and not self._steps)

    def wants(self, now: float) -> bool:
        """Whether there is something to compute, and somebody to see it."""
        if self.over or not any(v.watches(now) for v in self.viewers):
            return False
        if self.timeline is None or self.timeline.target is not None:
            return True
        return self._behind if self.beside else self.moves

    def close(self) -> None:
        """Free everything."""
        if self.beside and self.beside.leader.twin is self:
            self.beside.leader.twin = None
        self.job = None
        if self.timeline:
            self.timeline.free()
        for _, message in self._inbox:
            if isinstance(message, Look | Again):
                message.answer.set_exception(StageError(GONE))
        self._inbox.clear()

    def attend(self) -> None:
        """Follow what was asked; wishes wait while the run is loading or goes to a step."""
        later = []
        while self._inbox:
            viewer, message = self._inbox.popleft()
            absent = self.timeline is None or self.timeline.target is not None
            if isinstance(message, Set | Act | Turn | Delete) and absent and not self.over:
                later.append((viewer, message))
            else:
                self._follow(viewer, message)
        self._inbox.extendleft(reversed(later))
        if self.beside and self.beside.news():
            self._go_along(self.beside)

    def _go_along(self, beside: Beside) -> None:
        """Be where the leader is; a twin that failed is tried again from before that."""
        timeline = self.timeline
        if timeline is None or (self.over == "failed" and beside.goal >= timeline.at):
            return
        before = timeline.furthest
        if beside.lead(timeline):
            self.over = self.failure = ""
        if timeline.furthest < before:
            self.telling.forget(after=timeline.furthest)

    def _follow(self, viewer: Viewer | None, message: Any) -> None:
        try:
            if self.beside and type(message) in _STEERS:
                raise StageError("A twin follows the run beside it: steer that one.")
            _FOLLOW[type(message)](self, viewer, message)
        except (ValueError, LookupError) as error:
            if not spoken(error):
                raise
            if viewer:
                viewer.tell(sentence(str(error)))

    def _load(self, _: Viewer | None, message: Loaded) -> None:
        self.timeline = Timeline(message.run)
        if self.beside:
            self.beside.forget()
        self.job = Job(message.run, self._tell)
        for said in message.said:
            self._tell(sentence(said))

    def _look(self, _: Viewer | None, message: Look) -> None:
        timeline = self.timeline
        found = (timeline.latest, record(self, timeline)) if timeline else (None, {})
        message.answer.set_result(found)

    def _set(self, viewer: Viewer | None, message: Set) -> None:
        if viewer:
            viewer.rev = max(viewer.rev, message.rev)
        try:
            self._keep_numbers()
            self._open().set(message.changes)
            self._changed()
        finally:
            if self.timeline:
                self._echo()  # also of what was refused: the widget goes back

    def _act(self, _: Viewer | None, message: Act) -> None:
        self._keep_numbers()
        self._open().act(message.action, message.values)
        self._changed()

    def _open(self) -> Timeline:
        if self.timeline is None or self.over:
            raise StageError("This run is over: go back on its time line, or start again.")
        return self.timeline

    def _changed(self) -> None:
        self.fresh = True
        self._until = None
        self._tell_branches()

    def _turn(self, _: Viewer | None, message: Turn) -> None:
        if self.timeline is None:
            raise StageError("There is no branch to go to yet: wait for the first step.")
        self.timeline.branches.note(self.telling.numbers)
        self.timeline.turn(message.branch)
        self._rest()

    def _delete(self, _: Viewer | None, message: Delete) -> None:
        if self.timeline is None:
            raise StageError("There is no branch to delete yet: wait for the first step.")
        self.timeline.branches.note(self.telling.numbers)
        shown = self.timeline.branches.now
        self.timeline.delete(message.branch)
        if self.timeline.branches.now is shown:
            self._tell_branches()
        else:
            self._rest()

    def _name(self, _: Viewer | None, message: Name) -> None:
        if self.timeline:
            self.timeline.branches.find(message.branch).name = message.name.strip()
            self._tell_branches()

    def _keep_numbers(self) -> None:
        """Leave the numbers that were shown with their branches, as another may come to be shown."""
        timeline = self.timeline
        if timeline and timeline.at < timeline.furthest:
            timeline.branches.note(self.telling.numbers)

    def _tell_branches(self) -> None:
        for text in self.telling.tree(self.timeline.branches) if self.timeline else []:
            self._tell(text)

    def _seek(self, _: Viewer | None, message: Seek) -> None:
        if self.timeline is None:
            raise StageError("There is no step to go to yet: wait for the first.")
        self.timeline.go(message.step)
        self._rest()

    def _rest(self) -> None:
        """Pause where it is going."""
        self.over = self.failure = ""
        self._paused, self._steps, self.fresh = True, 0, True
        self._tell_branches()

    def _measure(self, _: Viewer | None, message: Measure) -> None:
        if self.job is None:
            raise StageError("There is nothing to measure yet: wait for the first step.")
        self.job.ask(message.what)

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
        if not self.over:
            return
        if self.over == "failed" or self.timeline is None or self.timeline.complete:
            self._open()
        elif self.timeline.at >= 0:
            self.timeline.go(self.timeline.at)
        self.over = ""

    def _stop(self, _: Viewer | None) -> None:
        if self.timeline:
            self.timeline.stop()
        self.over = self.over or "ended"

    def _link(self, viewer: Viewer | None) -> None:
        if self.timeline is None:
            raise StageError("There is nothing to link to yet: wait for the first step.")
        if viewer:
            packed = pack(record(self, self.timeline))
            copyable = len(packed) <= SHAREABLE and not self.opened.uploads
            viewer.tell(json.dumps({"link": packed, "copyable": copyable}))

    def step(self) -> None:
        """Compute one frame, or one small step of what is measured at rest."""
        timeline = self.timeline
        if timeline is None:
            return
        if self.job and measures(self, time.monotonic()) is not None:
            self.job.step(timeline.made)
            return
        sought = timeline.target is not None
        frame = timeline.step()
        now = time.monotonic()
        self.fresh = False
        self.times.append(now)
        if frame is None:
            self.over = "ended"
        elif not sought:
            self._steps = max(0, self._steps - 1)
            self._paused = self._paused or frame.step == self._until
            self.due = max(self.due + 1 / self._speed, now) if self._speed else 0.0
        if timeline.target is None and timeline.now != self._echoed:
            self._echo()

    def fail(self, error: BaseException) -> None:
        """End in a sentence; the last frame stays."""
        self.over, self.failure = "failed", failure(error)
        if self.timeline:
            self.timeline.lose()
            shown = self.telling.shown  # a frame that cannot be shown is not tried again
            self.timeline.latest = shown.frame if shown else None

    def present(self, now: float) -> bool:
        """Show the latest frame to whoever is due; whether nothing is left to be shown."""
        timeline = self.timeline
        if timeline is None or timeline.latest is None or timeline.target is not None:
            return True
        frame = timeline.latest
        if not frame.panels.keys() <= set(self.telling.panels):
            new = [name for name in frame.panels if name not in self.telling.panels]
            self.telling.panels = [*self.telling.panels, *new]
            self._tell(self.hello())
        return self.telling.present(frame, self.viewers, resting=not self.moves, now=now)

    def report(self, now: float) -> float | None:
        """Send the status if it is time; else when it will be."""
        fetching = loading(self) if self.state == "loading" else ""
        state = (self.state, self.place, self.failure, fetching)
        when = self.telling.report(
            self.viewers, state, lambda: status(self, now), step=self.at, now=now
        )
        return now + STATUS if fetching else when  # how far the fetching is

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
    Turn: Staged._turn,
    Delete: Staged._delete,
    Name: Staged._name,
    Measure: Staged._measure,
    Look: Staged._look,
    Again: lambda run, _, message: again(message, run.timeline),
    Loaded: Staged._load,
    Unloadable: lambda run, _, message: run.fail(message.error),
}
_STEERS = (Set, Act, Seek, Speed, Do, Turn, Delete, Name)  # a twin takes no such wish
_DO: dict[str, Callable[[Staged, Viewer | None], None]] = {
    "pause": Staged._pause,
    "play": Staged._play,
    "step": Staged._one,
    "stop": Staged._stop,
    "link": Staged._link,
}
