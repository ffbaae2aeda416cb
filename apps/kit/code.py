"""The same picture in five lines of Python."""

from types import ModuleType
from typing import Any

from core.probe import declared
from core.run import VERSION

_LINES = """\
from core import pictures, run
from core.probes import {name}
frames, _ = run.replay({name}, {record})
for _ in range({frames}): frame = next(frames)
open("{name}.png", "wb").write(pictures.png(pictures.whole(frame.panels["picture"])))
"""


def lines(probe: ModuleType, settings: Any, step: int) -> str:
    """A program that saves the picture of this step of a run with these settings.

    A setting is written only where it differs from its default.
    """
    changed = {
        name: getattr(settings, name)
        for name, setting in declared(settings).items()
        if getattr(settings, name) != setting.default
    }
    name = probe.__name__.rsplit(".", 1)[-1]
    record = {"v": VERSION, "settings": changed}
    return _LINES.format(name=name, record=record, frames=step + 1)
