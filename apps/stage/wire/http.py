"""The routes beside the socket: pictures in, pictures out with what made them inside."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from torch import Tensor

from apps.stage.door.origin import STRANGER, is_ours
from apps.stage.door.shelf import Shelf
from apps.stage.errors import StageError, explained, spoken
from apps.stage.run.staged import Staged
from apps.stage.stage import Stage
from core import records
from core.export import pairs, saved
from core.pictures import panels
from core.probe import PICTURE, Frame

LARGEST = 20 * 10**6  # bytes of an uploaded file
AT_ONCE = 1  # a decoded picture takes up to 0.5 GB
_log = logging.getLogger(__name__)
T = TypeVar("T")


def router(stage: Stage) -> APIRouter:
    """The routes /pictures, /open, /run/{number}/picture.png and /run/{number}/film."""
    found = APIRouter()
    decoding = asyncio.Semaphore(AT_ONCE)

    @found.post("/pictures")
    async def upload(request: Request) -> Response:
        async def answer() -> Response:
            data = await body(request)
            async with decoding:
                kept = await asyncio.to_thread(_tidily, stage, stage.shelf.put, data)
            return JSONResponse({"name": kept.name, "width": kept.width, "height": kept.height})

        return await answered(answer)

    @found.post("/open")
    async def reopen(request: Request) -> Response:
        async def answer() -> Response:
            data = await body(request)
            async with decoding:
                record, names = await asyncio.to_thread(
                    _tidily, stage, _unpacked, data, stage.shelf
                )
            packed = records.pack(record)
            probe = records.unpack(packed)["probe"]
            return JSONResponse({"link": packed, "probe": probe, "uploads": names})

        return await answered(answer)

    @found.get("/run/{number}/picture.png")
    async def picture(number: int, token: str = "", panel: str = "") -> Response:
        async def answer() -> Response:
            staged = stage.find(number, token)
            data = await asyncio.to_thread(saved.packed, *await _looked(stage, staged, panel))
            return Response(data, media_type="image/png", headers={"Cache-Control": "no-store"})

        return await answered(answer)

    _film(found, stage)
    return found


async def _looked(
    stage: Stage, staged: Staged, panel: str
) -> tuple[Tensor, dict[str, Any], dict[str, bytes]]:
    """A picture of now, its record and its inputs; of a run with a twin, both side by side."""
    uploads, frames = dict(staged.opening.uploads), []
    twin = staged.company
    if twin and panel in ("", PICTURE):
        uploads |= twin.opening.uploads
        mine, its, record = await stage.look_pair(staged)
        frames = [mine, its]
    else:
        frame, record = await stage.look(staged)
        frames = [frame] if frame else []
    if not frames:
        raise StageError("There is no picture of this run yet: wait for the first step.")
    found = [await asyncio.to_thread(_seen, frame, panel) for frame in frames]
    record |= {"step": frames[0].step}
    inputs = {name: upload.png() for name, upload in uploads.items()}
    return found[0] if len(found) == 1 else pairs.side_by_side(*found), record, inputs


def _seen(frame: Frame, panel: str) -> Tensor:
    """A panel with the marks that lie over it; no name stands for the first."""
    try:
        return panels.shown(frame.panels, panel or panels.first(frame.panels))
    except panels.NoPanelError:
        raise StageError(f"There is no picture {panel[:40]!r} of this run.") from None


def _film(found: APIRouter, stage: Stage) -> None:  # noqa: C901  a list of small routes
    """The routes that begin, tell of, drop and hand out the film of a run."""

    @found.post("/run/{number}/film")
    async def film(request: Request, number: int, token: str = "", form: str = "mp4") -> Response:
        async def answer() -> Response:
            ours(request)
            made = await stage.film(stage.find(number, token), form)
            return JSONResponse(made.progress())

        return await answered(answer)

    @found.get("/run/{number}/film")
    async def filming(number: int, token: str = "") -> Response:
        async def answer() -> Response:
            progress = stage.film_of(stage.find(number, token)).progress()
            return JSONResponse(progress, headers={"Cache-Control": "no-store"})

        return await answered(answer)

    @found.delete("/run/{number}/film")
    async def cut(request: Request, number: int, token: str = "") -> Response:
        async def answer() -> Response:
            ours(request)
            stage.cut(stage.find(number, token))
            return JSONResponse({})

        return await answered(answer)

    @found.get("/run/{number}/film/file")
    async def filmed(number: int, token: str = "") -> Response:
        async def answer() -> Response:
            made = stage.film_of(stage.find(number, token))
            headers = {"Cache-Control": "no-store"}
            return Response(made.file(), media_type=made.form.media, headers=headers)

        return await answered(answer)


async def answered(answer: Callable[[], Awaitable[Response]]) -> Response:
    """The answer, or the sentence that says why there is none."""
    try:
        return await answer()
    except Exception as error:  # noqa: BLE001  every refusal is a sentence
        if not spoken(error):
            _log.exception("a request failed")
        return JSONResponse({"sentence": explained(error, "This")}, status_code=_status(error))


def _status(error: Exception) -> int:
    if isinstance(error, _RefusedError):
        return error.status
    if not spoken(error):
        return 500
    return 404 if isinstance(error, StageError) else 422


class _RefusedError(ValueError):
    """A request that is not read to its end."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def ours(request: Request) -> None:
    """Raise unless a request comes from a page of this lab."""
    if not is_ours(request.headers):
        raise _RefusedError(403, STRANGER)


async def body(request: Request, largest: int = LARGEST) -> bytes:
    """The bytes sent, counted as they come."""
    ours(request)
    size = f"{largest // 10**6} MB" if largest >= 10**6 else f"{largest // 1000} kB"
    too_large = _RefusedError(
        413, f"This file is larger than {size}: make it smaller and drop it again."
    )
    claimed = request.headers.get("content-length", "")
    if claimed.isdecimal() and int(claimed[:20]) > largest:
        raise too_large
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > largest:
            raise too_large
    return bytes(data)


def _tidily(stage: Stage, read: Callable[..., T], *given: Any) -> T:
    """What a picture file is read as; what reading it took comes back, whether it is one or not."""
    try:
        return read(*given)
    finally:
        stage.tidy()


def _unpacked(data: bytes, shelf: Shelf) -> tuple[dict[str, Any], list[str]]:
    """The record in a saved picture, its inputs put on the shelf; raises PictureError."""
    record, inputs = saved.unpacked(data)
    names = {name: shelf.put(sent).name for name, sent in inputs.items()}
    return saved.renamed(record, names), list(names.values())
