"""The course as a part of the lab: one Streamlit app under /course.

Streamlit is imported when the lab itself is ready, or when somebody asks for
the course before that; until then nothing of it costs anything. Its pages get
the lab's own header, and its theme follows the lab's.
"""

import asyncio
import html
import logging
import re
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import JSONResponse

from apps.course import PATH
from apps.kit import dressing, shell
from apps.kit.gate import Receive, Scope, Send
from apps.kit.theme import css
from apps.stage.door.origin import STRANGER, is_ours

SCRIPT = Path(__file__).with_name("course.py")
LESSONS = SCRIPT.with_name("lessons")
READS = ("GET", "HEAD")
REFUSED = 1008  # a socket's code for what is against the rules


class Course:
    """An ASGI app: who may come in, and Streamlit behind it, started at the first need."""

    def __init__(self, links: Iterable[shell.Link], device: str) -> None:
        self._app: Any = None
        self._wanted, self._ready, self._over = (asyncio.Event() for _ in range(3))
        self._head, self._header = _head(), shell.header(links, f"{PATH}/", device, shows=True)
        self._failure = ""

    @asynccontextmanager
    async def life(self) -> AsyncIterator[Callable[[], None]]:
        """As long as the lab lives; gives what starts Streamlit, from any thread."""
        loop = asyncio.get_running_loop()
        living = asyncio.ensure_future(self._live())

        def start() -> None:
            with suppress(RuntimeError):  # the lab was closed meanwhile
                loop.call_soon_threadsafe(self._wanted.set)

        try:
            yield start
        finally:
            self._over.set()
            self._wanted.set()
            await living

    async def _live(self) -> None:
        """Entered and left in one task, as Streamlit's own life wants it."""
        await self._wanted.wait()
        if self._over.is_set():
            return
        try:
            app = await asyncio.to_thread(_streamlit)
            async with app.lifespan()(app):
                self._app = app
                self._ready.set()
                await self._over.wait()
        except Exception as error:  # noqa: BLE001  told in the terminal and on the page
            self._failure = f"The course cannot open. {type(error).__name__}: {error}"
            sys.stderr.write(f"{self._failure}\n")
            self._ready.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or socket; only GET, HEAD and sockets, and only from our pages."""
        if not is_ours(Headers(scope=scope)):
            await _refuse(scope, receive, send)  # before Streamlit: it would ask who it is itself
            return
        if scope["type"] == "http" and scope["method"] not in READS:
            said = "Nothing can be sent to the course: open its pages."
            answer = JSONResponse({"sentence": said}, 405, {"Allow": ", ".join(READS)})
            await answer(scope, receive, send)
            return
        self._wanted.set()
        await self._ready.wait()
        if self._failure:
            await JSONResponse({"sentence": self._failure}, 503)(scope, receive, send)
            return
        dress = partial(dressed, head=self._head, header=self._header)
        dressing_up = dressing.dressing(scope, _known(scope, send), dress)
        await self._app(_plain_request(scope), receive, dressing_up)


_FONT = re.compile(r'<link\s+rel="preload"[^>]*as="font"[^>]*>')


def _streamlit() -> Any:
    """The Streamlit app; the import takes a second."""
    import streamlit
    from streamlit import config

    logging.getLogger(_SOCKET).addFilter(_in_a_line)
    app = streamlit.App(str(SCRIPT))
    app.lifespan()  # makes the runtime, so that nothing is left to do in the loop
    config.get_option("theme.base")  # reads the configuration beside the script
    return app


_SOCKET = "streamlit.web.server.starlette.starlette_websocket"


def _in_a_line(record: logging.LogRecord) -> bool:
    """What cannot be read on a socket is somebody else's fault: no traceback."""
    record.exc_info = record.exc_text = None
    return True


def _plain_request(scope: Scope) -> Scope:
    """The request, so that a page comes as it can be rewritten; scripts and styles may be packed."""
    if scope["type"] != "http" or b"text/html" not in dict(scope["headers"]).get(b"accept", b""):
        return scope
    return dressing.plain(scope)


def _known(scope: Scope, send: Send) -> Send:
    """Streamlit answers every address with its page; one that is none of ours is not there."""
    path = scope["path"].removeprefix(PATH).strip("/")
    pages = {"", *(file.stem.replace("_", "-") for file in LESSONS.glob("[!_]*.py"))}

    async def passed(message: Any) -> None:
        if message["type"] == "http.response.start" and path not in pages:
            kind = dict(message["headers"]).get(b"content-type", b"")
            if message["status"] == 200 and kind.startswith(b"text/html"):
                message = {**message, "status": 404}
        await send(message)

    return passed


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": REFUSED})
    else:
        await JSONResponse({"sentence": STRANGER}, 403)(scope, receive, send)


def _head() -> str:
    """What the course loads beside Streamlit: our tokens, and the theme before it is drawn."""
    return f"""<title>Course · {html.escape(shell.TITLE)}</title>
<meta name="description" content="The course: what the notes say, live and proved.">
<link rel="icon" href="/favicon.ico" type="image/svg+xml">
<style>{css()}</style>
<link rel="stylesheet" href="/static/top.css">
<link rel="stylesheet" href="/static/course.css">
<script src="/static/theme.js"></script>
<script src="/static/course.js"></script>
"""


def dressed(page: str, head: str, header: str) -> str:
    """Streamlit's page with our head, and the lab's header above its app."""
    page = page.replace("<title>Streamlit</title>", head, 1)
    page = page.replace('<link rel="shortcut icon" href="./favicon.png" />', "", 1)
    page = _FONT.sub("", page)  # of Streamlit's own, which nothing here is set in
    return page.replace('<div id="root">', f'{header}<div id="root">', 1)
