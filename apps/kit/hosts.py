"""The names that this lab is served under: nobody else's name may lead here.

A page of another site can have its own name lead to this computer (DNS
rebinding) and would then count as a page of ours: its Origin is its Host. So a
Host is answered only if it is a name of what is served. An address in numbers,
or "localhost", cannot be led anywhere: it is answered at whatever port a tunnel
or a container has made of the lab's own.
"""

import ipaddress
import os
import re
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_HOST = re.compile(r"(?:\[([0-9a-f:.]{2,45})\]|([^\s\[\]/@?#:\\]{1,255}))(?::(\d{1,5}))?")
_USUAL = {"https": "443", "wss": "443"}

Host = tuple[str, str]
"""A name or an address, and the port as it was written: empty where there was none."""


@dataclass(frozen=True)
class Served:
    """Where the lab listens: LAB_HOST and its port."""

    host: str
    port: int

    def answers_to(self, host: str, scheme: str = "http") -> bool:
        """Whether a Host header is one of this lab's."""
        name, said = split(host)
        port = said or _USUAL.get(scheme, "80")
        if name in HERE or is_named(host, scheme):
            return True
        listened = self.host.lower().strip("[]")
        if listened not in HERE and _is_address(name):
            return True
        own = {listened} if listened in HERE else {listened, *_own_names()}
        return name in own and port == str(self.port)


def is_named(host: str, scheme: str = "http") -> bool:
    """Whether LAB_ORIGINS or the Space names this host; what is named without a port, at any."""
    name, said = split(host)
    port = said or _USUAL.get(scheme, "80")
    return bool(name) and any(one == name and wanted in ("", port) for one, wanted in _named())


def split(host: str) -> Host:
    """A Host header in its parts; two empty ones if it is none."""
    found = _HOST.fullmatch(host.lower())
    return (found[1] or found[2], found[3] or "") if found else ("", "")


def _named() -> list[Host]:
    said = os.environ.get("LAB_ORIGINS", "").replace(",", " ").split()
    space = os.environ.get("SPACE_HOST", "") or _of_space(os.environ.get("SPACE_ID", ""))
    return [split(urlsplit(one if "//" in one else f"//{one}").netloc) for one in (*said, space)]


def _of_space(space: str) -> str:
    """Where a Space `owner/name` is served."""
    return re.sub(r"[^a-z0-9]+", "-", space.lower()) + ".hf.space" if space else ""


def _own_names() -> set[str]:
    """This computer's name, as others in the room type it."""
    name = socket.gethostname().lower()
    short = name.partition(".")[0]
    return {name, short, f"{short}.local"}


def _is_address(name: str) -> bool:
    """Whether this is an address in numbers, and no name."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
