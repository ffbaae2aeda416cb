"""A book as few sheets: tiles in a grid, a WebP a layer, and one index with the numbers.

SHEETS/lite0/index.json
SHEETS/lite0/blocks.3.webp
"""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from PIL import Image

from core import disk
from core.atlas import book
from core.atlas.rendering import Numbers, brief
from core.models import Classifier
from core.pictures import album
from core.probe import SettingError

VERSION = 1
SHIPPED = album.SHIPPED.parent / "sprites"
INDEX = "index.json"
TILE, COLUMNS, QUALITY = 128, 16, 82  # px, of which WebP codes 16 together; tiles a row
CARD, SMALL, WIDE, ROWS = "card.webp", 80, 8, 5  # of tiles of 80 px, eight wide, five high
MEASURED = ("score", "photographs", "kept")
ODD = ("silent", "saturated")


@dataclass(frozen=True)
class Sheet:
    """The tiles of one layer, row by row by number, and each unit's numbers."""

    path: Path
    tile: int
    columns: int
    numbers: Mapping[str, list[Any]]  # of MEASURED one a unit, of ODD those that are

    @property
    def count(self) -> int:
        """How many units."""
        return len(self.numbers[MEASURED[0]])

    def units(self) -> list[Numbers]:
        """Every unit's numbers, as its file in the atlas holds them."""
        return [
            {name: self.numbers[name][i] for name in MEASURED}
            | {name: i in self.numbers[name] for name in ODD}
            for i in range(self.count)
        ]


def written(folder: Path, out: Path) -> dict[str, Any]:
    """Lay an atlas out as sheets below `out`; raises SettingError where a layer is not whole."""
    manifest = book.read(folder)
    if manifest is None:
        raise SettingError(f"{folder} holds no atlas: make one with `python -m core atlas`.")
    target = out / str(manifest["network"])
    target.mkdir(parents=True, exist_ok=True)
    layers, size = {}, 0
    for layer, known in manifest["layers"].items():
        units = [known["units"].get(str(unit)) for unit in range(known["channels"])]
        if None in units:
            raise SettingError(
                f"Unit {units.index(None)} of {layer} is not in {folder}: render the whole layer."
            )
        data = _sheet([folder / layer / f"{unit:04}.webp" for unit in range(len(units))])
        disk.write(target / f"{layer}.webp", data)
        size += len(data)
        measured = {name: [brief(unit[name]) for unit in units] for name in MEASURED}
        odd = {name: [i for i, unit in enumerate(units) if unit[name]] for name in ODD}
        layers[layer] = measured | odd
    head = {name: manifest[name] for name in ("network", "fingerprint", "recipe")}
    index = {"v": VERSION, **head, "tile": TILE, "columns": COLUMNS, "layers": layers}
    disk.write(target / INDEX, json.dumps(index, separators=(",", ":")).encode())
    disk.write(out / CARD, _card(folder, layers))
    units = sum(len(numbers[MEASURED[0]]) for numbers in layers.values())
    return {"folder": str(target), "layers": list(layers), "units": units, "bytes": size}


def _card(folder: Path, layers: Mapping[str, Any]) -> bytes:
    """A picture of few units of the last layers, a row each, drawn by seed: what a page begins with."""
    draw, paths = Random(0), list[Path]()
    for layer in list(layers)[-ROWS:]:
        units = range(len(layers[layer][MEASURED[0]]))
        paths += [folder / layer / f"{unit:04}.webp" for unit in draw.sample(units, WIDE)]
    return _sheet(paths, SMALL, WIDE)


def _sheet(paths: list[Path], side: int = TILE, columns: int = COLUMNS) -> bytes:
    rows = -(-len(paths) // columns)
    sheet = Image.new("RGB", (columns * side, rows * side), (128, 128, 128))
    for i, path in enumerate(paths):
        with Image.open(path) as opened:
            tile = opened.convert("RGB").resize((side, side), Image.Resampling.LANCZOS)
        sheet.paste(tile, (i % columns * side, i // columns * side))
    file = io.BytesIO()
    sheet.save(file, "WEBP", quality=QUALITY, method=6)
    return file.getvalue()


def shipped(network: Classifier) -> dict[str, Sheet]:
    """The sheets that ship for a network, by layer; none if they were made of other weights."""
    index = _index(SHIPPED / network.name / INDEX)
    if index.get("v") != VERSION or index.get("fingerprint") != network.fingerprint:
        return {}
    folder = SHIPPED / network.name
    return {
        layer: Sheet(folder / f"{layer}.webp", index["tile"], index["columns"], numbers)
        for layer, numbers in index["layers"].items()
        if len(numbers[MEASURED[0]]) == network.layer(layer).channels
    }


@cache
def _index(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
