"""One file a page: a sentence, its presets, and what depends on what."""

import importlib

from apps.kit import Page

NAMES = ("features", "dream", "fool")  # in the order of the header


def load(name: str) -> Page:
    """The page of that name."""
    page: Page = importlib.import_module(f"{__name__}.{name}").PAGE
    return page
