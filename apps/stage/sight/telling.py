"""What the viewers of one run are told: frames, numbers, status, echoes."""

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from apps.stage.errors import explained
from apps.stage.past.branches import Branch, Branches
from apps.stage.sight.frame import Shown
from apps.stage.sight.viewer import Viewer
from core.probe import Frame, declared

STATUS = 0.25  # seconds from one status to the next, unless the state changes
HISTORY = 4096  # shown steps whose numbers somebody who comes back is told
Encode = Callable[..., Any]  # runs a function somewhere else
_log = logging.getLogger(__name__)


class Telling:
    """Keeps what was said to the viewers, so that each hears of every change once."""

    def __init__(self, number: int, encode: Encode, priced: Iterable[str] = ()) -> None:
        self.number, self._priced = number, tuple(priced)
        self.panels: list[str] = []
        self.branches = ""  # as they were told last
        self._branch = 1  # the numbers are of
        self.numbers: dict[int, dict[str, Any]] = {}  # of steps that were shown
        self._encode = encode
        self._coming: Shown | None = None  # being copied
        self.shown: Shown | None = None  # the last frame that was shown
        self._unseen: Frame | None = None  # it could not be shown, and is not tried again
        self._why = ""  # as the viewers were told
        self._unsaid: list[int] = []
        self._state: tuple[Any, ...] = ()
        self._said: Any = None
        self._said_at = 0.0

    def present(
        self, frame: Frame, viewers: Iterable[Viewer], *, resting: bool, now: float
    ) -> bool:
        """Show the frame to those who are due, and without loss if it rests; whether it is done.

        Frames that nobody is due for are neither copied nor waited for. A frame that
        cannot be shown is said to be so, once, and the run goes on.
        """
        if frame is self._unseen:
            return True
        watching = tuple(viewers)
        try:
            return self._present(frame, watching, resting=resting, now=now)
        except Exception as error:  # noqa: BLE001  seeing is not computing
            self._unseen, self._coming = frame, None
            self._fail(error, watching)
            return True

    def _fail(self, error: Exception, viewers: Iterable[Viewer]) -> None:
        text = sentence(explained(error, "Showing this step", "The run goes on."))
        if text == self._why:
            return
        self._why = text
        _log.error("run %d: a frame could not be shown", self.number, exc_info=error)
        for viewer in viewers:
            viewer.tell(text)

    def _present(
        self, frame: Frame, viewers: tuple[Viewer, ...], *, resting: bool, now: float
    ) -> bool:
        due = self._due(frame, viewers, resting=resting, now=now)
        late = [v for v in viewers if resting and v.seen_exactly is not frame]
        if not due and not late:
            return True
        shown = self.shown
        if shown is None or shown.frame is not frame:
            shown = self._coming
            if shown is None or shown.frame is not frame:
                shown = self._coming = Shown(frame, self.shown)
            if not shown.ready(wait=resting):
                return False
            self._note(shown)
        for viewer in due:
            viewer.show(shown, self.panels, self.number)
        for viewer in late:
            viewer.seen_exactly = frame
        if late and shown.pictures:  # what is no picture has come without loss already
            self._encode(self._exactly, shown, late)
        return True

    def _due(
        self, frame: Frame, viewers: tuple[Viewer, ...], *, resting: bool, now: float
    ) -> list[Viewer]:
        """Who is shown this frame: as soon as one is due for it, whoever can take it as well."""
        new = [v for v in viewers if v.seen is not frame]
        if resting:
            return new
        shared = self.shown is not None and self.shown.frame is frame
        if not shared and not any(v.wants(now) for v in new):
            return []
        return [v for v in new if v.wants(now, shared=True)]

    def _note(self, shown: Shown) -> None:
        numbers = shown.numbers
        shown.encode()
        self.shown, self._coming, self._why = shown, None, ""
        self.numbers[shown.step] = numbers
        self._unsaid.append(shown.step)
        if len(self.numbers) > HISTORY:
            del self.numbers[next(iter(self.numbers))]

    def _exactly(self, shown: Shown, viewers: list[Viewer]) -> None:
        if shown is not self.shown:
            return  # the run has gone on
        try:
            shown.encode(exactly=True)
        except Exception as error:  # noqa: BLE001  seen as it moved, and not without loss
            self._fail(error, viewers)
            return
        for viewer in viewers:
            viewer.show_exactly(shown, self.panels, self.number)

    def forget(self, after: int) -> None:
        """Drop the numbers of later steps: another future begins here."""
        for step in [s for s in self.numbers if s > after]:
            del self.numbers[step]

    def tree(self, known: Branches) -> list[str]:
        """What to tell of the branches if they have changed: of another one, its numbers too."""
        text = _tree(known, self._priced)
        if text == self.branches or (not self.branches and len(known) == 1):
            return []
        self.branches = text
        if known.now.number == self._branch:
            return [text]
        self._branch, self.numbers = known.now.number, known.numbers()
        self._unsaid = [step for step in self._unsaid if step in self.numbers]
        return [text, history(self.numbers)]

    def report(
        self,
        viewers: Iterable[Viewer],
        state: tuple[Any, ...],
        facts: Callable[[], dict[str, Any]],
        *,
        step: int,
        now: float,
    ) -> float | None:
        """Send the status if it is time or `state` is new; else when it will be time."""
        if state == self._state and step == self._said and not self._unsaid:
            return None
        if state == self._state and now < self._said_at + STATUS:
            return self._said_at + STATUS
        self._state, self._said, self._said_at = state, step, now
        status = facts()
        if self.shown:
            status["size"] = self.shown.size
            if self.shown.said:
                status["said"] = self.shown.said
        text, unsaid = (
            json.dumps({"status": status}),
            [s for s in self._unsaid if s in self.numbers],
        )
        numbers = _numbers({s: self.numbers[s] for s in unsaid}) if self._unsaid else ""
        self._unsaid.clear()
        for viewer in viewers:
            if numbers and not viewer.guest:
                viewer.tell(numbers)
            viewer.tell(text)
        return None

    def welcome(self, viewer: Viewer) -> None:
        """Tell somebody who comes back what was said before; a guest draws neither of these."""
        if viewer.guest:
            return
        if self.branches:
            viewer.tell(self.branches)
        if self.numbers:
            viewer.tell(history(dict(self.numbers)))

    def renew(self) -> None:
        """Send the status again at the next report: somebody has come."""
        self._state = ()


def history(numbers: Mapping[int, dict[str, Any]]) -> str:
    """The numbers of all shown steps, for somebody who comes back."""
    return _numbers(dict(sorted(numbers.items())))


def _numbers(by_step: Mapping[int, dict[str, Any]]) -> str:
    return json.dumps({"numbers": [[step, values] for step, values in by_step.items()]})


def _tree(known: Branches, priced: Iterable[str]) -> str:
    """The branches of a run; how far the one that is shown goes, and its price, is told by the status."""
    now = known.now
    facts = [
        {
            "branch": branch.number,
            "parent": branch.parent.number if branch.parent else 0,
            "leaves": branch.leaves,
            "kept": branch.leaves if branch is now else branch.furthest,
            "name": branch.title,
        }
        for branch in known
    ]
    prices = {b.number: found for b in known if b is not now and (found := _price(b, priced))}
    return json.dumps({"branches": {"now": now.number, "all": facts, "prices": prices}})


def _price(branch: Branch, priced: Iterable[str]) -> dict[str, Any]:
    """Of each number that is wanted the last that was shown."""
    found = {}
    for name in priced:
        known = [values[name] for _, values in sorted(branch.numbers.items()) if name in values]
        if known:
            found[name] = known[-1]
    return found


def echo(viewer: Viewer, settings: Any) -> str:
    """The live settings of now, with the last wish that came from this viewer."""
    return json.dumps({"rev": viewer.rev, "now": live(settings)})


def live(settings: Any) -> dict[str, Any]:
    """The settings that can change during a run."""
    return {n: getattr(settings, n) for n, d in declared(settings).items() if d.kind.live}


def sentence(text: str, **beside: Any) -> str:
    """Something went wrong, and the run is as it was."""
    return json.dumps({"sentence": text, **beside})
