"""The factors of a critter: what each is called, what it can be, and where it shows.

A critter is a cat, a dog or a rabbit, and nothing but its factors: the same
numbers always give the same picture.
"""

from collections.abc import Sequence

from core.worlds.factors import Factor, FactorError, Table

VERSION = 1  # of the pictures and of the sampling; weights that learned from them say it

SPECIES = ("cat", "dog", "rabbit")
SCENERY = ("plain", "hills", "dots", "stripes")
WORN = ("no", "yes")


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
FACTORS: Table = {factor.name: factor for factor in _TABLE}
# those that can move along a line: scenery has no order, and a hue is a circle
EDITED = tuple(name for name in FACTORS if name not in ("bg", "bg_hue"))

# the droop that each species has: an ear_flop outside is another animal's
FLOP = {
    "cat": (0.0, 0.35),
    "dog": (0.55, 1.0),
    "rabbit": (0.0, 0.22),
}


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
