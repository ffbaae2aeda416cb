"""The stage: who runs what, who watches, and what is freed when they leave."""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from typing import Any, TypeVar

from apps.stage import filming
from apps.stage.door.shelf import Shelf
from apps.stage.errors import GONE, StageError
from apps.stage.filming import Film
from apps.stage.past.timeline import Past
from apps.stage.run import opening
from apps.stage.run.opening import Opening
from apps.stage.run.orders import Loaded, Look, Open, Rerun, Return, Unloadable
from apps.stage.run.staged import Staged
from apps.stage.run.twin import Bond
from apps.stage.scheduler import Scheduler
from apps.stage.sight.viewer import Viewer
from core import probes
from core.pictures import panels
from core.probe import Frame, Probe, completed

GRACE = 4.0  # seconds in which a page that went away may be back: a reload
KEPT = 90.0  # seconds for which a run is kept whose page was lost without a word
GOODBYE, GOING = 1000, 1001  # how a page closes its socket: for good, and as it is left
LOST = 1006  # how a socket closes of which nothing more was heard
T = TypeVar("T")
TRIES = 50  # in a second, to find a pair at one step
BUSY = "This run is at a long step: ask again in a moment."
# Runs at a time. All of them may be loaded: those that compute have turns, and what each holds
# beside its states (which have one bound together) is its pictures, a few megabytes.
MOST = 100


class Stage:
    """Runs by number. Its methods belong to the event loop; the worker is the scheduler's.

    `load` finds a probe's module by name and raises a LookupError sentence.
    """

    def __init__(
        self,
        load: Callable[[str], Any] = probes.load,
        *,
        grace: float = GRACE,
        kept: float = KEPT,
    ) -> None:
        self.shelf = Shelf()
        self._find = load
        self._waits = {GOODBYE: 0.0, GOING: grace}  # seconds until a run is freed
        self._kept = kept
        self._runs: dict[int, Staged] = {}
        self._left: dict[int, asyncio.TimerHandle] = {}  # runs without a page, the longest first
        self._numbers = count(1)
        self._loaders = ThreadPoolExecutor(2, "stage-load")
        self._fetchers = ThreadPoolExecutor(2, "stage-fetch")  # slow: nobody else waits for these
        self._encoders = ThreadPoolExecutor(1, "stage-png")
        self._cutters = ThreadPoolExecutor(1, "stage-film")
        self._films: dict[int, Film] = {}  # the latest of each run
        self._scheduler = Scheduler(self._load)

    def __len__(self) -> int:
        return len(self._runs)

    async def open(self, viewer: Viewer, message: Open, before: Staged | None = None) -> Staged:
        """Start or return to a run, and quit the one `before`.

        Raises a sentence and changes nothing if that cannot be.
        """
        if message.run:
            staged = self._there(message)
        elif message.beside:
            staged = await self._twin(message, viewer)
        else:
            staged = await self._made(message)
        if before:
            self.leave(before, viewer)
        if message.step is not None:  # before it is seen, so that no picture jumps
            staged.ask(Return(message.step, message.furthest), viewer)
        staged.join(viewer)
        self._take_in(staged)
        self._scheduler.wake()
        return staged

    def _there(self, message: Open) -> Staged:
        """The run that a page returns to."""
        staged = self.find(message.run, message.token)
        if staged.bond and not staged.bond.leads:  # its page opens it anew, beside its run
            raise StageError(GONE)
        return staged

    def _take_in(self, staged: Staged) -> None:
        """Somebody watches the run from now on."""
        if waiting := self._left.pop(staged.number, None):
            waiting.cancel()
        if staged.bond:
            staged.bond.leader.twin = staged
        if staged.number not in self._runs:
            self._runs[staged.number] = staged
            self._scheduler.add(staged)

    def follow(self, staged: Staged, viewer: Viewer, before: Staged | None = None) -> None:
        """Let a guest watch a run that is there, in place of the one `before`."""
        if before:
            self.leave(before, viewer)
        staged.join(viewer)
        self._take_in(staged)
        self._scheduler.wake()

    def probe(self, name: str) -> Probe:
        """The probe of this name; raises a sentence if there is none."""
        return completed(self._find(name))

    async def _made(self, message: Open) -> Staged:
        self._room()
        if message.link:  # which may carry a long tape
            found = await asyncio.to_thread(opening.linked, message.link, self.probe, self.shelf)
        elif message.kept:
            found = await asyncio.to_thread(opening.returned, message.kept, self.probe, self.shelf)
        else:
            found = opening.fresh(self.probe(message.probe), message.settings, self.shelf)
        return self._staged(await opening.ready(found))

    def _room(self) -> None:
        """Have room for a run more: one whose page was lost goes first, and replays if it returns."""
        while len(self._runs) >= MOST and self._left:
            self._free(self._runs[next(iter(self._left))])
        if len(self._runs) >= MOST:
            raise StageError(f"The lab holds {MOST} runs and is full: try again in a minute.")

    def _staged(self, found: Opening, bond: Bond[Staged] | None = None) -> Staged:
        token = secrets.token_urlsafe(16)
        return Staged(next(self._numbers), token, found, self._encoders.submit, bond)

    async def _twin(self, message: Open, viewer: Viewer) -> Staged:
        """A run that follows another; raises a sentence if it cannot be."""
        self._room()
        leader = self.find(message.beside, message.token)
        if leader.bond:
            raise StageError("A twin has no twin: open one beside the run that it follows.")
        others = leader.twin.viewers if leader.twin else ()
        if any(other is not viewer and not other.guest for other in others):
            raise StageError("This run has a twin already: close that one first.")
        found, difference = opening.of_twin(leader.opening, leader.timeline, message, self.shelf)
        return self._staged(await opening.ready(found), Bond(leader, difference))

    def find(self, number: int, token: str) -> Staged:
        """The run of this number; raises StageError unless the token is its own."""
        staged = self._runs.get(number)
        if staged is None or not _same(staged.token, token):
            raise StageError(GONE)
        return staged

    def ask(self, staged: Staged, message: Any, viewer: Viewer | None = None) -> None:
        """Have the worker follow a message."""
        staged.ask(message, viewer)
        self._scheduler.wake()

    async def film(self, staged: Staged, form: str) -> Film:
        """Begin a film of a run up to now, in place of the one before; raises a sentence."""
        if sum(not one.ended for one in self._films.values()) >= filming.AT_ONCE:
            raise StageError("Other films are being made: ask again in a minute.")
        frame, _ = await self.look(staged)
        if frame and not panels.names(frame.panels):
            raise StageError("There is no picture in this run to film.")
        again: Future[Past] = Future()
        past = await self._answered(staged, Rerun(filming.STEPS, again), again)
        if staged.closing:
            raise StageError(GONE)
        film = Film(past, form, lambda: staged.closing, self._cutters.submit)
        self.cut(staged)
        self._films[staged.number] = film
        self._scheduler.film(film)
        return film

    def film_of(self, staged: Staged) -> Film:
        """The film of a run; raises StageError if none was asked for."""
        if staged.number not in self._films:
            raise StageError("There is no film of this run: ask for one.")
        return self._films[staged.number]

    def cut(self, staged: Staged) -> None:
        """Drop the film of a run, finished or not."""
        film = self._films.pop(staged.number, None)
        if film:
            film.dropped = True

    async def look(self, staged: Staged) -> tuple[Frame | None, dict[str, Any]]:
        """The latest frame of a run, and the record that leads to it."""
        answer: Future[tuple[Frame | None, dict[str, Any]]] = Future()
        return await self._answered(staged, Look(answer), answer)

    async def _answered(self, staged: Staged, message: Any, answer: Future[T]) -> T:
        """What the worker answers to a message."""
        self.ask(staged, message)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(answer), timeout=10)
        except TimeoutError:
            raise StageError(GONE if staged.closing else BUSY) from None

    async def look_pair(self, staged: Staged) -> tuple[Frame, Frame, dict[str, Any]]:
        """The latest frames of a run and its twin at the same step, and the record of both."""
        for _ in range(TRIES):
            twin = staged.company
            if twin is None:
                break
            frame, record = await self.look(staged)
            its, _ = await self.look(twin)
            if frame and its and (frame.step == its.step or twin.state in ("ended", "failed")):
                return frame, its, record
            await asyncio.sleep(1 / TRIES)
        raise StageError("The two are not at one step just now: pause, and save once they rest.")

    def tidy(self) -> None:
        """A picture was decoded, which takes much more than it leaves."""
        self._scheduler.tidy()

    def wake(self) -> None:
        """A viewer can take more, or came into sight, or went out of it."""
        self._scheduler.wake()

    def leave(self, staged: Staged, viewer: Viewer, code: int = GOODBYE) -> None:
        """A socket has closed with this code; its run waits for as long as its page may be back.

        Nobody watches it meanwhile, so it costs no turns.
        """
        staged.leave(viewer)
        wait = self._waits.get(code, self._kept)
        if staged.viewers or staged.number not in self._runs:
            return
        if wait:
            free = asyncio.get_running_loop().call_later(wait, self._free, staged)
            self._left[staged.number] = free
        else:
            self._free(staged)

    def _free(self, staged: Staged) -> None:
        if waiting := self._left.pop(staged.number, None):
            waiting.cancel()
        if self._runs.pop(staged.number, None):
            self._scheduler.drop(staged)
            self.cut(staged)

    def close(self) -> None:
        """Free everything; the worker leaves after the step that it is at."""
        self._scheduler.close()
        self._left.clear()
        self._runs.clear()
        for pool in (self._loaders, self._fetchers):
            pool.shutdown(wait=False, cancel_futures=True)
        self._encoders.shutdown(wait=False, cancel_futures=True)
        self._cutters.shutdown(wait=False, cancel_futures=True)

    def _load(self, staged: Staged) -> None:
        """Resolve what the run needs, off the compute worker."""

        def loaded(future: Future[Loaded]) -> None:
            if not future.cancelled():
                error = future.exception()
                self.ask(staged, Unloadable(error) if error else future.result())

        pool = self._fetchers if staged.opening.fetches else self._loaders
        pool.submit(opening.resolved, staged.opening).add_done_callback(loaded)


def _same(token: str, sent: str) -> bool:
    return secrets.compare_digest(token.encode(), sent.encode(errors="surrogatepass"))
