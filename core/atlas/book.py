"""The folder of an atlas: a WebP a unit with its numbers inside, and a manifest of them all.

    FOLDER/manifest.json
    FOLDER/blocks.3/0012.webp

The numbers travel in the picture's EXIF description, so that one rename puts a
unit there whole or not at all, and the manifest can be made again from the files.
"""

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from core import disk
from core.atlas.rendering import Rendered, recipe
from core.models import Classifier
from core.probe import SettingError
from core.probes.features import Settings

VERSION = 1
MANIFEST = "manifest.json"
_DESCRIPTION = 0x010E  # EXIF ImageDescription


@dataclass(frozen=True)
class Book:
    """A folder for the units of one network, all by one recipe."""

    folder: Path
    head: Mapping[str, Any]  # network, fingerprint, recipe: the same for every unit

    def path(self, layer: str, unit: int) -> Path:
        """Where a unit's picture is, or will be."""
        return self.folder / layer / f"{unit:04}.webp"

    def put(self, layer: str, unit: int, data: bytes) -> None:
        """Keep a unit's file: aside, then renamed."""
        path = self.path(layer, unit)
        path.parent.mkdir(exist_ok=True)
        disk.write(path, data)

    def numbers(self, layer: str, unit: int) -> dict[str, Any] | None:
        """A unit's numbers; None if it is not there whole, and by this recipe."""
        said = described(self.path(layer, unit))
        if said is None:
            return None
        found = said.pop("numbers", None)
        return found if said == {**self.head, "layer": layer, "unit": unit} else None

    def there(self) -> Iterator[tuple[str, int, dict[str, Any]]]:
        """Every unit that is there and whole: layer, number, numbers."""
        for path in sorted(self.folder.glob("*/*.webp")):
            if path.stem.isdecimal():
                layer, unit = path.parent.name, int(path.stem)
                if (found := self.numbers(layer, unit)) is not None:
                    yield layer, unit, found

    def list(self, network: Classifier) -> dict[str, Any]:
        """Write the manifest of what is there, and return it."""
        layers: dict[str, Any] = {}
        for layer, unit, numbers in self.there():
            info = network.layer(layer)
            known = layers.setdefault(layer, {"channels": info.channels, "units": {}})
            known["units"][str(unit)] = numbers
        order = [name for name in network.layers if name in layers]
        manifest = {**self.head, "layers": {name: layers[name] for name in order}}
        disk.write(self.folder / MANIFEST, json.dumps(manifest, indent=1).encode())
        return manifest


def opened(folder: Path, network: Classifier, settings: Settings) -> Book:
    """The book in this folder, which is made if need be; raises SettingError if it is another's."""
    head = {
        "v": VERSION,
        "network": network.name,
        "fingerprint": network.fingerprint,
        "recipe": recipe(settings),
    }
    folder.mkdir(parents=True, exist_ok=True)
    before = read(folder)
    for name, value in head.items():
        if before and before.get(name) != value:
            raise SettingError(
                f"{folder} holds an atlas of another {_WORDS[name]}: name another folder with -o."
            )
    if not before and any(folder.iterdir()):
        raise SettingError(f"{folder} holds something else: name an empty folder with -o.")
    if not before:
        disk.write(folder / MANIFEST, json.dumps({**head, "layers": {}}, indent=1).encode())
    return Book(folder, head)


_WORDS = {
    "v": "version of the lab",
    "network": "network",
    "fingerprint": "set of weights",
    "recipe": "recipe",
}


def read(folder: Path) -> dict[str, Any] | None:
    """The manifest in this folder; None if there is none that can be read."""
    try:
        found = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and "layers" in found else None


def page(head: Mapping[str, Any], layer: str, one: Rendered) -> bytes:
    """A unit's file: a WebP without loss, for the score was measured on these very pixels."""
    said = {**head, "layer": layer, "unit": one.unit, "numbers": one.numbers}
    file = io.BytesIO()
    picture = Image.fromarray(one.pixels.permute(1, 2, 0).numpy())
    picture.save(file, "WEBP", lossless=True, quality=20, method=2, exif=exif(said))
    return file.getvalue()


def exif(said: Mapping[str, Any]) -> Image.Exif:
    """What is said of a picture, to be saved with it; `described` reads it."""
    found = Image.Exif()
    found[_DESCRIPTION] = json.dumps(said, sort_keys=True)
    return found


def described(path: Path) -> dict[str, Any] | None:
    """What a unit's file says of itself; None if it is missing, cut short or something else."""
    try:
        data = path.read_bytes()
        whole = data[:4] == b"RIFF" and int.from_bytes(data[4:8], "little") == len(data) - 8
        said = Image.open(io.BytesIO(data)).getexif().get(_DESCRIPTION) if whole else None
        found = json.loads(said) if isinstance(said, str) else None
    except (OSError, ValueError, SyntaxError):
        return None
    return found if isinstance(found, dict) else None
