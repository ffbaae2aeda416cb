"""Gallery: pictures that fooled a network. Each says so itself, and is checked again on the spot."""

import asyncio
import base64
from collections.abc import Awaitable, Callable, Sequence
from functools import cache, lru_cache
from html import escape
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from torch import Tensor

from apps.kit import served, shell
from apps.stage import Stage, StageError
from apps.stage.door.public import is_public
from apps.stage.errors import spoken
from apps.stage.wire.http import AT_ONCE, answered, body, ours
from core import pictures
from core.gallery import checking, keeping

ADDRESS, TITLE, GROUP = "/app/gallery/", "Gallery", "Fool"
QUESTION = "What fooled, and does it still?"
HOW = "kept pictures, checked again"
PUBLIC = "This lab is public and keeps nothing for its visitors: save the PNG, it carries all."
FRESH = {"Cache-Control": "no-store"}


def html(links: Sequence[shell.Link], device: str) -> str:
    """The page; its script has every picture checked."""
    config = {
        "shipped": list(keeping.shipped()),
        "public": is_public(),
        "verdicts": [checking.KEPT, checking.LOST, checking.UNKNOWN],
    }
    stays = (
        "What you drop stays in this tab."
        if is_public()
        else "What you drop stays in this tab until you keep it."
    )
    said = (
        "Every picture here says of itself that a network takes it for something. None of them is "
        "believed: its pixels are shown to that network again, now, and to others that were not asked."
    )
    body = f"""{shell.header(links, ADDRESS, device, shows=True)}
<main>
{shell.heading(QUESTION, said)}
<div class="tools">
  <label class="button">Check PNGs of yours…<input type="file" class="unseen" id="bring"
    accept="image/png" multiple></label>
  <span class="hint">Or drop them anywhere. They come from Fool, Evolve or Linear. {stays}</span>
  <label class="which">Show <select id="which"><option value="">all</option></select></label>
  <span id="count" role="status"></span>
</div>
<p class="notice" role="alert" hidden></p>
<ul id="cards" aria-label="Pictures that fooled"></ul>
<p id="about">The first {len(keeping.shipped())} ship with the lab: their photographs and classes were
drawn by seed, and what fooled nobody was left out (<code>python -m core gallery make</code>). Differences are magnified until they are seen.
A picture that fools a network says nothing of how the network reads those that nobody made for it.</p>
</main>"""
    head = shell.head(f"{TITLE} · {shell.TITLE}", config, script="gallery")
    return shell.document(head, body, kind="gallery")


def card() -> str:
    """The question on the front page, above it a few of the pictures."""
    return (
        f'<li><a href="{ADDRESS}"><span class="pane">'
        '<img src="/gallery/card.png" alt="" loading="lazy"><span class="recorded">recorded</span>'
        f"</span><b>{escape(QUESTION)}</b><span>{escape(HOW)}</span></a></li>"
    )


def router(stage: Stage) -> APIRouter:  # noqa: C901  a list of small routes
    """What the page fetches: pictures, and what became of their claims; and what is kept."""
    found = APIRouter()
    checking_now = asyncio.Semaphore(AT_ONCE)

    async def worked(act: Callable[[], Any]) -> Response:
        """The answer of slow work, bytes as a PNG and all else as JSON; one at a time."""
        async with checking_now:
            found = await asyncio.to_thread(act)
        if isinstance(found, bytes):
            return Response(found, media_type="image/png", headers=FRESH)
        return JSONResponse(found, headers=FRESH)

    @found.get("/gallery/list.json")
    async def listing() -> Response:
        kept = [] if is_public() else await asyncio.to_thread(keeping.saved_pictures)
        return JSONResponse({"kept": list(kept)}, headers=FRESH)

    @found.get("/gallery/{shelf}/{name}.png")
    async def picture(shelf: str, name: str) -> Response:
        async def answer() -> Response:
            return FileResponse(_path(shelf, name), media_type="image/png", headers=FRESH)

        return await answered(answer)

    @found.get("/gallery/{shelf}/{name}.json")
    async def known(shelf: str, name: str) -> Response:
        return await answered(lambda: worked(lambda: _known(shelf, name)))

    @found.get("/gallery/card.png")
    async def front() -> Response:
        data = await asyncio.to_thread(_card)
        return Response(data, media_type="image/png", headers=served.A_DAY)

    @found.post("/gallery/check")
    async def check(request: Request) -> Response:
        async def answer() -> Response:
            data = await body(request)
            return await worked(lambda: _as_json(data))

        return await answered(lambda: _refusing(answer))

    _keeping(found, stage, worked)
    return found


async def _refusing(answer: Callable[[], Awaitable[Response]]) -> Response:
    """The answer, or {"refused": why} for what the core says of a picture.

    Not a 422: a browser's console counts those as errors of the page, and that a
    picture fools nobody is none.
    """
    try:
        return await answer()
    except (ValueError, LookupError) as error:
        if not (spoken(error) and type(error).__module__.startswith("core")):
            raise
        return JSONResponse({"refused": str(error)}, headers=FRESH)


def _keeping(found: APIRouter, stage: Stage, worked: Callable[..., Any]) -> None:
    """The routes that keep what was dropped or found, and remove it."""

    @found.post("/gallery/keep")
    async def keep(request: Request) -> Response:
        async def answer() -> Response:
            data = await body(request)
            _private()
            return await _refusing(lambda: worked(lambda: {"name": _kept(data)}))

        return await answered(answer)

    @found.post("/gallery/run")
    async def exhibit(request: Request, run: int, token: str, label: int = -1) -> Response:
        async def answer() -> Response:
            ours(request)
            staged = stage.find(run, token)
            frame, record = await stage.look(staged)
            if frame is None:
                raise StageError("There is nothing to keep yet: wait for the first step.")
            inputs = {name: one.png() for name, one in staged.opening.uploads.items()}
            return await worked(lambda: _exhibit(record, frame, inputs, label))

        return await answered(lambda: _refusing(answer))

    @found.delete("/gallery/kept/{name}")
    async def remove(request: Request, name: str) -> Response:
        async def answer() -> Response:
            ours(request)
            _private()
            return await worked(lambda: keeping.drop(name))

        return await answered(answer)


def _exhibit(record: Any, frame: Any, inputs: Any, label: int) -> Any:
    """What a run has found: kept, or in public given to the visitor."""
    data = keeping.exhibit(record, frame, inputs, label)
    return data if is_public() else {"name": _kept(data)}


def _private() -> None:
    if is_public():
        raise StageError(PUBLIC)


def _kept(data: bytes) -> str:
    try:
        return keeping.keep(data)
    except OSError as error:
        said = f"This picture could not be kept ({error.strerror}): make room, or name LAB_CACHE."
        raise StageError(said) from None


def _path(shelf: str, name: str) -> Any:
    """The file of that name; raises StageError. In public there is only what ships."""
    known = keeping.shipped() if shelf == "shipped" else {}
    if shelf == "kept" and not is_public():
        known = keeping.saved_pictures()
    if name not in known:
        raise StageError("That picture is not in the gallery: choose one that is.")
    return known[name]


def _known(shelf: str, name: str) -> dict[str, Any]:
    data = _path(shelf, name).read_bytes()
    return _remembered(data) if shelf == "shipped" else _as_json(data)


@lru_cache(maxsize=64)
def _remembered(data: bytes) -> dict[str, Any]:
    """The same bytes and the same networks give the same answer: asked once a start of the lab."""
    return _as_json(data)


def _as_json(data: bytes) -> dict[str, Any]:
    """What was checked, with the picture before and the difference in it."""
    checked = checking.check(data)
    shown = {name: _address(x) for name, x in checking.beside_it(checked).items()}
    return checking.as_json(checked) | shown


def _address(x: Tensor) -> str:
    return f"data:image/png;base64,{base64.b64encode(pictures.png(x)).decode()}"


@cache
def _card() -> bytes:
    return pictures.png(keeping.sheet())
