"""Who descends from whom: the genomes of an elite's ancestors, in a log of bounded length.

Every child is written down. Every so many generations the log is tidied: what is
neither an elite nor among the last ancestors of one is dropped, and of the
others the oldest where there is no room.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from core.evolution.elites import NOBODY, Elites, State

EVERY = 16  # generations from one tidying to the next
DEPTH = 12  # ancestors of an elite that are kept for certain, while there is room
ROWS, BYTES, LEAST = 4, 3 * 10**6, 64  # rows a class, all genomes together, and rows at least
KEYS = ("genomes", "name", "parent", "origin")

Rows = dict[str, Tensor]
"""genomes, name, parent (a name, or NOBODY), origin (the parent's class), in the order of names."""


@dataclass(frozen=True)
class Log:
    """What was kept when it was tidied last, and the generations since."""

    kept: Rows
    fresh: tuple[Rows, ...] = ()


def empty(genomes: Tensor, classes: int) -> Log:
    """A log without anybody; `genomes` are of the kind that it is for."""
    length = max(LEAST, min(ROWS * classes, BYTES // genomes[0].nbytes))
    nobody = torch.full((length,), NOBODY, device=genomes.device)
    kept = genomes.new_zeros(length, *genomes.shape[1:])
    return Log({"genomes": kept, "name": nobody, "parent": nobody, "origin": nobody})


def extended(log: Log, children: Rows, elites: Elites) -> Log:
    """The log with these children, tidied where it is due."""
    fresh = (*log.fresh, {key: children[key] for key in KEYS})
    if len(fresh) < EVERY:
        return replace(log, fresh=fresh)
    return Log(_tidied(_whole(replace(log, fresh=fresh)), elites, len(log.kept["name"])))


def _whole(log: Log) -> Rows:
    return {key: torch.cat([rows[key] for rows in (log.kept, *log.fresh)]) for key in KEYS}


def _tidied(rows: Rows, elites: Elites, length: int) -> Rows:
    """The last so many rows that an elite needs, in order; those without anybody come first."""
    names, count = rows["name"], len(rows["name"])
    needed = names.new_zeros(count + 1).index_fill(0, _row(names, elites["name"]), 1)
    up = torch.cat((_row(names, rows["parent"]), names.new_full((1,), count)))
    for _ in range(DEPTH):
        needed = needed.scatter_reduce(0, up, needed, "amax")
    worth = needed[:-1] * (names + 1)
    last = worth.argsort(stable=True)[-length:]
    there = worth[last] > 0
    found = {key: torch.where(there, rows[key][last], NOBODY) for key in KEYS[1:]}
    genomes = rows["genomes"][last]
    shape = (-1,) + (1,) * (genomes.ndim - 1)
    return {"genomes": torch.where(there.view(shape), genomes, 0).to(genomes.dtype), **found}


def _row(names: Tensor, wanted: Tensor) -> Tensor:
    """Where these names stand; the row after the last for those that do not."""
    at = torch.searchsorted(names, wanted).clamp(max=len(names) - 1)
    return torch.where((names[at] == wanted) & (wanted >= 0), at, len(names))


def ancestors(log: Log, elites: Elites, label: int) -> Iterator[tuple[int, int, Tensor]]:
    """Name, the class it came from, and genome: of an elite, its parent, and so on.

    For a page: this waits for the device. Nobody comes from an empty seat.
    """
    rows = _whole(log)
    where = {name: row for row, name in enumerate(rows["name"].tolist()) if name >= 0}
    name, origin = int(elites["name"][label]), int(elites["origin"][label])
    genome = elites["genomes"][label]
    while name >= 0:
        yield name, origin, genome
        row = where.get(name)
        name = int(rows["parent"][row]) if row is not None else NOBODY
        row = where.get(name)
        if row is None:
            return
        origin, genome = int(rows["origin"][row]), rows["genomes"][row]


def state(log: Log) -> State:
    """What brings the log back."""
    fresh: State = {
        f"log.fresh.{k}": torch.cat([r[k] for r in log.fresh]) for k in KEYS if log.fresh
    }
    return {**{f"log.{key}": value.clone() for key, value in log.kept.items()}, **fresh}


def resumed(state: State, batch: int) -> Log:
    """The log of a state; `batch`: children a generation."""

    def of(start: str) -> Rows:
        found = {key: state.get(f"{start}.{key}") for key in KEYS}
        return {key: value.clone() for key, value in found.items() if isinstance(value, Tensor)}

    fresh = of("log.fresh")
    parts = zip(*(fresh[key].split(batch) for key in KEYS), strict=True) if fresh else ()
    return Log(of("log"), tuple(dict(zip(KEYS, part, strict=True)) for part in parts))
