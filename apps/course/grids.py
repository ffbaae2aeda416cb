"""Linked grids: tables of numbers whose cells belong together, lit up in the browser.

One list of links says which cells meet: each link is one product, one path,
one pair, and has a cell in some of the grids. Looking at a cell lights all
cells that share a link with it. Nothing of that asks the server.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from streamlit.components.v2 import component

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Grid:
    """A table of numbers, row by row; None is a cell with nothing in it.

    `names` are the cells' short names, `says` their sentences; `template` makes
    sentences of the names of what a cell is linked to. `ghosts` are cells that
    are there only in thought (a border of zeros). `prints` says what stands in
    a cell: its value, its name, or nothing.
    """

    title: str
    rows: int
    columns: int
    values: Sequence[float | None]
    names: Sequence[str]
    says: Sequence[str] = ()
    template: str = ""
    empty: str = ""
    ghosts: Sequence[int] = ()
    prints: str = "value"
    editable: bool = False
    above: str = ""  # a grid of one row that stands over this one, column on column
    beside: str = ""  # a grid of one column at its right


@dataclass(frozen=True)
class Look:
    """A cell that the animation looks at."""

    grid: str
    cell: int


@dataclass(frozen=True)
class Figure:
    """Grids in rows, with signs between them, the links, and what moves by itself.

    `frames`: grid -> the grids whose cells draw a frame around what is lit there.
    """

    label: str
    grids: Mapping[str, Grid]
    rows: Sequence[Sequence[str]]
    links: Mapping[str, Sequence[int]]  # grid -> its cell in each link, -1 for none
    looks: Sequence[Look]
    frames: Mapping[str, Sequence[str]] = field(default_factory=dict)
    picked: str = ""  # "grid:cell"


@dataclass(frozen=True)
class Done:
    """What a visitor did since the last run: a cell clicked ("" for let go), a number written."""

    picked: str | None
    edited: tuple[str, int, float] | None


def draw(figure: Figure, key: str) -> Done:
    """The figure, and what was done in it."""
    result = _component()(
        key=key,
        data=asdict(figure),
        on_picked_change=lambda: None,
        on_edited_change=lambda: None,
    )
    return Done(result.picked, _edit(result.edited, figure))


def _edit(said: Any, figure: Figure) -> tuple[str, int, float] | None:
    """What was written, if it is a number for a cell that may be written into."""
    match said:
        case [str(name), int(cell), int(value) | float(value)] if name in figure.grids:
            grid = figure.grids[name]
            fits = grid.editable and 0 <= cell < grid.rows * grid.columns
            return (name, cell, float(value)) if fits else None
    return None


@cache
def _component() -> Any:
    return component(
        "linked_grids",
        css=(HERE / "grids.css").read_text(),
        js=(HERE / "grids.js").read_text(),
    )
