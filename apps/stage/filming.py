"""The film of a run: its past computed again, a frame now and then, and written to a file."""

import logging
import time
from collections.abc import Callable
from typing import Any

from apps.stage.errors import StageError, explained
from apps.stage.past.timeline import Past
from core.export import films
from core.pictures import panels
from core.run import Run

STEPS = 1500  # that a film goes back, at most
SECONDS = 900.0  # that it may take; it then ends where it is
AT_ONCE = 4  # films that are made at a time
_log = logging.getLogger(__name__)


class Film:
    """Steps when the scheduler lets it, in the worker; is then written elsewhere.

    `over` says whether the run that it is of has gone. What fails here ends the
    film alone, and what it held goes with it.
    """

    def __init__(
        self, past: Past, form: str, over: Callable[[], bool], elsewhere: Callable[..., Any]
    ) -> None:
        self.form, self.data, self.dropped = films.form(f".{form}"), b"", False
        self._over, self._elsewhere = over, elsewhere
        self._first, self._last = past.first, past.last
        self._state, self._sentence = "waiting", ""
        self._at, self._since = past.first - 1, time.monotonic()
        self._run: Run | None = past.run
        every = max(1, -(-self._steps // self.form.usual))
        self._reel: films.Reel | None = films.Reel(self.form, every)

    @property
    def _steps(self) -> int:
        return self._last - self._first + 1

    @property
    def ended(self) -> bool:
        """Whether it needs no further step."""
        return self.dropped or self._over() or self._state not in ("waiting", "stepping")

    def step(self) -> None:
        """Compute one frame, and give the film away to be written after the last."""
        run, reel = self._run, self._reel
        if self.ended or run is None or reel is None:
            return self._free()
        try:
            self._step(run, reel)
        except Exception as error:  # noqa: BLE001  a failing film ends alone
            self._fail(error)

    def _step(self, run: Run, reel: films.Reel) -> None:
        self._state = "stepping"
        frame = next(run, None)
        late = time.monotonic() - self._since > SECONDS
        ends = frame is None or late or frame.step >= self._last
        if frame is not None:
            self._at = frame.step
            wanted = self._at >= self._first and (ends or reel.wants(self._at))
            if wanted and panels.names(frame.panels):
                reel.put(self._at, panels.shown(frame.panels, panels.first(frame.panels)))
        if ends:
            if late:
                self._sentence = f"The film ends at step {self._at + 1}: it took 15 minutes."
            elif self._first:
                self._sentence = f"The film shows the last {STEPS} steps of this run."
            self._free()
            self._state = "writing"
            self._elsewhere(self._write, reel)

    def _write(self, reel: films.Reel) -> None:
        try:
            if not len(reel):
                raise StageError("There is no picture in this run to film.")
            self.data, _ = reel.written()
            self._state = "ready"
        except Exception as error:  # noqa: BLE001  told to whoever asked
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        _log.error("a film failed", exc_info=error)
        self._free()
        self._state, self._sentence = "failed", explained(error, "The film", "The run goes on.")

    def _free(self) -> None:
        """Let go of the run and of the pictures."""
        run, self._run, self._reel = self._run, None, None
        try:
            if run:
                run.close()
        except Exception:  # noqa: BLE001  a probe's clean-up is not the worker's
            _log.exception("a film was not closed well")

    def progress(self) -> dict[str, Any]:
        """How far it is, as JSON has it."""
        done = max(0, self._at - self._first + 1)
        sentence = self._sentence or {
            "waiting": "Waiting for its turn.",
            "stepping": f"Step {done} of {self._steps}, while the run goes on.",
            "writing": "Writing the file.",
        }.get(self._state, "")
        return {"state": self._state, "done": min(1.0, done / self._steps), "sentence": sentence}

    def file(self) -> bytes:
        """The film; raises StageError until it is ready."""
        if self._state != "ready":
            raise StageError("This film is not ready yet: wait a moment.")
        return self.data
