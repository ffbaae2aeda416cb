"""Labelled photographs to train on: natural-small by its index, or a folder for each class.

Everything is read once and kept as bytes. What is held out is never trained on:
the split `val`, the sheet set `one128` at every fifth picture (one picture a
class has no split of its own), or every tenth picture of plain folders.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Int64, UInt8
from torch import Tensor

from core import pictures

SIDE = 128  # px, of pictures that are read from plain folders
UNKNOWN = -1  # the label of a picture that has none
ENDINGS = (".jpg", ".jpeg", ".png", ".webp")
_TERMS = "ImageNet's terms: non-commercial research and education; the pictures are their authors'"
ORIGINS = {
    "tiny64": f"Tiny ImageNet (Stanford CS231n). {_TERMS}.",
    "nette128": f"Imagenette (fast.ai). {_TERMS}.",
    "one128": f"imagenet-sample-images (Eli Schwartz), one picture a class. {_TERMS}.",
    "caltech128": "Caltech-101 (Fei-Fei, Fergus and Perona), used without its labels.",
}
_NO_PICTURES = "Name a folder with an index.json, or one with a folder of pictures for each class."


class PhotographsError(ValueError):
    """A folder without pictures to train on; the message says what one looks like."""


@dataclass(frozen=True)
class Photographs:
    """Square pictures of one size with their ImageNet indices, -1 where unknown."""

    pixels: UInt8[Tensor, "n 3 side side"]
    labels: Int64[Tensor, " n"]

    def __len__(self) -> int:
        return len(self.labels)


Sets = dict[str, Photographs]


def read(folder: Path, names: tuple[str, ...]) -> tuple[Sets, Sets]:
    """What may be trained on, and what is held out, by the name of the set.

    names: the thousand classes as the network calls them; plain folders are named
    by them or by wnid. Raises PhotographsError and PictureError.
    """
    rows = _indexed(folder) if (folder / "index.json").is_file() else _plain(folder, names)
    sorted_out: tuple[dict[str, list[Photographs]], ...] = ({}, {})
    for name, held_out, found in rows:
        if len(found):
            sorted_out[held_out].setdefault(name, []).append(found)
    trained, held = ({n: _joined(parts) for n, parts in sets.items()} for sets in sorted_out)
    if not trained:
        raise PhotographsError(f"There are no labelled pictures in {folder}. {_NO_PICTURES}")
    return trained, held


Row = tuple[str, bool, Photographs]  # the set, whether it is held out, and pictures


def _indexed(folder: Path) -> Iterator[Row]:
    for sheet in json.loads((folder / "index.json").read_text()):
        found = _sheet(folder, sheet)
        if sheet["set"].startswith("one"):  # one picture a class, in the order of the classes
            fifth = found.labels % 5 == 0
            yield sheet["set"], True, _chosen(found, fifth)
            yield sheet["set"], False, _chosen(found, ~fifth)
        else:
            yield sheet["set"], sheet["split"] != "train", found


def _sheet(folder: Path, sheet: Mapping) -> Photographs:
    side, count = sheet["tile"], sheet["count"]
    x = pictures.to_uint8(pictures.read(folder / sheet["file"]))
    tiles = x.unflatten(1, (-1, side)).unflatten(3, (-1, side)).permute(1, 3, 0, 2, 4)
    labels = sheet.get("labels") or [sheet.get("imagenet_index", UNKNOWN)] * count
    return Photographs(tiles.flatten(0, 1)[:count].contiguous(), torch.tensor(labels))


def _plain(folder: Path, names: tuple[str, ...]) -> Iterator[Row]:
    split = (folder / "train").is_dir()
    parts = [folder / "train", folder / "val"] if split else [folder]
    known = _classes(names)
    for part in parts:
        for path in sorted(p for p in part.glob("*") if p.is_dir()):
            if path.name.lower() not in known:
                continue
            found = _class(path, known[path.name.lower()])
            tenth = torch.arange(len(found)) % 10 == 9
            held_out = torch.full_like(tenth, part.name == "val") if split else tenth
            yield "pictures", True, _chosen(found, held_out)
            yield "pictures", False, _chosen(found, ~held_out)


def _class(folder: Path, label: int) -> Photographs:
    files = sorted(p for p in folder.iterdir() if p.suffix.lower() in ENDINGS)
    read = [pictures.to_uint8(pictures.square(pictures.read(p), SIDE)) for p in files]
    pixels = torch.stack(read) if read else torch.zeros(0, 3, SIDE, SIDE, dtype=torch.uint8)
    return Photographs(pixels, torch.full((len(read),), label))


def _classes(names: tuple[str, ...]) -> dict[str, int]:
    """Class indices by wnid, by name, and by name with underscores."""
    from timm.data.imagenet_info import ImageNetInfo

    wnids = ImageNetInfo("imagenet-1k").label_names()
    known = {wnid: k for k, wnid in enumerate(wnids)}
    for k, name in enumerate(names):
        known |= {name.lower(): k, name.lower().replace(" ", "_"): k}
    return known


def _chosen(found: Photographs, which: Tensor) -> Photographs:
    return Photographs(found.pixels[which], found.labels[which])


def _joined(parts: list[Photographs]) -> Photographs:
    pixels, labels = torch.cat([p.pixels for p in parts]), torch.cat([p.labels for p in parts])
    return Photographs(pixels, labels)
