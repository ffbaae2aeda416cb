"""The photographs that ship with the lab, by name."""

import difflib
from pathlib import Path

from core.pictures.reading import PictureError, Rgb, read

SHIPPED = Path(__file__).resolve().parents[2] / "assets" / "pictures"


class UnknownPictureError(PictureError, LookupError):
    """There is no shipped picture of that name."""


def shipped() -> dict[str, Path]:
    """The photographs that ship with the lab, by name."""
    return {path.stem: path for path in sorted(SHIPPED.glob("*.jpg"))}


def load(name: str) -> Rgb:
    """A shipped photograph by name; raises UnknownPictureError with the names that there are."""
    known = shipped()
    if name not in known:
        choices = difflib.get_close_matches(name, known, n=3) or list(known)
        raise UnknownPictureError(
            f"There is no picture {name!r}: choose {', '.join(choices)}, or drop one of your own."
        )
    return read(known[name])
