"""Files that are whole or not there: written aside, then renamed."""

import contextlib
import os
import tempfile
from pathlib import Path


class TargetError(ValueError):
    """Something that cannot be written where it is wanted; the message names the folder."""


def check_writable(path: Path, *, folder: bool = False) -> None:
    """Raise TargetError where a file, or a folder of files, could not be written in the end.

    Tried with a file that is taken away again: what permissions say is not the
    case everywhere. Folders that are not there yet are to be made in the nearest that is.
    """
    if not folder and path.is_dir():
        raise TargetError(f"{path} is a folder: name a file in it.")
    place = path if folder else path.parent
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        handle, tried = tempfile.mkstemp(dir=place, prefix=".tried-")
    except OSError as error:
        why = "" if isinstance(error, FileNotFoundError) else f" ({error.strerror})"  # as in /proc
        raise TargetError(
            f"Nothing can be written in the folder {place}{why}: name another one."
        ) from None
    os.close(handle)
    Path(tried).unlink()


def write(path: Path, data: bytes) -> None:
    """Write a file; what stood there before stays until all of it is on the disk.

    Raises OSError, with the file's name, where the disk is full or the folder closed.
    """
    aside = ""
    try:
        handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(aside).chmod(0o666 & ~_umask())
        Path(aside).replace(path)
    except OSError as error:
        if aside:
            with contextlib.suppress(OSError):
                Path(aside).unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from error


def _umask() -> int:
    """What new files are not allowed; mkstemp makes them for their owner alone."""
    now = os.umask(0o022)
    os.umask(now)
    return now
