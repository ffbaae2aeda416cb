"""Factors: the numbers that a picture of a world is made of, and what each can be."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Shaped
from torch import Tensor

Factors = dict[str, Tensor]  # name: (n,), float32, or int64 where categorical
Value = float | int | str | Tensor


class FactorError(ValueError):
    """A factor that no picture can have; the message names it and says what to change."""


@dataclass(frozen=True)
class Factor:
    """One number of a picture: its limits, how it is drawn, and what one sees of it.

    kind is continuous, circular (`high` is `low` again) or categorical (an index of
    `words`). A continuous factor is drawn evenly from `span`, or from [low, high]
    where it has none, and cut off to [low, high]; a categorical one by `odds`.
    """

    name: str
    kind: str
    title: str
    readout: str
    low: float = 0.0
    high: float = 1.0
    span: tuple[float, float] | None = None
    words: tuple[str, ...] = ()
    odds: tuple[float, ...] = ()

    @property
    def limits(self) -> str:
        """What it can be, in words."""
        if self.words:
            return "choose " + ", ".join(f"{i} ({word})" for i, word in enumerate(self.words))
        end = "below " if self.kind == "circular" else ""
        return f"choose {self.low:g} to {end}{self.high:g}"


Table = Mapping[str, Factor]


def sides(values: Shaped[Tensor, " n"]) -> Bool[Tensor, " n"]:
    """Which values are the larger ones: those above the median; of two that occur, the larger."""
    middle = values.median()
    return values > middle if (values > middle).any() else values >= middle


def named(table: Table, name: str) -> Factor:
    """The factor of this name; FactorError if there is none."""
    if name not in table:
        raise FactorError(f"There is no factor {name!r}: choose from {', '.join(table)}.")
    return table[name]


def value(table: Table, name: str, given: Value) -> Tensor:
    """What an edit sets: a number, one for each picture, or a word where there are words."""
    row = named(table, name)
    if isinstance(given, str):
        if given not in row.words:
            said = f"choose from {', '.join(row.words)}" if row.words else "give a number"
            raise FactorError(f"{name} cannot be {given!r}: {said}.")
        given = row.words.index(given)
    found = torch.as_tensor(given)
    if found.ndim > 1:
        raise FactorError(f"{name} is one number, or one for each picture, not {found.ndim} axes.")
    return _within(row, found)


def edited(table: Table, factors: Factors, name: str, to: Value) -> Factors:
    """The same pictures with one factor set; FactorError where it cannot be."""
    n, new = checked(table, factors), value(table, name, to)
    if new.ndim and len(new) != n:
        raise FactorError(f"{name} has {len(new)} values for {n} pictures: give one for each.")
    return {**factors, name: new.expand(n).clone()}


def checked(table: Table, factors: Mapping[str, Tensor]) -> int:
    """How many pictures these are; FactorError names the factor that is not as it must be."""
    for name in factors:
        named(table, name)
    missing = [name for name in table if name not in factors]
    if missing:
        raise FactorError(f"These factors lack {', '.join(missing)}: sample gives all of them.")
    first = next(iter(table))
    n = len(factors[first]) if factors[first].ndim else 0
    for name, column in factors.items():
        if column.ndim != 1 or len(column) != n:
            raise FactorError(
                f"{name} has the shape {tuple(column.shape)} where {first} has {n} numbers: "
                "give each factor one number a picture."
            )
        _within(table[name], column)
    if n == 0:
        raise FactorError("There is nothing to draw: give one picture's factors at least.")
    return n


def _within(row: Factor, column: Tensor) -> Tensor:
    if row.kind == "categorical":
        whole = column.to(torch.int64)
        if bool((whole != column).any()):
            raise FactorError(f"{row.name} is a whole number: {row.limits}.")
        column = whole
    else:
        column = column.to(torch.float32)
    over = column >= row.high if row.kind == "circular" else column > row.high
    bad = (column < row.low) | over | ~column.isfinite()
    if bool(bad.any()):
        wrong = column.reshape(-1)[int(bad.reshape(-1).to(torch.int8).argmax())].item()
        said = f"{wrong:g}" if math.isfinite(wrong) else "not a number"
        raise FactorError(f"{row.name} = {said} is out of range: {row.limits}.")
    return column
