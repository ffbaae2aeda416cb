"""The probes: one file each, found by their listing."""

import importlib
import pkgutil
from types import ModuleType


class UnknownProbeError(LookupError):
    """No probe of that name; the message lists those there are."""


def names() -> tuple[str, ...]:
    """Every probe in this folder, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def load(name: str) -> ModuleType:
    """The probe's module; raises UnknownProbeError with the names there are."""
    if name not in names():
        raise UnknownProbeError(f"There is no probe {name!r}: choose from {', '.join(names())}.")
    return importlib.import_module(f"{__name__}.{name}")
