"""The stage: who runs what, who watches, and what is freed when they leave."""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, replace
from itertools import count
from types import ModuleType
from typing import Any, TypeVar

from apps.stage import filming
from apps.stage.door.public import allow
from apps.stage.door.shelf import Shelf
from apps.stage.filming import Again, Film
from apps.stage.run.orders import Loaded, Look, Opened, Unloadable
from apps.stage.run.staged import Staged
from apps.stage.run.twin import Beside, company
from apps.stage.scheduler import SEATS, Scheduler
from apps.stage.sight.viewer import Viewer
from apps.stage.wire.messages import GONE, Open, StageError
from core import models, probes, run
from core.export import pairs
from core.probe import Frame, Network, declared, made

GRACE = 4.0  # seconds in which a reloaded page can return to its run
T = TypeVar("T")
TRIES = 50  # in a second, to find a pair at one step
MOST = 100  # runs at a time, those that wait and rest included


class Stage:
    """Runs by number. Its methods belong to the event loop; the worker is the scheduler's.

    `load` finds a probe's module by name and raises a LookupError sentence.
    """

    def __init__(
        self,
        load: Callable[[str], ModuleType] = probes.load,
        *,
        seats: int = SEATS,
        grace: float = GRACE,
    ) -> None:
        self.shelf = Shelf()
        self.probe, self._grace = load, grace
        self._runs: dict[int, Staged] = {}
        self._numbers = count(1)
        self._loaders = ThreadPoolExecutor(2, "stage-load")
        self._fetchers = ThreadPoolExecutor(2, "stage-fetch")  # slow: nobody else waits for these
        self._encoders = ThreadPoolExecutor(1, "stage-png")
        self._cutters = ThreadPoolExecutor(1, "stage-film")
        self._films: dict[int, Film] = {}  # the latest of each run
        self._scheduler = Scheduler(self._load, seats=seats)

    def __len__(self) -> int:
        return len(self._runs)

    async def open(self, viewer: Viewer, message: Open, before: Staged | None = None) -> Staged:
        """Start or return to a run, and quit the one `before`.

        Raises a sentence and changes nothing if that cannot be.
        """
        if message.run:
            staged = self.find(message.run, message.token)
        elif message.beside:
            staged = await self._twin(message, viewer)
        else:
            staged = await self._made(message)
        if before:
            self._quit(before, viewer)
        staged.join(viewer)
        if staged.beside:
            staged.beside.leader.twin = staged
        if staged.number not in self._runs:
            self._runs[staged.number] = staged
            self._scheduler.add(staged)
        self._scheduler.wake()
        return staged

    async def _made(self, message: Open) -> Staged:
        self._room()
        if message.link:  # which may carry a long tape
            opened = await asyncio.to_thread(self._link, message.link)
        else:
            opened = self._probe(message)
        return self._staged(await _ready(opened))

    def _room(self) -> None:
        if len(self._runs) >= MOST:
            raise StageError(f"The lab holds {MOST} runs and is full: try again in a minute.")

    def _staged(self, opened: Opened, beside: Beside | None = None) -> Staged:
        token = secrets.token_urlsafe(16)
        return Staged(next(self._numbers), token, opened, self._encoders.submit, beside)

    async def _twin(self, message: Open, viewer: Viewer) -> Staged:
        """A run that follows another; raises a sentence if it cannot be."""
        self._room()
        leader = self.find(message.beside, message.token)
        if leader.beside:
            raise StageError("A twin has no twin: open one beside the run that it follows.")
        if leader.twin and any(other is not viewer for other in leader.twin.viewers):
            raise StageError("This run has a twin already: close that one first.")
        opened, beside = _beside(leader, message)
        names = self.shelf.held(asdict(opened.settings))
        return self._staged(await _ready(replace(opened, uploads=names)), beside)

    def _probe(self, message: Open) -> Opened:
        probe = self.probe(message.probe)
        settings = made(probe.Settings, message.settings)
        return Opened(probe, settings, uploads=self.shelf.held(asdict(settings)))

    def _link(self, link: str) -> Opened:
        record = run.unpack(link)
        probe = self.probe(record["probe"])
        settings, _, _ = run.opened(probe, record)
        uploads = self.shelf.held(asdict(settings))
        twin = record.get(pairs.KEY)
        told = pairs.told(twin) if isinstance(twin, dict) else None
        return Opened(probe, settings, record=record, link=link, twin=told, uploads=uploads)

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
        again: Future[filming.Past] = Future()
        past = await self._answered(staged, Again(filming.STEPS, again), again)
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
            raise StageError(GONE) from None

    async def look_beside(self, staged: Staged) -> tuple[Frame, Frame, dict[str, Any]]:
        """The latest frames of a run and its twin at the same step, and the record of both."""
        for _ in range(TRIES):
            twin = company(staged)
            if twin is None:
                break
            frame, record = await self.look(staged)
            its, _ = await self.look(twin)
            if frame and its and (frame.step == its.step or twin.state in ("ended", "failed")):
                return frame, its, record
            await asyncio.sleep(1 / TRIES)
        raise StageError("The two are not at one step just now: pause, and save once they rest.")

    def wake(self) -> None:
        """A viewer can take more, or came into sight, or went out of it."""
        self._scheduler.wake()

    def leave(self, staged: Staged, viewer: Viewer) -> None:
        """A socket has closed; its run waits a moment in case the page was reloaded."""
        staged.leave(viewer)
        asyncio.get_running_loop().call_later(self._grace, self._free, staged)

    def _quit(self, staged: Staged, viewer: Viewer) -> None:
        staged.leave(viewer)
        self._free(staged)

    def _free(self, staged: Staged) -> None:
        if not staged.viewers and self._runs.pop(staged.number, None):
            self._scheduler.drop(staged)
            self.cut(staged)

    def close(self) -> None:
        """Free everything; the worker leaves after the step that it is at."""
        self._scheduler.close()
        self._runs.clear()
        for pool in (self._loaders, self._fetchers):
            pool.shutdown(wait=False, cancel_futures=True)
        self._encoders.shutdown(wait=False, cancel_futures=True)
        self._cutters.shutdown(wait=False, cancel_futures=True)

    def _load(self, staged: Staged) -> None:
        """Resolve what the run needs, off the compute worker."""
        opened = staged.opened

        def loaded(future: Future[Loaded]) -> None:
            if not future.cancelled():
                error = future.exception()
                self.ask(staged, Unloadable(error) if error else future.result())

        pool = self._fetchers if opened.fetches else self._loaders
        pool.submit(_resolved, opened).add_done_callback(loaded)


async def _ready(opened: Opened) -> Opened:
    """With whether its networks must be fetched first."""
    return replace(opened, fetches=await asyncio.to_thread(_fetches, opened.settings))


def _fetches(settings: Any) -> bool:
    """Whether a run's network must be fetched first; raises StageError if it may not be."""
    known = declared(settings)
    names = [getattr(settings, n) for n, d in known.items() if isinstance(d.kind, Network)]
    try:
        for name in names:
            allow(name)
        return not all(map(models.is_here, names))
    except LookupError:  # said where it is loaded
        return False


def _beside(leader: Staged, message: Open) -> tuple[Opened, Beside]:
    """What a twin starts with, and what binds it to its leader."""
    opened, asked = leader.opened, message.settings
    if asked:
        settings = pairs.settings_of(opened.settings, asked)
        return Opened(opened.probe, settings), Beside(leader, asked)
    if message.branch:
        if leader.timeline is None:
            raise StageError("There is no branch yet: wait for the first step.")
        leader.timeline.branches.find(message.branch)
        same = Opened(opened.probe, opened.settings)
        return same, Beside(leader, {}, branch=message.branch)
    record = pairs.of(opened.probe, opened.record or {})
    if not opened.twin or not record:
        raise StageError("A twin differs in a setting: say in which.")
    settings, tape, _ = run.opened(opened.probe, record)
    return Opened(opened.probe, settings), Beside(leader, {}, tape=tape)


def _same(token: str, sent: str) -> bool:
    return secrets.compare_digest(token.encode(), sent.encode(errors="surrogatepass"))


def _resolved(opened: Opened) -> Loaded:
    uploads = {name: upload.picture() for name, upload in opened.uploads.items()}
    if opened.record is not None:
        return Loaded(*run.replay(opened.probe, opened.record, uploads))
    resources = run.resolve(opened.probe, opened.settings, uploads)
    return Loaded(run.Run(opened.probe, opened.settings, resources), [])
