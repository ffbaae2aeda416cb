"""A run into a file: a picture with its settings inside, or one that moves."""

import math
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from core import disk, models, pictures
from core.export import films, saved, states
from core.metrics import survival
from core.pictures import panels
from core.probe import Frame, Probe, SettingError, made, name_of
from core.records import pack
from core.run import Run, optimised_pictures, other, replay, resolve

SUFFIXES = (".png", ".webp", ".gif", ".mp4")
LINK = 2048  # characters that an address bar takes for certain


@dataclass(frozen=True)
class Wish:
    """Where the picture goes, and what is in it.

    `frames` and `every` are 0 where the run decides: to its end, or to where an
    endless one is worth seeing; and what the kind of film usually has.
    `resume` is a file with the state of a run that was cut short: it goes on from
    there, and keeps its own state there on the way.
    """

    path: Path
    panels: tuple[str, ...] = ()
    frames: int = 0
    every: int = 0
    quiet: bool = False
    survival: bool = False
    resume: Path | None = None

    def __post_init__(self) -> None:
        if self.path.suffix.lower() not in SUFFIXES:
            raise SettingError(f"{self.path} is none of {', '.join(SUFFIXES)}: name one of these.")
        if not self.path.parent.is_dir():
            raise SettingError(f"There is no folder {self.path.parent}: make it first.")
        if self.frames < 0 or self.every < 0:
            raise SettingError("Frames are counted from 1: choose a larger number.")
        if self.resume and self.path.suffix.lower() in films.FORMS:
            raise SettingError("A film needs every frame of a run: --resume goes with a .png.")


def started(
    probe: Probe,
    settings: Mapping[str, Any],
    inputs: Mapping[str, bytes],
    resume: Path | None = None,
) -> Run:
    """A run with these settings, every one checked; raises SettingError.

    It goes on from the state in the file `resume`, if there is one.
    """
    checked = made(probe.Settings, settings)
    resources = resolve(probe, checked, _read(inputs))
    run = Run(probe, checked, resources)
    state = states.read(resume, run.record(), models.device()) if resume else None
    return run if state is None else Run(probe, checked, resources, state=state)


def replayed(
    probe: Probe, record: Mapping[str, Any], inputs: Mapping[str, bytes]
) -> tuple[Run, list[str]]:
    """A run that does again what a record says, with a sentence for all that it could not keep."""
    return replay(probe, *brought(record, inputs))


def brought(
    record: Mapping[str, Any], inputs: Mapping[str, bytes]
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """A record and its inputs as pictures, these by their true names in both."""
    names = {name: _true_name(data) for name, data in inputs.items()}
    found = _read({names[name]: data for name, data in inputs.items()})
    return saved.renamed(record, names), found


def _true_name(data: bytes) -> str:
    """The true name of an input file."""
    return saved.name_of(pictures.to_uint8(pictures.read(data, side=saved.SIDE)))


def _read(inputs: Mapping[str, bytes]) -> dict[str, Tensor]:
    return {name: pictures.read(data, side=saved.SIDE) for name, data in inputs.items()}


def written(run: Run, wish: Wish, inputs: Mapping[str, bytes]) -> dict[str, Any]:
    """Run to the end that is wished for, write the file, and tell what is in it.

    Ctrl-C keeps what was reached; "stopped" is then a sentence that says so.
    """
    count, begun = wish.frames or _length(run), run.step
    if count and begun >= count:
        raise SettingError(_OVER.format(wish.resume, begun))
    reel = _reel(wish, count)
    frame, stopped = _pulled(run, wish, count, reel)
    x = _side_by_side(frame, wish.panels)
    if reel is not None:
        reel.put(frame.step, x)
        data, size = reel.written()
    else:
        data, size = saved.packed(x, run.record(), inputs), (x.shape[2], x.shape[1])
    disk.write(wish.path, data)
    survives: dict[str, Any] = {}
    if wish.survival and not stopped:
        try:
            survives = {"survival": survival_of(run, frame)}
        except KeyboardInterrupt:
            stopped = f"Stopped before all was measured: the picture is in {wish.path}."
    return (
        as_json(run, frame, inputs)
        | survives
        | {
            "file": str(wish.path),
            "width": size[0],
            "height": size[1],
            "stopped": stopped,
        }
    )


def _pulled(run: Run, wish: Wish, count: int | None, reel: films.Reel | None) -> tuple[Frame, str]:
    """The last frame that is wished for, and a sentence if Ctrl-C made it the last."""
    begun, frame, stopped = run.step, None, ""
    try:
        with closing(run), closing(_kept(run, _first(run, count), wish.resume)) as frames:
            for frame in tqdm(frames, total=count, initial=begun, disable=wish.quiet or None):
                if reel is not None and reel.wants(frame.step):
                    reel.put(frame.step, _side_by_side(frame, wish.panels))
    except KeyboardInterrupt:
        if frame is None:
            raise KeyboardInterrupt(NOTHING) from None
        stopped = _stopped(run, frame, wish)
    if frame is None:
        raise SettingError(_OVER.format(wish.resume, begun))
    return frame, stopped


def _stopped(run: Run, frame: Frame, wish: Wish) -> str:
    """Where a run was stopped, and where what it had reached is."""
    done, all_of_it = frame.step + 1, wish.frames or run.length() or 0
    of = f" of {all_of_it}" if done <= all_of_it else ""
    what = "film" if wish.path.suffix.lower() in films.FORMS else "picture"
    goes_on = f" The same command goes on from {wish.resume}." if wish.resume else ""
    return f"Stopped at step {done}{of}: the {what} so far is in {wish.path}.{goes_on}"


NOTHING = "Stopped before the first step: nothing was written."
_OVER = "The run in {} is over after {} frames: ask for more with --frames, or name another file."
EVERY = 30.0  # seconds from one state on the disk to the next


def _kept(run: Run, frames: Iterator[Frame], path: Path | None) -> Generator[Frame, None, None]:
    """The frames; the state of the last of them stands in a file every so often, and at the end."""
    if path is None:
        yield from frames
        return
    state, written_at = None, time.monotonic()
    try:
        for frame in frames:
            state = frame.state()  # now: the next step may move what it copies
            yield frame
            if time.monotonic() - written_at > EVERY:
                states.write(path, run.record(), state)
                written_at = time.monotonic()
    finally:
        if state is not None:
            states.write(path, run.record(), state)


def survival_of(run: Run, frame: Frame) -> list[dict[str, Any]]:
    """What survives of the frame's pictures: a row a disturbance; raises SettingError."""
    sides = optimised_pictures(run.probe, run.live.now, run.resources, frame)
    if not sides:
        raise SettingError(
            f"{run.probe.title} has no score that could survive: leave --survival out."
        )
    network = models.classifier(other(run.resources["network"]))
    rows = chain(survival.rows(sides), survival.elsewhere(sides, network))
    return [survival.as_json(row) for row in rows if row]


def _reel(wish: Wish, count: int | None) -> films.Reel | None:
    """What a film is collected on; None for a picture that does not move."""
    suffix = wish.path.suffix.lower()
    if suffix not in films.FORMS:
        return None
    form = films.form(suffix)
    every = max(1, -(-(count or 1) // form.usual))
    return films.Reel(form, wish.every or every, exactly=bool(wish.every))


def _length(run: Run) -> int | None:
    """How many frames are worth waiting for; None: all of them."""
    return run.length() if run.probe.endless else None


def last(run: Run) -> Frame:
    """The frame that a file of this run shows."""
    *_, found = _first(run, _length(run))
    return found


def _first(run: Run, count: int | None) -> Iterator[Frame]:
    for frame in run:
        yield frame
        if count and frame.step + 1 >= count:
            return


def png(frame: Frame, name: str = "") -> bytes:
    """A panel of a frame as a PNG, with the marks that lie over it; no name: the first."""
    return pictures.png(_side_by_side(frame, (name,) if name else ()))


def _side_by_side(frame: Frame, names: tuple[str, ...]) -> Tensor:
    """The panels of these names as one picture, from left to right; none: the first of all.

    Lower ones are enlarged to the height of the highest; 1 px of grey is between them.
    """
    names = names or (panels.first(frame.panels),)
    found = [panels.shown(frame.panels, name) for name in names]
    height = max(x.shape[1] for x in found)
    line = found[0].new_full((3, height, 1), pictures.HAIRLINE)
    parts = []
    for x in found:
        width = round(x.shape[2] * height / x.shape[1])
        parts += [line, pictures.resized(x, height, width)]
    return torch.cat(parts[1:], 2)


def as_json(run: Run, frame: Frame, inputs: Mapping[str, bytes]) -> dict[str, Any]:
    """What a frame says, as JSON has it: probe, settings, step, numbers, caption, link."""
    numbers = {name: value.tolist() for name, value in frame.numbers.items()}
    packed = pack(run.record())
    return {
        "probe": name_of(run.probe),
        "settings": asdict(run.start),
        "step": frame.step,
        "numbers": {name: _finite(value) for name, value in numbers.items()},
        "caption": run.caption(run.live.now, numbers),
        "link": None if inputs or len(packed) > LINK else f"?r={packed}",
    }


def _finite(value: Any) -> Any:
    """The number, or the list, with None where JSON has no word for it."""
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return value if math.isfinite(value) else None
