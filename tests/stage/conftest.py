"""A server with the stage alone, and pages that speak to it over a real socket."""

import io
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
import uvicorn
from fastapi import FastAPI
from PIL import Image
from torch import Tensor
from websockets.sync.client import ClientConnection, connect

from apps.stage import Stage
from apps.stage.wire import applying, http
from apps.stage.wire import socket as wire
from core.probes import UnknownProbeError
from tests.stage import counter


def find(name: str) -> ModuleType:
    """The counter, and nothing else."""
    if name != "counter":
        raise UnknownProbeError(f"There is no probe {name!r}: choose counter.")
    return counter


@dataclass(frozen=True)
class Sent:
    """One binary message."""

    panel: int
    encoding: int
    flags: int
    run: int
    step: int
    sequence: int
    data: bytes

    @property
    def pixels(self) -> Tensor:
        """The picture, uint8 (3, h, w)."""
        return torch.from_numpy(np.array(Image.open(io.BytesIO(self.data)))).permute(2, 0, 1)


@dataclass
class Page:
    """A browser without a screen: keeps all that it was sent, and acks if it is told to."""

    socket: ClientConnection
    acks: bool = True
    hello: dict[str, Any] = field(default_factory=dict)
    frames: list[Sent] = field(default_factory=list)
    texts: list[dict[str, Any]] = field(default_factory=list)

    def say(self, **message: Any) -> None:
        """Send a message."""
        self.socket.send(json.dumps(message))

    def read(self, timeout: float = 30) -> Sent | dict[str, Any]:
        """The next message."""
        got = self.socket.recv(timeout=timeout)
        if isinstance(got, str):
            self.texts.append(json.loads(got))
            return self.texts[-1]
        version, panel, encoding, flags, *numbers = struct.unpack("<BBBBIII", got[:16])
        assert version == 1
        run, step, sequence = numbers
        self.frames.append(Sent(panel, encoding, flags, run, step, sequence, got[16:]))
        if self.acks:
            self.say(ack=self.frames[-1].sequence)
        return self.frames[-1]

    def until(self, holds: Callable[[Any], Any], timeout: float = 30) -> Any:
        """The next message for which this holds."""
        end = time.monotonic() + timeout
        while True:
            try:
                got = self.read(max(0.01, end - time.monotonic()))
            except TimeoutError:
                heard = f"{len(self.frames)} frames and of late {self.texts[-3:]}"
                raise TimeoutError(f"not within {timeout} s: {heard}") from None
            if holds(got):
                return got

    def text(self, key: str, timeout: float = 30) -> Any:
        """The content of the next text with this key."""
        return self.until(lambda m: isinstance(m, dict) and key in m, timeout)[key]

    def status(self, state: str, timeout: float = 30) -> dict[str, Any]:
        """The next status in this state."""
        found = self.until(
            lambda m: isinstance(m, dict) and m.get("status", {}).get("state") == state, timeout
        )
        return found["status"]

    def frame(self, *, panel: int = 0, exact: int = False, timeout: float = 30) -> Sent:
        """The next picture of this panel; `exact` is its encoding."""
        return self.until(
            lambda m: isinstance(m, Sent) and m.panel == panel and m.encoding == exact, timeout
        )

    def rest(self, state: str = "paused") -> Sent:
        """The picture without loss that the run rests at, once it does."""

        def rests() -> Sent | None:
            states = [t["status"] for t in self.texts if "status" in t]
            exact = [f for f in self.frames if f.encoding and not f.panel]
            there = states and exact and states[-1]["state"] == state
            return exact[-1] if there and exact[-1].step == states[-1]["step"] else None

        while not (found := rests()):
            self.read()
        return found

    def watch(self, seconds: float) -> None:
        """Take in what comes in this time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                self.read(left)
            except TimeoutError:
                return

    def lose(self) -> None:
        """Vanish without a word, as a phone that leaves the Wi-Fi."""
        self.socket.socket.shutdown(socket.SHUT_RDWR)

    def open(self, **settings: Any) -> dict[str, Any]:
        """Start the counter; the hello."""
        self.say(open={"probe": "counter", "settings": settings})
        return self.text("hello")


@dataclass
class Server:
    """A running server and its stage."""

    stage: Stage
    port: int
    sockets: ExitStack

    def page(self, *, acks: bool = True, **headers: Any) -> Page:
        """A new socket."""
        address = f"ws://127.0.0.1:{self.port}/ws"
        made = connect(address, compression=None, max_size=None, max_queue=None, **headers)
        return Page(self.sockets.enter_context(made), acks)

    def url(self, path: str) -> str:
        """The address of a route."""
        return f"http://127.0.0.1:{self.port}{path}"


def served(stack: ExitStack, load: Callable[[str], ModuleType] = find, **options: Any) -> Server:
    """A server on a free port, which leaves with the stack; `load` finds its probes."""
    stage = Stage(load, **options)
    app = FastAPI()
    app.include_router(wire.router(stage))
    app.include_router(http.router(stage))
    app.include_router(applying.router(stage))
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="warning",
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=1,
        )
    )
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()

    def stop() -> None:
        server.should_exit = True
        thread.join(5)
        stage.close()
        listener.close()

    stack.callback(stop)
    return Server(stage, listener.getsockname()[1], ExitStack())


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Makes servers of a test's own; all is closed at its end."""
    with ExitStack() as stack:

        def made(**options: Any) -> Server:
            server = served(stack, **options)
            stack.enter_context(server.sockets)
            return server

        yield made


@pytest.fixture(scope="module")
def shared() -> Iterator[Server]:
    """One server for many tests, which forgets closed pages at once."""
    with ExitStack() as stack:
        yield served(stack, grace=0.0)


@pytest.fixture
def server(shared: Server) -> Iterator[Server]:
    """The shared server; the pages that a test opens are closed at its end."""
    with ExitStack() as stack:
        yield Server(shared.stage, shared.port, stack)
    while len(shared.stage):
        time.sleep(0.005)
