"""The same picture in five lines of Python."""

from collections.abc import Mapping
from typing import Any

from core import probes
from core.export import saved
from core.probe import File, declared
from core.records import VERSION, read

_LINES = """\
from core import export, pictures, run
from core.probes import {name}
frames, _ = run.replay({name}, {record}{inputs})
for _ in range({frames}): frame = next(frames)
open("{name}.png", "wb").write(export.png(frame))
"""
FILES = ("mine.png", *(f"mine-{i}.png" for i in range(2, saved.MOST_INPUTS + 1)))


def lines(record: Mapping[str, Any]) -> str:
    """A program that saves the picture that a record leads to, steered as it was.

    A setting is written only where it differs from its default. Raises
    UnknownProbeError. What the visitor brought is read from mine.png, mine-2.png and so on.
    """
    probe = probes.load(record["probe"])
    settings, tape, _ = read(probe, record)
    step = record.get("step")
    changed = {
        name: getattr(settings, name)
        for name, setting in declared(settings).items()
        if getattr(settings, name) != setting.default
    }
    kept = {"v": VERSION, "settings": changed}
    if tape:
        kept["tape"] = [list(entry) for entry in tape]
    brought = [v for v in changed.values() if isinstance(v, str) and saved.is_input(v)]
    files = [n for n, d in declared(settings).items() if isinstance(d.kind, File)]
    weights = [changed.get(name) for name in files]
    mine = ", ".join(
        f'"{name}": {_read(record["probe"], file, weights=name in weights)}'
        for name, file in zip(brought, FILES, strict=False)
    )
    return _LINES.format(
        name=record["probe"],
        record=kept,
        inputs=f", {{{mine}}}" if mine else "",
        frames=step + 1 if isinstance(step, int) and step >= 0 else 1,
    )


def _read(probe: str, file: str, *, weights: bool) -> str:
    if weights:
        return f'{probe}.brought(open("{file.replace(".png", ".safetensors")}", "rb").read())'
    return f'pictures.read(open("{file}", "rb").read(), side={saved.SIDE})'
