"""Every refusal is a page of the lab for who reads, and a sentence for a script."""

import json
import logging
from collections.abc import Callable
from html import escape
from http import HTTPStatus
from typing import Any

from apps.kit import shell
from apps.kit.gate import Receive, Scope, Send
from apps.kit.theme import css

LARGEST = 64 * 1024  # bytes of an answer that refuses; what is longer is no sentence
SENTENCES = {
    400: "This request cannot be read: open the lab's first page and go on from there.",
    403: "This is not given out: open the lab's first page and choose something there.",
    404: "There is nothing at this address: open the lab's first page and choose a page there.",
    405: "Nothing can be sent to this address like that: open it as a page, or use the page's "
    "own buttons.",
    413: "This is more than the lab takes: make it smaller and send it again.",
    422: "Something is missing in this address, or is not what belongs there: open it from the "
    "page that made it.",
    500: "Something failed in the lab; what runs goes on. Open the page again, and if it fails "
    "again, choose other settings.",
    503: "The lab cannot answer this now: open the page again in a moment.",
}
NO_SOCKET = "This page is not of this lab, or there is no such socket: open the lab itself."
TITLES = {
    403: "Not from here", 404: "There is no such page", 405: "Not like that",
    414: "This address is too long", 500: "Something failed", 503: "Not now",
}  # fmt: skip
_KEPT = (b"allow", b"retry-after", b"cache-control")
_STYLE = "body { margin: 40px auto; padding: 0 24px; max-width: 640px; font: 15px/1.5 system-ui }"
_log = logging.getLogger(__name__)

Page = Callable[[str, str], str]
"""A page of a title and a sentence."""


def page(header: str) -> Page:
    """Makes pages in the lab's shell, with the way back."""

    def made(title: str, sentence: str) -> str:
        body = f"""{header}
<main>
{shell.heading(title, escape(sentence))}
<div class="heading"><a class="button strong" href="/">To the first page</a></div>
</main>"""
        return shell.document(_head(title), body, kind="refused")

    return made


def _head(title: str) -> str:
    return f"""<title>{escape(title)} · {escape(shell.TITLE)}</title>
<link rel="icon" href="/favicon.ico" type="image/svg+xml">
<style>{css()}</style>
<link rel="stylesheet" href="/static/lab.css">
<link rel="stylesheet" href="/static/top.css">
<script src="/static/theme.js"></script>"""


def bare(title: str, sentence: str) -> str:
    """A page that needs nothing else: nothing else may be asked for."""
    head = f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>"
    return shell.document(head, f"<h1>{escape(title)}</h1><p>{escape(sentence)}</p>", kind="bare")


async def refuse(
    scope: Scope,
    send: Send,
    status: int,
    sentence: str,
    *,
    headers: list[tuple[bytes, bytes]] | None = None,
    made: Page = bare,
) -> None:
    """Answer with a sentence: as a page, as JSON, or as the answer to a socket that asked to open."""
    kind, data = b"application/json", json.dumps({"sentence": sentence}).encode()
    if _reads(scope):
        title = TITLES.get(status, "This cannot be done")
        kind, data = b"text/html; charset=utf-8", made(title, sentence).encode()
    sent = [*(headers or []), (b"content-type", kind), (b"content-length", b"%d" % len(data))]
    prefix = "http.response"
    if scope["type"] == "websocket":
        if not _can_be_told(scope):
            await send({"type": "websocket.close", "code": 1008})
            return
        prefix = "websocket.http.response"
    await send({"type": f"{prefix}.start", "status": status, "headers": sent})
    body = b"" if scope.get("method") == "HEAD" else data
    await send({"type": f"{prefix}.body", "body": body})


def _reads(scope: Scope) -> bool:
    """Whether somebody will read the answer, and no script."""
    accepted = dict(scope["headers"]).get(b"accept", b"")
    return scope["type"] == "http" and b"text/html" in accepted


def install(app: Any, header: str) -> None:
    """Have a FastAPI app refuse in this way; header: what stands at the top of its pages."""
    from fastapi.exceptions import RequestValidationError

    app.add_exception_handler(RequestValidationError, _unfit)
    app.add_middleware(Refusals, made=page(header))


class Refusals:
    """Turns every answer that refuses into a sentence, whoever gave it; and a failure, too.

    Sentences of the lab pass as they are, or as a page for who reads; the words
    of Gradio, Streamlit and FastAPI do not.
    """

    def __init__(self, app: Any, made: Page) -> None:
        self._app, self._made = app, made

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or socket."""
        if scope["type"] == "websocket":
            await self._app(scope, receive, _answering(scope, send))
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        held = _Held(send)
        try:
            await self._app(scope, receive, held.send)
        except Exception:
            if held.begun:  # half of it is out: whoever serves cuts it off, and says why
                raise
            _log.exception("a request failed")
            held.refuse(500)
        if held.sentence and not _reads(scope):
            await held.release()
        elif held.status:
            sentence = held.sentence or SENTENCES.get(held.status) or _usual(held.status)
            kept = [(k, v) for k, v in held.headers if k.lower() in _KEPT]
            await refuse(scope, send, held.status, sentence, headers=kept, made=self._made)


def _can_be_told(scope: Scope) -> bool:
    return "websocket.http.response" in (scope.get("extensions") or {})


def _answering(scope: Scope, send: Send) -> Send:
    """Sends for a socket; one that is closed before it was opened is told why."""
    begun = False

    async def sending(message: Any) -> None:
        nonlocal begun
        if begun or message["type"] != "websocket.close":
            begun = True
            await send(message)
        else:
            said = message.get("reason") or NO_SOCKET
            await refuse(scope, send, 403, said)

    return sending


class _Held:
    """Passes an answer on, or keeps it back if it refuses."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun, self.status = False, 0
        self.headers: list[tuple[bytes, bytes]] = []
        self._start: Any = None
        self._body = bytearray()

    async def send(self, message: Any) -> None:
        """One message of the answer."""
        if message["type"] == "http.response.start" and message["status"] >= 400:
            self.refuse(message["status"], message["headers"])
            self._start = message
        elif not self.status:
            self.begun = True
            await self._send(message)
        elif message["type"] == "http.response.body" and len(self._body) < LARGEST:
            self._body += message.get("body", b"")

    def refuse(self, status: int, headers: Any = ()) -> None:
        """Whatever is said from here on is no answer yet."""
        self.status, self.headers = status, list(headers)
        self._body.clear()

    @property
    def sentence(self) -> str:
        """The sentence of ours that stands in it; empty if none does."""
        try:
            told = json.loads(self._body)
        except (ValueError, RecursionError):
            return ""
        said = told.get("sentence", told.get("refused")) if isinstance(told, dict) else ""
        return said if isinstance(said, str) else ""

    async def release(self) -> None:
        """Let it go as it is."""
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": bytes(self._body)})


def _unfit(_: Any, error: Any) -> Any:
    """The answer where a parameter of an address is missing or wrong."""
    from fastapi.responses import JSONResponse

    first = error.errors()[0]
    name, value = str(first["loc"][-1])[:40], first.get("input")
    what = (
        f"{name} is missing" if first["type"] == "missing" else f"{name} = {value!r:.40} is wrong"
    )
    said = f"{what} in this address: open it from the page that made it."
    return JSONResponse({"sentence": said}, 422)


def _usual(status: int) -> str:
    known = {one.value: one.phrase for one in HTTPStatus}
    return f"{known.get(status, 'It failed')}: open the lab's first page and go on from there."
