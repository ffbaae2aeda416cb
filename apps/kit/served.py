"""What pages fetch: thumbnails, code, keyframes, statics."""

import asyncio
import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from fastapi.staticfiles import StaticFiles

from apps.kit.code import lines
from apps.kit.shell import STATIC, TITLE
from apps.kit.theme import TOKENS
from core import pictures, records
from core.pictures import swatches

KEYFRAMES = Path(__file__).resolve().parents[2] / "assets" / "keyframes"
THUMB = 128  # px
A_DAY = {"Cache-Control": "public, max-age=86400"}


class Statics(StaticFiles):
    """Files that the browser asks for again each time, and gets only if they changed."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """A file or a 304."""
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


def router() -> APIRouter:  # noqa: C901  a list of small routes
    """Routes that know no run."""
    found = APIRouter()

    @found.get("/thumbs/{name}.jpg")
    async def thumb(name: str) -> Response:
        if name not in pictures.shipped() and name not in swatches.names():
            return _none("picture", name)
        data = await asyncio.to_thread(_thumb, name)
        return Response(data, media_type="image/jpeg", headers=A_DAY)

    @found.get("/code")
    async def code(r: str) -> Response:
        try:
            return PlainTextResponse(lines(records.unpack(r)))
        except (LookupError, ValueError) as error:
            return JSONResponse({"sentence": str(error)}, status_code=422)

    @found.get("/keyframes/{name}.webp")
    async def keyframe(name: str) -> Response:
        path = keyframes().get(name)
        if path is None:
            return _none("keyframe", name)
        return FileResponse(path, media_type="image/webp", headers=A_DAY)

    @found.get("/keyframes/{name}.jpg")
    async def still(name: str) -> Response:
        path = keyframes().get(name)
        if path is None:
            return _none("keyframe", name)
        data = await asyncio.to_thread(_still, path)
        return Response(data, media_type="image/jpeg", headers=A_DAY)

    @found.get("/plotly.min.js")
    async def turned() -> Response:
        path = plotly()
        if path is None:
            return _none("script", "plotly.min.js")
        return FileResponse(path, media_type="text/javascript", headers=A_DAY)

    @found.get("/favicon.ico")
    async def favicon() -> Response:
        return FileResponse(STATIC / "favicon.svg", media_type="image/svg+xml", headers=A_DAY)

    @found.get("/manifest.json")
    async def manifest() -> Response:
        icon = {"src": "/favicon.ico", "sizes": "any", "type": "image/svg+xml"}
        colour = TOKENS["background"][0]
        return JSONResponse(
            {
                "name": TITLE,
                "short_name": TITLE,
                "start_url": "/",
                "display": "standalone",
                "background_color": colour,
                "theme_color": colour,
                "icons": [icon],
            }
        )

    return found


def keyframes() -> dict[str, Path]:
    """Recorded pictures that stand for a page, by its name."""
    return {path.stem: path for path in sorted(KEYFRAMES.glob("*.webp"))}


@cache
def plotly() -> Path | None:
    """The script that draws in three dimensions, as its package has it; None where that is not here."""
    spec = importlib.util.find_spec("plotly")
    folder = Path(spec.origin).parent if spec and spec.origin else Path()
    path = folder / "package_data" / "plotly.min.js"
    return path if path.exists() else None


def _none(what: str, name: str) -> Response:
    said = f"There is no {what} {name[:40]!r}: choose one on a page of the lab."
    return JSONResponse({"sentence": said}, 404)


@cache
def _still(path: Path) -> bytes:
    return pictures.jpeg(pictures.to_uint8(pictures.last(path)))


@cache
def _thumb(name: str) -> bytes:
    shelf = swatches if name in swatches.names() else pictures
    x = pictures.square(shelf.load(name), THUMB)
    return pictures.jpeg(pictures.to_uint8(x))
