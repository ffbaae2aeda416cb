"""What answers while the lab is being built, and steps aside when it is there."""

import asyncio
import html
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

OPENING = Path(__file__).resolve().parents[1] / "static" / "opening.html"


class Gate:
    """Answers from the first second; everything goes to the lab itself once that is built."""

    def __init__(self, build: Callable[[], Any]) -> None:
        self._build = build
        self._lab: Any = None
        self._failure = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, socket or life."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif self._lab is not None:
            await self._lab(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1013})  # try again later
        else:
            await self._wait(scope, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        over = asyncio.ensure_future(receive())
        building = asyncio.ensure_future(asyncio.to_thread(self._build))
        await asyncio.wait({over, building}, return_when=asyncio.FIRST_COMPLETED)
        if building.done():
            await self._open(building, over)
        await over
        await send({"type": "lifespan.shutdown.complete"})

    async def _open(self, building: asyncio.Future[Any], over: asyncio.Future[Any]) -> None:
        try:
            lab = building.result()
        except Exception as error:  # noqa: BLE001  told in the terminal and on the page
            self._failure = f"{type(error).__name__}: {error}"
            sys.stderr.write(f"The lab cannot open. {self._failure}\n")
            return
        async with lab.router.lifespan_context(lab):  # entered and left in one task
            self._lab = lab
            await over

    async def _wait(self, scope: Scope, send: Send) -> None:
        if scope["path"] == "/healthz":
            body, kind, status = b'{"ready":false}', b"application/json", 200
        elif b"text/html" in dict(scope["headers"]).get(b"accept", b""):
            page = OPENING.read_text()
            if self._failure:
                page = page.replace("The lab is opening", "The lab cannot open").replace(
                    "A few seconds.", html.escape(self._failure)
                )
            body, kind, status = page.encode(), b"text/html; charset=utf-8", 200
        else:
            body, kind, status = b"The lab is opening.", b"text/plain", 503
        headers = [(b"content-type", kind), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
