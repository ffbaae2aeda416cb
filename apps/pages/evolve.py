"""Evolve: can you fool it blind? A wall of elites, and each of them close by."""

import asyncio
import base64
import sys
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from apps.kit import Claim, Guess, Page, Preset
from apps.stage import Stage, StageError
from apps.stage.errors import spoken
from core import pictures
from core.probes import evolve

PAGE = Page(
    probe="evolve",
    group="Fool",
    place=70,
    sentence=(
        "{network} is only asked, never looked into: pictures made of {encoding} have children, "
        "and for each class the one that it is surest of keeps its place."
    ),
    presets=(
        Preset(
            "Ten digits that are none, in a minute",
            {},
            63,
            Claim("nines of the least sure", 1.5, "control nines of the least sure"),
            guess=Guess(
                "For each digit, evolution keeps the picture that the network is surest of. What "
                "will the ten pictures look like?",
                ("Ten handwritten digits", "Ten patterns that are no digits", "Ten empty pictures"),
                "Ten patterns that are no digits",
                "Patterns: the network is sure of all ten, and none of them is a digit.",
            ),
        ),
        Preset(
            "Pixel by pixel: noise that is a 7",
            {"encoding": "pixels"},
            63,
            Claim("nines of the least sure", 20.0, "control nines of the least sure"),
        ),
        Preset(
            "A linear model is fooled as well",
            {"network": "digits-linear"},
            63,
            Claim("nines of the least sure", 1.1, "control nines of the least sure"),
        ),
        Preset(
            "A thousand classes of photographs",
            {"network": "lite0"},
            63,
            Claim("median elite", 1.2, "control median elite"),
        ),
        Preset(
            "Regular patterns beside single pixels",
            {"control": False},
            31,
            Claim("nines of the least sure", 1.2, "twin nines of the least sure"),
            twin={"encoding": "pixels"},
        ),
        Preset(
            "Children that are copies: nothing is found any more",
            {"control": False},
            31,
            Claim("nines of the least sure", 1.5, "twin nines of the least sure"),
            twin={"mutation": 0.0},
        ),
    ),
    control="as many pictures at random, the surest of each class",
    extension="evolve",
)


def router(stage: Stage) -> APIRouter:
    """The route of one elite close by."""
    found = APIRouter()

    @found.get("/evolve/elite.json")
    async def elite(run: int, token: str, label: int) -> Response:
        try:
            frame, record = await stage.look(stage.find(run, token))
            told = await asyncio.to_thread(_as_json, frame, record, label)
            return JSONResponse(told, headers={"Cache-Control": "no-store"})
        except (ValueError, LookupError) as error:
            if not spoken(error):
                raise
            return JSONResponse({"sentence": str(error)}, status_code=404)

    return found


def _as_json(frame: Any, record: dict[str, Any], label: int) -> dict[str, Any]:
    """An elite of the frame that a run is at, with its pictures in it."""
    if frame is None or record["probe"] != "evolve":
        raise StageError("There is no elite yet: wait for the first step.")
    network, portrait = evolve.portrait(record["settings"], frame.state(), label)
    labels = network.labels

    def named(k: int) -> str:
        return labels[k] if k >= 0 else ""

    def address(x: Any) -> str:
        return f"data:image/png;base64,{base64.b64encode(pictures.png(x)).decode()}"

    return {
        "label": label,
        "name": named(label),
        "step": frame.step,
        "shifted": portrait.shifted,
        "large": address(portrait.large),
        "line": [
            {
                "query": one.query,
                "origin": named(one.origin),
                "sure": one.sure,
                "first": named(one.first),
                "picture": address(one.picture),
            }
            for one in portrait.line
        ],
    }


if __name__ == "__main__":
    from apps import lab

    sys.exit(lab.main(("evolve",)))
