"""The factors of a critter: what each is called, what it can be, and where it shows.

A critter is a cat, a dog or a rabbit, and nothing but its factors: the same
numbers always give the same picture.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

VERSION = 1  # of the pictures and of the sampling; weights that learned from them say it

SPECIES = ("cat", "dog", "rabbit")
SCENERY = ("plain", "hills", "dots", "stripes")
WORN = ("no", "yes")

Factors = dict[str, Tensor]  # name: (n,), float32, or int64 where categorical
Value = float | int | str | Tensor


class FactorError(ValueError):
    """A factor that no critter can have; the message names it and says what to change."""


@dataclass(frozen=True)
class Factor:
    """One number of a critter: its limits, how it is drawn, and what one sees of it.

    kind is continuous, circular (`high` is `low` again) or categorical (an index of
    `words`). A continuous factor is drawn evenly from `span` and then cut off to
    [low, high]; a categorical one by `odds`.
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


def _share(name: str, title: str, readout: str, span: tuple[float, float] = (0, 1)) -> Factor:
    return Factor(name, "continuous", title, readout, 0, 1, span)


def _signed(name: str, title: str, readout: str) -> Factor:
    return Factor(name, "continuous", title, readout, -1, 1)


def _between(name: str, title: str, readout: str, low: float, high: float) -> Factor:
    return Factor(name, "continuous", title, readout, low, high)


def _worn(name: str, title: str, readout: str, odds: float) -> Factor:
    return Factor(name, "categorical", title, readout, 0, 1, None, WORN, (1 - odds, odds))


_TABLE = (
    Factor("species", "categorical", "Species", "cat, dog or rabbit", 0, 2, None, SPECIES),
    _share("warmth", "Warmth of the fur", "grey to ginger"),
    _share("dark", "Darkness of the fur", "light to dark"),
    _share("stripes", "Stripes", "none to strong, on forehead and cheeks", (-0.8, 0.8)),
    _share("patch", "Patch", "none to dark, around one eye and over the other ear", (-0.9, 0.8)),
    _share("blaze", "Blaze", "none to pale, from the forehead to the nose", (-0.7, 0.9)),
    _share("ear_flop", "Droop of the ears", "upright to hanging; a range for each species"),
    _between("ear_size", "Size of the ears", "small to large", 0.8, 1.2),
    _between("face_width", "Width of the face", "narrow to wide", 0.9, 1.1),
    _between("muzzle", "Size of the muzzle", "small to large", 0.8, 1.2),
    _between("eye_size", "Size of the eyes", "small to large", 0.75, 1.25),
    _share("eye_hue", "Colour of the eyes", "amber over green to blue"),
    Factor(
        "eye_open", "continuous", "Opening of the eyes", "narrow to wide", 0.25, 1, (0.35, 1.35)
    ),
    _signed("gaze", "Gaze", "to the left to to the right"),
    _signed("smile", "Smile", "corners of the mouth down to up"),
    _share("mouth_open", "Opening of the mouth", "shut to wide", (-0.6, 0.9)),
    _signed("yaw", "Turn of the head", "to the left to to the right"),
    _signed("tilt", "Tilt of the head", "to the left to to the right"),
    _signed("x", "Place from left to right", "left to right"),
    _signed("y", "Place from top to bottom", "up to down"),
    _between("scale", "Size of the head", "far to near", 0.88, 1.08),
    Factor("bg", "categorical", "Scenery", "what is behind", 0, 3, None, SCENERY, (0.25,) * 4),
    Factor("bg_hue", "circular", "Hue of the scenery", "once around the circle of colours"),
    _signed("light_dir", "Side of the light", "from the left to from the right"),
    _share("light", "Light", "dusk to day"),
    _worn("glasses", "Glasses", "without to with", 0.3),
    _worn("collar", "Collar", "without to with", 0.3),
    _worn("hat", "Party hat", "without to with", 0.2),
)
FACTORS: Mapping[str, Factor] = {factor.name: factor for factor in _TABLE}
# those that can move along a line: scenery has no order, and a hue is a circle
EDITED = tuple(name for name in FACTORS if name not in ("bg", "bg_hue"))

# the droop that each species has: an ear_flop outside is another animal's
FLOP: Mapping[str, tuple[float, float]] = {
    "cat": (0.0, 0.35),
    "dog": (0.55, 1.0),
    "rabbit": (0.0, 0.22),
}


def factor(name: str) -> Factor:
    """The factor of this name; FactorError if there is none."""
    if name not in FACTORS:
        raise FactorError(f"A critter has no factor {name!r}: choose from {', '.join(FACTORS)}.")
    return FACTORS[name]


def species_index(names: Sequence[str]) -> list[int]:
    """Where in SPECIES the names stand; FactorError where they name none, or one twice."""
    if not names:
        raise FactorError("No species is left to draw from: name at least one.")
    if isinstance(names, str):
        raise FactorError(f"species is a list of names: write ({names!r},) for one.")
    for name in names:
        if name not in SPECIES:
            raise FactorError(f"There is no species {name!r}: choose from {', '.join(SPECIES)}.")
    if len(set(names)) < len(names):
        raise FactorError(f"A species is named twice in {', '.join(names)}: name each once.")
    return [SPECIES.index(name) for name in names]


def value(name: str, given: Value) -> Tensor:
    """What an edit sets: a number, one number for each critter, or a word where there are words."""
    row = factor(name)
    if isinstance(given, str):
        if given not in row.words:
            said = f"choose from {', '.join(row.words)}" if row.words else "give a number"
            raise FactorError(f"{name} cannot be {given!r}: {said}.")
        given = row.words.index(given)
    found = torch.as_tensor(given)
    if found.ndim > 1:
        raise FactorError(f"{name} is one number, or one for each critter, not {found.ndim} axes.")
    return _within(row, found)


def checked(factors: Mapping[str, Tensor]) -> int:
    """How many critters these are; FactorError names the factor that is not as it must be."""
    for name in factors:
        factor(name)
    missing = [name for name in FACTORS if name not in factors]
    if missing:
        raise FactorError(f"These critters lack {', '.join(missing)}: sample gives all factors.")
    n = len(factors["species"]) if factors["species"].ndim else 0
    for name, column in factors.items():
        if column.ndim != 1 or len(column) != n:
            raise FactorError(
                f"{name} has the shape {tuple(column.shape)} where species has {n} critters: "
                "give each factor one number a critter."
            )
        _within(FACTORS[name], column)
    if n == 0:
        raise FactorError("There is no critter to draw: give at least one.")
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
