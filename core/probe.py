"""The contract between a probe and everything that shows one.

A probe is a module of `core.probes`: some words, a frozen dataclass `Settings`
whose fields are declared once (see `core.settings`), and a generator `run` of
`Frame`s. `Probe` below lists every member that anything in the lab asks of a
probe, with its meaning and, where it may be left out, its default. What a module
leaves out is filled in when it is loaded, so that nobody has to ask whether a
member is there.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from typing import Any, Protocol, cast, runtime_checkable

from jaxtyping import Float
from torch import Tensor

from core.live import Live, Tape
from core.pictures.marks import Axis, Marks
from core.settings import (
    RESOURCES,
    Attribute,
    Attributes,
    Choice,
    Declared,
    File,
    Kind,
    Label,
    Latent,
    Layer,
    Mask,
    Network,
    Picture,
    Point,
    Range,
    Seed,
    SettingError,
    Switch,
    Unit,
    Value,
    checked,
    declared,
    made,
)

__all__ = [
    "Attribute", "Attributes", "Axis", "Choice", "Declared", "File", "Frame", "Kind", "Label", "Latent",
    "Layer", "Live", "Marks", "Mask", "Network", "Panel", "Picture", "Point", "Probe", "ProbeError",
    "Range", "Seed", "SettingError", "State", "Switch", "Tape", "Unit", "Value", "actions",
    "checked", "completed", "declared", "made", "models_of", "name_of", "resources",
]  # fmt: skip

State = dict[str, Tensor | int | float]
Panel = Tensor | str | Marks  # (3, height, width), (n, 3, height, width), a sentence, or marks
Resources = Mapping[str, Any]  # by setting: models, pictures, masks, files, or None
PICTURE, CONTROL = "picture", "control"  # the panels that are compared


class ProbeError(ValueError):
    """A module that is no probe; the message names what it lacks."""


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


@runtime_checkable
class Probe(Protocol):
    """Every member of a probe. Those with a value may be left out.

    `run` gets each resource under the name of its setting (a `Network` as a model, a
    `Picture` as (3, height, width) in [0, 1], ...), each of `uses` under its name,
    `control` if `twin_of` names a model, and `live` and `state`: with the state of a
    frame it goes on after that frame, and makes the same bytes as if it had not
    stopped. It reads `live.now` once a step.
    """

    __name__: str

    title: str  # one word, in the header
    question: str  # ends with a question mark
    method: str  # what the field calls it, on the landing page's card
    source: str  # the address of the paper
    limits: str  # what it does not show, in one sentence
    Settings: type  # a frozen dataclass of declared fields
    run: Callable[..., Iterator[Frame]]

    Actions: tuple[type, ...] = ()  # dataclasses like Settings, each something that can be done
    uses: Mapping[str, str] = {}  # models that no setting chooses: resource -> the model's name
    twin_of: str = ""  # the resource whose random twin is `control`; "": run takes no control
    endless: bool = False  # a run has no end; `length` says where a file of it ends
    pace: float = 0  # steps a second at which a page begins; 0: as fast as it goes
    still: Mapping[str, Value] = {}  # settings of a still picture, where nobody says otherwise
    sheet: str = ""  # what a sheet of many runs shows, in a sentence; "": there is none
    judged: tuple[str, str] = ("activation", "control activation")  # their ratio sorts a sheet
    priced: Mapping[str, str] = {}  # numbers that stand on each branch of a run, with their words

    # what a page adds to a run

    @staticmethod
    def caption(settings: Any, numbers: Mapping[str, Any], resources: Resources) -> str:
        """What the numbers of a frame say, in a sentence."""
        return ""

    @staticmethod
    def length(settings: Any, resources: Resources) -> int | None:
        """Frames of a run, or until an endless one is worth keeping; None if nobody knows."""
        return None

    @staticmethod
    def meant(settings: Any, resources: Resources) -> Mapping[str, float]:
        """By setting, the number that its word stands for ("recipe"), where it has one and is known."""
        return {}

    @staticmethod
    def twinned(settings: Any) -> bool:
        """Whether `control` is wanted now; otherwise run gets None for it."""
        return settings.control

    # What the pictures of a run are worth: the objectives of the panel "picture", one a
    # picture, each a sum of what single positions are worth to `network`; the panel
    # "control" is worth the same to the control. Its resource `network` is then a
    # classifier. What survives of this score is shown (core.metrics.survival).
    scored: Callable[[Any, Any, Resources], list[Any]] | None = None

    # What a run has learned, put to use: on a picture; as a file; and such a file as a picture.
    applied: Callable[[State, Float[Tensor, "3 _ _"]], Float[Tensor, "3 _ _"]] | None = None
    weights: Callable[[State], bytes] | None = None
    brought: Callable[[bytes], Float[Tensor, "3 _ _"]] | None = None


NEEDED = ("title", "question", "method", "source", "limits", "Settings", "run")
_OPTIONAL = {
    name: value
    for name, value in vars(Probe).items()
    if name
    in {*Probe.__annotations__, "caption", "length", "meant", "twinned"} - {*NEEDED, "__name__"}
}


def name_of(probe: Probe) -> str:
    """The name by which links and addresses know a probe: that of its file."""
    return probe.__name__.rsplit(".", 1)[-1]


def completed(module: Any) -> Probe:
    """The module with every member of `Probe`; raises ProbeError with a sentence if it is none."""
    known, name = vars(module), f"{module.__name__.rpartition('.')[2]}.py"
    for member in NEEDED:
        if member not in known:
            raise ProbeError(
                f"{name} is no probe yet: it has no `{member}`. Add one (core/probe.py)."
            )
    if not is_dataclass(known["Settings"]):
        raise ProbeError(f"{name}: `Settings` is not a dataclass. Write @dataclass(frozen=True).")
    for member, default in _OPTIONAL.items():
        known.setdefault(member, default.__func__ if isinstance(default, staticmethod) else default)
    probe = cast(Probe, module)
    _check(probe, name)
    return probe


def _check(probe: Probe, name: str) -> None:
    """Raise where members do not fit each other."""
    found = declared(probe.Settings)
    networks = models_of(probe)
    if probe.twin_of and probe.twin_of not in networks:
        raise ProbeError(
            f"{name}: twin_of = {probe.twin_of!r} names no model. Name a Network among its settings."
        )
    if probe.twin_of and "control" not in found and probe.twinned is Probe.twinned:
        raise ProbeError(
            f"{name}: it has a control, but no setting `control` that turns it off. Add a Switch."
        )
    if probe.scored is not None and "network" not in networks:
        raise ProbeError(
            f"{name}: it is scored, but has no model called `network` that could score it. "
            "Add a setting `network`, or leave `scored` out."
        )
    for setting in found.values():
        of = getattr(setting.kind, "of", "")
        if of and of not in found:
            raise ProbeError(f"{name}: {setting.name} is of {of!r}, which is no setting. Name one.")


def models_of(probe: Probe) -> tuple[str, ...]:
    """The resources that are models: those that a setting chooses, and the probe's own."""
    chosen = [n for n, d in declared(probe.Settings).items() if isinstance(d.kind, Network)]
    return (*chosen, *probe.uses)


def actions(probe: Probe) -> dict[str, type]:
    """The probe's action classes by name; empty if it declares none."""
    return {cls.__name__.lower(): cls for cls in probe.Actions}


def resources(probe: Probe) -> dict[str, Declared]:
    """The settings that `run` takes as resources."""
    return {n: d for n, d in declared(probe.Settings).items() if isinstance(d.kind, RESOURCES)}
