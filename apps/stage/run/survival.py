"""What a run at rest has measured on its picture: what survives of its score.

The worker takes it in small steps, in turn with the runs that move, and drops
it as soon as the run does. What was found is kept by the picture's own bytes,
so that a step that comes back has its answer at once.
"""

import hashlib
import json
import logging
import math
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from torch import Tensor

from apps.stage.errors import StageError, explained
from core import models
from core.metrics import survival
from core.metrics.disturbances import DISTURBANCES
from core.metrics.survival import OTHER, Row
from core.models import Classifier
from core.probe import Frame
from core.run import Run, optimised_pictures, other

SETTLED = 0.3  # seconds that a picture rests before it is measured: a hand may scrub
WAITING = 0.1  # seconds until a network that is being loaded is looked for again
KEPT = 64  # pictures whose answer is kept
BARS = "bars"  # in place of the name of a disturbance
_END = None, None  # of the steps
_log = logging.getLogger(__name__)


class Measurement:
    """The measurement of one run's pictures; `tell` sends a text to the viewers.

    Only the worker touches it: `due` says when it may call `step`.
    """

    def __init__(self, run: Run, tell: Callable[[str], None]) -> None:
        self._probe, self._resources, self._tell = run.probe, run.resources, tell
        self._other: Future[Classifier] = Future()
        self._frame: Frame | None = None
        self._since = math.inf  # when the frame came to rest
        self._key = ""  # of what is found out now
        self._found: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._asked = False  # for the other network
        self._curve = ""  # the disturbance that is asked for at every strength
        self._going: tuple[str, Iterator[Row | None]] | None = None
        self._rows: list[dict[str, Any]] = []  # of what is going on
        self.said = ""  # the last words, for a viewer who comes later

    def due(self, frame: Frame, now: float) -> float | None:
        """When the next small step on this frame, which rests, may be taken; None: it is done."""
        if self._probe.scored is None:
            return None
        if frame is not self._frame:
            self.drop()
            self._frame, self._since = frame, now
        if not self._key:
            return self._since + SETTLED
        what = self._next()
        if what is None:
            return None
        return now if what != OTHER or self._other.done() else now + WAITING

    def drop(self) -> None:
        """The run moves: what was begun is left."""
        self._frame, self._going, self._key, self.said = None, None, "", ""
        self._rows = []

    def ask(self, name: str) -> None:
        """Measure a disturbance at all its strengths too, on this picture and those to come."""
        if name not in DISTURBANCES:
            known = ", ".join(DISTURBANCES)
            raise StageError(f"Nothing here is disturbed by {name[:40]!r}: choose {known}.")
        self._curve = name
        if self._going and self._going[0] in DISTURBANCES:
            self._going = None

    def step(self, settings: Any) -> None:
        """Take one small step. `settings` are those that the frame was made with."""
        assert self._frame is not None
        try:
            if self._key:
                self._advance(self._frame, settings)
            else:
                self._begin(self._frame, settings)
        except Exception as error:  # noqa: BLE001  what fails beside a run does not end it
            _log.exception("a measurement failed")
            self._fail(self._frame, error)

    def _fail(self, frame: Frame, error: Exception) -> None:
        """Let go of what was held, and say why there is no more of it."""
        if not self._key:
            self._enter(f"unread {frame.step}", frame.step)
        said = explained(error, "Measuring this picture", "The run goes on.")
        self._found[self._key] |= {"bars": True, "done": True, "said": said}
        self._going, self._rows, self._curve = None, [], ""
        self._say()

    def _enter(self, key: str, step: int) -> None:
        """Turn to what is found out under this key, and forget what was long ago."""
        self._key = key
        new = {"rows": [], "curves": {}, "bars": False, "done": False}
        self._found.setdefault(key, new)["step"] = step
        self._found.move_to_end(key)
        if len(self._found) > KEPT:
            self._found.popitem(last=False)

    def _begin(self, frame: Frame, settings: Any) -> None:
        self._enter(_key(frame, settings), frame.step)
        if not self._asked:
            self._other, self._asked = _loading(other(self._resources["network"])), True
        self._say()

    def _next(self) -> str | None:
        """What is to be measured next: the bars, the other network, a curve by name, or nothing."""
        found = self._found[self._key]
        if not found["done"]:
            return OTHER if found["bars"] else BARS
        return self._curve if self._curve and self._curve not in found["curves"] else None

    def _advance(self, frame: Frame, settings: Any) -> None:
        what, found = self._next(), self._found[self._key]
        if what is None or (what == OTHER and not self._other.done()):
            return
        if self._going is None:
            self._rows = [] if what != OTHER else found["rows"]
            sides = optimised_pictures(self._probe, settings, self._resources, frame)
            self._going = what, self._steps(what, sides)
        what, steps = self._going
        row = next(steps, _END)
        if isinstance(row, Row):
            self._rows.append(survival.as_json(row))
        elif row is _END:
            self._going = None
            found |= {BARS: {"bars": True}, OTHER: {"done": True}}.get(what, {})
            if what in DISTURBANCES:
                found["curves"][what] = self._rows
        if what == BARS:
            found["rows"] = self._rows
        if row is _END or (row and what == BARS):
            self._say()

    def _steps(self, what: str, sides: survival.Sides) -> Iterator[Row | None]:
        if survival.LIVE not in sides:  # this frame has no picture
            return iter(())
        if what == BARS:
            return survival.rows(sides)
        if what != OTHER:
            return survival.curve(sides, what)
        return survival.elsewhere(sides, self._other.result())

    def _say(self) -> None:
        self.said = json.dumps({"survival": self._found[self._key]})
        self._tell(self.said)


def _loading(name: str) -> Future[Classifier]:
    """The network, loaded in a thread of its own: neither the worker nor a picture waits for it."""
    loader = ThreadPoolExecutor(1, "stage-other")
    found = loader.submit(models.classifier, name)
    loader.shutdown(wait=False)
    return found


def _key(frame: Frame, settings: Any) -> str:
    """The pictures by their bytes, and what may change their score."""
    seen = hashlib.blake2b(repr(settings).encode(), digest_size=16)
    for name in (survival.LIVE, survival.CONTROL):
        panel = frame.panels.get(name)
        if isinstance(panel, Tensor):
            seen.update(panel.detach().cpu().contiguous().numpy().tobytes())
    return seen.hexdigest()
