"""The door of the house: which requests reach the lab at all.

A Host that is not served here is refused, and so is an address that is too
long to be read: before the lab is there, and for sockets as for pages.
"""

from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from apps.kit import hosts, refusals
from apps.kit.gate import Receive, Scope, Send

LONGEST = 60_000  # bytes of an address; Gradio reads none of more than 65536
HEAD = 4 * 2**20  # bytes of all that stands before a body: more is cut off unread
FORWARDED = b"x-forwarded-host"
TOO_LONG = (
    f"This address is longer than {LONGEST} characters: save the picture and drop the file, "
    "it carries the same run."
)
UNREADABLE = "This request cannot be read: open the lab's first page and go on from there."


class Door:
    """Lets in who asks for a host that is served."""

    def __init__(self, app: Any, served: hosts.Served) -> None:
        self._app, self._served = app, served

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, socket or life."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        scope = believed(scope)
        host = _host(scope)
        if not self._served.answers_to(host, scope["scheme"]):
            said = (
                f"The lab is not served as {host[:80]!r}: open the address that it said when it "
                "started, or start it with this host in LAB_ORIGINS."
            )
            await refusals.refuse(scope, send, 403, said)
        elif len(scope["raw_path"]) + len(scope["query_string"]) > LONGEST:
            await refusals.refuse(scope, send, 414, TOO_LONG)
        else:
            await self._app(scope, receive, send)


def believed(scope: Scope) -> Scope:
    """The request with the host that a proxy forwards for, if LAB_ORIGINS names that one."""
    headers: list[tuple[bytes, bytes]] = list(scope["headers"])
    told = [value for name, value in headers if name == FORWARDED]
    if not told:
        return scope
    first = told[0].decode("latin-1").partition(",")[0].strip()
    rest = [(name, value) for name, value in headers if name != FORWARDED]
    if hosts.is_named(first, scope["scheme"]):
        rest = [(name, value) for name, value in rest if name != b"host"]
        rest += [(b"host", first.encode("latin-1")), (FORWARDED, first.encode("latin-1"))]
    return {**scope, "headers": rest}


def _host(scope: Scope) -> str:
    """The one Host that was asked for; empty if there is none, or more than one."""
    found = [value for name, value in scope["headers"] if name == b"host"]
    return found[0].decode("latin-1") if len(found) == 1 else ""


class Http(H11Protocol):
    """HTTP; what cannot be read as such is told in a sentence of ours."""

    def send_400_response(self, msg: str) -> None:
        """The last words on this connection."""
        super().send_400_response(UNREADABLE)


class Socket(WebSocketsSansIOProtocol):
    """A WebSocket; one that is refused with a sentence has been answered.

    Without this uvicorn takes it for one that was left without an answer, and logs that.
    """

    async def send(self, message: Any) -> None:
        """One message of the lab."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body":
            self.handshake_complete = True
