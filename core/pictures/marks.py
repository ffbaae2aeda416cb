"""Panels that are not pixels: points, paths, boxes, bars and grids."""

import math
from dataclasses import KW_ONLY, dataclass

from torch import Tensor


@dataclass(frozen=True)
class Axis:
    """What one side of a panel of curves stands for: its words, and the values at its two ends."""

    title: str
    low: float
    high: float
    _: KW_ONLY
    log: bool = False

    def placed(self, values: Tensor) -> Tensor:
        """Values as shares of the side, held inside it."""
        low, high = (math.log(end) if self.log else end for end in (self.low, self.high))
        x = values.clamp(min=self.low).log() if self.log else values
        return ((x - low) / (high - low)).clamp(0, 1)


@dataclass(frozen=True)
class Marks:
    """What a panel shows that is not pixels.

    form: points (n, 2 or 3), paths (n, t, 2 or 3; a third number is seen where the panel is
    turned), boxes (n, 4: left, top, right, bottom),
    bars (n,) or grid (rows, columns). classes: a whole number for each of them, which
    picks its colour: 0 what is live, 1 its control, 2 to 5 others, -1 what lies behind.
    Without classes it is that of its panel. names: a word for each, or for each class; of a grid for each row,
    and where it is square for each column. over: the panel that it
    lies on; without one it is a panel of its own. low, high: what the edges of the panel
    stand for, in x and in y (y grows upwards, as in a plot; of boxes downwards, as in a
    picture); of bars and grids the ends of the scale. axes: of curves, what x and y stand for where
    `low` and `high` are 0 and 1: drawn with their numbers, and known to whoever looks closer.
    """

    form: str
    values: Tensor
    _: KW_ONLY
    classes: Tensor | None = None
    names: tuple[str, ...] = ()
    over: str = ""
    low: float = 0
    high: float = 1
    axes: tuple[Axis, ...] = ()

    def __post_init__(self) -> None:
        shape = FORMS.get(self.form)
        if shape is None:
            raise ValueError(f"Marks are {', '.join(FORMS)}: {self.form!r} is none of them.")
        if self.values.ndim != shape[0] or (shape[1] and self.values.shape[-1] not in shape[1]):
            size = tuple(self.values.shape)
            raise ValueError(
                f"Marks of the form {self.form} have the shape {shape[2]}, not {size}."
            )


FORMS = {  # dimensions, sizes of the last one (none: any), and the shape in words
    "points": (2, (2, 3), "(n, 2) or (n, 3)"),
    "paths": (3, (2, 3), "(n, t, 2) or (n, t, 3)"),
    "boxes": (2, (4,), "(n, 4)"),
    "bars": (1, (), "(n,)"),
    "grid": (2, (), "(rows, columns)"),
}
