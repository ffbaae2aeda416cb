"""HTML of other libraries, rewritten on its way out."""

from collections.abc import Callable, MutableMapping
from typing import Any

from apps.kit.gate import Scope, Send

Message = MutableMapping[str, Any]

_OF_A_COPY = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")
_OF_THE_BODY = (b"content-length", b"etag", b"last-modified", b"accept-ranges")


def plain(scope: Scope) -> Scope:
    """The request for a page without compression or a cached copy: it is to be rewritten."""
    return {**scope, "headers": [(k, v) for k, v in scope["headers"] if k not in _OF_A_COPY]}


def dressing(scope: Scope, send: Send, dress: Callable[[str], str]) -> Send:
    """Sends HTML as `dress` makes it, all at once; all else passes as it is."""
    start: Message = {}
    body = bytearray()

    async def whole() -> None:
        page = dress(body.decode()).encode() if body else b""
        kept = [(k, v) for k, v in start["headers"] if k.lower() not in _OF_THE_BODY]
        length = (b"content-length", str(len(page)).encode())
        await send({**start, "headers": [*kept, length] if body else start["headers"]})
        sent = b"" if scope["method"] == "HEAD" else page
        await send({"type": "http.response.body", "body": sent})

    async def pass_on(message: Message) -> None:
        if message["type"] == "http.response.start" and _is_page(message):
            start.update(message)
        elif not start or message["type"] != "http.response.body":
            await send(message)
        else:
            body.extend(message.get("body", b""))
            if not message.get("more_body"):
                await whole()

    return pass_on


def _is_page(message: Message) -> bool:
    """Whether these are the headers of an uncompressed HTML page."""
    found = dict(message["headers"])
    return found.get(b"content-type", b"").startswith(b"text/html") and (
        b"content-encoding" not in found
    )
