"""The same link makes the same picture: bytes at one thread count, levels across them.

Every replay is a process of its own, started with nothing but the link.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from core import pictures, probes, records, run
from tests.bench.table import Row

title = "The same link"

EARLY = 16  # the step at which one thread and two must still agree
LEVELS = 2


@dataclass(frozen=True)
class Replayed:
    """What one process made of a link."""

    digest: str  # of the last picture
    early: Tensor  # uint8
    last: Tensor


def rows() -> Iterator[Row]:
    """Features and a Dream that was steered."""
    for name, link in links().items():
        one = [replayed(link, threads=1) for _ in range(3)]
        same = len({r.digest for r in one}) == 1
        said = f"{len({r.digest for r in one})} different picture" + "s" * (not same)
        yield Row(f"{name}: the same link three times, one thread", "same bytes", said, same)
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2
        if cores < 2:
            yield Row(
                f"{name}: one thread against two", f"<= {LEVELS}", "this machine has one core"
            )
            continue
        two = replayed(link, threads=2)
        early, last = (_apart(one[0].early, two.early), _apart(one[0].last, two.last))
        what = f"{name}: one thread against two, step {EARLY}"
        yield Row(what, f"<= {LEVELS} levels", f"{early} levels", early <= LEVELS)
        yield Row(f"{name}: one thread against two, at the end", "-", f"{last} levels")


def links() -> dict[str, str]:
    """A link of each probe; the dream's carries a change of layer and of strength."""
    features, dream = probes.load("features"), probes.load("dream")
    tape = [(9, {"layer": "blocks.3"}), (12, {"step_size": 4.0})]
    return {
        "Features, a unit": _link(features, features.Settings(), []),
        "Features, a class": _link(features, replace(features.Settings(), target="class"), []),
        "Dream, steered": _link(dream, dream.Settings(), tape),
    }


def _link(probe: ModuleType, settings: object, tape: list) -> str:
    made = run.Run(probe, settings, run.resolve(probe, settings), tape=tape)
    return records.pack(made.record() | {"tape": [list(entry) for entry in tape]})


def replayed(link: str, *, threads: int) -> Replayed:
    """The link's pictures, from a process with this many threads."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pictures.safetensors"
        call = [sys.executable, "-m", "tests.bench.threads", link, str(threads), str(path)]
        asked = os.environ | {"OMP_NUM_THREADS": str(threads), "LAB_THREADS": str(threads)}
        done = subprocess.run(call, env=asked, check=True, capture_output=True, text=True)
        kept = load_file(path)
    return Replayed(json.loads(done.stdout)["digest"], kept["early"], kept["last"])


def _apart(a: Tensor, b: Tensor) -> int:
    return int((a.int() - b.int()).abs().max())


def replay(link: str, threads: int, path: Path) -> str:
    """Replay a link to its end in this process, keep its pictures, and say their digest."""
    torch.set_num_threads(threads)
    record = records.unpack(link)
    probe = probes.load(record["probe"])
    again, said = run.replay(probe, record)
    assert not said, said
    early = last = None
    for frame in again:
        shown = frame.panels["picture"]
        assert isinstance(shown, Tensor)
        last = pictures.to_uint8(shown)
        if frame.step == EARLY:
            early = last
        if frame.step + 1 == again.length():
            break
    assert early is not None
    assert last is not None
    save_file({"early": early.contiguous(), "last": last.contiguous()}, path)
    return hashlib.sha256(last.contiguous().numpy().tobytes()).hexdigest()


if __name__ == "__main__":
    text, count, out = sys.argv[1:]
    sys.stdout.write(json.dumps({"digest": replay(text, int(count), Path(out))}))
