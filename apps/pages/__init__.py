"""One file a page: a sentence, its presets, and what depends on what.

A file that is called as a probe is that probe's page, and is found by its name.
"""

import importlib
import pkgutil
from functools import cache
from pathlib import Path
from typing import Any

from apps.kit import Page

PROBES = Path(__file__).resolve().parents[2] / "core" / "probes"


def load(name: str) -> Page:
    """The page of that name."""
    page: Page = importlib.import_module(f"{__name__}.{name}").PAGE
    return page


@cache
def _names() -> tuple[str, ...]:
    """The probes that have a page, in the order of the header."""
    probes = {module.name for module in pkgutil.iter_modules([str(PROBES)])}
    found = [module.name for module in pkgutil.iter_modules(__path__) if module.name in probes]
    return tuple(sorted(found, key=lambda name: (load(name).place, name)))


def __getattr__(name: str) -> Any:
    """`NAMES`, once somebody asks: the pages are imported for it."""
    if name != "NAMES":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _names()
