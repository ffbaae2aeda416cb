"""Fluent Emoji as pictures to learn from: fetched once, with their hash checked.

Microsoft's Fluent Emoji (MIT), 256 px with alpha, as the npm package
@lobehub/fluent-emoji-3d packs them; on white, at 64 px. What is drawn in several skin
tones is taken once, and flags, joined emoji and signs in a box are left out.
"""

import io
import tarfile
import unicodedata
from collections.abc import Generator
from pathlib import Path

import torch
from jaxtyping import UInt8
from PIL import Image
from torch import Tensor

from core import pictures
from core.models import cache, fetching
from core.models.catalogue import Online
from core.training.learning import RecipeError
from core.training.report import Report

SIDE = 64  # px
TITLE = "Fluent Emoji"
SOURCE = Online(
    address="https://registry.npmjs.org/@lobehub/fluent-emoji-3d/-/fluent-emoji-3d-1.1.0.tgz",
    sha256="c1bb7eee7de090205a232518a9ab4adb3df458bfbe8a1f78232991194c8b2e58",
    megabytes=16,
)
OTHERWISE = "Or give a folder of your own: --pictures FOLDER."
TONES, FLAGS, TAGS = (0x1F3FB, 0x1F3FF), (0x1F1E6, 0x1F1FF), (0xE0000, 0xE007F)
JOINERS = (0x200D, 0x20E3)  # of several emoji, and of keys
SIGNS = ("SQUARED", "CIRCLED", "SIGN", "SYMBOL", "ARROW", "TRIANGLE", "CLOCK FACE", "LARGE",
  "MARK", "IDEOGRAPH", "FLAG")  # fmt: skip
FEWEST = 64  # pictures of a folder
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
HELD_OUT = 16  # one picture of so many is held out

Pictures = UInt8[Tensor, "_ 3 64 64"]


def read(folder: Path | None = None) -> Generator[Report, None, Pictures]:
    """The emoji in the order of their code points, or the pictures of a folder by name.

    Raises UnreachableError and DamagedWeightsError where they cannot be fetched, RecipeError
    for a folder of fewer than FEWEST pictures.
    """
    if folder is not None:
        return (yield from _of_folder(folder))
    key = f"emoji-{SOURCE.sha256[:16]}-1"
    kept = cache.recall(key, "pictures")
    if kept:
        return kept[0]["pixels"]
    yield Report("fetching", 0, SOURCE.megabytes)
    path = fetching.file(SOURCE, TITLE, fetching.silent, what="pictures", otherwise=OTHERWISE)
    found = []
    with tarfile.open(path) as package:
        members = {Path(one.name).stem: one for one in package if one.name.endswith(".webp")}
        names = [name for name in sorted(members) if is_wanted(name)]
        for number, name in enumerate(names):
            file = package.extractfile(members[name])
            assert file is not None
            found.append(on_white(Image.open(io.BytesIO(file.read()))))
            if number % 100 == 0:
                yield Report("reading", number, len(names))
    pixels = torch.stack(found)
    cache.keep(key, "pictures", {"pixels": pixels})
    path.unlink(missing_ok=True)
    return pixels


def _of_folder(folder: Path) -> Generator[Report, None, Pictures]:
    files = sorted(p for p in folder.glob("*") if p.suffix.lower() in SUFFIXES)
    if len(files) < FEWEST:
        raise RecipeError(
            f"{folder} holds {len(files)} pictures ({', '.join(SUFFIXES)}): give at least {FEWEST}."
        )
    found = []
    for number, path in enumerate(files):
        x = pictures.square(pictures.read(path), SIDE)
        found.append((x * 255).round().to(torch.uint8))
        if number % 100 == 0:
            yield Report("reading", number, len(files))
    return torch.stack(found)


def is_wanted(name: str) -> bool:
    """Whether an emoji is one of a thing: name is its code points, joined by hyphens."""
    points = [int(point, 16) for point in name.split("-")]
    apart = any(low <= point <= high for point in points for low, high in (TONES, FLAGS, TAGS))
    said = unicodedata.name(chr(points[0]), "")
    in_a_box = points[0] < 0x2300 or any(word in said for word in SIGNS)
    return not (apart or in_a_box or any(point in JOINERS for point in points))


def on_white(image: Image.Image) -> UInt8[Tensor, "3 64 64"]:
    """A picture with alpha, on white, at SIDE px."""
    small = image.convert("RGBA").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    white = Image.new("RGBA", small.size, "white")
    flat = Image.alpha_composite(white, small).convert("RGB")
    values = torch.frombuffer(bytearray(flat.tobytes()), dtype=torch.uint8)
    return values.view(SIDE, SIDE, 3).permute(2, 0, 1).contiguous()


def parted(pixels: Pictures) -> tuple[Pictures, Pictures]:
    """What is learned from, and every sixteenth, which is held out."""
    held = torch.arange(len(pixels)) % HELD_OUT == HELD_OUT // 2
    return pixels[~held], pixels[held]
