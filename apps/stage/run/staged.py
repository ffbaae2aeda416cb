"""A run on the stage: its time line, what was asked of it, and who watches."""

import json
import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from apps.stage.errors import StageError, explained, gone, spoken
from apps.stage.past.tapes import Tapes
from apps.stage.past.timeline import Timeline
from apps.stage.run.opening import Opening
from apps.stage.run.orders import (
    Act,
    Delete,
    Do,
    Loaded,
    Look,
    Measure,
    Name,
    Rerun,
    Return,
    Seek,
    Set,
    Speed,
    Turn,
    Unloadable,
    answer,
)
from apps.stage.run.pace import Pace
from apps.stage.run.status import ON, Standing, hello, kept, loading, status
from apps.stage.run.survival import Measurement
from apps.stage.run.twin import Bond
from apps.stage.sight.telling import STATUS, Encode, Telling, echo, sentence
from apps.stage.sight.viewer import Viewer
from core.records import pack

AWAY = 1.0  # seconds without an answer: the socket that a page has just replaced
SHAREABLE = 2048  # characters of a link that is copied rather than saved
_log = logging.getLogger(__name__)


class Staged:
    """One run and its viewers. Apart from `ask`, `join` and `leave`, only the worker touches it."""

    def __init__(
        self,
        number: int,
        token: str,
        opening: Opening,
        encode: Encode,
        bond: "Bond[Staged] | None" = None,
    ) -> None:
        self.number, self.token, self.opening = number, token, opening
        self.bond = bond  # to the run that this one follows as its twin
        self.twin: Staged | None = None  # the run that follows this one
        self.viewers: tuple[Viewer, ...] = ()
        self.closing = self.loading = False
        self.timeline: Timeline | None = None
        self.people = 1  # runs that share the computer
        self.turns = self.served = 0
        self.fresh = False  # has input that no step has read
        self.pace = Pace(opening.until, opening.probe.pace)
        self.over = self.failure = ""
        self._inbox: deque[tuple[Viewer | None, Any]] = deque()
        self._telling, self._tapes = Telling(number, encode, opening.probe.priced), Tapes()
        self._measurement: Measurement | None = None
        self._echoed: Any = opening.now

    def ask(self, message: Any, viewer: Viewer | None = None) -> None:
        """Leave a message for the worker, who must then be woken."""
        self._inbox.append((viewer, message))

    def join(self, viewer: Viewer) -> None:
        """Let somebody watch; a page that comes back hears what it missed."""
        viewer.turn(self.number)
        viewer.tell(self.hello(viewer))
        self._telling.welcome(viewer)
        if self._measurement and (measured := self._measurement.said):
            viewer.tell(measured)
        for text in self._tapes.whole() if not viewer.guest else []:
            viewer.tell(text)
        self.viewers = (*self.viewers, viewer)
        self._telling.renew()

    def leave(self, viewer: Viewer) -> None:
        """Let somebody go."""
        self.viewers = tuple(v for v in self.viewers if v is not viewer)

    def hello(self, viewer: Viewer) -> str:
        """What a page needs to know first; a guest is not told what lets a page steer, or keep it."""
        settings = self.timeline.now if self.timeline else self.opening.now
        aside = viewer.guest or self.bond
        keep = None if aside else kept(self.opening, self.timeline, self.pace.until)
        return hello(
            self.opening,
            settings,
            number=self.number,
            token="" if viewer.guest else self.token,
            panels=self._telling.panels,
            keep=keep,
        )

    @property
    def state(self) -> str:
        """Where the run stands, as the browser calls it."""
        if self.over:
            return self.over
        if self.timeline is None:
            return "loading"
        return "running" if self.moves else "paused"

    @property
    def _seeks(self) -> bool:
        """Whether it goes to a step without showing the way."""
        return self.timeline is not None and self.timeline.target is not None

    @property
    def hurries(self) -> bool:
        """Whether it does not wait for its speed: it goes to a step, or takes one."""
        return self.pace.hurries or self._seeks or self.bond is not None

    @property
    def at(self) -> int:
        """The last step that was computed; -1 before the first."""
        return self.timeline.at if self.timeline else -1

    @property
    def _behind(self) -> bool:
        return bool(self.bond and self.at < self.bond.goal)

    @property
    def moves(self) -> bool:
        """Whether more steps are to come without a hand."""
        if self.over:
            return False
        if self.bond:
            return self._behind or (self.bond.leads and self.bond.leader.moves)
        return self.pace.moves

    def _watched(self, now: float) -> bool:
        return any(v.watches(now) for v in self.viewers)

    def wants(self, now: float) -> bool:
        """Whether there is something to compute, and somebody to see it."""
        if self.over or not self._watched(now):
            return False
        if self.timeline is None or self._seeks:
            return True
        return self._behind if self.bond else self.moves

    def measuring(self, now: float) -> float | None:
        """When its picture at rest may be measured a small step further; None: no need."""
        job, timeline = self._measurement, self.timeline
        if job is None or timeline is None or timeline.latest is None:
            return None
        rests = not self.moves and not self._seeks and self.over != "failed"
        return job.due(timeline.latest, now) if rests and self._watched(now) else job.drop()

    @property
    def leader(self) -> "Staged":
        """The run that this one follows, or itself."""
        return self.bond.leader if self.bond and self.bond.leads else self

    @property
    def pair(self) -> "tuple[Staged, ...]":
        """This run with the one that is bound to it, the leader first; or the run alone."""
        leader = self.leader
        twin = leader.twin
        return (leader, twin) if twin and not twin.closing else (leader,)

    @property
    def company(self) -> "Staged | None":
        """The twin that somebody sees beside this run."""
        twin = self.twin
        return twin if twin and twin.viewers and not twin.closing else None

    def waits(self, now: float) -> bool:
        """Whether it lets its twin come to the step of now first."""
        twin = self.twin
        if twin is None or twin.closing or self._seeks:
            return False
        return twin.at < self.at and twin.wants(now)

    def record(self, *, ahead: bool = False) -> dict[str, Any]:
        """What replays it, and the twin beside it (see Timeline.record); empty before it is there."""
        if self.timeline is None:
            return {}
        beside = self.company.bond.record() if self.company and self.company.bond else {}
        return self.timeline.record(ahead=ahead) | beside

    def _go_along(self, bond: "Bond[Staged]") -> None:
        """Be where the leader is; a twin that failed is tried again from before that."""
        timeline = self.timeline
        if timeline is None or (self.over == "failed" and bond.goal >= timeline.at):
            return
        before = timeline.furthest
        if bond.lead(timeline):
            self.over = self.failure = ""
        if timeline.furthest < before:
            self._telling.forget(after=timeline.furthest)

    def attend(self) -> None:
        """Follow what was asked; wishes and links wait while it is loading or goes to a step."""
        later = []
        while self._inbox:
            viewer, message = self._inbox.popleft()
            waits = isinstance(message, Set | Act | Turn | Delete) or message == Do("link")
            if waits and not self.over and (self.timeline is None or self._seeks):
                later.append((viewer, message))
            else:
                self._follow(viewer, message)
        self._inbox.extendleft(reversed(later))
        if self.bond and self.bond.news():
            self._go_along(self.bond)
        self._tell_tapes()

    def _follow(self, viewer: Viewer | None, message: Any) -> None:
        try:
            if self.bond and type(message) in _STEERS:
                raise StageError("A twin follows the run beside it: steer that one.")
            _FOLLOW[type(message)](self, viewer, message)
        except Exception as error:  # what is no sentence and may have broken the run is raised
            if not spoken(error):
                if not (isinstance(message, Measure | Name) or message == Do("link")):
                    raise
                _log.exception("run %d could not follow %s", self.number, message)
            if viewer:
                viewer.tell(sentence(explained(error, "This", ON)))

    def _load(self, _: Viewer | None, message: Loaded) -> None:
        back = self.opening.back
        self.timeline = Timeline(message.run, back and back.branches, self.pace.until)
        if back:
            self.timeline.back(back.step)
            if not back.goes:
                self.pace.pause(0 if back.step >= 0 else 1)
            self._tell_branches()
        if self.bond:
            self.bond.forget()
        self._measurement = Measurement(message.run, self._tell)
        for said in message.said:
            self._tell(sentence(said))

    def _return(self, viewer: Viewer | None, message: Return) -> None:
        """What was computed after its page was lost is computed again, and seen."""
        timeline, now = self.timeline, time.monotonic()
        seen = any(v.watches(now, AWAY) for v in self.viewers if v is not viewer)
        if timeline is None or self.bond or seen or self.over == "failed":
            return
        if (self.pace.moves or self.over) and timeline.unsee(message.step, message.furthest):
            self.over = ""
            self._telling.forget(after=message.furthest)

    def _look(self, _: Viewer | None, message: Look) -> None:
        latest = self.timeline.latest if self.timeline else None
        answer(message.answer, lambda: (latest, self.record()))

    def _rerun(self, _: Viewer | None, message: Rerun) -> None:
        answer(message.answer, lambda: self._there("nothing to film").past(message.steps))

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

    def _there(self, what: str) -> Timeline:
        """The time line; raises a sentence where there is none yet."""
        if self.timeline is None:
            raise StageError(f"There is {what} yet: wait for the first step.")
        return self.timeline

    def _open(self) -> Timeline:
        if self.timeline is None or self.over:
            raise StageError("This run is over: go back on its time line, or start again.")
        return self.timeline

    def _changed(self) -> None:
        self.fresh, self.pace.until = True, None
        self._tell_branches()

    def _turn(self, _: Viewer | None, message: Turn) -> None:
        timeline = self._there("no branch to go to")
        timeline.branches.note(self._telling.numbers)
        timeline.turn(message.branch)
        self._rest()

    def _delete(self, _: Viewer | None, message: Delete) -> None:
        timeline = self._there("no branch to delete")
        timeline.branches.note(self._telling.numbers)
        shown = timeline.branches.now
        timeline.delete(message.branch)
        if timeline.branches.now is shown:
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
            timeline.branches.note(self._telling.numbers)

    def _tell_branches(self) -> None:
        for text in self._telling.tree(self.timeline.branches) if self.timeline else []:
            self._tell_hosts(text)

    def _tell_tapes(self) -> None:
        """What pages keep of a run; a twin comes back beside the run that it follows."""
        if self.timeline and not self.bond:
            for text in self._tapes.news(self.timeline):
                self._tell_hosts(text)

    def _whole(self, viewer: Viewer | None) -> None:
        if viewer:
            for text in filter(None, (self._telling.branches, *self._tapes.whole())):
                viewer.tell(text)

    def _seek(self, _: Viewer | None, message: Seek) -> None:
        self._there("no step to go to").go(message.step)
        self._rest()

    def _rest(self) -> None:
        """Pause where it is going."""
        self.over = self.failure = ""
        self.pace.pause()
        self.fresh = True
        self._tell_branches()

    def _measure(self, _: Viewer | None, message: Measure) -> None:
        self._there("nothing to measure")
        if self._measurement:
            self._measurement.ask(message.what)

    def _hurry(self, _: Viewer | None, message: Speed) -> None:
        self.pace.hurry(message.value)

    def _do(self, viewer: Viewer | None, message: Do) -> None:
        _DO[message.what](self, viewer)

    def _pause(self, _: Viewer | None) -> None:
        seen = self.timeline and self.timeline.latest
        self.pace.pause(0 if seen else 1)  # never an empty page

    def _play(self, _: Viewer | None) -> None:
        self._revive()
        self.pace.play()
        self.fresh = True

    def _one(self, _: Viewer | None) -> None:
        self._revive()
        self.pace.once()
        self.fresh = True

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
        self._there("nothing to link to")
        if viewer:
            packed = pack(self.record(ahead=True))
            copyable = len(packed) <= SHAREABLE and not self.opening.uploads
            viewer.tell(json.dumps({"link": packed, "copyable": copyable}))

    def step(self) -> None:
        """Compute one frame, or one small step of what is measured at rest."""
        timeline = self.timeline
        if timeline is None:
            return
        if self._measurement and self.measuring(time.monotonic()) is not None:
            self._measurement.step(timeline.made)
            return
        sought = self._seeks
        frame = timeline.step()
        now = time.monotonic()
        self.fresh = False
        self.pace.stepped(now)
        if frame is None:
            self.over = "ended"
        elif not sought:
            self.pace.shown(frame.step, now)
        if not self._seeks and timeline.now != self._echoed:
            self._echo()
        self._tell_tapes()

    def fail(self, error: BaseException) -> None:
        """End in a sentence; the last frame stays."""
        remedy = "Go back on its time line, or start again with other settings."
        self.over, self.failure = "failed", explained(error, "This run", remedy)
        if self.timeline:
            self.timeline.lose()

    def close(self) -> None:
        """Free everything."""
        if self.bond and self.bond.leader.twin is self:
            self.bond.leader.twin = None
        self._measurement = None
        for _, message in self._inbox:
            if isinstance(message, Look | Rerun):
                answer(message.answer, gone)
        self._inbox.clear()
        if self.timeline:
            self.timeline.free()

    def present(self, now: float) -> bool:
        """Show the latest frame to whoever is due; whether nothing is left to be shown."""
        timeline = self.timeline
        if timeline is None or timeline.latest is None or self._seeks:
            return True
        frame, known = timeline.latest, self._telling.panels
        if new := [name for name in frame.panels if name not in known]:
            self._telling.panels = [*known, *new]
            for viewer in self.viewers:
                viewer.tell(self.hello(viewer))
        return self._telling.present(frame, self.viewers, resting=not self.moves, now=now)

    def report(self, now: float) -> float | None:
        """Send the status if it is time; else when it will be."""
        fetching = loading(self.opening) if self.state == "loading" else ""
        state = (self.state, self.failure, fetching)
        when = self._telling.report(
            self.viewers, state, lambda: self._status(now), step=self.at, now=now
        )
        return now + STATUS if fetching else when  # how far the fetching is

    def _status(self, now: float) -> dict[str, Any]:
        standing = Standing(self.state, self.pace.rate(now), self.people, self.failure)
        shown = self._telling.shown
        return status(self.opening, self.timeline, shown.values if shown else None, standing)

    def _echo(self) -> None:
        if self.timeline:
            self._echoed = self.timeline.now
            for viewer in self.viewers:
                viewer.tell(echo(viewer, self._echoed))

    def _tell(self, text: str) -> None:
        for viewer in self.viewers:
            viewer.tell(text)

    def _tell_hosts(self, text: str) -> None:
        """Tell those whose run it is: a guest keeps nothing of it."""
        for viewer in (one for one in self.viewers if not one.guest):
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
    Rerun: Staged._rerun,
    Return: Staged._return,
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
    "tape": Staged._whole,
}
