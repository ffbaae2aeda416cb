"""One socket as the worker sees it: what waits to be sent, and how much it can take."""

import asyncio
import math
import threading
import time
from collections import deque
from itertools import count

from apps.stage.errors import MessageError
from apps.stage.sight.frame import JPEG, PNG, Shown, packets
from core.probe import Frame

PER_SECOND = 24  # frames that a viewer is shown at most
WINDOW, WIDEST, NARROWEST = 6, 8, 3  # frames on their way that were not drawn yet
PATIENCE = 5.0  # seconds without an answer until nobody is taken to watch


class Viewer:
    """A latest-frame slot that is replaced whole, a few texts, and a window of credit.

    A guest watches somebody else's run: it may not steer, is told no numbers, and takes
    what was encoded for others. The worker calls `wants`, `show`, `show_exactly` and
    `tell`; the event loop the rest.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.guest, self.per_second = False, float(PER_SECOND)
        self.woken = asyncio.Event()
        self.hidden = self.gone = False
        self.run = 0  # the number of the run that is watched
        self.rev = 0  # of the last wish that came from here
        self.window = WINDOW
        self.seen: Frame | None = None  # the last one put into the slot
        self.seen_exactly: Frame | None = None
        self._loop = loop
        self._texts: deque[str] = deque(maxlen=64)  # of somebody who does not read, the latest
        self._slot: tuple[Shown, list[str], int] | None = None
        self._exact: tuple[Shown, list[str], int] | None = None
        self._swap = threading.Lock()  # over slot and exact, of which the loop takes
        self._flying: deque[tuple[int, float]] = deque()  # (last sequence, when), a frame each
        self._oldest = math.inf  # when the first of them was sent
        self._sequence = count(1)
        self._sent = 0
        self._quickest = math.inf  # seconds from sending to drawn
        self._due = 0.0

    def wants(self, now: float, *, shared: bool = False) -> bool:
        """Whether a frame computed now would be sent now; shared: it is encoded in any case.

        A guest asks for a frame of its own only if for a whole period no other came by:
        many guests then cost no more encoding than one viewer.
        """
        free = self._slot is None and len(self._flying) < self.window
        patience = 1 / self.per_second if self.guest and not shared else 0.0
        return free and not self.hidden and now >= self._due + patience

    def watches(self, now: float, patience: float = PATIENCE) -> bool:
        """Whether somebody is there: in sight, and drawing what was sent within these seconds."""
        return not (self.hidden or self.gone) and now - self._oldest < patience

    def show(self, shown: Shown, panels: list[str], run: int) -> None:
        """Put a frame into the slot; what was not sent yet is never sent."""
        period = 1 / self.per_second
        self._due = max(self._due, time.monotonic() - period) + period
        with self._swap:
            self.seen, self._slot, self._exact = shown.frame, (shown, panels, run), None
        self._wake()

    def show_exactly(self, shown: Shown, panels: list[str], run: int) -> None:
        """The same for a frame that rests: it is sent without loss."""
        with self._swap:
            if shown.frame is self.seen:  # else the run has gone on, or is another one
                self._exact = (shown, panels, run)
        self._wake()

    def tell(self, text: str) -> None:
        """Send a text."""
        self._texts.append(text)
        self._wake()

    def turn(self, run: int) -> None:
        """Turn to a run: what waits of the one before is dropped."""
        self.run, self.rev = run, self.rev if run == self.run else 0
        with self._swap:
            self._slot = self._exact = self.seen = self.seen_exactly = None
        self._flying.clear()
        self._oldest, self._due = math.inf, 0.0

    def _wake(self) -> None:
        if not self.gone:
            self._loop.call_soon_threadsafe(self.woken.set)

    def texts(self) -> list[str]:
        """The texts that wait, once."""
        found = []
        while self._texts:
            found.append(self._texts.popleft())
        return found

    def frames(self) -> list[bytes]:
        """The messages of the frame that waits, if the credit allows one."""
        if len(self._flying) >= self.window:
            return []
        with self._swap:
            slot, exact = self._slot, self._exact
            self._slot = None
            if exact and (slot is None or slot[0].frame is exact[0].frame):
                self._exact, slot, encoding = None, exact, PNG
            else:
                encoding = JPEG
        return self._packed(slot, encoding) if slot and slot[2] == self.run else []

    def _packed(self, what: tuple[Shown, list[str], int], encoding: int) -> list[bytes]:
        shown, panels, run = what
        found = packets(shown, panels, run=run, encoding=encoding, number=self._next)
        if found:
            self._flying.append((self._sent, time.monotonic()))
            self._oldest = self._flying[0][1]
        return found

    def _next(self) -> int:
        self._sent = next(self._sequence)
        return self._sent

    def acked(self, sequence: int) -> bool:
        """Take note that all up to this sequence is drawn; whether the worker waits for that.

        The window follows the quickest answer of late: it covers the way there and
        back at full rate, and a viewer who draws slowly is not sent a queue.
        """
        if sequence > self._sent:
            raise MessageError(f"Sequence {sequence} was never sent: the last is {self._sent}.")
        now = time.monotonic()
        awaited = len(self._flying) >= self.window or not self.watches(now)
        while self._flying and self._flying[0][0] <= sequence:
            _, sent = self._flying.popleft()
            self._quickest = min(self._quickest * 1.02, now - sent)
            needed = math.ceil(self.per_second * self._quickest) + 2
            self.window = min(WIDEST, max(NARROWEST, needed))
        self._oldest = self._flying[0][1] if self._flying else math.inf
        if self._slot or self._exact:
            self.woken.set()
        return awaited and len(self._flying) < self.window
