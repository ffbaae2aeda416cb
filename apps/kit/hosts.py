"""The names that this lab is served under: nobody else's name may lead here.

A page of another site can have its own name lead to this computer (DNS
rebinding) and would then count as a page of ours: its Origin is its Host. So a
Host is answered only if it is a name or an address of what is served.
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
        return is_named(host, scheme) or (port == str(self.port) and self._is_here(name))

    def _is_here(self, name: str) -> bool:
        """Whether a name is this computer's own, as far as the lab listens there."""
        listened = self.host.lower().strip("[]")
        if name == listened or name in HERE:
            return True
        return listened not in HERE and (name in _own_names() or _is_own_address(name))


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


def _is_own_address(name: str) -> bool:
    """Whether an address is one of this computer's: only those can be bound."""
    try:
        family = {4: socket.AF_INET, 6: socket.AF_INET6}[ipaddress.ip_address(name).version]
        with socket.socket(family, socket.SOCK_DGRAM) as made:
            made.bind((name, 0))
    except (ValueError, OSError):
        return False
    return True
