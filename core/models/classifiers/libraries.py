"""timm and torchvision, imported where they are first needed, by one thread at a time.

Both import in circles inside: two threads that begin at different places find
half of them missing.
"""

import importlib
import threading
from typing import Any

_IMPORTING = threading.Lock()


def timm() -> Any:
    """The library timm, whole."""
    return _whole("timm")


def torchvision() -> Any:
    """The library torchvision, whole."""
    return _whole("torchvision")


def _whole(name: str) -> Any:
    with _IMPORTING:
        return importlib.import_module(name)
