"""Rows of a bench: what was measured, its bar, and whether it is reached."""

import os
import platform
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

LONGEST = 20 * 60  # seconds that a table may take
FOLDER = Path("build/bench")


@dataclass(frozen=True)
class Row:
    """One line. `reached` is None where nothing has to be reached: a number beside the others."""

    what: str
    bar: str
    measured: str
    reached: bool | None = None

    @property
    def verdict(self) -> str:
        """One word: ok, short, or a dash."""
        return {True: "ok", False: "short", None: "-"}[self.reached]


def printed(name: str, title: str, rows: Iterable[Row]) -> list[Row]:
    """Print rows as they come, and keep them as build/bench/<name>.md."""
    began, found = time.monotonic(), []
    lines = [f"# {title}", "", machine(), "", "| what | bar | measured | |", "|---|---|---|---|"]
    for line in ("", *lines):
        say(line)
    for row in _timed(rows, began):
        found.append(row)
        lines.append(f"| {row.what} | {row.bar} | {row.measured} | {row.verdict} |")
        say(lines[-1])
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / f"{name}.md").write_text("\n".join(lines) + "\n")
    return found


def _timed(rows: Iterable[Row], began: float) -> Iterable[Row]:
    yield from rows
    took = time.monotonic() - began
    yield Row("this table", "<= 20 min", f"{took / 60:.1f} min", took <= LONGEST)


def say(line: str) -> None:
    """A line on the terminal, at once."""
    print(line, flush=True)


def machine() -> str:
    """What the numbers were measured on."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{cores} cores, {platform.machine()}, torch {torch.__version__}, "
        f"{torch.get_num_threads()} thread, load {os.getloadavg()[0]:.1f} at the start"
    )


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the values lies."""
    return float(torch.tensor(values, dtype=torch.float64).quantile(share))


def median(values: Sequence[float]) -> float:
    """The middle value."""
    return quantile(values, 0.5)
