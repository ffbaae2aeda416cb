"""The same picture in five lines of Python."""

from collections.abc import Mapping
from typing import Any

from core import probes, saved
from core.probe import declared
from core.run import VERSION, opened

_LINES = """\
from core import pictures, run
from core.probes import {name}
frames, _ = run.replay({name}, {record}{inputs})
for _ in range({frames}): frame = next(frames)
open("{name}.png", "wb").write(pictures.png(pictures.whole(frame.panels["picture"])))
"""
FILES = ("mine.png", *(f"mine-{i}.png" for i in range(2, saved.MOST_INPUTS + 1)))


def lines(record: Mapping[str, Any]) -> str:
    """A program that saves the picture that a record leads to, steered as it was.

    A setting is written only where it differs from its default. Raises
    UnknownProbeError. Pictures of the visitor's own are read from mine.png, mine-2.png and so on.
    """
    probe = probes.load(record["probe"])
    settings, tape, _ = opened(probe, record)
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
    read = 'pictures.read(open("{}", "rb").read(), side={})'
    mine = ", ".join(
        f'"{name}": {read.format(file, saved.SIDE)}'
        for name, file in zip(brought, FILES, strict=False)
    )
    return _LINES.format(
        name=record["probe"],
        record=kept,
        inputs=f", {{{mine}}}" if mine else "",
        frames=step + 1 if isinstance(step, int) and step >= 0 else 1,
    )
