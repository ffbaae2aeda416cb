"""A connection between browser and lab that can be cut, and that can go silent."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Proxy:
    """Passes on what comes to its port, until it is told not to."""

    def __init__(self, port: int, target: int) -> None:
        self.port, self._target = port, target
        self._flows = threading.Event()
        self._open: list[socket.socket] = []
        self._listener: socket.socket | None = None
        self.mend()

    @property
    def address(self) -> str:
        """What the browser opens."""
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Close all connections and refuse new ones."""
        if self._listener:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        self._drop()

    def stall(self) -> None:
        """Pass nothing on; connections stay open, and new ones are taken and left without an answer."""
        self._flows.clear()

    def mend(self) -> None:
        """Pass on again; what was stalled is closed."""
        if not self._flows.is_set():
            self._drop()
        self._flows.set()
        if self._listener is None:
            self._listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
            threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _drop(self) -> None:
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._open = []

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                ours, _ = listener.accept()
                self._open.append(ours)
                threading.Thread(target=self._join, args=(ours,), daemon=True).start()

    def _join(self, ours: socket.socket) -> None:
        with suppress(OSError):
            self._flows.wait()
            theirs = socket.create_connection(("127.0.0.1", self._target))
            for one in (ours, theirs):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open.append(theirs)
            threading.Thread(target=self._pass, args=(theirs, ours), daemon=True).start()
            self._pass(ours, theirs)
            return
        ours.close()

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(1 << 16):
                self._flows.wait()
                other.sendall(data)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxied(port: int, target: int) -> Iterator[Proxy]:
    """A proxy on this port, cut at the end."""
    proxy = Proxy(port, target)
    try:
        yield proxy
    finally:
        proxy.mend()  # whoever waits for it to flow
        proxy.cut()
