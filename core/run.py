"""A run without a browser: resources, pump, tape, replay.

The stage, the command line, the tests and the benchmark all pull frames here.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

from torch import Tensor

from core import models, pictures, records
from core.metrics.survival import OptimisedPicture
from core.models import Model
from core.objectives import Objective
from core.pictures import masks, swatches
from core.probe import (
    CONTROL,
    PICTURE,
    File,
    Frame,
    Layer,
    Live,
    Mask,
    Network,
    Picture,
    Probe,
    SettingError,
    State,
    Tape,
    Unit,
    actions,
    completed,
    declared,
    models_of,
)
from core.settings import owner

Uploads = Mapping[str, Tensor]


def resolve(module: Any, settings: Any, uploads: Uploads | None = None) -> dict[str, Any]:
    """What a probe's `run` takes beside `live` and `state`. Slow: keep it off the compute worker.

    Networks become models, `control` the random twin of the one that `twin_of` names
    (None while the probe does not want it), pictures tensors. Raises the sentence of
    whatever is missing, and SettingError where a value does not fit the model.
    """
    probe, given = completed(module), uploads or {}
    found: dict[str, Any] = {}
    for name, setting in declared(settings).items():
        value, kind = getattr(settings, name), setting.kind
        if isinstance(kind, Network):
            found[name] = models.load(value, kind.family, kind.world)
        elif isinstance(kind, Picture):
            found[name] = picture_of(value, kind.without, given)
        elif isinstance(kind, Mask):
            found[name] = _mask(value, kind.without, given)
        elif isinstance(kind, File):
            found[name] = _file(name, value, kind.options, given)
    found |= {name: models.load(model) for name, model in probe.uses.items()}
    check(settings, found)
    if probe.twin_of:
        found[CONTROL] = found[probe.twin_of].twin(0) if probe.twinned(settings) else None
    return found


def picture_of(value: str, without: str, uploads: Uploads) -> Tensor | None:
    """The picture of that name, of the visitor's or the lab's own; None for the word `without`."""
    if without and value == without:
        return None
    shelf = swatches if value in swatches.names() else pictures
    x = uploads[value] if value in uploads else shelf.load(value)
    return x.to(models.device())


def _mask(value: str, without: str, uploads: Uploads) -> Tensor | None:
    if value == without:
        return None
    found = masks.of_picture(uploads[value]) if value in uploads else masks.load(value)
    return found.to(models.device())


def _file(name: str, value: str, words: tuple[str, ...], uploads: Uploads) -> Tensor | None:
    if value in words:
        return None
    if value not in uploads:
        known = ", ".join(words)
        raise SettingError(f"{name} = {value!r} is unknown: choose {known}, or bring a file.")
    return uploads[value]


def check(settings: Any, resources: Mapping[str, Any]) -> None:
    """Raise where a layer, unit, class, latent or attribute is not the model's."""
    for name, setting in declared(settings).items():
        of = owner(settings, setting.kind)
        if of:
            resources[of].check(setting.kind, name, getattr(settings, name), settings)


def suited(probe: Probe, values: Mapping[str, Any]) -> dict[str, Any]:
    """Settings that were asked for, with a layer and unit of the network where these were not.

    Where the network is the default one, or has the default layer, nothing is added.
    """
    known, found = declared(probe.Settings), dict(values)
    for name, setting in known.items():
        kind = setting.kind
        if not isinstance(kind, Layer) or name in values or kind.of not in values:
            continue
        network = models.classifier(values[kind.of])
        if setting.default in network.layers:
            continue
        found[name], unit = network.first
        units = [n for n, s in known.items() if isinstance(s.kind, Unit) and s.kind.of == name]
        found |= {n: unit for n in units if n not in values}
    return found


class Run:
    """Frames of a probe, one a pull, with the tape of what steered them.

    With a `state` (of `Frame.state`) it goes on after that frame; the tape must
    then be that of the run which the state was taken from.
    """

    def __init__(
        self,
        module: Any,
        settings: Any,
        resources: Mapping[str, Any],
        *,
        tape: Tape | None = None,
        state: State | None = None,
    ) -> None:
        self.probe, self.resources = completed(module), dict(resources)
        self.live: Live[Any] = Live(
            settings,
            tape=[] if tape is None else tape,
            fits=lambda now: check(now, self.resources),
            kinds=actions(self.probe),
        )
        self.start = self.live.now
        self.step = 0 if state is None else int(state["step"])
        self.live.catch_up(self.step)
        self._frames: Iterator[Frame] = self.probe.run(
            **self.resources, live=self.live, state=state
        )

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
        with suppress(AttributeError):  # an iterator that is no generator has nothing to clean up
            self._frames.close()  # type: ignore[attr-defined]

    def length(self) -> int | None:
        """Frames until the end, or until an endless run is worth keeping; None if nobody knows."""
        return self.probe.length(self.start, self.resources)

    def caption(self, settings: Any, numbers: Mapping[str, Any]) -> str:
        """What the numbers of a frame that was made with these settings say."""
        return self.probe.caption(settings, numbers, self.resources)

    def record(self) -> dict[str, Any]:
        """What replays this run up to its last frame, as JSON."""
        known = fingerprints(self.probe, self.resources)
        return records.of(self.probe, self.start, self.live.tape, self.step - 1, known)


def used(probe: Probe, resources: Mapping[str, Any]) -> dict[str, Model]:
    """The models among the resources of a run; its control is drawn from one of them."""
    return {name: resources[name] for name in models_of(probe) if name in resources}


def fingerprints(probe: Probe, resources: Mapping[str, Any]) -> dict[str, str]:
    """The fingerprint of every model that a run uses, by resource."""
    return {name: model.fingerprint for name, model in used(probe, resources).items()}


def optimised_pictures(
    probe: Probe, settings: Any, resources: Mapping[str, Any], frame: Frame
) -> dict[str, list[OptimisedPicture]]:
    """The pictures of a frame by panel, each with what it climbed and in which network.

    Empty where the probe does not say what its pictures are worth.
    """
    found: dict[str, list[OptimisedPicture]] = {}
    if probe.scored is None:
        return found
    for name, network in ((PICTURE, resources["network"]), (CONTROL, resources.get(CONTROL))):
        panel = frame.panels.get(name)
        if network and isinstance(panel, Tensor):
            shown = panel[None] if panel.ndim == 3 else panel
            wanted = _worth(probe, settings, network, _Resources(resources))
            found[name] = [
                OptimisedPicture(x, o, network) for x, o in zip(shown, wanted, strict=True)
            ]
    return found


class _Resources(dict[str, Any]):
    """Resources that stand for themselves as a key: the same objects, the same question."""

    def _identities(self) -> tuple[tuple[str, int], ...]:
        return tuple((name, id(one)) for name, one in sorted(self.items()))

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(self._identities())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Resources) and self._identities() == other._identities()


@lru_cache(maxsize=16)
def _worth(probe: Any, settings: Any, network: Any, resources: _Resources) -> list[Objective]:
    """The same objects for the same question: what photographs reach is found out once for each."""
    return probe.scored(settings, network, resources)


def other(network: Model) -> str:
    """The network that a picture made for this one is shown to as well."""
    return "lite0" if network.name == "lite2" else "lite2"


def replay(
    module: Any, sent: Mapping[str, Any], uploads: Uploads | None = None
) -> tuple[Run, list[str]]:
    """A run that does again what the record says, and what could not be kept, as sentences."""
    probe = completed(module)
    settings, tape, said = records.read(probe, sent)
    resources = resolve(probe, settings, uploads)
    known = used(probe, resources)
    for name, fingerprint in records.fingerprints(sent).items():
        if name in known and fingerprint != known[name].fingerprint:
            said.append(
                f"This link was made with other weights of {known[name].title}; "
                "the picture will differ."
            )
    return Run(probe, settings, resources, tape=tape), said
