"""`python -m tests.bench [name ...]`: every table, or those named, each in a process of its own."""

import importlib
import os
import subprocess
import sys

from core import cpu

cpu.settle()  # as the lab is, for both sides of a comparison, and before torch
os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"  # so CPU time is the cost

TABLES = (
    "speed", "score", "classes", "options", "survival", "robust", "inversion", "style", "painter",
    "attacks", "evolution", "worlds", "latents", "bridge", "diffusion", "denoising", "threads", "atlas", "web",
    "room", "follow",
    "lost", "visitors", "soak",
)  # fmt: skip


def main(names: list[str]) -> int:
    """Run the tables; 0 if none broke. A row that falls short is a finding, not a failure."""
    unknown = [name for name in names if name not in TABLES]
    if unknown:
        sys.stderr.write(f"There is no table {unknown[0]!r}: choose from {', '.join(TABLES)}.\n")
        return 2
    if len(names) == 1:
        return _table(names[0])
    calls = [[sys.executable, "-m", "tests.bench", name] for name in names or TABLES]
    return max(subprocess.run(call, check=False).returncode for call in calls)


def _table(name: str) -> int:
    from tests.bench.table import printed, say

    table = importlib.import_module(f"tests.bench.{name}")
    rows = printed(name, table.title, table.rows())
    short = [row.what for row in rows if row.reached is False]
    say(f"{len(short)} short: {'; '.join(short)}" if short else "All reached.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
