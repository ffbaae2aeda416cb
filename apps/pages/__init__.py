"""One file a page: a sentence, its presets, and what depends on what."""

import importlib

from apps.kit import Page

# in the order of the header
NAMES = ("features", "dream", "inversion", "style", "painter", "fool", "evolve", "linear")


def load(name: str) -> Page:
    """The page of that name."""
    page: Page = importlib.import_module(f"{__name__}.{name}").PAGE
    return page
