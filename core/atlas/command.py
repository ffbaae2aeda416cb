"""`python -m core atlas` and `sprites`: their options, and what they ask for."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from core.atlas import crew
from core.atlas.rendering import RECIPE
from core.probe import made
from core.probes.features import Settings


def options(to: argparse.ArgumentParser) -> None:
    """What the verb takes beside the settings of the recipe."""
    to.set_defaults(into_folder=True)
    add = to.add_argument
    add("-o", "--output", metavar="FOLDER", required=True, type=Path, help="a file a unit")
    add("--network", metavar="NAME", default=Settings().network, help="default lite0")
    add("--layers", metavar="LAYER", nargs="+", default=[], help="default: all stage outputs")
    add("--units", metavar="N", nargs="+", type=int, default=[], help="default: all of a layer")
    add("--number", metavar="N", type=int, default=0, help="so many over all layers, drawn by seed")
    add("--draw", metavar="N", type=int, default=0, help="the seed that draws them")
    add("--workers", metavar="N", type=int, default=0, help="of a thread each; default: all cores")
    add("--backend", metavar="NAME", default=crew.BACKENDS[0], help=", ".join(crew.BACKENDS))
    add("--cluster", metavar="ADDRESS", default="", help="of a Dask scheduler or a Ray head")
    add("--quiet", action="store_true", help="no progress bar")


def work(given: dict[str, Any], asked: argparse.Namespace) -> dict[str, Any]:
    """Render what was asked for; `given` are the settings of the recipe."""
    recipe = {name: value for name, value in given.items() if name in RECIPE}
    order = crew.Order(
        folder=asked.output,
        layers=tuple(asked.layers),
        units=tuple(asked.units),
        number=asked.number,
        draw=asked.draw,
        workers=asked.workers,
        backend=asked.backend,
        cluster=asked.cluster,
        quiet=asked.quiet,
        settings=made(Settings, {"network": asked.network, **recipe}),
    )
    return crew.written(order)


def sprites(to: Any) -> None:
    """Add the verb that lays an atlas out for a page."""
    sheets = to.add_parser("sprites", help="an atlas as few sheets with an index, for a page")
    sheets.add_argument("atlas", metavar="FOLDER", type=Path, help="what `atlas` has made, whole")
    sheets.add_argument("-o", "--output", metavar="FOLDER", type=Path, required=True)
    sheets.set_defaults(work=_lay_out, into_folder=True)


def _lay_out(asked: argparse.Namespace) -> int:
    from core.atlas import sprites

    sys.stdout.write(f"{json.dumps(sprites.written(asked.atlas, asked.output))}\n")
    return 0
