"""The contract between a probe and everything that shows one.

A probe is a module with a `title`, a `question`, a `source`, a frozen dataclass
`Settings` and a generator `run(resources..., live, state=None)` of `Frame`s.
Settings are declared once, each field `Annotated` with one of the kinds below:
slider, range check, error sentence, link, command line, code panel and tests
all come from that line.

A probe whose pictures climb a score may say so by `scored(settings, network)`:
the objectives of the panel "picture", one a picture, each a sum of what single
positions are worth. The panel "control" is then worth the same to the control.
One that speaks of its photograph is `scored(settings, network, picture)`.
What survives of the score is shown for such a probe (`core.metrics.survival`).
"""

import dataclasses
import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from functools import cache
from types import ModuleType
from typing import Any, Generic, TypeVar, get_type_hints

from torch import Tensor

State = dict[str, Tensor | int | float]
Value = bool | int | float | str | tuple[float, ...]  # what settings, tape and link carry
Tape = list[tuple[int, dict[str, Any]]]  # (step, changes), applied before that step
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

    `family` says what it must be able to do: classifier, generator, denoiser, detector
    or segmenter.
    """

    _: KW_ONLY
    family: str = "classifier"
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
    | Picture | Mask | File | Latent | Attribute | Point
)  # fmt: skip
RESOURCES = (Network, Picture, Mask, File)  # resolved before the run, so never live


@dataclass(frozen=True)
class Marks:
    """What a panel shows that is not pixels.

    form: points (n, 2), paths (n, t, 2), boxes (n, 4: left, top, right, bottom),
    bars (n,) or grid (rows, columns). classes: a whole number for each of them, which
    picks its colour. names: a word for each, or for each class. over: the panel that it
    lies on; without one it is a panel of its own. low, high: what the edges of the panel
    stand for, in x and in y (y grows upwards, as in a plot; of boxes downwards, as in a
    picture); of bars and grids the ends of the scale.
    """

    form: str
    values: Tensor
    _: KW_ONLY
    classes: Tensor | None = None
    names: tuple[str, ...] = ()
    over: str = ""
    low: float = 0
    high: float = 1

    def __post_init__(self) -> None:
        shape = FORMS.get(self.form)
        if shape is None:
            raise ValueError(f"Marks are {', '.join(FORMS)}: {self.form!r} is none of them.")
        if self.values.ndim != shape[0] or (shape[1] and self.values.shape[-1] != shape[1]):
            size = tuple(self.values.shape)
            raise ValueError(
                f"Marks of the form {self.form} have the shape {shape[2]}, not {size}."
            )


FORMS = {  # dimensions, size of the last one (0: any), and the shape in words
    "points": (2, 2, "(n, 2)"),
    "paths": (3, 2, "(n, t, 2)"),
    "boxes": (2, 4, "(n, 4)"),
    "bars": (1, 0, "(n,)"),
    "grid": (2, 0, "(rows, columns)"),
}
Panel = Tensor | str | Marks  # (3, height, width), (n, 3, height, width), a sentence, or marks


@dataclass(frozen=True)
class Frame:
    """What a probe shows of one step.

    step counts the frames of a run from 0. panels are named pictures in [0, 1],
    marks or sentences, detached and owned by the frame; numbers are 0-d tensors or
    (n,). `state` copies what is needed to go on after this frame.
    """

    step: int
    panels: Mapping[str, Panel]
    numbers: Mapping[str, Tensor]
    state: Callable[[], State]


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
    return hint.__origin__, hint.__metadata__[0]


def checked(name: str, value: Any, setting: Declared) -> Any:
    """The value as the setting's type; raises SettingError with the limits if it does not fit."""
    kind, wanted = setting.kind, setting.type
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


def made(cls: type[S], values: Mapping[str, Any]) -> S:
    """Settings from names and values that somebody sent, every one checked."""
    known = declared(cls)
    for name in values:
        if name not in known:
            raise SettingError(
                f"There is no setting {name[:40]!r}: choose from {', '.join(known)}."
            )
    return cls(**{name: checked(name, value, known[name]) for name, value in values.items()})


@dataclass
class Live(Generic[S]):
    """Settings and actions of now, and the tape of what a run has read.

    The pump calls `begin(step)` before it asks for that step's frame; `now` and
    `actions` then stand still until the next. `set` and `act` may be called from
    any thread and take effect at the next `begin`. Once a visitor changes
    something, what the tape held for later steps is dropped.
    """

    now: S
    tape: Tape = field(default_factory=list)
    fits: Callable[[S], None] = lambda settings: None  # raises where the network forbids a value
    actions: tuple[Any, ...] = ()
    kinds: Mapping[str, type] = field(default_factory=dict)  # action classes by name
    _waiting: list[dict[str, Any]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        made(type(self.now), dataclasses.asdict(self.now))  # type: ignore[call-overload]

    def set(self, /, **changes: Any) -> None:
        """Ask for live settings to change; raises SettingError and changes nothing if one cannot."""
        known = declared(self.now)
        with self._lock:
            for name in changes:
                if name in known and not known[name].kind.live:
                    raise SettingError(f"{name} is fixed during a run: start again to change it.")
            after = self.now
            for waiting in self._waiting:
                after = _changed(after, waiting)
            self.fits(_changed(after, changes))
            self._waiting.append(changes)

    def act(self, name: str, /, **values: Any) -> None:
        """Ask for an action at the next step; raises SettingError if there is none of that name."""
        self.fits(self._action({"action": name, **values}))
        with self._lock:
            self._waiting.append({"action": name, **values})

    def begin(self, step: int) -> None:
        """Fix `now` and `actions` for this step, from the tape and from what was asked for."""
        with self._lock:
            if self._waiting:
                self.tape[:] = [entry for entry in self.tape if entry[0] <= step]
                self.tape += [(step, changes) for changes in self._waiting]
                self._waiting.clear()
            due = [changes for at, changes in self.tape if at == step]
        self.actions = tuple(self._action(c) for c in due if "action" in c)
        for changes in due:
            self.now = _changed(self.now, changes)

    def catch_up(self, step: int) -> None:
        """Apply the settings on the tape of every step before this one: for a run that goes on."""
        for at, changes in self.tape:
            if at < step:
                self.now = _changed(self.now, changes)

    def _action(self, entry: dict[str, Any]) -> Any:
        values = {k: v for k, v in entry.items() if k != "action"}
        if entry["action"] not in self.kinds:
            known = ", ".join(self.kinds) or "none"
            raise SettingError(f"There is no action {entry['action']!r} here: choose from {known}.")
        return made(self.kinds[entry["action"]], values)


def _changed(settings: S, changes: Mapping[str, Any]) -> S:
    if "action" in changes:
        return settings
    return made(type(settings), {**dataclasses.asdict(settings), **changes})  # type: ignore[call-overload]


def actions(probe: ModuleType) -> dict[str, type]:
    """The probe's action classes by name; empty if it declares none."""
    return {cls.__name__.lower(): cls for cls in getattr(probe, "Actions", ())}


def resources(probe: ModuleType) -> dict[str, Declared]:
    """The settings that `run` takes as resources."""
    return {n: d for n, d in declared(probe.Settings).items() if isinstance(d.kind, RESOURCES)}
