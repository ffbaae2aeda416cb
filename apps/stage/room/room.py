"""One room: a lecturer, those who follow their run, one wheel and one guess at a time."""

import asyncio
import json
import secrets
from dataclasses import asdict, dataclass
from itertools import count
from typing import Any

from apps.stage.errors import StageError
from apps.stage.room.orders import Advance, Answer, Pose
from apps.stage.room.poll import Poll
from apps.stage.run.staged import Staged
from apps.stage.sight.viewer import PER_SECOND, Viewer
from apps.stage.stage import LOST, Stage

FOLLOWERS = 200  # at a time
KNOWN = 1000  # phones whose number and answer are kept while they are away
SHARED = 400  # frames a second that all who follow are sent together: sending costs, too
SLOWEST = 4.0  # frames a second of each of them at least
SOON = 0.25  # seconds in which changes of the room are gathered
NO_WHEEL = "You follow this run: break away to steer one of your own."
ONLY_LIVE = "The wheel moves the live settings: break away for everything else."


@dataclass(eq=False)
class Follower:
    """A phone, by a number that says nothing of whose it is."""

    number: int
    key: str
    viewer: Viewer | None = None  # none while it is away
    run: Staged | None = None  # that it sees; none while it is hidden
    heard: str = ""  # what it was told last


@dataclass(frozen=True)
class Where:
    """A page without a run that the lecturer is on; of no address: a page that has one."""

    page: str = ""
    title: str = ""


class Room:
    """Who follows, and what they see. All of it belongs to the event loop."""

    def __init__(self, stage: Stage, code: str, token: str) -> None:
        self.code, self.token = code, token
        self.lecturer: Viewer | None = None
        self.run: Staged | None = None  # that the lecturer watches, or watched last
        self.poll: Poll | None = None
        self.wheel: Follower | None = None
        self.where = Where()
        self.twin: Staged | None = None  # that the lecturer sees beside the run
        self._aside: dict[Viewer, Staged | None] = {}  # those who see the twin, and which one
        self._stage = stage
        self._known: dict[str, Follower] = {}
        self._numbers = count(1)
        self._telling: asyncio.TimerHandle | None = None

    @property
    def present(self) -> list[Follower]:
        """Those who are there now, in the order of their numbers."""
        return [one for one in self._known.values() if one.viewer]

    # the lecturer

    def led(self, viewer: Viewer, run: Staged | None, where: Where | None = None) -> None:
        """The lecturer is on this page; the page before is told so."""
        if self.lecturer and self.lecturer is not viewer:
            _tell(self.lecturer, {"elsewhere": True})
        self.lecturer, self.where = viewer, where or Where()
        if run:
            self.go(run)
        self.changed()

    def unled(self) -> None:
        """The lecturer's page has gone; what runs can be followed until they are back."""
        self.lecturer = None
        self.changed()

    def go(self, run: Staged) -> None:
        """The lecturer watches another run: so does everybody."""
        self.run = run
        for follower in self.present:
            self._show(follower)
        self.pair(run.company)

    def pair(self, twin: Staged | None) -> None:
        """The lecturer sees this beside their run, or nothing: so does everybody."""
        self.twin = twin
        for viewer in self._aside:
            self._show_twin(viewer)
        self.changed()

    def give(self, number: int) -> None:
        """Hand the wheel to a phone, 0: take it back; raises StageError if it is not there."""
        found = next((one for one in self.present if one.number == number), None)
        if number and not found:
            raise StageError(f"Phone {number} is not here now: choose one of those who follow.")
        self.wheel = found
        self.changed()

    def pose(self, pose: Pose) -> None:
        """Have everybody guess."""
        self.poll = Poll(pose)
        self.changed()

    def advance(self, order: Advance) -> None:
        """Close the guess, say what was right, or drop it."""
        if order.what == "drop":
            self.poll = None
        elif self.poll:
            self.poll.advance(order.what)
        self.changed()

    # those who follow

    def enter(self, viewer: Viewer, key: str) -> Follower:
        """Let somebody follow, as the phone that they were before if they were; or raise."""
        found = self._known.get(key)
        if not (found and found.viewer) and len(self.present) >= FOLLOWERS:
            raise StageError(f"{FOLLOWERS} people follow already: no more fit into this room.")
        if found is None:
            found = self._added()
        elif found.viewer and found.viewer is not viewer:
            _tell(found.viewer, {"elsewhere": True})
            self._hide(found)
        found.viewer, found.heard, viewer.guest = viewer, "", True
        self._hide(found)
        self._tell_follower(found)
        self._share()
        self._show(found)
        self.changed()
        return found

    def look_on(self, viewer: Viewer) -> None:
        """Let somebody who follows see the twin too, on a socket of its own; or raise."""
        if viewer not in self._aside and len(self._aside) >= FOLLOWERS:
            raise StageError(f"{FOLLOWERS} people see this twin already: look at the run itself.")
        viewer.guest = True
        self._leave_twin(viewer)
        self._share()
        self._show_twin(viewer)

    def pass_by(self, viewer: Viewer) -> None:
        """Somebody sees the twin no more."""
        self._leave_twin(viewer)
        self._aside.pop(viewer, None)
        viewer.per_second = float(PER_SECOND)
        self._share()

    def _show_twin(self, viewer: Viewer) -> None:
        before, twin = self._aside.get(viewer), self.twin
        if twin is None or twin.closing:
            self._leave_twin(viewer)
        elif before is not twin:
            self._aside[viewer] = twin
            self._stage.follow(twin, viewer, before)

    def _leave_twin(self, viewer: Viewer) -> None:
        if before := self._aside.get(viewer):
            self._stage.leave(before, viewer, LOST)  # its page may come back to it
        self._aside[viewer] = None

    def _added(self) -> Follower:
        absent = [key for key, one in self._known.items() if not one.viewer]
        for key in absent[: max(0, len(self._known) + 1 - KNOWN)]:
            del self._known[key]
        found = Follower(next(self._numbers), secrets.token_urlsafe(9))
        self._known[found.key] = found
        return found

    def exit(self, follower: Follower) -> None:
        """Somebody has gone; a wheel that they held is the lecturer's again."""
        self._hide(follower)
        if follower.viewer:
            follower.viewer.per_second = float(PER_SECOND)
        follower.viewer = None
        if self.wheel is follower:
            self.wheel = None
        self._share()
        self.changed()

    def look(self, follower: Follower) -> None:
        """A phone is in sight again, or out of it: then it watches nothing, and costs nothing."""
        if follower.viewer and follower.viewer.hidden:
            self._hide(follower)
        else:
            self._show(follower)

    def answer(self, follower: Follower, order: Answer) -> None:
        """Note what somebody guesses; raises StageError if nothing is asked."""
        if self.poll is None:
            raise StageError("There is no guess open now: watch the picture.")
        self.poll.answer(follower.key, order.choice)
        self.changed()

    def steered(self, follower: Follower, *, live: bool) -> Staged:
        """The run, for who holds the wheel and moves a live setting; else raises StageError."""
        if self.wheel is not follower or self.run is None:
            raise StageError(NO_WHEEL)
        if not live:
            raise StageError(ONLY_LIVE)
        return self.run

    def _show(self, follower: Follower) -> None:
        viewer, run = follower.viewer, self.run
        if viewer is None or run is None or viewer.hidden or run.closing or follower.run is run:
            return
        before, follower.run = follower.run, run
        self._stage.follow(run, viewer, before)

    def _hide(self, follower: Follower) -> None:
        if follower.run and follower.viewer:
            self._stage.leave(follower.run, follower.viewer, LOST)  # its lecturer may come back
        follower.run = None

    def _share(self) -> None:
        """The more follow, the fewer frames each is sent."""
        here = [one.viewer for one in self.present if one.viewer] + list(self._aside)
        each = min(float(PER_SECOND), max(SLOWEST, SHARED / max(1, len(here))))
        for viewer in here:
            viewer.per_second = each

    # what is said

    def changed(self) -> None:
        """Tell everybody in a moment, once for all that changes until then."""
        if self._telling is None:
            self._telling = asyncio.get_running_loop().call_later(SOON, self._tell_all)

    def _tell_all(self) -> None:
        self._telling = None
        if self.lecturer:
            _tell(self.lecturer, self.for_lecturer())
        for follower in self.present:
            self._tell_follower(follower)

    def for_lecturer(self) -> dict[str, Any]:
        """What the lecturer's page shows of the room."""
        return {
            "code": self.code,
            "phones": [one.number for one in self.present],
            "wheel": self.wheel.number if self.wheel else 0,
            "guess": self.poll.for_lecturer() if self.poll else None,
        }

    def _tell_follower(self, follower: Follower) -> None:
        told = {
            "code": self.code,
            "key": follower.key,
            "phone": follower.number,
            "count": len(self.present),
            "lecturer": self.lecturer is not None,
            "where": asdict(self.where),
            "twin": self.twin.bond.changes if self.twin and self.twin.bond else None,
            "wheel": self.wheel is follower,
            "guess": self.poll.for_follower(follower.key) if self.poll else None,
        }
        text = json.dumps(told)
        if follower.viewer and text != follower.heard:
            follower.heard = text
            _tell(follower.viewer, told)

    def close(self, sentence: str) -> None:
        """Let everybody go, and tell them why."""
        if self._telling:
            self._telling.cancel()
        for follower in self.present:
            self._hide(follower)
            if follower.viewer:
                _tell(follower.viewer, {"over": sentence})
        for viewer in list(self._aside):
            self.pass_by(viewer)
        self._known.clear()
        if self.lecturer:
            _tell(self.lecturer, {"over": sentence})
        self.lecturer = self.run = self.twin = self.wheel = self.poll = None


def _tell(viewer: Viewer, room: dict[str, Any]) -> None:
    viewer.tell(json.dumps({"room": room}))
