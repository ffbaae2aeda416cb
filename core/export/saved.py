"""A PNG that carries what made it: its record, and the pictures that the run began with.

The page's Save and the command line write it; dropped on a page, or named to
the command line, it brings the run back.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from core import pictures
from core.records import text

SIDE = 800  # px; a larger input is made smaller, so that a saved picture can carry it
MOST_INPUTS = 8
_NAME = re.compile(r"upload-[0-9a-f]{12}")
_DAMAGED = "What was saved with this picture is damaged. Save it anew."


def name_of(pixels: Tensor) -> str:
    """The name of an input, made from its 8-bit pixels, (3, height, width) uint8."""
    size = "x".join(map(str, pixels.shape)).encode()
    return "upload-" + hashlib.sha256(size + pixels.contiguous().numpy().tobytes()).hexdigest()[:12]


def is_input(name: str) -> bool:
    """Whether this is a name that such a picture may have."""
    return bool(_NAME.fullmatch(name))


def packed(panel: Tensor, record: Mapping[str, Any], inputs: Mapping[str, bytes]) -> bytes:
    """A panel as a PNG with the record in it, and the inputs as PNG files by name."""
    encoded = {name: base64.b64encode(data).decode() for name, data in inputs.items()}
    said = text({**record, **({"inputs": encoded} if encoded else {})})
    return pictures.png(pictures.whole(panel).cpu(), said)


def unpacked(data: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The record in such a PNG, and its inputs as files; raises PictureError if it has none."""
    record = _record(pictures.text_in(data))
    inputs = record.pop("inputs", {})
    if not isinstance(inputs, dict) or len(inputs) > MOST_INPUTS:
        raise pictures.PictureError(_DAMAGED)
    return record, {name: _decoded(sent) for name, sent in inputs.items()}


def renamed(record: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The record with its inputs by their true names: a name says what is in the picture."""
    found = dict(record)
    if isinstance(record.get("settings"), dict):
        found["settings"] = _named(record["settings"], names)
    twin = record.get("twin")
    if isinstance(twin, dict) and isinstance(twin.get("settings"), dict):
        found["twin"] = {**twin, "settings": _named(twin["settings"], names)}
    return found


def _named(settings: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {
        name: names.get(value, value) if isinstance(value, str) and is_input(value) else value
        for name, value in settings.items()
    }


def _record(text: str | None) -> dict[str, Any]:
    if text is None:
        raise pictures.PictureError(
            "No run is saved in this picture: take a PNG that the lab has saved."
        )
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        raise pictures.PictureError(_DAMAGED)
    return record


def _decoded(sent: Any) -> bytes:
    try:
        return base64.b64decode(sent, validate=True)
    except (binascii.Error, ValueError, TypeError):
        raise pictures.PictureError(
            "An input saved with this picture is damaged. Save it anew."
        ) from None
