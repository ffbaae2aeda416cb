"""Nine units of a layer in one small run of Features: for a page that has no sprites of a layer.

What such a run ends in is kept in the cache, so that the next who comes to the
layer finds it there. Losing the cache costs time and nothing else.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jaxtyping import UInt8
from PIL import Image
from torch import Tensor

from core import disk, pictures
from core.atlas import book
from core.atlas.rendering import Numbers, brief, recipe
from core.models import Classifier
from core.models.cache import folder
from core.probe import Frame, declared, made
from core.probes.features import Settings, climbing

VERSION = 1
GROUP, COLUMNS = 9, 3
_SMALL = {
    "count": GROUP, "vary": "units", "canvas": 96, "view": 80, "steps": 32, "control": False,
}  # fmt: skip
_NUMBERS = {"score": "held-out score", "photographs": "largest of the photographs", "kept": "kept"}


@dataclass(frozen=True)
class Group:
    """Nine tiles in three rows, of units from `first` on; what is past the last unit is left out."""

    first: int
    path: Path
    numbers: list[Numbers]


def settings(network: str, layer: str, first: int) -> dict[str, Any]:
    """The settings of the run that makes the units from `first` on, where they are not defaults."""
    wanted = {"network": network, "layer": layer, "unit": first, **_SMALL}
    known = declared(Settings)
    return {name: value for name, value in wanted.items() if value != known[name].default}


def is_quick(record: Mapping[str, Any], network: Classifier) -> bool:
    """Whether a run's record is that of such a run from its start to its end, never steered."""
    said = record.get("settings", {})
    layer, first = said.get("layer", Settings().layer), said.get("unit", Settings().unit)
    asked = settings(network.name, layer, first)
    done = record.get("step", 0) >= climbing(made(Settings, asked))
    plain = record.get("probe") == "features" and not record.get("tape")
    return plain and done and first % GROUP == 0 and said == asked


def keep(network: Classifier, record: Mapping[str, Any], frame: Frame) -> Group | None:
    """Keep what such a run ended in; None if it is not such a run, or not at its end."""
    tiles = frame.panels.get("picture")
    if not (is_quick(record, network) and isinstance(tiles, Tensor)):
        return None
    if not all(name in frame.numbers for name in _NUMBERS.values()):
        return None
    asked = made(Settings, record["settings"])
    head = _head(network, asked.layer, asked.unit)
    count = min(GROUP, network.layer(asked.layer).channels - asked.unit)
    columns = {name: frame.numbers[said].tolist() for name, said in _NUMBERS.items()}
    ceiling = frame.numbers["at the ceiling"].tolist()
    numbers: list[Numbers] = [
        {name: brief(values[i]) for name, values in columns.items()}
        | {
            "silent": columns["score"][i] == columns["photographs"][i] == 0,
            "saturated": ceiling[i] > 0.5,
        }
        for i in range(count)
    ]
    path = _path(network, asked.layer, asked.unit)
    path.parent.mkdir(parents=True, exist_ok=True)
    disk.write(path, _file(pictures.to_uint8(tiles).cpu(), {**head, "numbers": numbers}))
    return Group(asked.unit, path, numbers)


def cached_groups(network: Classifier, layer: str) -> list[Group]:
    """The groups of a layer that are in the cache."""
    firsts = range(0, network.layer(layer).channels, GROUP)
    found = [one(network, layer, first) for first in firsts]
    return [group for group in found if group]


def one(network: Classifier, layer: str, first: int) -> Group | None:
    """A group that is in the cache, whole and of today's recipe; None if it is not."""
    path = _path(network, layer, first)
    said = book.described(path) if path.exists() else None
    numbers = said.pop("numbers", None) if said else None
    return Group(first, path, numbers) if numbers and said == _head(network, layer, first) else None


def _head(network: Classifier, layer: str, first: int) -> dict[str, Any]:
    return {
        "v": VERSION,
        "fingerprint": network.fingerprint,
        "layer": layer,
        "first": first,
        "recipe": _recipe(),
    }


@cache
def _recipe() -> dict[str, Any]:
    return recipe(made(Settings, _SMALL))


def _path(network: Classifier, layer: str, first: int) -> Path:
    return folder() / "units" / network.fingerprint / layer / f"{first:04}.webp"


def _file(tiles: UInt8[Tensor, "n 3 h w"], said: Mapping[str, Any]) -> bytes:
    """The tiles in three rows without anything between them, and what is said of them."""
    side = tiles.shape[-1]
    sheet = Image.new("RGB", (COLUMNS * side, -(-len(tiles) // COLUMNS) * side))
    for i, tile in enumerate(tiles):
        at = (i % COLUMNS * side, i // COLUMNS * side)
        sheet.paste(Image.fromarray(tile.permute(1, 2, 0).numpy()), at)
    file = io.BytesIO()
    sheet.save(file, "WEBP", quality=85, method=4, exif=book.exif(said))
    return file.getvalue()
