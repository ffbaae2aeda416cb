"""The socket of one page: frames and words out, wishes in."""

import asyncio
import json
import logging
import time
from contextlib import suppress

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from apps.stage.door.origin import STRANGER, is_ours
from apps.stage.errors import MessageError, StageError, explained, spoken
from apps.stage.room.orders import Follow, Order
from apps.stage.room.rooms import Part, Rooms
from apps.stage.run.orders import Open, Set
from apps.stage.run.staged import Staged
from apps.stage.sight.telling import sentence
from apps.stage.sight.viewer import Viewer
from apps.stage.stage import GOODBYE, LOST, Stage
from apps.stage.wire.messages import Ack, Hidden, Message, read

PER_SECOND = 60  # messages that are followed; acks do not count
SOCKETS = (
    600  # a full room of those who follow, a twin each, and as many pages with runs of their own
)
FULL = "The lab has {} pages open and is full: close one, or wait. This page goes on trying."
BEAT = 1.0  # seconds in which a page hears something, if only that the lab is there
LARGE = 256 * 1024  # bytes that are announced: a page that hears nothing else takes us for gone
_log = logging.getLogger(__name__)


def router(stage: Stage) -> APIRouter:
    """The route /ws."""
    found = APIRouter()
    sockets: set[WebSocket] = set()
    rooms = Rooms(stage)

    @found.websocket("/ws")
    async def frames(socket: WebSocket) -> None:
        if not is_ours(socket.headers):
            await socket.close(1008, STRANGER)
            return
        await socket.accept()
        if len(sockets) >= SOCKETS:
            await socket.send_text(sentence(FULL.format(SOCKETS)))
            await socket.close(1013)  # try again later
            return
        sockets.add(socket)
        scheme = {"wss": "https"}.get(socket.url.scheme, "http")
        page = Page(stage, rooms, socket.headers.get("host", ""), scheme)
        sending = asyncio.create_task(_send(socket, page.viewer))
        code = LOST
        try:
            code = await _listen(socket, page)
        finally:
            sockets.discard(socket)
            page.leave(code)
            sending.cancel()

    return found


async def _send(socket: WebSocket, viewer: Viewer) -> None:
    spoke = time.monotonic()
    with suppress(WebSocketDisconnect, RuntimeError):  # closed meanwhile: the listener leaves
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(viewer.woken.wait(), BEAT)
            viewer.woken.clear()
            if await _say(socket, viewer):
                spoke = time.monotonic()
            elif time.monotonic() - spoke >= BEAT:
                await socket.send_text(json.dumps({"beat": True}))
                spoke = time.monotonic()


async def _say(socket: WebSocket, viewer: Viewer) -> bool:
    """Send all that waits; whether there was anything."""
    said, messages = False, [b""]
    while messages:
        messages = viewer.frames()  # before the texts: a hello was told before its frames
        for text in viewer.texts():
            await socket.send_text(text)
            said = True
        for message in messages:
            if len(message) > LARGE:
                await socket.send_text(json.dumps({"coming": len(message)}))
            await socket.send_bytes(message)
            said = True
    return said


async def _listen(socket: WebSocket, page: "Page") -> int:
    """Follow what is said until the socket is closed; the code that it was closed with."""
    while True:
        event = await socket.receive()
        if event["type"] == "websocket.disconnect":
            return event.get("code") or LOST
        text = event.get("text")
        try:
            if text is None:
                raise MessageError("The lab reads text messages only: upload pictures by HTTP.")
            await page.heard(read(text))
        except Exception as error:  # noqa: BLE001  a message that fails closes no socket
            if not spoken(error):
                _log.exception("a message could not be followed")
            page.viewer.tell(sentence(explained(error, "This", "What runs goes on.")))


class Page:
    """What one socket has open, and how fast it may speak."""

    def __init__(self, stage: Stage, rooms: Rooms, host: str, scheme: str) -> None:
        self.viewer = Viewer(asyncio.get_running_loop())
        self._stage = stage
        self._part = Part(rooms, self.viewer, host, scheme)
        self._run: Staged | None = None
        self._allowance, self._at = float(PER_SECOND), time.monotonic()
        self._wish: Set | None = None  # waits, and takes in what comes meanwhile

    async def heard(self, message: Message) -> None:
        """Follow a message; raises a sentence if it cannot be."""
        if isinstance(message, Ack):
            if self.viewer.acked(message.sequence):
                self._stage.wake()
        elif isinstance(message, Set):
            self._wished(message)
        elif not self._may_speak():
            raise MessageError(f"More than {PER_SECOND} messages a second: this one was left out.")
        elif isinstance(message, Open):
            await self._open(message)
        elif isinstance(message, Order):
            await self._order(message)
        elif isinstance(message, Hidden):
            self.viewer.hidden = message.value
            self._part.hidden()
            self._stage.wake()
        else:
            self._flush()
            self._stage.ask(self._steered(), message, self.viewer)

    def leave(self, code: int) -> None:
        """The socket has closed, with this code."""
        self.viewer.gone = True
        self._part.leave()
        self._quit(code)

    def _quit(self, code: int = GOODBYE) -> None:
        if self._run:
            if self._run.bond:
                self._part.paired(self._run.bond.leader, None)
            self._stage.leave(self._run, self.viewer, code)
            self._run = None

    async def _order(self, message: Order) -> None:
        """What concerns a room; whoever follows leaves a run of their own.

        What goes wrong in a room is told as a word of the room: a sentence would count
        as the answer to a run that is just being opened.
        """
        try:
            await self._part.heard(message, self._run)
        except StageError as error:
            if isinstance(message, Follow):
                raise
            self.viewer.tell(json.dumps({"room": {"sentence": str(error)}}))
        if isinstance(message, Follow):
            self._quit()

    async def _open(self, message: Open) -> None:
        if message.run and self._run and self._run.number == message.run:
            raise StageError("This page already shows that run.")
        if self._part.follows:
            self._part.leave()
        self._run = await self._stage.open(self.viewer, message, self._run)
        self._wish = None
        if self._run.bond:
            self._part.paired(self._run.bond.leader, self._run)
        else:
            self._part.moved(self._run)

    def _steered(self, *, live: bool = False) -> Staged:
        """The run that this page may steer, or its live settings alone; raises a sentence."""
        if self._part.follows:
            return self._part.steered(live=live)
        if self._run is None:
            raise StageError("Nothing runs here yet: open a probe first.")
        return self._run

    def _wished(self, message: Set) -> None:
        """Pass a wish on; faster than allowed they become one that holds the latest of each."""
        self._steered(live=True)
        if self._wish:
            self._wish = Set(message.rev, {**self._wish.changes, **message.changes})
        else:
            self._wish = message
            if self._may_speak():
                self._flush()
            else:
                asyncio.get_running_loop().call_later(1 / PER_SECOND, self._flush)

    def _flush(self) -> None:
        wish, self._wish = self._wish, None
        if wish:
            with suppress(StageError):  # the run, or the wheel, has gone meanwhile
                self._stage.ask(self._steered(live=True), wish, self.viewer)

    def _may_speak(self) -> bool:
        now = time.monotonic()
        gained = (now - self._at) * PER_SECOND
        self._allowance, self._at = min(float(PER_SECOND), self._allowance + gained), now
        if self._allowance < 1:
            return False
        self._allowance -= 1
        return True
