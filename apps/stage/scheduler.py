"""One worker for one device: every run that wants to compute has its turn."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from itertools import count
from typing import Any

from apps.stage.filming import Film
from apps.stage.run.staged import Staged
from core import cpu

SEATS = 8  # runs that compute at a time; others wait in line
SLICE = 0.04  # seconds of a turn, and at least one step
RARELY = 2  # turns of the runs from one frame of a film to the next, while they are busy
BYTES = 512 * 2**20  # of kept states, over all runs
RESTED = 2.0  # seconds in which nobody computes, until what runs have left is given back
_COPYING = 0.002  # seconds until a frame on its way from the device is looked for again
_log = logging.getLogger(__name__)


class Scheduler:
    """Steps the runs in turn in a thread of its own, which leaves with `close`.

    A run with new input moves at most one turn ahead of the others. Steps are
    never interrupted: their length is the probe's promise.
    """

    def __init__(self, load: Callable[[Staged], None], *, seats: int = SEATS) -> None:
        self._load, self._seats = load, seats
        self._coming: deque[Staged] = deque()
        self._runs: list[Staged] = []
        self._films: deque[Film] = deque()
        self._waited = 0  # turns since the last frame of a film
        self._awake = threading.Event()
        self._leaving = False
        self._left: float | None = None  # when a run or a film last ended, or somebody computed
        self._tick = count(1)
        self._thread = threading.Thread(target=self._work, name="stage", daemon=True)
        self._thread.start()

    def __len__(self) -> int:
        return len(self._runs)

    def add(self, run: Staged) -> None:
        """Take a run in; it wants to compute as soon as somebody watches."""
        self._coming.append(run)
        self.wake()

    def drop(self, run: Staged) -> None:
        """Free a run within one step."""
        run.closing = True
        self.wake()

    def film(self, film: Film) -> None:
        """Make a film beside the runs, a frame now and then."""
        self._films.append(film)
        self.wake()

    def tidy(self) -> None:
        """Something large was freed: give it back once nobody computes."""
        self._left = time.monotonic()
        self.wake()

    def wake(self) -> None:
        """Something was asked of a run, or somebody came, went or drew a frame."""
        self._awake.set()

    def close(self) -> None:
        """Let the worker leave; waits for the step that it is at."""
        self._leaving = True
        self.wake()
        self._thread.join(timeout=5)

    def _work(self) -> None:
        while not self._leaving:
            self._awake.clear()
            run, pause = self._next()
            if run:
                self._safely(run, lambda run=run: self._turn(run))
            if self._filmed(idle=run is None) or run:
                self._left = self._left and time.monotonic()
            else:
                self._awake.wait(self._tidied(pause))
        for run in self._runs:
            self._safely(run, run.close)

    def _filmed(self, *, idle: bool) -> bool:
        """Let one film take a step, at once where nobody else wants to; whether one did."""
        self._waited += 1
        if not self._films or not (idle or self._waited > RARELY):
            return False
        self._waited = 0
        film = self._films.popleft()
        film.step()
        if film.ended:
            self._left = time.monotonic()
        else:
            self._films.append(film)
        return True

    def _tidied(self, pause: float | None) -> float | None:
        """Give back what ended runs have left, once nobody computes; how long to wait for that."""
        if self._left is None:
            return pause
        rest = self._left + RESTED - time.monotonic()
        if rest > 0:
            return rest if pause is None else min(pause, rest)
        self._left = None
        cpu.give_back()
        return pause

    def _safely(self, run: Staged, act: Callable[[], Any]) -> Any:
        try:
            return act()
        except Exception as error:  # noqa: BLE001  the one place: a failing run ends alone
            _log.exception("run %d (%s) failed", run.number, run.opening.probe.__name__)
            run.fail(error)
            return None

    def _next(self) -> tuple[Staged | None, float | None]:
        """The run whose turn it is, or None and how long until something is due."""
        while self._coming:
            self._runs.append(self._coming.popleft())
        for run in [r for r in self._runs if r.closing]:
            self._runs.remove(run)
            self._safely(run, run.close)
            self._left = time.monotonic()
        for run in self._runs:
            self._safely(run, run.attend)
        now = time.monotonic()
        seated = self._seated(now)
        whens = [self._safely(run, lambda run=run: _speak(run, now)) for run in self._runs]
        able = [run for run in seated if run.timeline and not run.waits(now)]
        ready = [run for run in able if _may_step(run, now)]
        resting = [(run, when) for run in self._runs if (when := run.measuring(now)) is not None]
        for run in [run for run, when in resting if when <= now]:
            run.turns = max(run.turns, self._fewest(run))
            ready.append(run)
        if ready:
            return min(ready, key=lambda r: (r.turns - r.fresh, r.served)), None
        whens += [run.pace.due for run in able if run.wants(now)] + [when for _, when in resting]
        return None, max(0.0, min((w for w in whens if w is not None), default=now + 3600) - now)

    def _seated(self, now: float) -> list[Staged]:
        """Those who may compute now; the others are told their place in line.

        A run and its twin come into the line together, and are seated together.
        """
        for run in self._runs:
            if not any(one.wants(now) for one in run.pair):
                run.since, run.place = None, 0
            elif run.since is None:
                run.since = next(self._tick)
                run.turns = max(run.turns, self._fewest(run))
        line = sorted(
            (r for r in self._runs if r.since), key=lambda r: (r.leader.since or 0, r.number)
        )
        for place, run in enumerate(line, 1 - self._seats):
            run.place = max(0, place) if run.leader is run else run.leader.place
            if not run.place and not run.timeline and not run.loading:
                run.loading = True
                self._load(run)
        return [run for run in line if not run.place]

    def _fewest(self, newcomer: Staged) -> int:
        """The turns of whoever had fewest: a newcomer begins there, and owes and is owed none."""
        others = [r.turns for r in self._runs if r.since and r is not newcomer]
        return min(others, default=0)

    def _turn(self, run: Staged) -> None:
        """A slice for a run, or for the two of a pair: together they have one share."""
        both = run.pair
        turns, served = max(one.turns for one in both) + 1, next(self._tick)
        for one in both:
            one.turns, one.served = turns, served
        until = time.monotonic() + SLICE
        now, one = until - SLICE, run
        while one and not self._leaving:
            self._safely(one, one.step)
            self._thin()
            for half in both:
                self._safely(half, half.attend)
            now = time.monotonic()
            for half in both:
                self._safely(half, lambda half=half, now=now: _speak(half, now))
            if now >= until:
                break
            one = next((half for half in both if _may_step(half, now)), None)

    def _thin(self) -> None:
        kept = [run.timeline.branches for run in self._runs if run.timeline]
        while sum(k.bytes for k in kept) > BYTES:
            max(kept, key=lambda k: k.bytes).thin()


def _may_step(run: Staged, now: float) -> bool:
    """Whether a run that has a seat can compute its next step now."""
    if run.closing or run.place or not run.timeline or not run.wants(now) or run.waits(now):
        return False
    return run.hurries or run.pace.due <= now


def _speak(run: Staged, now: float) -> float | None:
    """Show and report what is due; when there will be more to say, if that is known."""
    done = run.present(now)
    when = run.report(now)
    return when if done else now + _COPYING
