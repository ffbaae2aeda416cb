"""Files that are whole or not there: written aside, then renamed."""

import contextlib
import os
import tempfile
from pathlib import Path


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
