"""The rooms of this lab, by code; and what one page is in them."""

import asyncio
import json
import secrets
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from apps.stage.errors import StageError
from apps.stage.room import codes
from apps.stage.room.invitation import invitation
from apps.stage.room.orders import (
    Advance,
    Answer,
    Away,
    End,
    Follow,
    Lead,
    Order,
    Pose,
    Wheel,
)
from apps.stage.room.room import Follower, Room, Where
from apps.stage.run.staged import Staged
from apps.stage.sight.viewer import Viewer
from apps.stage.stage import Stage
from core import records

ROOMS = 20
AWAY = 600.0  # seconds that a lecturer may be away until the room ends
SECRET = 16  # characters of a token at least
ENDED = "The lecturer has closed this room."
DESERTED = "This room has ended: its lecturer was away for ten minutes."
NOT_LED = "This page leads no room: press Follow me first."
NOT_FOLLOWED = "This page follows nobody: open the address on the lecturer's screen."


class Rooms:
    """All rooms of a stage."""

    def __init__(self, stage: Stage, *, away: float = AWAY) -> None:
        self.stage = stage
        self._away = away
        self._open: dict[str, Room] = {}
        self._ending: dict[str, asyncio.TimerHandle] = {}

    def __len__(self) -> int:
        return len(self._open)

    def opened_by(self, order: Lead) -> Room:
        """A new room, or that of this code and token; raises StageError.

        A room that this server has never had is opened under its old code: the server
        was started anew, and phones ask for that code.
        """
        known = self._open.get(order.code)
        sent = order.token.encode(errors="surrogatepass")
        if known and secrets.compare_digest(known.token.encode(), sent):
            return known
        if len(self._open) >= ROOMS:
            raise StageError(f"{ROOMS} rooms are open already: close one, or wait until one ends.")
        secret = order.token.isascii() and len(order.token) >= SECRET
        comes_back = not known and codes.read(order.code) and secret
        code = order.code if comes_back else codes.fresh(self._open)
        token = order.token if comes_back else secrets.token_urlsafe(SECRET)
        self._open[code] = Room(self.stage, code, token)
        return self._open[code]

    def find(self, code: str) -> Room:
        """The room of this code; raises StageError."""
        if code not in self._open:
            raise StageError(
                f"There is no room {code!r} now: it has ended, or its code is another one. "
                "Look at the lecturer's screen."
            )
        return self._open[code]

    def led(self, room: Room, viewer: Viewer, run: Staged | None, where: Where) -> None:
        """Its lecturer is on this page."""
        if ending := self._ending.pop(room.code, None):
            ending.cancel()
        room.led(viewer, run, where)

    def paired(self, leader: Staged, twin: Staged | None) -> None:
        """A twin is seen beside this run, or no more."""
        for room in self._open.values():
            if room.run is leader:
                room.pair(twin)

    def unled(self, room: Room, viewer: Viewer) -> None:
        """This page has gone; if it was the lecturer's, the room ends unless they come back."""
        if room.lecturer is not viewer:
            return
        room.unled()
        later = asyncio.get_running_loop().call_later
        self._ending[room.code] = later(self._away, self.end, room, DESERTED)

    def end(self, room: Room, sentence: str = ENDED) -> None:
        """Close a room."""
        if ending := self._ending.pop(room.code, None):
            ending.cancel()
        if self._open.get(room.code) is room:
            del self._open[room.code]
            room.close(sentence)


class Part:
    """What one page is in a room: its lecturer's, one that follows, or nothing.

    `host` and `scheme` are those by which the page asked for this lab.
    """

    def __init__(self, rooms: Rooms, viewer: Viewer, host: str = "", scheme: str = "http") -> None:
        self._rooms, self._viewer = rooms, viewer
        self._host, self._scheme = host, scheme
        self._room: Room | None = None
        self._me: Follower | None = None
        self._aside = False  # sees the twin of the run that its room follows

    @property
    def follows(self) -> bool:
        """Whether this page sees somebody else's run."""
        return self._me is not None or self._aside

    async def heard(self, order: Order, run: Staged | None) -> None:
        """Do what the page asks, which watches `run`; raises a sentence."""
        if isinstance(order, Away):
            await self._away(order)
        else:
            _HEARD[type(order)](self, order, run)

    def moved(self, run: Staged) -> None:
        """The page has opened another run."""
        if self._room and self._room.lecturer is self._viewer:
            self._room.go(run)

    def paired(self, leader: Staged, twin: Staged | None) -> None:
        """The page has opened the twin of this run, or left it."""
        self._rooms.paired(leader, twin)

    def hidden(self) -> None:
        """The page has come into sight, or gone out of it."""
        if self._room and self._me:
            self._room.look(self._me)

    def steered(self, *, live: bool) -> Staged:
        """The run that is followed, if this page may steer it; raises a sentence."""
        room, me = self._following()
        return room.steered(me, live=live)

    def leave(self) -> None:
        """The page has gone, or does something else."""
        room, me, self._room, self._me = self._room, self._me, None, None
        aside, self._aside = self._aside, False
        if room and aside:
            room.pass_by(self._viewer)
        self._viewer.guest = False
        if room and me and me.viewer is self._viewer:
            room.exit(me)
        elif room and not me:
            self._rooms.unled(room, self._viewer)

    def _leading(self) -> Room:
        if self._room is None or self._room.lecturer is not self._viewer:
            raise StageError(NOT_LED)
        return self._room

    def _following(self) -> tuple[Room, Follower]:
        room, me = self._room, self._me
        if room is None or me is None or me.viewer is not self._viewer:
            raise StageError(NOT_FOLLOWED)
        return room, me

    def _lead(self, order: Lead, run: Staged | None) -> None:
        if self.follows:
            raise StageError("This page follows a room: open one on a page of your own.")
        room = self._rooms.opened_by(order)
        if room is not self._room:
            self.leave()
        self._room = room
        self._rooms.led(room, self._viewer, run, Where(order.page, order.title))
        asks = asdict(invitation(room.code, self._host, self._scheme))
        self._tell("room", room.for_lecturer() | {"token": room.token, "invitation": asks})

    def _end(self, _: End, __: Staged | None) -> None:
        self._rooms.end(self._leading())
        self._room = None

    def _follow(self, order: Follow, _: Staged | None) -> None:
        if self._room and self._room.lecturer is self._viewer:
            raise StageError("This page leads a room: follow from a page of its own.")
        room = self._rooms.find(order.code)
        if room is not self._room:
            self.leave()
        if order.beside:
            room.look_on(self._viewer)
            self._room, self._aside = room, True
        else:
            self._room, self._me = room, room.enter(self._viewer, order.key)

    def _pose(self, order: Pose, _: Staged | None) -> None:
        self._leading().pose(order)

    def _advance(self, order: Advance, _: Staged | None) -> None:
        self._leading().advance(order)

    def _wheel(self, order: Wheel, _: Staged | None) -> None:
        self._leading().give(order.phone)

    def _answer(self, order: Answer, _: Staged | None) -> None:
        room, me = self._following()
        room.answer(me, order)

    async def _away(self, order: Away) -> None:
        """The followed run as a link that rests at this step."""
        room, _ = self._following()
        run = room.run
        frame, record = await self._rooms.stage.look(run) if run else (None, {})
        if frame is None:
            raise StageError("There is nothing to take along yet: wait for the first picture.")
        link = records.pack(upto(record, order.step))
        self._tell("away", {"probe": record["probe"], "link": link})

    def _tell(self, kind: str, what: dict[str, Any]) -> None:
        self._viewer.tell(json.dumps({kind: what}))


def upto(record: dict[str, Any], step: int) -> dict[str, Any]:
    """A record that ends at this step, or where it ends already."""
    last = min(step, record["step"])
    return record | {"step": last, "tape": [row for row in record["tape"] if row[0] <= last]}


_HEARD: dict[type, Callable[[Part, Any, Staged | None], None]] = {
    Lead: Part._lead,
    End: Part._end,
    Follow: Part._follow,
    Pose: Part._pose,
    Advance: Part._advance,
    Wheel: Part._wheel,
    Answer: Part._answer,
}
