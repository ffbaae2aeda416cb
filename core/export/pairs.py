"""Two runs of one probe in step: the same start and tape, but for what differs between them."""

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict
from itertools import islice
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from core import disk, export, pictures
from core.export import saved
from core.pictures import panels
from core.probe import Frame, Probe, SettingError, Tape, made
from core.records import pack, read
from core.run import Run, resolve
from core.settings import typed

Inputs = Mapping[str, bytes]
MOST = 20  # settings that differ
KEY = "twin"  # of a record: {"settings": what differs}, or {"tape": another one}


def settings_of(start: Any, changes: Mapping[str, Any]) -> Any:
    """The settings of the twin of a run that started so; raises SettingError."""
    own = typed(type(start), changes)  # each by itself, so that its own sentence comes first
    found = made(type(start), {**asdict(start), **own})
    if found == start:
        raise SettingError("A twin differs in a setting: choose another value.")
    return found


def tape_of(tape: Tape, changes: Mapping[str, Any]) -> Tape:
    """What steers the twin: the same tape, without the settings that are its own."""
    kept = []
    for step, entry in tape:
        own = {} if "action" in entry else changes
        left = {name: value for name, value in entry.items() if name not in own}
        if left:
            kept.append((step, left))
    return kept


def of(probe: Probe, record: Mapping[str, Any]) -> dict[str, Any]:
    """The record of the twin that a record has beside it; empty if it has none."""
    said = record.get(KEY)
    if not isinstance(said, dict):
        return {}
    alone = {name: value for name, value in record.items() if name != KEY}
    if isinstance(said.get("tape"), list):
        return alone | {"tape": said["tape"]}
    changes = said.get("settings")
    if not isinstance(changes, dict):
        return {}
    start, tape, _ = read(probe, record)
    values, defaults = asdict(settings_of(start, changes)), asdict(type(start)())
    differs = {name: value for name, value in values.items() if value != defaults[name]}
    kept = [list(entry) for entry in tape_of(tape, changes)]
    return alone | {"settings": differs, "tape": kept, "fingerprint": "", "fingerprints": {}}


def summary(said: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a page needs to know of the twin in a record, bounded; None if it says nothing."""
    changes = said.get("settings")
    if isinstance(said.get("tape"), list):
        return {"tape": True}
    if not isinstance(changes, dict) or not 0 < len(changes) <= MOST:
        return None
    plain = {k: v for k, v in changes.items() if isinstance(v, str | int | float | list | tuple)}
    return {"settings": plain} if plain else None


def started(run: Run, changes: Mapping[str, Any], uploads: Mapping[str, Tensor]) -> Run:
    """The twin of a run that has not begun, steered by the same tape."""
    settings = settings_of(run.start, changes)
    resources = resolve(run.probe, settings, uploads)
    return Run(run.probe, settings, resources, tape=tape_of(run.live.tape, changes))


def in_step(one: Run, other: Run) -> Iterator[tuple[Frame, Frame]]:
    """Both runs a step at a time; where one has ended its last frame stays."""
    mine = its = None
    while True:
        next_mine, next_its = next(one, None), next(other, None)
        if next_mine is next_its is None:
            return
        mine, its = next_mine or mine, next_its or its
        if mine and its:
            yield mine, its


def side_by_side(one: Tensor, other: Tensor) -> Tensor:
    """Two panels as one picture; the other takes the height of the one."""
    left, right = pictures.whole(one).cpu(), pictures.whole(other).cpu()
    height = left.shape[1]
    if right.shape[1] != height:
        right = pictures.resized(
            right, height, max(1, round(right.shape[2] * height / right.shape[1]))
        )
    line = left.new_full((3, height, 1), pictures.HAIRLINE)
    return torch.cat([left, line, right], 2)


def written(one: Run, other: Run, wish: export.Wish, inputs: Inputs) -> list[dict[str, Any]]:
    """Run both to the end that is wished for, write them side by side, and tell of each."""
    if wish.path.suffix.lower() != ".png" or len(wish.panels) > 1:
        raise SettingError("A pair is written as a .png with one panel of each: name one.")
    count = wish.frames or max(filter(None, map(_length, (one, other))), default=None)
    name = wish.panels[0] if wish.panels else ""
    last: deque[tuple[Frame, Frame]] = deque(maxlen=1)
    stopped = ""
    try:
        with closing(one), closing(other):
            last.extend(
                tqdm(islice(in_step(one, other), count), total=count, disable=wish.quiet or None)
            )
    except KeyboardInterrupt:
        if not last:
            raise KeyboardInterrupt(export.NOTHING) from None
        of = f" of {count}" if count else ""
        done = last[0][0].step + 1
        stopped = f"Stopped at step {done}{of}: both pictures so far are in {wish.path}."
    frames = last[0]
    x = side_by_side(*(_panel(frame, name) for frame in frames))
    disk.write(wish.path, saved.packed(x, record(one, other), inputs))
    size = {"file": str(wish.path), "width": x.shape[2], "height": x.shape[1], "stopped": stopped}
    told = [
        export.as_json(run, frame, inputs) for run, frame in zip((one, other), frames, strict=True)
    ]
    link = pack(record(one, other))
    told[0]["link"] = None if inputs or len(link) > export.LINK else f"?r={link}"
    return [line | size for line in told]


def record(one: Run, other: Run) -> dict[str, Any]:
    """What replays both: the record of the one, with what differs in the other."""
    mine, its = asdict(one.start), asdict(other.start)
    changes = {name: value for name, value in its.items() if value != mine[name]}
    if changes:
        return one.record() | {KEY: {"settings": changes}}
    return one.record() | {KEY: {"tape": [list(entry) for entry in other.live.tape]}}


def _panel(frame: Frame, name: str) -> Tensor:
    return panels.shown(frame.panels, name or panels.first(frame.panels))


def _length(run: Run) -> int | None:
    return run.length() if run.probe.endless else None


def numbers(mine: Mapping[str, Any], its: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of both, those of the twin by names of their own."""
    return {**mine, **{f"{KEY} {name}": value for name, value in its.items()}}
