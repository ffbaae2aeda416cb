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

SLICE = 0.04  # seconds of a turn, and at least one step
RARELY = 2  # turns of the runs from one frame of a film to the next, while they are busy
BYTES = 512 * 2**20  # of kept states, over all runs
RESTED = 2.0  # seconds in which nobody computes, until what runs have left is given back
_COPYING = 0.002  # seconds until a frame on its way from the device is looked for again
_log = logging.getLogger(__name__)


class Scheduler:
    """Steps the runs in turn in a thread of its own, which leaves with `close`.

    Whoever wants to compute has turns, however many they are: nobody waits in a line.
    A run with new input moves at most one turn ahead of the others. Steps are
    never interrupted: their length is the probe's promise.
    """

    def __init__(self, load: Callable[[Staged], None]) -> None:
        self._load = load
        self._coming: deque[Staged] = deque()
        self._runs: list[Staged] = []
        self._films: deque[Film] = deque()
        self._turns = 0  # of the run that was served last
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
        wanting = self._wanting(now)
        whens = [self._safely(run, lambda run=run: _speak(run, now)) for run in self._runs]
        able = [run for run in wanting if run.timeline and not run.waits(now)]
        ready = [run for run in able if _may_step(run, now)]
        resting = [(run, when) for run in self._runs if (when := run.measuring(now)) is not None]
        ready += [run for run, when in resting if when <= now]
        if ready:
            return self._served(ready), None
        whens += [run.pace.due for run in able if run.wants(now)] + [when for _, when in resting]
        return None, max(0.0, min((w for w in whens if w is not None), default=now + 3600) - now)

    def _wanting(self, now: float) -> list[Staged]:
        """Those with something to compute, each told how many they are and loaded if it is not.

        A run and its twin are one: somebody sees them together.
        """
        wanting = [run for run in self._runs if run.wants(now)]
        people = len({run.leader.number for run in wanting})
        for run in self._runs:
            run.people = people
        for run in wanting:
            if not run.timeline and not run.loading:
                run.loading = True
                self._load(run)
        return wanting

    def _served(self, ready: list[Staged]) -> Staged:
        """The run whose turn it is: it has had fewest of them.

        Whoever comes, returns, or has waited for its speed begins with the turns of the run
        that was served last: it owes and is owed none.
        """
        for run in ready:
            run.turns = max(run.turns, self._turns)
        run = min(ready, key=lambda r: (r.turns - r.fresh, r.served))
        self._turns = max(self._turns, run.turns - run.fresh)
        return run

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
        """Keep the states of all runs within bounds: those that nobody watches go first."""
        there = [run for run in self._runs if run.timeline]
        while sum(_held(run) for run in there) > BYTES:
            fullest = max(there, key=lambda run: (_held(run) > 0 and not run.viewers, _held(run)))
            if fullest.timeline:
                fullest.timeline.branches.thin()


def _may_step(run: Staged, now: float) -> bool:
    """Whether a run can compute its next step now."""
    if run.closing or not run.timeline or not run.wants(now) or run.waits(now):
        return False
    return run.hurries or run.pace.due <= now


def _held(run: Staged) -> int:
    """Bytes of its states."""
    return run.timeline.branches.bytes if run.timeline else 0


def _speak(run: Staged, now: float) -> float | None:
    """Show and report what is due; when there will be more to say, if that is known."""
    done = run.present(now)
    when = run.report(now)
    return when if done else now + _COPYING
