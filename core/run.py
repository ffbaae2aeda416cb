"""A run without a browser: resources, pump, tape, record, replay.

The stage, the command line, the tests and the benchmark all pull frames here.
"""

import base64
import binascii
import inspect
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from functools import lru_cache
from types import ModuleType
from typing import Any

from torch import Tensor

from core import models, pictures
from core.metrics.survival import CONTROL, LIVE, Subject
from core.models import Classifier
from core.objectives import Objective
from core.pictures import masks, swatches
from core.probe import (
    Declared,
    File,
    Frame,
    Label,
    Layer,
    Live,
    Mask,
    Network,
    Picture,
    Range,
    SettingError,
    State,
    Tape,
    Unit,
    actions,
    checked,
    declared,
    made,
)

VERSION = 1  # of records: what a link and a saved picture carry
LONGEST = 1 << 20  # bytes that a record may unpack to
CHANGES = 10_000  # that are read from a tape that somebody sent


class LinkError(ValueError):
    """A link that cannot be read; the message says what to do."""


def resolve(
    probe: ModuleType, settings: Any, uploads: Mapping[str, Tensor] | None = None
) -> dict[str, Any]:
    """What `probe.run` takes beside `live` and `state`. Slow: keep it off the compute worker.

    Networks become models, `control` the random twin of `network` (None if the
    setting `control` is off, or the probe's `twinned`), pictures tensors. Raises the sentence of
    whatever is missing, and SettingError where a value does not fit the network.
    """
    found: dict[str, Any] = {}
    for name, setting in declared(settings).items():
        value = getattr(settings, name)
        if isinstance(setting.kind, Network):
            found[name] = models.load(value)
        elif isinstance(setting.kind, Picture):
            found[name] = picture_of(value, setting.kind.without, uploads or {})
        elif isinstance(setting.kind, Mask):
            found[name] = _mask(value, setting.kind.without, uploads or {})
        elif isinstance(setting.kind, File):
            found[name] = _file(name, value, setting.kind.options, uploads or {})
    _fit(settings, found)
    if "control" in inspect.signature(probe.run).parameters:
        twinned = getattr(probe, "twinned", lambda now: getattr(now, "control", True))
        wanted = twinned(settings)
        found["control"] = models.random(settings.network, 0) if wanted else None
    return found


def picture_of(value: str, without: str, uploads: Mapping[str, Tensor]) -> Tensor | None:
    """The picture of that name, of the visitor's or the lab's own; None for the word `without`."""
    if without and value == without:
        return None
    shelf = swatches if value in swatches.names() else pictures
    x = uploads[value] if value in uploads else shelf.load(value)
    return x.to(models.device())


def _mask(value: str, without: str, uploads: Mapping[str, Tensor]) -> Tensor | None:
    if value == without:
        return None
    found = masks.of_picture(uploads[value]) if value in uploads else masks.ready(value)
    return found.to(models.device())


def _file(
    name: str, value: str, words: tuple[str, ...], uploads: Mapping[str, Tensor]
) -> Tensor | None:
    if value in words:
        return None
    if value not in uploads:
        known = ", ".join(words)
        raise SettingError(f"{name} = {value!r} is unknown: choose {known}, or bring a file.")
    return uploads[value]


def _fit(settings: Any, resources: Mapping[str, Any]) -> None:
    """Raise where a layer, unit or label is not the network's."""
    for name, setting in declared(settings).items():
        value, kind = getattr(settings, name), setting.kind
        if isinstance(kind, Layer):
            resources[kind.of].layer(value)
        elif isinstance(kind, Label):
            network = resources[kind.of]
            if network.labels:  # else the probe says so, if it is asked for a class
                _within(name, value, len(network.labels), f"{network.title} knows", "classes")
        elif isinstance(kind, Unit):
            layer = getattr(settings, kind.of)
            network = resources[declared(settings)[kind.of].kind.of]  # type: ignore[union-attr]
            channels = network.layer(layer).channels
            _within(name, value, channels, f"{layer} of {network.title} has", "units")


def suited(probe: ModuleType, values: Mapping[str, Any]) -> dict[str, Any]:
    """Settings that were asked for, with a layer and unit of the network where these were not.

    Where the network is the default one, or has the default layer, nothing is added.
    """
    known, found = declared(probe.Settings), dict(values)
    for name, setting in known.items():
        kind = setting.kind
        if not isinstance(kind, Layer) or name in values or kind.of not in values:
            continue
        network = models.load(values[kind.of])
        if setting.default in network.layers:
            continue
        found[name], unit = network.first
        units = [n for n, s in known.items() if isinstance(s.kind, Unit) and s.kind.of == name]
        found |= {n: unit for n in units if n not in values}
    return found


def _within(name: str, value: int, count: int, owner: str, things: str) -> None:
    if value >= count:
        raise SettingError(
            f"{name} = {value} is out of range: {owner} {count} {things}, 0 to {count - 1}."
        )


class Run:
    """Frames of a probe, one a pull, with the tape of what steered them.

    With a `state` (of `Frame.state`) it goes on after that frame; the tape must
    then be that of the run which the state was taken from.
    """

    def __init__(
        self,
        probe: ModuleType,
        settings: Any,
        resources: Mapping[str, Any],
        *,
        tape: Tape | None = None,
        state: State | None = None,
    ) -> None:
        self.probe, self.start, self.resources = probe, settings, dict(resources)
        self.live: Live[Any] = Live(
            settings,
            tape=[] if tape is None else tape,
            fits=lambda now: _fit(now, self.resources),
            kinds=actions(probe),
        )
        self.step = 0 if state is None else int(state["step"])
        self.live.catch_up(self.step)
        self._frames: Iterator[Frame] = probe.run(**self.resources, live=self.live, state=state)

    def __iter__(self) -> Iterator[Frame]:
        """The run itself."""
        return self

    def __next__(self) -> Frame:
        """The next frame, made with what was asked for up to now."""
        self.live.begin(self.step)
        frame = next(self._frames)
        self.step = frame.step + 1
        return frame

    def close(self) -> None:
        """End the run; its clean-up runs now."""
        close: Callable[[], None] = getattr(self._frames, "close", lambda: None)
        close()

    def length(self) -> int | None:
        """Frames until the end, or until an endless run is worth keeping; None if nobody knows."""
        counted = getattr(self.probe, "length", None)
        if counted is None:
            return None
        known = inspect.signature(counted).parameters
        return counted(self.start, **{k: v for k, v in self.resources.items() if k in known})

    def record(self) -> dict[str, Any]:
        """What replays this run up to its last frame, as JSON: start settings and tape."""
        defaults = asdict(type(self.start)())
        network = self.resources.get("network")
        return {
            "v": VERSION,
            "probe": self.probe.__name__.rsplit(".", 1)[-1],
            "fingerprint": network.fingerprint if network else "",
            "settings": {k: v for k, v in asdict(self.start).items() if v != defaults[k]},
            "tape": [[step, changes] for step, changes in self.live.tape if step < self.step],
            "step": self.step - 1,
        }


def subjects(
    probe: ModuleType, settings: Any, resources: Mapping[str, Any], frame: Frame
) -> dict[str, list[Subject]]:
    """The pictures of a frame by panel, each with what it climbed and in which network.

    Empty where the probe does not say what its pictures are worth.
    """
    found: dict[str, list[Subject]] = {}
    for name, network in ((LIVE, resources.get("network")), (CONTROL, resources.get("control"))):
        panel = frame.panels.get(name)
        if hasattr(probe, "scored") and network and isinstance(panel, Tensor):
            shown, wanted = (
                panel[None] if panel.ndim == 3 else panel,
                _worth(probe, settings, network, resources.get("picture")),
            )
            found[name] = [Subject(x, o, network) for x, o in zip(shown, wanted, strict=True)]
    return found


@lru_cache(maxsize=64)
def _worth(
    probe: ModuleType, settings: Any, network: Classifier, picture: Tensor | None
) -> list[Objective]:
    """The same objects for the same question: what photographs reach is found out once for each."""
    if "picture" in inspect.signature(probe.scored).parameters:
        return probe.scored(settings, network, picture)
    return probe.scored(settings, network)


def other(network: Classifier) -> str:
    """The network that a picture made for this one is shown to as well."""
    return "lite0" if network.name == "lite2" else "lite2"


def pack(record: Mapping[str, Any]) -> str:
    """A record as the text of a link."""
    text = json.dumps(record, separators=(",", ":"), sort_keys=True).encode()
    return base64.urlsafe_b64encode(zlib.compress(text, 9)).decode().rstrip("=")


def unpack(packed: str) -> dict[str, Any]:
    """The record of a link; raises LinkError if it is none."""
    try:
        raw = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
        text = zlib.decompressobj().decompress(raw, LONGEST)
        record = json.loads(text)
    except (binascii.Error, zlib.error, ValueError, RecursionError):
        raise LinkError(
            "This link is damaged: part of it is missing or changed. Copy it again, whole."
        ) from None
    if not isinstance(record, dict) or not isinstance(record.get("probe"), str):
        raise LinkError("This link does not name a probe: copy it again from the lab that made it.")
    return record


def opened(probe: ModuleType, record: Mapping[str, Any]) -> tuple[Any, Tape, list[str]]:
    """Settings and tape of a record, and a sentence for each thing that could not be kept."""
    known, values, said = declared(probe.Settings), {}, []
    if record.get("v") != VERSION:
        said.append("This link was made by another version of the lab; it may look different here.")
    sent = record.get("settings")
    for name, value in (sent if isinstance(sent, dict) else {}).items():
        try:
            values[name] = checked(name, value, known[name])
        except KeyError:
            said.append(f"This lab has no setting {name[:40]!r}; the link's value was left out.")
        except SettingError as error:
            said.append(f"{error} The default is used.")
    settings = made(probe.Settings, values)
    return settings, _tape(probe, settings, record.get("tape"), said), said


def _live(probe: ModuleType, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Changes of a tape, each checked; raises where one is unknown or fixed during a run."""
    known = declared(probe.Settings)
    if not all(known[name].kind.live for name in changes):
        raise SettingError("A setting that is fixed during a run is on this tape.")
    return {name: checked(name, value, known[name]) for name, value in changes.items()}


_STEP = Declared("step", int, Range(0, 2**31 - 1), 0)


def _tape(probe: ModuleType, settings: Any, sent: Any, said: list[str]) -> Tape:
    kept: Tape = []
    sent = sent if isinstance(sent, list) else []
    if len(sent) > CHANGES:
        said.append(f"Only the first {CHANGES} changes on this link's tape were read.")
    checking, lost = Live(settings, kinds=actions(probe)), 0
    for entry in sent[:CHANGES]:
        try:
            step, changes = entry
            if "action" in changes:
                checking.act(
                    changes["action"], **{k: v for k, v in changes.items() if k != "action"}
                )
            else:
                changes = _live(probe, changes)
            kept.append((checked("step", step, _STEP), changes))
        except (TypeError, ValueError, LookupError, AttributeError):
            lost += 1
    if lost:
        said.append(f"{lost} of the changes on this link's tape cannot be read and were left out.")
    return sorted(kept, key=lambda entry: entry[0])


def replay(
    probe: ModuleType, record: Mapping[str, Any], uploads: Mapping[str, Tensor] | None = None
) -> tuple[Run, list[str]]:
    """A run that does again what the record says, and what could not be kept, as sentences."""
    settings, tape, said = opened(probe, record)
    resources = resolve(probe, settings, uploads)
    network = resources.get("network")
    if network and record.get("fingerprint") not in ("", network.fingerprint):
        said.append(
            f"This link was made with other weights of {network.title}; the picture will differ."
        )
    return Run(probe, settings, resources, tape=tape), said
