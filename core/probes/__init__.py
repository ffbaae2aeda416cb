"""The probes: one file each, found by their listing.

`from core.probes import dream` and `load("dream")` give the same: the module with
every member of the contract (`core.probe.Probe`). A module that is no probe
fails here with a sentence.
"""

import importlib
import pkgutil
from typing import Any

from core.probe import Probe, completed


class UnknownProbeError(LookupError):
    """No probe of that name; the message lists those there are."""


def names() -> tuple[str, ...]:
    """Every probe in this folder, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def load(name: str) -> Probe:
    """The probe; raises UnknownProbeError with the names there are, and ProbeError."""
    if name not in names():
        raise UnknownProbeError(f"There is no probe {name!r}: choose from {', '.join(names())}.")
    return completed(importlib.import_module(f"{__name__}.{name}"))


def __getattr__(name: str) -> Any:
    """A probe that is imported by its name is completed too."""
    if name not in names():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return load(name)
