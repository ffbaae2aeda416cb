"""Units: a sheet of everything that a layer looks for. Click one, and it starts live."""

import asyncio
from collections.abc import Sequence
from html import escape
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, JSONResponse, Response

from apps.kit import served, shell
from apps.stage import Stage, StageError
from apps.stage.door.origin import STRANGER, is_ours
from apps.stage.errors import spoken
from core import models
from core.atlas import quick, sprites
from core.models import Classifier
from core.models.catalogue import CATALOGUE
from core.probes import features

ADDRESS, TITLE, GROUP = "/units/", "Units", "Look in"
QUESTION = "Which units are there?"
LAYER = "blocks.4"  # shown first
A_DAY = served.A_DAY


def html(links: Sequence[shell.Link], device: str) -> str:
    """The page; its script fills the sheet."""
    config = {
        "layer": LAYER,
        "network": features.Settings().network,
        "defaults": {"network": features.Settings().network, "layer": features.Settings().layer},
        "device": device,
    }
    networks = "".join(
        f'<option value="{escape(name)}">{escape(entry.title)}</option>'
        for name, entry in CATALOGUE.items()
        if models.is_here(name)
    )
    said = (
        "The network stays as it is. Every tile is a picture that drives one unit of "
        '<select id="layer" aria-label="Layer"></select> of '
        f'<select id="network" aria-label="Network">{networks}</select>'
        ". Click one, and it starts live."
    )
    body = f"""{shell.header(links, ADDRESS, device, shows=True)}
<main>
{shell.heading(QUESTION, said)}
<div class="tools">
  <div class="row">
    <label>Order <select id="sort">
      <option value="number">by number</option>
      <option value="score">by score</option></select></label>
    <label>Unit <input id="find" type="number" min="0" step="1" inputmode="numeric"></label>
    <label id="quiet"><input id="silent" type="checkbox"> without silent units</label>
    <span id="count"></span>
  </div>
  <p id="said"></p>
</div>
<p class="notice" role="alert" hidden></p>
<ol id="units" aria-label="Units"></ol>
<p id="about"></p>
</main>"""
    head = shell.head(f"{TITLE} · {shell.TITLE}", config, script="units")
    return shell.document(head, body, kind="atlas")


def card() -> str:
    """The question on the front page, above it tiles that were rendered beforehand."""
    return (
        f'<li><a href="{ADDRESS}"><span class="pane">'
        '<img src="/units/card.webp" alt="" loading="lazy"><span class="recorded">recorded</span>'
        f"</span><b>{escape(QUESTION)}</b><span>every unit of a layer</span></a></li>"
    )


def router(stage: Stage) -> APIRouter:
    """What the page fetches: a layer's table, its sheets; and what a run has made, to be kept."""
    found = APIRouter()

    @found.get("/units/layer.json")
    async def layer(network: str, layer: str) -> Response:
        return await _answered(lambda: _table(network, layer))

    @found.get("/units/sheet.webp")
    async def sheet(network: str, layer: str, first: int = -1) -> Response:
        return await _answered(lambda: _sheet(network, layer, first))

    @found.get("/units/card.webp")
    async def front() -> Response:
        path = sprites.SHIPPED / sprites.CARD
        return FileResponse(path, media_type="image/webp", headers=A_DAY)

    @found.post("/units/keep")
    async def keep(request: Request, run: int, token: str) -> Response:
        if not is_ours(request.headers):
            return JSONResponse({"sentence": STRANGER}, status_code=403)
        try:
            frame, record = await stage.look(stage.find(run, token))
        except StageError as error:
            return JSONResponse({"sentence": str(error)}, status_code=404)
        return await _answered(lambda: _kept(record, frame))

    return found


async def _answered(answer: Any) -> Response:
    """The answer, made off the event loop; a sentence of ours if there is none."""
    try:
        return await asyncio.to_thread(answer)
    except (ValueError, LookupError) as error:
        if not spoken(error):
            raise
        return JSONResponse({"sentence": str(error)}, status_code=404)
    except OSError as error:
        said = f"The tiles could not be kept ({error.strerror}): make room, or name LAB_CACHE."
        return JSONResponse({"sentence": said}, status_code=507)


def _table(name: str, layer: str) -> Response:
    """A layer's units: where their pictures are, and what was measured on them."""
    network = models.classifier(name)
    info = network.layer(layer)
    whole = sprites.shipped(network).get(layer)
    groups = [] if whole else quick.cached_groups(network, layer)
    numbers: list[Any] = [None] * info.channels
    if whole:
        numbers = whole.units()
    for group in groups:
        numbers[group.first : group.first + len(group.numbers)] = group.numbers
    small = features.Settings(**quick.settings(name, layer, 0))
    known = {
        "network": name,
        "title": network.title,
        "layer": layer,
        "kind": info.kind,
        "channels": info.channels,
        "numbers": numbers,
        "sheets": [_whole(network, layer, whole)] if whole else [
            _group(network, layer, group.first, len(group.numbers)) for group in groups
        ],
        "whole": bool(whole),
        "group": quick.GROUP,
        "open": quick.settings(name, layer, 0),
        "quick": {"steps": small.steps, "canvas": small.canvas},
    }  # fmt: skip
    return JSONResponse(known, headers={"Cache-Control": "no-cache"})


def _whole(network: Classifier, layer: str, sheet: sprites.Sheet) -> dict[str, Any]:
    rows = -(-sheet.count // sheet.columns)
    return {
        "address": _address(network, layer),
        "first": 0,
        "count": sheet.count,
        "columns": sheet.columns,
        "rows": rows,
    }


def _group(network: Classifier, layer: str, first: int, count: int) -> dict[str, Any]:
    return {
        "address": _address(network, layer, first=first),
        "first": first,
        "count": count,
        "columns": quick.COLUMNS,
        "rows": quick.GROUP // quick.COLUMNS,
    }


def _address(network: Classifier, layer: str, **more: Any) -> str:
    """The address of a sheet; other weights have another, so that a browser may keep it."""
    asked = {"network": network.name, "layer": layer, **more, "of": network.fingerprint}
    return f"/units/sheet.webp?{urlencode(asked)}"


def _sheet(name: str, layer: str, first: int) -> Response:
    network = models.classifier(name)
    network.layer(layer)
    group = quick.one(network, layer, first) if first >= 0 else None
    whole = sprites.shipped(network).get(layer) if first < 0 else None
    path = group.path if group else whole.path if whole else None
    if path is None:
        raise StageError(f"There is no sheet of {layer} of {network.title} yet.")
    return FileResponse(path, media_type="image/webp", headers=A_DAY)


def _kept(record: dict[str, Any], frame: Any) -> Response:
    """The group that a run has made, kept if it is one."""
    settings = record["settings"]
    network = models.classifier(settings.get("network", features.Settings().network))
    group = quick.keep(network, record, frame) if frame else None
    if group is None:
        raise StageError("This run is none of the page's own, or is not at its end.")
    layer = settings.get("layer", features.Settings().layer)
    count = len(group.numbers)
    return JSONResponse(
        {**_group(network, layer, group.first, count), "numbers": group.numbers}
    )  # fmt: skip
