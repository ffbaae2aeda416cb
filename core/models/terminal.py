"""Networks as somebody asks for them in a terminal: by name or file, fetched with a bar."""

from pathlib import Path

from core.models.classifiers.own import bring
from core.models.loading import fetch, is_here


def network(said: str, *, quiet: bool) -> str:
    """The name of a network; a file becomes one of this process, and what is not here is fetched."""
    if Path(said).suffix and Path(said).is_file():
        return bring(said)
    if not is_here(said):
        _fetched(said, quiet=quiet)
    return said


def _fetched(name: str, *, quiet: bool) -> None:
    from tqdm import tqdm

    with tqdm(desc=name, unit="B", unit_scale=True, disable=quiet or None, leave=False) as bar:

        def report(done: int, total: int) -> None:
            bar.total = total or None
            bar.update(done - bar.n)

        fetch(name, report)
