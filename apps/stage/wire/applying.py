"""What a run has learned, put to use: on pictures that are sent, and as a file to keep or bring back.

A picture is painted and forgotten. A page sends its next one when the last has
come back, so there is never a queue of one visitor's; of all visitors together
only a few may wait.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from apps.stage.errors import StageError
from apps.stage.stage import Stage
from apps.stage.wire.http import answered, body
from core import pictures
from core.probe import State

LARGEST = 400_000  # bytes of a picture of the camera
HEAVIEST = 2_000_000  # bytes of a file that was kept
SIDE = 256  # px: the longer side of what comes back
WAITING = 8  # pictures of all visitors, that one included which is being painted
QUALITY = 85


def router(stage: Stage) -> APIRouter:
    """The routes /run/{number}/applied, /run/{number}/weights and /brought/{name}."""
    found = APIRouter()
    painter = ThreadPoolExecutor(1, "stage-apply")
    waiting: set[object] = set()

    @found.post("/run/{number}/applied")
    async def applied(request: Request, number: int, token: str = "") -> Response:
        async def answer() -> Response:
            data = await body(request, LARGEST)
            probe, state = await _learned(stage, number, token, "applied")
            if len(waiting) >= WAITING:
                raise StageError(f"{WAITING} pictures wait to be painted already: try again.")
            mine = object()
            waiting.add(mine)
            try:
                loop = asyncio.get_running_loop()
                made = await loop.run_in_executor(painter, _painted, probe, state, data)
            finally:
                waiting.discard(mine)
            return Response(made, media_type="image/jpeg", headers=_FRESH)

        return await answered(answer)

    @found.get("/run/{number}/weights")
    async def weights(number: int, token: str = "") -> Response:
        async def answer() -> Response:
            probe, state = await _learned(stage, number, token, "weights")
            made = await asyncio.to_thread(probe.weights, state)
            return Response(made, media_type="application/octet-stream", headers=_FRESH)

        return await answered(answer)

    _brought(found, stage)
    return found


def _brought(found: APIRouter, stage: Stage) -> None:
    """The route that takes a file which was kept."""

    @found.post("/brought/{name}")
    async def brought(request: Request, name: str) -> Response:
        async def answer() -> Response:
            data = await body(request, HEAVIEST)
            probe = stage.probe(name)
            if probe.brought is None:
                raise StageError(f"{probe.title} takes no such file: open Painter.")
            read = probe.brought
            kept = await asyncio.to_thread(lambda: stage.shelf.keep(read(data)))
            return JSONResponse({"name": kept.name})

        return await answered(answer)


_FRESH = {"Cache-Control": "no-store"}


async def _learned(stage: Stage, number: int, token: str, what: str) -> tuple[Any, State]:
    """The probe of a run and the state of its latest frame; raises a sentence if it learns nothing."""
    staged = stage.find(number, token)
    probe = staged.opening.probe
    if {"applied": probe.applied, "weights": probe.weights}[what] is None:
        raise StageError(f"{probe.title} learns nothing that could be put to use: open Painter.")
    frame, _ = await stage.look(staged)
    if frame is None:
        raise StageError("Nothing has been learned yet: wait for the first step.")
    return probe, frame.state()


def _painted(probe: Any, state: State, data: bytes) -> bytes:
    x = probe.applied(state, pictures.read(data, side=SIDE))
    return pictures.jpeg(pictures.to_uint8(x).cpu(), QUALITY)
