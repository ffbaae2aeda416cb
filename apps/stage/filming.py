"""The film of a run: its past computed again, a frame now and then, and written to a file."""

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from apps.stage.past.timeline import Timeline
from apps.stage.wire.messages import StageError, spoken
from core import pictures
from core.export import films
from core.run import Run

STEPS = 1500  # that a film goes back, at most
SECONDS = 900.0  # that it may take; it then ends where it is
AT_ONCE = 4  # films that are made at a time
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Past:
    """A run to be done again from one step to another."""

    run: Run
    first: int
    last: int


@dataclass(frozen=True)
class Again:
    """Somebody wants a run's past once more, of so many steps at most."""

    steps: int
    answer: Future[Past]


def again(message: Again, timeline: Timeline | None) -> None:
    """Answer with the last steps of a run, as a run of their own."""
    if timeline is None or timeline.latest is None:
        message.answer.set_exception(StageError("There is nothing to film yet: wait a moment."))
        return
    last = timeline.latest.step
    first = max(0, last + 1 - message.steps)
    message.answer.set_result(Past(timeline.past(first), first, last))


class Film:
    """Steps when the scheduler lets it, in the worker; is then written elsewhere.

    `over` says whether the run that it is of has gone; what is heard of a film
    is `told`, and its file is `data`.
    """

    def __init__(
        self, past: Past, form: str, over: Callable[[], bool], elsewhere: Callable[..., Any]
    ) -> None:
        self.form, self.data, self.dropped = films.form(f".{form}"), b"", False
        self._past, self._over, self._elsewhere = past, over, elsewhere
        steps = past.last - past.first + 1
        self._reel = films.Reel(self.form, max(1, -(-steps // self.form.usual)))
        self._state, self._sentence = "waiting", ""
        self._at, self._since = past.first - 1, time.monotonic()

    @property
    def ended(self) -> bool:
        """Whether it needs no further step."""
        return self.dropped or self._over() or self._state not in ("waiting", "stepping")

    def step(self) -> None:
        """Compute one frame, and give the film away to be written after the last."""
        try:
            self._step()
        except Exception as error:  # noqa: BLE001  a failing film ends alone
            _log.exception("a film failed")
            self._fail(error)

    def _step(self) -> None:
        self._state = "stepping"
        frame = next(self._past.run, None)
        late = time.monotonic() - self._since > SECONDS
        ends = frame is None or late or frame.step >= self._past.last
        if frame is not None:
            self._at = frame.step
            panel = frame.panels.get("picture")
            shown = self._at >= self._past.first and (ends or self._reel.wants(self._at))
            if isinstance(panel, Tensor) and shown:
                self._reel.put(self._at, pictures.whole(panel))
        if ends:
            if late:
                self._sentence = f"The film ends at step {self._at + 1}: it took 15 minutes."
            elif self._past.first:
                self._sentence = f"The film shows the last {STEPS} steps of this run."
            self._past.run.close()
            self._state = "writing"
            self._elsewhere(self._write)

    def _write(self) -> None:
        try:
            self.data, _ = self._reel.written()
            self._state = "ready"
        except Exception as error:  # noqa: BLE001  told to whoever asked
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        why = str(error) if spoken(error) else f"The film failed ({type(error).__name__})."
        self._state, self._sentence = "failed", why

    @property
    def told(self) -> dict[str, Any]:
        """How far it is, as JSON has it."""
        steps = self._past.last - self._past.first + 1
        done = max(0, self._at - self._past.first + 1)
        sentence = self._sentence or {
            "waiting": "Waiting for its turn.",
            "stepping": f"Step {done} of {steps}, while the run goes on.",
            "writing": "Writing the file.",
        }.get(self._state, "")
        return {"state": self._state, "done": min(1.0, done / steps), "sentence": sentence}

    def file(self) -> bytes:
        """The film; raises StageError until it is ready."""
        if self._state != "ready":
            raise StageError("This film is not ready yet: wait a moment.")
        return self.data
