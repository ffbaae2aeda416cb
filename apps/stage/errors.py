"""What cannot be done, as sentences for whoever asked."""

from typing import NoReturn

import torch

GONE = "That run is no longer there: open its page or its link again."


class MessageError(ValueError):
    """A message that cannot be followed; its text is the answer."""


class StageError(ValueError):
    """Something the stage cannot do now; its text is the answer."""


def gone() -> NoReturn:
    """Raise that a run is no longer there."""
    raise StageError(GONE)


def spoken(error: BaseException) -> bool:
    """Whether an error's text is a sentence of ours, written for a visitor."""
    ours = type(error).__module__.split(".")[0] in ("core", "apps")
    return ours and isinstance(error, ValueError | LookupError)


def explained(error: BaseException, what: str, remedy: str = "") -> str:
    """An error as a sentence: its own if that is ours, else that `what` failed, and why."""
    if _is_full(error):
        return f"{what} needs more memory than there is: choose smaller or fewer pictures."
    if spoken(error):
        return str(error)
    why = f"{type(error).__name__}: {str(error)[:200]}".removesuffix(": ")
    return f"{what} failed ({why}). {remedy}".strip()


def _is_full(error: BaseException) -> bool:
    """Whether memory ran out, here or on the device."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or (
        isinstance(error, RuntimeError) and "alloc" in str(error) and "memory" in str(error)
    )
