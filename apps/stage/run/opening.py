"""What a visitor opens: a probe with settings, a link, a run that was kept, or a twin."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from apps.stage.door.public import allow
from apps.stage.door.shelf import Shelf, Upload
from apps.stage.errors import StageError
from apps.stage.past.branches import Branches
from apps.stage.past.timeline import Timeline
from apps.stage.run.orders import Kept, Loaded, Open
from apps.stage.run.twin import Difference
from core import models, records, run
from core.export import pairs
from core.probe import Probe, made, models_of


@dataclass(frozen=True)
class Back:
    """Where a run that a page has kept comes back to."""

    branches: Branches
    step: int
    goes: bool  # whether it runs on from there
    now: Any  # its settings there


@dataclass(frozen=True)
class Opening:
    """A probe with settings, and the record that it replays if it does."""

    probe: Probe
    settings: Any
    record: dict[str, Any] | None = None
    link: str = ""
    twin: dict[str, Any] | None = None  # what a link says of the run beside it
    uploads: Mapping[str, Upload] = field(default_factory=dict)  # held while it runs
    fetches: bool = False  # its network is not on this computer yet
    until: int | None = None  # the step that a link rests at
    back: Back | None = None

    @property
    def now(self) -> Any:
        """The settings that are shown until the run is there."""
        return self.back.now if self.back else self.settings

    @property
    def networks(self) -> list[str]:
        """The names of its models: those that settings choose, and the probe's own."""
        own = self.probe.uses
        return [own.get(n) or getattr(self.settings, n) for n in models_of(self.probe)]


def fresh(probe: Probe, settings: Mapping[str, Any], shelf: Shelf) -> Opening:
    """A probe from its first step; raises a sentence if a setting cannot be."""
    checked = made(probe.Settings, settings)
    return Opening(probe, checked, uploads=shelf.held(asdict(checked)))


def linked(link: str, load: Callable[[str], Probe], shelf: Shelf) -> Opening:
    """What a link leads to; slow where its tape is long."""
    record = records.unpack(link)
    probe = load(record["probe"])
    settings, _, _ = records.read(probe, record)
    uploads = shelf.held(asdict(settings))
    step = record.get("step")
    until = step if isinstance(step, int) and step >= 0 else None
    twin = _twin(record)
    return Opening(probe, settings, record, link, twin=twin, uploads=uploads, until=until)


def returned(kept: Kept, load: Callable[[str], Probe], shelf: Shelf) -> Opening:
    """What a page has kept of its run; slow where its tapes are long. Raises a sentence."""
    record = kept.record
    probe = load(record["probe"])
    settings, _, _ = records.read(probe, record)
    uploads = shelf.held(asdict(settings))
    read = [
        replace(one, tape=records.read(probe, {**record, "tape": one.tape})[1])
        for one in kept.branches
    ]
    branches = Branches.of(read, kept.now)
    whole = {**record, "tape": branches.tape(branches.now)}
    step = record["step"]
    # what waited at the last step is shown by the widgets already
    shown = step + (step >= branches.now.furthest)
    passed = [entry for at, entry in whole["tape"] if at <= shown and "action" not in entry]
    back = Back(branches, step, kept.goes, replace(settings, **_merged(passed)))
    twin = _twin(record)
    return Opening(probe, settings, whole, twin=twin, uploads=uploads, until=kept.until, back=back)


def _merged(changes: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: value for one in changes for name, value in one.items()}


def _twin(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a record says of the run beside it."""
    said = record.get(pairs.KEY)
    return pairs.summary(said) if isinstance(said, dict) else None


def of_twin(
    leader: Opening, timeline: Timeline | None, message: Open, shelf: Shelf
) -> tuple[Opening, Difference]:
    """What the twin of a run starts with, and in what it differs; raises a sentence."""
    probe, settings, wanted = leader.probe, leader.settings, message.settings
    if wanted:
        settings = pairs.settings_of(settings, wanted)
        difference = Difference({name: getattr(settings, name) for name in wanted})
    elif message.branch:
        if timeline is None:
            raise StageError("There is no branch yet: wait for the first step.")
        timeline.branches.find(message.branch)
        difference = Difference(branch=message.branch)
    else:
        record = pairs.of(probe, leader.record or {})
        if not leader.twin or not record:
            raise StageError("A twin differs in a setting: say in which.")
        settings, tape, _ = records.read(probe, record)
        difference = Difference(tape=tape)
    return Opening(probe, settings, uploads=shelf.held(asdict(settings))), difference


async def ready(opening: Opening) -> Opening:
    """With whether its networks must be fetched first; raises StageError if they may not be."""
    return replace(opening, fetches=await asyncio.to_thread(_fetches, opening.networks))


def _fetches(networks: list[str]) -> bool:
    try:
        for name in networks:
            allow(name)
        return not all(map(models.is_here, networks))
    except LookupError:  # said where it is loaded
        return False


def resolved(opening: Opening) -> Loaded:
    """The core's run of an opening; slow: it reads pictures and networks."""
    uploads = {name: upload.picture() for name, upload in opening.uploads.items()}
    if opening.record is not None:
        return Loaded(*run.replay(opening.probe, opening.record, uploads))
    resources = run.resolve(opening.probe, opening.settings, uploads)
    return Loaded(run.Run(opening.probe, opening.settings, resources), [])
