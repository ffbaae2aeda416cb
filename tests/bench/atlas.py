"""What an atlas costs beside the bare loop, and what a second worker is worth.

The bare loop climbs and scores the same batches in one process and keeps
nothing: CPU time of one thread, in turns. Workers are the whole command, from
its start to its end, by the clock: measure them on a quiet machine.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch

from core import models, pictures
from core.atlas.crew import Order, written
from core.atlas.rendering import AT_ONCE, Chunk, climbed, photographed, visualised
from core.probes.features import Settings
from tests.bench.table import Row, median

title = "An atlas, and the bare loop"

LAYER, UNITS, ROUNDS = "blocks.4", 8, 3
MANY, TURNS = 112, 2  # units of the layer, all there are, and turns of the whole command
KEPT, WORTH = 0.9, 1.7


def rows() -> Iterator[Row]:
    """Overhead, then workers."""
    torch.set_num_threads(1)
    took = in_turns({"bare": bare, "ascent": ascent_alone, "atlas": atlas})
    share = took["bare"] / took["atlas"]
    what = f"throughput of the bare loop that an atlas keeps, {UNITS} units of {LAYER}"
    yield Row(what, f">= {KEPT:.0%}", f"{share:.1%}", share >= KEPT)
    share = took["ascent"] / took["atlas"]
    yield Row("the same beside the steps alone, nothing scored", "-", f"{share:.1%}")
    yield Row("CPU time of a unit", "-", f"{took['atlas'] / UNITS:.2f} s")
    one, two = workers((1, 2))
    worth = one / two
    what = f"{MANY} units of {LAYER}, two workers of one thread against one"
    said = f"{worth:.2f} x ({one:.0f} s, {two:.0f} s)"
    yield Row(what, f">= {WORTH} x", said, worth >= WORTH)


def in_turns(ways: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The median CPU seconds of each, in turns, so that what else runs falls on all."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    models.load(Settings().network)
    for _ in range(ROUNDS):
        for name, way in ways.items():
            began = time.process_time()
            way()
            found[name].append(time.process_time() - began)
    return {name: median(took) for name, took in found.items()}


def chunks(photographs: Sequence[float]) -> list[Chunk]:
    """The batches that an atlas would make."""
    units = [tuple(range(i, i + AT_ONCE)) for i in range(0, UNITS, AT_ONCE)]
    return [Chunk(LAYER, some, tuple(photographs[unit] for unit in some)) for some in units]


def bare() -> None:
    """Climb and score, and keep nothing."""
    seen = [photographed(Settings(), [LAYER], name)[LAYER] for name in pictures.shipped()]
    for chunk in chunks([max(scores) for scores in zip(*seen, strict=True)]):
        visualised(Settings(), chunk)


def ascent_alone() -> None:
    """Climb, and measure nothing."""
    network = models.load(Settings().network)
    for chunk in chunks([0.0] * UNITS):
        climbed(Settings(), network, chunk)


def atlas() -> None:
    """The same units into a folder."""
    with tempfile.TemporaryDirectory() as folder:
        units = tuple(range(UNITS))
        order = Order(Path(folder) / "a", (LAYER,), units, workers=1, quiet=True)
        assert written(order)["made"] == UNITS


def workers(counts: Sequence[int]) -> list[float]:
    """The median seconds of the whole command with so many workers, in turns."""
    found: dict[int, list[float]] = {count: [] for count in counts}
    for _ in range(TURNS):
        for count in counts:
            with tempfile.TemporaryDirectory() as folder:
                call = [sys.executable, "-m", "core", "atlas", "--layers", LAYER, "--quiet"]
                call += ["--units", *map(str, range(MANY)), "--workers", str(count)]
                began = time.monotonic()
                subprocess.run([*call, "-o", f"{folder}/a"], check=True, capture_output=True)
                found[count].append(time.monotonic() - began)
    return [median(found[count]) for count in counts]
