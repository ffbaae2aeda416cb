"""Sheets: what a probe makes of many units, classes or photographs, drawn by seed.

Nothing is picked by hand, and the three worst are named: a sheet is how a
recipe is judged.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from tqdm import tqdm

from core import disk, export, models, pictures
from core.export import saved
from core.models import Classifier
from core.pictures import swatches
from core.probe import Choice, Picture, Probe, SettingError, declared, made, name_of
from core.run import Run, resolve

TILE, LABEL, GAP = 240, 20, 6  # px: the longest side of a tile, the line below it, what is between
PAPER, INK = (250, 250, 248), (60, 60, 60)
PHOTOGRAPHS = (".jpg", ".jpeg", ".png", ".webp")


@dataclass(frozen=True)
class Drawing:
    """Where a sheet goes, the seed that draws it, how many, and whose photographs."""

    path: Path
    seed: int = 0
    count: int = 24
    folder: Path | None = None
    quiet: bool = False

    def __post_init__(self) -> None:
        if self.path.suffix.lower() not in (".png", ".webp"):
            raise SettingError(f"{self.path} is neither a .png nor a .webp: name one of these.")
        if not self.path.parent.is_dir():
            raise SettingError(f"There is no folder {self.path.parent}: make it first.")
        if not 1 <= self.count <= 400:
            raise SettingError(f"{self.count} pictures do not fit on a sheet: choose 1 to 400.")
        if self.folder and not self.folder.is_dir():
            raise SettingError(f"There is no folder {self.folder}: name one with photographs.")


@dataclass(frozen=True)
class SheetTile:
    """One tile: its name, what it changes in the settings, and a photograph of its own."""

    name: str
    changes: Mapping[str, Any]
    input: tuple[str, Tensor] | None = None


@dataclass(frozen=True)
class Made:
    """A tile's picture, and by how much it is what it claims to be."""

    name: str
    picture: Tensor
    times: float


def written(probe: Probe, settings: Mapping[str, Any], drawing: Drawing) -> dict[str, Any]:
    """Make the sheet, write it, and tell what is on it, the three worst first named.

    Ctrl-C keeps the tiles that are done; "stopped" is then a sentence that says so.
    """
    alone = "control" not in probe.judged[1]
    asked = {"control": False, **settings} if alone else dict(settings)
    made(probe.Settings, asked)
    found: list[Made] = []
    stopped = ""
    tiles = list(_sheet_tiles(probe, asked, drawing))
    try:
        for tile in tqdm(tiles, disable=drawing.quiet or None):
            found.append(_made(probe, asked, tile))
    except KeyboardInterrupt:
        if not found:
            raise KeyboardInterrupt("Stopped before the first tile: nothing was written.") from None
        done = f"{len(found)} of {len(tiles)}"
        stopped = f"Stopped at tile {done}: the sheet so far is in {drawing.path}."
    told = {
        "probe": name_of(probe),
        "settings": settings,
        "seed": drawing.seed,
        "tiles": {one.name: round(one.times, 3) for one in found},
        "measure": " over ".join(probe.judged),
        "median": round(float(np.median([one.times for one in found])), 3),
        "worst": [one.name for one in sorted(found, key=lambda one: one.times)[:3]],
    }
    x = laid_out(found)
    small = drawing.path.suffix.lower() == ".webp"
    disk.write(drawing.path, pictures.webp([pictures.to_uint8(x)], 0) if small else pictures.png(x))
    return told | {"file": str(drawing.path), "stopped": stopped}


def _scored(probe: Probe) -> bool:
    """Whether the picture has a score of its own; else its control is what it is held against."""
    target = declared(probe.Settings).get("target")
    return target is not None and isinstance(target.kind, Choice)


def _styled(probe: Probe) -> bool:
    """Whether it is drawn in pairs of a photograph and a style."""
    return "style" in declared(probe.Settings)


def _sheet_tiles(probe: Probe, asked: Mapping[str, Any], drawing: Drawing) -> Iterator[SheetTile]:
    if _styled(probe):
        styles = Random(drawing.seed)
        for photograph in _photographs(probe, drawing, again=True):
            named = asked.get("style") or styles.choice(swatches.names())
            changes = {**photograph.changes, "style": named}
            yield SheetTile(f"{photograph.name} {named}", changes, photograph.input)
        return
    if not _scored(probe):
        yield from _photographs(probe, drawing)
        return
    network = models.classifier(asked.get("network", probe.Settings().network))
    if asked.get("target") == "class":
        network.classifier()  # or it says that it knows none
        classes = range(len(network.labels))
        numbers = Random(drawing.seed).sample(classes, min(drawing.count, len(classes)))
        for number in numbers:
            yield SheetTile(network.labels[number], {"label": number})
        return
    if drawing.folder:
        raise SettingError("Photographs are for a sheet of dreams: leave --pictures out here.")
    layers = [asked["layer"]] if "layer" in asked else None
    for layer, unit in units(network, drawing.count, drawing.seed, layers):
        yield SheetTile(f"{layer}/{unit}", {"layer": layer, "unit": unit})


def units(
    network: Classifier, count: int, seed: int, layers: list[str] | None = None
) -> list[tuple[str, int]]:
    """So many (layer, channel) by seed, as many of each layer; four stages if none is named."""
    layers = layers or stages(network)
    draw, found = Random(seed), list[tuple[str, int]]()
    for i, layer in enumerate(layers):
        each = (count + i) // len(layers)
        channels = network.layer(layer).channels
        numbers = sorted(draw.sample(range(channels), min(each, channels)))
        found += [(layer, number) for number in numbers]
    return found


def stages(network: Classifier) -> list[str]:
    """Four stage outputs, from early to the last."""
    known = network.stages
    return [known[math.ceil(len(known) * quarter / 4) - 1] for quarter in (1, 2, 3, 4)]


def _photographs(probe: Probe, drawing: Drawing, *, again: bool = False) -> Iterator[SheetTile]:
    """The shipped ones, or those of a folder; with `again` as many as are asked for."""
    field = next(n for n, s in declared(probe.Settings).items() if isinstance(s.kind, Picture))
    if drawing.folder is None:
        known = list(pictures.shipped())
        for i in range(drawing.count if again else min(drawing.count, len(known))):
            name = known[i % len(known)]
            yield SheetTile(name, {field: name})
        return
    paths = sorted(p for p in drawing.folder.iterdir() if p.suffix.lower() in PHOTOGRAPHS)
    if not paths:
        raise SettingError(f"{drawing.folder} holds no photograph ({', '.join(PHOTOGRAPHS)}).")
    for path in Random(drawing.seed).sample(paths, min(drawing.count, len(paths))):
        x = pictures.read(path, side=saved.SIDE)
        name = saved.name_of(pictures.to_uint8(x))
        yield SheetTile(path.stem, {field: name}, (name, x))


def _made(probe: Probe, asked: Mapping[str, Any], tile: SheetTile) -> Made:
    settings = made(probe.Settings, {**asked, **tile.changes})
    inputs = dict([tile.input]) if tile.input else {}
    run = Run(probe, settings, resolve(probe, settings, inputs))
    frame = export.last(run)
    numbers = {name: float(value.min()) for name, value in frame.numbers.items()}
    over, under = probe.judged
    times = numbers[over] / numbers[under] if numbers.get(under) else math.inf
    panel = frame.panels["picture"]
    assert isinstance(panel, Tensor)
    return Made(tile.name, pictures.whole(panel).cpu(), times)


def laid_out(made: list[Made]) -> Tensor:
    """The tiles with their names below them, about three wide to two high."""
    columns = max(1, round(math.sqrt(len(made) * 1.5)))
    rows = -(-len(made) // columns)
    side = min(TILE, max(max(one.picture.shape[1:]) for one in made))
    wide, tall = side + GAP, side + LABEL + GAP
    paper = Image.new("RGB", (columns * wide + GAP, rows * tall + GAP), PAPER)
    draw, font = ImageDraw.Draw(paper), ImageFont.load_default(12)
    for i, one in enumerate(made):
        left, top = GAP + i % columns * wide, GAP + i // columns * tall
        x = pictures.to_uint8(pictures.fit(one.picture, side))
        tile = Image.fromarray(x.permute(1, 2, 0).numpy())
        paper.paste(tile, (left + (side - tile.width) // 2, top + (side - tile.height) // 2))
        times = f"{one.times:.3g} x" if math.isfinite(one.times) else "-"
        draw.text((left + 1, top + side + 3), _short(one.name, side // 9), INK, font)
        draw.text((left + side - 1, top + side + 3), times, INK, font, anchor="ra")
    return torch.from_numpy(np.asarray(paper).copy()).permute(2, 0, 1) / 255


def _short(name: str, most: int) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}."
