"""A run into a file, and back: a picture with its settings inside, a film, a sheet, a pair."""

from core.export.one import (
    LINK,
    NOTHING,
    SUFFIXES,
    Wish,
    as_json,
    brought,
    last,
    png,
    replayed,
    started,
    survival_of,
    written,
)

__all__ = [
    "LINK",
    "NOTHING",
    "SUFFIXES",
    "Wish",
    "as_json",
    "brought",
    "last",
    "png",
    "replayed",
    "started",
    "survival_of",
    "written",
]  # fmt: skip
