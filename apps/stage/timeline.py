"""A run that can go back: the core's run, its tape, and states to start again from."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from apps.stage.kept import Kept
from core.probe import Frame, Live, SettingError, made
from core.run import Run

WAITING_ACTS = 64


class Timeline:
    """Steps forward, goes to any step it has been at, and branches off there.

    What is asked for waits here until the next step reads it. Asking for
    something after going back drops the steps, tape and states that came later.
    """

    def __init__(self, run: Run) -> None:
        self.kept = Kept()
        self.latest: Frame | None = None
        self.furthest = -1  # the last step there is to go to
        self.target: int | None = None  # a step to go to without showing the way
        self.complete = False
        self._run, self._tape, self._closed = run, run.live.tape, False
        self._asked: dict[str, Any] = {}
        self._acts: list[dict[str, Any]] = []

    @property
    def at(self) -> int:
        """The last step that was computed; -1 before the first."""
        return self._run.step - 1

    @property
    def now(self) -> Any:
        """The settings as they are, or will be at the next step."""
        return dataclasses.replace(self._run.live.now, **self._asked)

    @property
    def control(self) -> Any:
        """The network that the run is held against, if any."""
        return self._run.resources.get("control")

    @property
    def start(self) -> Any:
        """The settings that the run started with."""
        return self._run.start

    def step(self) -> Frame | None:
        """Compute the next frame; None at the end."""
        self._ask()
        frame = next(self._run, None)
        if frame is None:
            self.complete, self.target = True, None
            return None
        if self.kept.due(frame.step):
            self.kept.put(frame.step, frame.state())
        self.latest, self.furthest = frame, max(self.furthest, frame.step)
        if self.target is not None and frame.step >= self.target:
            self.target = None
        return frame

    def set(self, changes: Mapping[str, Any]) -> None:
        """Ask for live settings to change; raises SettingError if one cannot."""
        made(type(self.start), changes)  # before a name is passed as a keyword: "self" is none
        wanted = {**self._asked, **changes}
        self._trial().set(**wanted)
        self._asked = wanted
        self._branch()

    def act(self, action: str, values: Mapping[str, Any]) -> None:
        """Ask for an action; raises SettingError if there is none of that name."""
        if action in self._run.live.kinds:
            made(self._run.live.kinds[action], values)
        if len(self._acts) >= WAITING_ACTS:
            raise SettingError(f"{WAITING_ACTS} actions wait already: let the run take a step.")
        self._trial().act(action, **values)
        self._acts.append({"action": action, **values})
        self._branch()

    def go(self, step: int) -> None:
        """Head for a step of the past; raises SettingError if it was never there."""
        if not 0 <= step <= self.furthest:
            there = f"choose 0 to {self.furthest}" if self.furthest >= 0 else "wait for the first"
            raise SettingError(f"Step {step} is not there yet: {there}.")
        self.complete = False
        if self.latest and self.latest.step == step == self.at and not self._closed:
            self.target = None
            return
        found = self.kept.before(step)
        if self._closed or self.at >= step or (found and found[0] > self.at):
            self._restart(found)
        self.target = step

    def record(self) -> dict[str, Any]:
        """What replays the run up to where it is."""
        return self._run.record()

    def stop(self) -> None:
        """End the generator; `go` can bring it back."""
        self._run.close()
        self._closed, self.target = True, None

    def lose(self) -> None:
        """Give the generator up where it broke; `go` begins anew from a state."""
        self._closed, self.target = True, None

    def free(self) -> None:
        """Stop, and drop everything that is large."""
        self.stop()
        self.kept.clear()
        self.latest, self._run.resources = None, {}

    def _trial(self) -> Live[Any]:
        live = self._run.live
        return Live(live.now, fits=live.fits, kinds=live.kinds)

    def _branch(self) -> None:
        if self.furthest > self.at:
            self.furthest = self.at
            self.kept.forget(after=self.at)

    def _ask(self) -> None:
        for act in self._acts:
            values = {k: v for k, v in act.items() if k != "action"}
            self._run.live.act(act["action"], **values)
        if self._asked:
            self._run.live.set(**self._asked)
        self._asked, self._acts = {}, []

    def _restart(self, found: tuple[int, Any] | None) -> None:
        if self._asked or self._acts:  # onto the tape, at the step that would have read it
            self._ask()
            self._run.live.begin(self._run.step)
        old = self._run
        old.close()
        state = found[1] if found else None
        self._run = Run(old.probe, old.start, old.resources, tape=self._tape, state=state)
        self._closed = False
