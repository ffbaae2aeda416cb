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
from apps.stage.stage import Stage
from apps.stage.wire.messages import Ack, Hidden, Message, read

PER_SECOND = 60  # messages that are followed; acks do not count
SOCKETS = 400  # a full room of those who follow, and as many pages with runs of their own
_log = logging.getLogger(__name__)


def router(stage: Stage) -> APIRouter:
    """The route /ws."""
    found = APIRouter()
    sockets: set[WebSocket] = set()
    rooms = Rooms(stage)

    @found.websocket("/ws")
    async def frames(socket: WebSocket) -> None:
        if not is_ours(socket.headers) or len(sockets) >= SOCKETS:
            full = f"The lab has {SOCKETS} pages open and is full: open this one again in a minute."
            await socket.close(1008, full if is_ours(socket.headers) else STRANGER)
            return
        await socket.accept()
        sockets.add(socket)
        scheme = {"wss": "https"}.get(socket.url.scheme, "http")
        page = Page(stage, rooms, socket.headers.get("host", ""), scheme)
        sending = asyncio.create_task(_send(socket, page.viewer))
        try:
            await _listen(socket, page)
        finally:
            sockets.discard(socket)
            page.leave()
            sending.cancel()

    return found


async def _send(socket: WebSocket, viewer: Viewer) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):  # closed meanwhile: the listener leaves
        while True:
            await viewer.woken.wait()
            viewer.woken.clear()
            messages = [b""]
            while messages:
                messages = viewer.frames()  # before the texts: a hello was told before its frames
                for text in viewer.texts():
                    await socket.send_text(text)
                for message in messages:
                    await socket.send_bytes(message)


async def _listen(socket: WebSocket, page: "Page") -> None:
    while True:
        event = await socket.receive()
        if event["type"] == "websocket.disconnect":
            return
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

    def leave(self) -> None:
        """The socket has closed."""
        self.viewer.gone = True
        self._part.leave()
        self._quit()

    def _quit(self) -> None:
        if self._run:
            self._stage.leave(self._run, self.viewer)
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
