"""A frame on its way to the eyes: copied to the host, then encoded, each once."""

import dataclasses
import json
import math
import struct
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from core import pictures
from core.probe import Frame, Marks, Panel

JPEG, PNG, MARKS = 0, 1, 2
MOVING = 1600  # px: the longer side of what is sent while it moves; at rest all is sent
LAST = 1  # flag: no other panel of this step follows
_HEADER = struct.Struct("<BBBBIII")
_LENGTH = struct.Struct("<I")
_VERSION = 1


class Shown:
    """One frame's panels as bytes on the host, and its numbers.

    The copy from the device does not wait; `ready` says when it has arrived. A
    panel that is still the same tensor as in the frame `before` is not copied and
    encoded again: a large picture takes many frames to its next step.
    """

    def __init__(self, frame: Frame, before: "Shown | None" = None) -> None:
        self.frame, self.step = frame, frame.step
        panels = frame.panels
        self.said = {name: p for name, p in panels.items() if isinstance(p, str)}
        self.pictures = {name: p for name, p in panels.items() if isinstance(p, Tensor)}
        was = before.frame.panels if before else {}
        self._same = {name for name, p in self.pictures.items() if _same(p, was.get(name))}
        self._before = before if self._same else None
        self._pixels = {
            name: before._pixels[name]
            if before and name in self._same
            else pictures.to_uint8(pictures.whole(p)).to("cpu", non_blocking=True)
            for name, p in self.pictures.items()
        }
        self._marks = {name: _on_host(p) for name, p in panels.items() if isinstance(p, Marks)}
        self._values = _gathered(frame.numbers)
        self._copied = torch.cuda.Event() if any(map(_is_on_device, panels.values())) else None
        if self._copied:
            self._copied.record()

    def ready(self, *, wait: bool = False) -> bool:
        """Whether the pixels have arrived; with `wait`, once they have."""
        if self._copied and wait:
            self._copied.synchronize()
        return self._copied is None or self._copied.query()

    @cached_property
    def values(self) -> dict[str, float | list[float]]:
        """The frame's numbers on the host."""
        left = self._values.tolist()
        found: dict[str, float | list[float]] = {}
        for name, x in self.frame.numbers.items():
            found[name] = left[0] if x.ndim == 0 else left[: x.numel()]
            left = left[x.numel() :]
        return found

    @property
    def numbers(self) -> dict[str, Any]:
        """The same as JSON has them: None where one is not finite."""
        return {
            name: [_finite(v) for v in value] if isinstance(value, list) else _finite(value)
            for name, value in self.values.items()
        }

    @property
    def size(self) -> dict[str, list[int]]:
        """Width and height of every panel that is a picture."""
        return {name: [x.shape[2], x.shape[1]] for name, x in self._pixels.items()}

    def encode(self, *, exactly: bool = False) -> None:
        """Make the bytes here and now, so that the event loop does not."""
        self.encoded(PNG if exactly else JPEG)

    def encoded(self, encoding: int) -> dict[str, tuple[int, bytes]]:
        """Every panel that is no sentence: how it is encoded, and its bytes.

        Pictures are encoded as is asked for; marks are always without loss.
        """
        made = {name: (encoding, x) for name, x in self._encoded_pictures(encoding).items()}
        made |= {name: (MARKS, x) for name, x in self._encoded_marks.items()}
        return {name: made[name] for name in self.frame.panels if name in made}

    def _encoded_pictures(self, encoding: int) -> dict[str, bytes]:
        return self.pngs if encoding == PNG else self.jpegs

    @cached_property
    def _encoded_marks(self) -> dict[str, bytes]:
        return {name: bytes_of(marks) for name, marks in self._marks.items()}

    @cached_property
    def jpegs(self) -> dict[str, bytes]:
        """Every picture as it is shown while it moves: as large as a screen has use for."""
        same, self._before = self._before, None
        return {
            name: same.jpegs[name]
            if same and name in self._same
            else pictures.jpeg(pictures.reduced(x, MOVING))
            for name, x in self._pixels.items()
        }

    @cached_property
    def pngs(self) -> dict[str, bytes]:
        """Every picture without loss."""
        return {name: pictures.png(x.float() / 255) for name, x in self._pixels.items()}


def bytes_of(marks: Marks) -> bytes:
    """Marks as bytes: a length, what they are as JSON, their values, and their classes.

    The JSON is padded with spaces so that the numbers lie where a browser can read them
    in place: float32 and int32, little endian, row by row.
    """
    facts = {
        "form": marks.form,
        "shape": list(marks.values.shape),
        "classes": marks.classes is not None,
        "names": list(marks.names),
        "over": marks.over,
        "low": marks.low,
        "high": marks.high,
        "axes": [dataclasses.asdict(axis) for axis in marks.axes],
    }
    head = json.dumps(facts, ensure_ascii=False, allow_nan=False).encode()
    head += b" " * (-len(head) % 4)
    data = marks.values.detach().cpu().numpy().astype("<f4").tobytes()
    if marks.classes is not None:
        data += marks.classes.detach().cpu().numpy().astype("<i4").tobytes()
    return _LENGTH.pack(len(head)) + head + data


def packets(
    shown: Shown, panels: list[str], *, run: int, encoding: int, number: Callable[[], int]
) -> list[bytes]:
    """The messages of one frame, a panel each; `number` gives the next sequence."""
    found = shown.encoded(encoding)
    last = len(found) - 1
    return [
        _HEADER.pack(
            _VERSION, panels.index(name), how, LAST * (i == last), run, shown.step, number()
        )
        + data
        for i, (name, (how, data)) in enumerate(found.items())
    ]


def _same(panel: Tensor, before: Panel | None) -> bool:
    """Whether a panel is the very one of the frame before, which still holds its memory."""
    return (
        isinstance(before, Tensor)
        and panel.data_ptr() == before.data_ptr()
        and panel.shape == before.shape
    )


def _on_host(marks: Marks) -> Marks:
    """The same marks in the host's memory, once the copy has arrived."""
    classes = marks.classes
    return replace(
        marks,
        values=marks.values.to("cpu", torch.float32, non_blocking=True),
        classes=None if classes is None else classes.to("cpu", torch.int32, non_blocking=True),
    )


def _is_on_device(panel: Panel) -> bool:
    if isinstance(panel, Marks):
        return panel.values.is_cuda
    return isinstance(panel, Tensor) and panel.is_cuda


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _gathered(numbers: Mapping[str, Tensor]) -> Tensor:
    """All numbers in one tensor, so that the host waits for one copy and not for each."""
    if not numbers:
        return torch.empty(0)
    flat = torch.cat([x.detach().reshape(-1).float() for x in numbers.values()])
    return flat.to("cpu", non_blocking=True)
