"""What the viewers of one run are told: frames, numbers, status, echoes."""

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from apps.stage.past.branches import Branches
from apps.stage.sight.frame import Shown
from apps.stage.sight.viewer import Viewer
from core.probe import Frame, declared

STATUS = 0.25  # seconds from one status to the next, unless the state changes
HISTORY = 4096  # shown steps whose numbers somebody who comes back is told
Encode = Callable[..., Any]  # runs a function somewhere else


class Telling:
    """Keeps what was said to the viewers, so that each hears of every change once."""

    def __init__(self, number: int, encode: Encode) -> None:
        self.number = number
        self.panels: list[str] = []
        self.branches = ""  # as they were told last
        self._branch = 1  # the numbers are of
        self.numbers: dict[int, dict[str, Any]] = {}  # of steps that were shown
        self._encode = encode
        self._coming: Shown | None = None  # being copied
        self._shown: Shown | None = None
        self._unsaid: list[int] = []
        self._state: tuple[Any, ...] = ()
        self._said: Any = None
        self._said_at = 0.0

    def present(
        self, frame: Frame, viewers: Iterable[Viewer], *, resting: bool, now: float
    ) -> bool:
        """Show the frame to those who are due, and without loss if it rests; whether it is done.

        Frames that nobody is due for are neither copied nor waited for.
        """
        due = [v for v in viewers if v.seen is not frame and (resting or v.wants(now))]
        late = [v for v in viewers if resting and v.seen_exactly is not frame]
        if not due and not late:
            return True
        shown = self._shown
        if shown is None or shown.frame is not frame:
            shown = self._coming
            if shown is None or shown.frame is not frame:
                shown = self._coming = Shown(frame, self._shown)
            if not shown.ready(wait=resting):
                return False
            self._note(shown)
        for viewer in due:
            viewer.show(shown, self.panels, self.number)
        for viewer in late:
            viewer.seen_exactly = frame
        if late:
            self._encode(self._exactly, shown, late)
        return True

    def _note(self, shown: Shown) -> None:
        numbers = shown.numbers
        shown.encode()
        self._shown, self._coming = shown, None
        self.numbers[shown.step] = numbers
        self._unsaid.append(shown.step)
        if len(self.numbers) > HISTORY:
            del self.numbers[next(iter(self.numbers))]

    def _exactly(self, shown: Shown, viewers: list[Viewer]) -> None:
        if shown is not self._shown:
            return  # the run has gone on
        for viewer in viewers:
            if shown.pngs:  # encoded here, once
                viewer.show_exactly(shown, self.panels, self.number)

    def forget(self, after: int) -> None:
        """Drop the numbers of later steps: another future begins here."""
        for step in [s for s in self.numbers if s > after]:
            del self.numbers[step]

    def tree(self, known: Branches) -> list[str]:
        """What to tell of the branches if they have changed: of another one, its numbers too."""
        told = branches(known)
        if told == self.branches or (not self.branches and len(known) == 1):
            return []
        self.branches = told
        if known.now.number == self._branch:
            return [told]
        self._branch, self.numbers = known.now.number, known.numbers()
        self._unsaid = [step for step in self._unsaid if step in self.numbers]
        return [told, history(self.numbers)]

    @property
    def shown(self) -> Shown | None:
        """The last frame that was shown."""
        return self._shown

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
        if self._shown:
            status["size"] = self._shown.size
            if self._shown.said:
                status["said"] = self._shown.said
        texts = [json.dumps({"status": status})]
        if self._unsaid:
            texts.insert(
                0, _numbers({s: self.numbers[s] for s in self._unsaid if s in self.numbers})
            )
            self._unsaid.clear()
        for viewer in viewers:
            for text in texts:
                viewer.tell(text)
        return None

    def renew(self) -> None:
        """Send the status again at the next report: somebody has come."""
        self._state = ()


def history(numbers: Mapping[int, dict[str, Any]]) -> str:
    """The numbers of all shown steps, for somebody who comes back."""
    return _numbers(dict(sorted(numbers.items())))


def _numbers(by_step: Mapping[int, dict[str, Any]]) -> str:
    return json.dumps({"numbers": [[step, values] for step, values in by_step.items()]})


def branches(known: Branches) -> str:
    """The branches of a run; how far the one that is shown goes is told by the status."""
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
    return json.dumps({"branches": {"now": now.number, "all": facts}})


def echo(viewer: Viewer, settings: Any) -> str:
    """The live settings of now, with the last wish that came from this viewer."""
    return json.dumps({"rev": viewer.rev, "now": live(settings)})


def live(settings: Any) -> dict[str, Any]:
    """The settings that can change during a run."""
    return {n: getattr(settings, n) for n, d in declared(settings).items() if d.kind.live}


def sentence(text: str, **beside: Any) -> str:
    """Something went wrong, and the run is as it was."""
    return json.dumps({"sentence": text, **beside})


def hello(run: Any) -> str:
    """What a page needs to know of a staged run."""
    opened, timeline = run.opened, run.timeline
    settings = timeline.now if timeline else opened.settings
    body = {
        "run": run.number,
        "token": run.token,
        "probe": opened.probe.__name__.rsplit(".", 1)[-1],
        "title": opened.probe.title,
        "panels": run.telling.panels,
        "settings": dataclasses.asdict(settings),
        "live": list(live(settings)),
    }
    more = {"link": opened.link, "twin": opened.twin}
    return json.dumps({"hello": body | {name: value for name, value in more.items() if value}})
