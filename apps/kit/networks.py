"""What pages ask about networks: which there are, what is inside, how far the fetching of one is."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from apps.kit.served import A_DAY
from apps.stage.door.origin import STRANGER, is_ours
from apps.stage.door.public import allow, is_public
from core import models

FRESH = {"Cache-Control": "no-store"}
AT_ONCE = 2  # networks that are fetched at a time; others wait


def router() -> APIRouter:
    """The routes /networks.json, /networks/NAME.json and /networks/NAME/fetch."""
    found = APIRouter()
    fetches = Fetches()

    @found.get("/networks.json")
    async def networks() -> Response:
        shown = await asyncio.to_thread(_offered)
        return JSONResponse({"networks": shown, "public": is_public()}, headers=FRESH)

    @found.post("/networks/{name:path}/fetch")
    async def fetch(name: str, request: Request) -> Response:
        if not is_ours(request.headers):
            return JSONResponse({"sentence": STRANGER}, 403)
        # an answer, not a 404: a browser's console counts those as errors of the page
        return await _answered(lambda: fetches.begin(name), refused=200)

    @found.get("/networks/{name:path}.json")
    async def network(name: str) -> Response:
        return await _answered(lambda: _inside(name, fetches))

    return found


def _offered() -> list[dict[str, Any]]:
    """What can be chosen, each with its family: a page offers that of its setting alone."""
    found = [
        {**vars(offer), "family": family}
        for family in models.FAMILIES
        for offer in models.offers(family)
        if offer.here or not is_public()
    ]
    return sorted(found, key=lambda one: not one["here"])


async def _answered(answer: Any, refused: int = 404) -> Response:
    try:
        body, status, headers = await asyncio.to_thread(answer)
        return JSONResponse(body, status, headers)
    except (LookupError, ValueError) as error:
        return JSONResponse({"sentence": str(error), "failed": True}, refused, FRESH)


class Fetches:
    """Networks on their way to this computer, each in a thread of its own."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, "lab-fetch")
        self._going: dict[str, Future[None]] = {}

    def begin(self, name: str) -> tuple[dict[str, Any], int, dict[str, str]]:
        """Fetch a network, unless it is on its way; raises a sentence if it cannot be asked for."""
        allow(name)
        models.is_here(name)
        if name not in self._going or self._going[name].done():
            self._going[name] = self._threads.submit(_fetched, name)
        return self.progress(name)

    def progress(self, name: str) -> tuple[dict[str, Any], int, dict[str, str]]:
        """How far it is; or what went wrong, once."""
        going = self._going.get(name)
        if going and going.done():
            self._going.pop(name, None)
            error = going.exception()
            if isinstance(error, LookupError | ValueError):
                return {"sentence": str(error), "failed": True}, 200, FRESH
            going.result()
        said = models.progress(name) or f"Loading {name}."
        return {"sentence": said, "going": going is not None}, 202, FRESH


def _fetched(name: str) -> None:
    models.load(name).twin(0)  # the control is drawn once, too


def _inside(name: str, fetches: Fetches) -> tuple[dict[str, Any], int, dict[str, str]]:
    going = fetches.progress(name)
    if going[0].get("failed") or going[0]["going"] or not models.is_here(name):
        return going
    return _table(name), 200, A_DAY if name in models.names() else FRESH


@cache
def _table(name: str) -> dict[str, Any]:
    """What can be chosen in a model: of a classifier layers and labels, of a generator attributes."""
    found = models.load(name)
    common = {"name": found.name, "title": found.title, "card": vars(found.card)}
    return common | _CHOICES[found.family](found)


def _of_classifier(found: models.Classifier) -> dict[str, Any]:
    groups: dict[str, list[str]] = {}
    for layer in found.layers.values():
        groups.setdefault(_GROUPS.get(layer.kind, _INSIDE), []).append(layer.name)
    return {
        "groups": [[title, groups[title]] for title in _ORDER if title in groups],
        "layers": [
            {
                "name": layer.name,
                "channels": layer.channels,
                "kind": layer.kind,
                "stride": layer.stride,
                "sees": layer.receptive_field,
            }
            for layer in found.layers.values()
        ],
        "first": list(found.first),
        "labels": list(found.labels),
    }


def _of_generator(found: models.Generator) -> dict[str, Any]:
    return {"latent": found.latent, "attributes": list(found.attributes)}


_CHOICES: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "classifier": _of_classifier,
    "generator": _of_generator,
    "reader": lambda found: {},
}


_INSIDE = "Inside the blocks"
_ORDER = "Stages", _INSIDE, "Before the ReLUs", "Logits"
_GROUPS = {"stage output": _ORDER[0], "pre-activation": _ORDER[2], "logits": _ORDER[3]}
