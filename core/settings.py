"""The declaration of settings: kinds, limits, and the sentences of what does not fit.

A setting is declared once, as a field of a frozen dataclass `Annotated` with one
of the kinds below: slider, range check, error sentence, link, command line, code
panel and tests all come from that line.
"""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from functools import cache
from typing import Any, TypeVar, get_origin, get_type_hints

Value = (
    bool | int | float | str | tuple[float, ...] | tuple[str, ...]
)  # what settings, tape and link carry
S = TypeVar("S")
LONGEST = 100  # characters of a setting that is a text


class SettingError(ValueError):
    """A value that a setting cannot take; the message names the limit and the remedy."""


@dataclass(frozen=True)
class Range:
    """A number in [low, high]; whole numbers where the field is an int.

    `zero` is a word for what 0 stands for, where it stands for no number.
    """

    low: float
    high: float
    _: KW_ONLY
    log: bool = False
    step: float | None = None
    unit: str = ""
    zero: str = ""
    help: str = ""
    live: bool = False


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    options: tuple[str, ...]
    _: KW_ONLY
    help: str = ""
    live: bool = False


@dataclass(frozen=True)
class Switch:
    """On or off."""

    _: KW_ONLY
    help: str = ""
    live: bool = False


@dataclass(frozen=True)
class Seed:
    """Where the random numbers start."""

    _: KW_ONLY
    help: str = "another seed, another picture"
    low: int = 0
    high: int = 2**31 - 1
    live: bool = False


@dataclass(frozen=True)
class Network:
    """A network by name. A resource: `run` gets the model, and `control` its random twin.

    `family` says what it must be able to do: classifier, generator, denoiser, detector,
    segmenter or reader. `world`: what a generator's pictures must be of, "critters" or
    "critters or digits"; "": of anything.
    """

    _: KW_ONLY
    family: str = "classifier"
    world: str = ""
    help: str = "the network that is held still"
    live: bool = False


@dataclass(frozen=True)
class Layer:
    """A layer of the network named by the setting `of`."""

    _: KW_ONLY
    of: str
    help: str = ""
    live: bool = False


@dataclass(frozen=True)
class Unit:
    """A channel of the layer named by the setting `of`, from 0."""

    _: KW_ONLY
    of: str
    help: str = ""
    live: bool = False


@dataclass(frozen=True)
class Label:
    """A class of the network named by the setting `of`, from 0."""

    _: KW_ONLY
    of: str
    help: str = ""
    live: bool = False


@dataclass(frozen=True)
class Picture:
    """A picture by name. A resource: `run` gets (3, height, width) in [0, 1].

    `without` is a word that stands for no picture; `run` then gets None.
    `swatches`: the lab's own style pictures are offered first.
    """

    _: KW_ONLY
    without: str = ""
    swatches: bool = False
    help: str = ""
    live: bool = False


@dataclass(frozen=True)
class Mask:
    """Where the picture may change. A resource: `run` gets (1, height, width) in [0, 1], or None.

    `without` is the word for no mask; `over` the setting whose picture it lies on.
    """

    _: KW_ONLY
    without: str
    over: str
    help: str = ""
    live: bool = False


@dataclass(frozen=True)
class File:
    """One of a few words, or a file that a visitor brings. A resource: `run` gets None for a word.

    For a file it gets the picture that the probe's `brought` made of it, (3, height,
    width) of its bytes: it travels with a run as the visitor's pictures do.
    """

    options: tuple[str, ...]
    _: KW_ONLY
    help: str = ""
    live: bool = False


@dataclass(frozen=True)
class Latent:
    """A latent of the generator named by the setting `of`: a tuple of its first components.

    Up to `shown` of them are set by hand, each in [low, high] (in standard deviations of
    the prior); those that the tuple leaves out are the probe's to draw by its seed.
    """

    _: KW_ONLY
    of: str
    shown: int = 8
    low: float = -3
    high: float = 3
    help: str = ""
    live: bool = False


@dataclass(frozen=True)
class Attribute:
    """A named direction in the latent space of the generator named by the setting `of`."""

    _: KW_ONLY
    of: str
    help: str = ""
    live: bool = False


@dataclass(frozen=True)
class Attributes:
    """A set of attributes of the generator named by the setting `of`: a tuple of their names.

    Sorted, and each once, so that the same set is the same value. `every` is a word for all of
    them but the one that an `Attribute` beside it names, `without` one for none. A text is read as
    names with commas between them.
    """

    _: KW_ONLY
    of: str
    every: str = "all others"
    without: str = "nothing"
    help: str = ""
    live: bool = False


@dataclass(frozen=True)
class Point:
    """A place (x, y) in [low, high]^2: dragged on the panel `over`, or on a pad of its own."""

    low: float
    high: float
    _: KW_ONLY
    over: str = ""
    help: str = ""
    live: bool = False


Kind = (
    Range | Choice | Switch | Seed | Network | Layer | Unit | Label
    | Picture | Mask | File | Latent | Attribute | Attributes | Point
)  # fmt: skip
RESOURCES = (Network, Picture, Mask, File)  # resolved before the run, so never live


@dataclass(frozen=True)
class Declared:
    """One setting as declared: its name, type, kind and default."""

    name: str
    type: type
    kind: Kind
    default: Any


def declared(settings: Any) -> dict[str, Declared]:
    """Every setting of a Settings class, or of one of its objects, by name."""
    return dict(_declared(settings if isinstance(settings, type) else type(settings)))


@cache
def _declared(cls: Any) -> dict[str, Declared]:
    hints = get_type_hints(cls, include_extras=True)
    return {
        f.name: Declared(f.name, *_split(hints[f.name]), f.default) for f in dataclasses.fields(cls)
    }


def _split(hint: Any) -> tuple[type, Kind]:
    return get_origin(hint.__origin__) or hint.__origin__, hint.__metadata__[0]


def owner(settings: Any, kind: Kind) -> str:
    """The setting whose model a layer, unit, class, latent or attributes are of; "" of other kinds.

    An action has no network of its own: it speaks of its run's.
    """
    if not isinstance(kind, Layer | Unit | Label | Latent | Attribute | Attributes):
        return ""
    above = declared(settings).get(kind.of)
    return (
        kind.of if above is None or isinstance(above.kind, Network) else owner(settings, above.kind)
    )


def checked(name: str, value: Any, setting: Declared) -> Any:
    """The value as the setting's type; raises SettingError with the limits if it does not fit."""
    kind, wanted = setting.kind, setting.type
    if isinstance(kind, Latent | Point):
        return _place(name, value, kind)
    if isinstance(kind, Attributes):
        return _names(name, value, kind)
    value = _as(wanted, value)
    if wanted is str and len(str(value)) > LONGEST:
        raise SettingError(
            f"{name} has {len(str(value))} characters: choose a text of up to {LONGEST}."
        )
    if not isinstance(value, wanted) or (wanted is not bool and isinstance(value, bool)):
        raise SettingError(f"{name} = {repr(value)[:LONGEST]} is not {_WORDS[wanted]}.")
    if isinstance(kind, Range | Seed) and not kind.low <= value <= kind.high:  # refuses nan too
        unit = f" {kind.unit}" if isinstance(kind, Range) and kind.unit else ""
        raise SettingError(
            f"{name} = {value:g} is out of range: choose {kind.low:g} to {kind.high:.10g}{unit}."
        )
    if isinstance(kind, Choice) and value not in kind.options:
        raise SettingError(f"{name} = {value!r} is unknown: choose {', '.join(kind.options)}.")
    if isinstance(kind, Unit | Label) and value < 0:
        raise SettingError(f"{name} = {value} is out of range: units are counted from 0.")
    return value


def _place(name: str, value: Any, kind: Latent | Point) -> tuple[float, ...]:
    """Numbers of a latent or a point, each inside the limits."""
    fits = range(kind.shown + 1) if isinstance(kind, Latent) else (2,)
    wanted = f"up to {kind.shown} numbers" if isinstance(kind, Latent) else "two numbers, x and y"
    said = f"{wanted}, each {kind.low:g} to {kind.high:g}"
    if not isinstance(value, tuple | list) or len(value) not in fits:
        raise SettingError(f"{name} = {repr(value)[:LONGEST]} does not fit: give {said}.")
    found = tuple(_as(float, one) for one in value)
    if not all(isinstance(one, float) and kind.low <= one <= kind.high for one in found):
        raise SettingError(f"{name} = {repr(value)[:LONGEST]} is out of range: give {said}.")
    return found


def _names(name: str, value: Any, kind: Attributes) -> tuple[str, ...]:
    """Names of attributes; those of one network are checked where it is known."""
    sent = [value] if isinstance(value, str) else value
    if not isinstance(sent, tuple | list) or not all(isinstance(one, str) for one in sent):
        raise SettingError(
            f"{name} = {repr(value)[:LONGEST]} does not fit: give names of attributes with commas "
            f"between them, {kind.every!r} or {kind.without!r}."
        )
    found = {one.strip() for text in sent for one in text.split(",")} - {"", kind.without}
    if len(found) > LONGEST or any(len(one) > LONGEST for one in found):
        raise SettingError(
            f"{name} has more than {LONGEST} names, or one of more characters: choose fewer."
        )
    return (kind.every,) if kind.every in found else tuple(sorted(found))


def _as(wanted: type, value: Any) -> Any:
    """A number as the type that is wanted, where that changes nothing of it."""
    if isinstance(value, int) and abs(value) >= 2**63:  # more than a float may hold
        value = math.inf if value > 0 else -math.inf
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return (
        int(value) if wanted is int and isinstance(value, float) and value.is_integer() else value
    )


_WORDS = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}


def typed(cls: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values by name that somebody sent, every one checked and of its setting's own type."""
    known = declared(cls)
    for name in values:
        if name not in known:
            raise SettingError(
                f"There is no setting {name[:40]!r}: choose from {', '.join(known)}."
            )
    return {name: checked(name, value, known[name]) for name, value in values.items()}


def made(cls: type[S], values: Mapping[str, Any]) -> S:
    """Settings from names and values that somebody sent; raises SettingError."""
    return cls(**typed(cls, values))
