"""A run that can go back: the core's run, its tree of tapes, and states to start again from."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

from apps.stage.errors import StageError
from apps.stage.past.branches import NAMING, Branches
from core.probe import CONTROL, Frame, SettingError, Tape, declared
from core.run import Run, fingerprints

WAITING_ACTS = 64
FAR = 16  # steps to go: a shorter way is there before anybody could read of it


@dataclass(frozen=True)
class Past:
    """A run to be done again from one step to another."""

    run: Run
    first: int
    last: int


class Timeline:
    """Steps forward, goes to any step it has been at, and branches off there.

    What is asked for waits here until the next step reads it. Asking for
    something after going back begins another branch; the one that was there stays.
    What the tape has for the step after the one where it `rests` waits there too.
    """

    def __init__(
        self, run: Run, branches: Branches | None = None, rests: int | None = None
    ) -> None:
        self.branches = branches or Branches()
        self.latest: Frame | None = None
        self.target: int | None = None  # a step to go to without showing the way
        self.complete = False
        self._set_out = -1  # the step where the way to the target began
        # a step that none has read yet: its rows are wishes
        self._waiting: int | None = None if rests is None else rests + 1
        self._run, self._closed = run, False
        self.tape = run.live.tape  # of the branch that is shown; the run writes on it
        self._asked: dict[str, Any] = {}
        self._acts: list[dict[str, Any]] = []

    @property
    def at(self) -> int:
        """The last step that was computed; -1 before the first."""
        return self._run.step - 1

    @property
    def replays(self) -> tuple[int, int] | None:
        """The step it is at and the one it goes to, where that is far; else None."""
        if self.target is None or self.target - self._set_out < FAR:
            return None
        return max(0, self.at), self.target

    @property
    def furthest(self) -> int:
        """The last step there is to go to."""
        return self.branches.now.furthest

    @property
    def now(self) -> Any:
        """The settings as they are, or will be at the next step."""
        return replace(self._run.live.now, **{**self._waits(), **self._asked})

    @property
    def made(self) -> Any:
        """The settings that the last step has read."""
        return self._run.live.now

    @property
    def control(self) -> Any:
        """The network that the run is held against, if any."""
        return self._run.resources.get(CONTROL)

    @property
    def fingerprints(self) -> dict[str, str]:
        """Of the models that the run uses, by resource."""
        return fingerprints(self._run.probe, self._run.resources)

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
        if self.branches.due(frame.step):
            self.branches.put(frame.step, frame.state())
        now = self.branches.now
        self.latest, now.furthest = frame, max(now.furthest, frame.step)
        if self.target is not None and frame.step >= self.target:
            self.target = None
        return frame

    def set(self, changes: Mapping[str, Any]) -> None:
        """Ask for live settings to change; raises SettingError if one cannot."""
        wished = self._run.live.wish(changes, self.now)
        if replace(self.now, **wished) == self.now:
            return  # as it is
        self._branch(wished)
        self._asked |= wished

    def act(self, action: str, values: Mapping[str, Any]) -> None:
        """Ask for an action; raises SettingError if there is none of that name."""
        if len(self._acts) >= WAITING_ACTS:
            raise SettingError(f"{WAITING_ACTS} actions wait already: let the run take a step.")
        entry = self._run.live.action(action, values)
        self._branch({action: f"at step {self.at + 2}"})
        self._acts.append(entry)

    def go(self, step: int) -> None:
        """Head for a step of the past; raises SettingError if it was never there."""
        if not 0 <= step <= self.furthest:
            there = f"choose 0 to {self.furthest}" if self.furthest >= 0 else "wait for the first"
            raise SettingError(f"Step {step} is not there yet: {there}.")
        self.complete = False
        if self.latest and self.latest.step == step == self.at and not self._closed:
            self.target = None
            return
        found = self.branches.before(step)
        if self._closed or self.at >= step or (found and found[0] > self.at):
            self._restart(found)
        self._head(step)

    def back(self, step: int) -> None:
        """Head for the step at which a run that was kept was left; what waited there still waits."""
        last = self.furthest
        if step >= last and all(at <= last + 1 for at, _ in self.tape):
            self._waiting = last + 1
        if last >= 0:
            self._head(max(0, min(step, last)))

    def unsee(self, step: int, furthest: int) -> bool:
        """Go back to what was seen last, and forget what came after that; False if it was steered."""
        steered = any(at > furthest for at, _ in self.tape) or self._asked or self._acts
        if steered or self.at <= step or self.target is not None:
            return False
        self.branches.cut(after=max(furthest, self.branches.now.leaves))
        self.go(step)
        return True

    @property
    def written(self) -> tuple[Any, ...]:
        """What is another whenever a tape is: which branch, its length and end, and what waits."""
        end = self.tape[-1] if self.tape else None
        waits = dict(self._asked), len(self._acts)
        return self.branches.now.number, len(self.branches), len(self.tape), end, *waits

    def rows(self) -> dict[int, Tape]:
        """What steers every branch of its own, by number; what waits has the step that will read it."""
        now, step = self.branches.now, self._run.step
        mine = [entry for entry in self.tape if entry[0] > now.leaves]
        mine += [(step, entry) for entry in self._acts]
        mine += [(step, dict(self._asked))] if self._asked else []
        return {b.number: mine if b is now else b.tape for b in self.branches}

    def turn(self, number: int) -> None:
        """Show another branch: at the step of now, or at its end if that step is in both."""
        branch = self.branches.find(number)
        if branch is self.branches.now:
            return
        shared = self.branches.meeting(branch)
        self._settle()
        step = branch.furthest if self.at <= shared else min(self.at, branch.furthest)
        self.branches.leave(self.tape)
        self.branches.now, self.tape = branch, self.branches.tape(branch)
        self._run.close()
        self._closed = True
        self.go(step)

    def delete(self, number: int) -> None:
        """Drop a branch; if it is shown, the one that it left is shown instead."""
        branch = self.branches.find(number)
        self.branches.check_leaf(branch)
        if branch is self.branches.now and branch.parent:
            self.turn(branch.parent.number)
        self.branches.remove(branch)

    def tape_of(self, number: int) -> Tape:
        """What steers a branch; raises StageError if it is not there."""
        branch = self.branches.find(number)
        return self.tape if branch is self.branches.now else self.branches.tape(branch)

    def follow(self, tape: Tape, goal: int, *, quietly: bool) -> bool:
        """Head for this step of another run's tape; whether that began anew from a state."""
        parted = _parting(self.tape, tape)
        self.tape[:] = tape
        if parted <= self.furthest:
            self.branches.cut(after=int(parted) - 1)
        if self._closed or goal < self.at or parted <= self.at:
            self._restart(self.branches.before(goal))
            self.target, self.complete = goal, False
            return True
        if quietly and goal > self.at:
            self.target = goal
        return False

    def record(self, *, ahead: bool = False) -> dict[str, Any]:
        """What replays the run up to where it is; ahead: with what waits for the next step."""
        found, step = self._run.record(), self._run.step
        if ahead:
            asked = [dict(self._asked)] if self._asked else []
            rows = [*self._waiting_rows(), *self._acts, *asked]
            found["tape"] += [[step, entry] for entry in rows]
        return found

    def caption(self, numbers: Mapping[str, Any]) -> str:
        """What the numbers of a frame say."""
        return self._run.caption(self.now, numbers)

    def meant(self) -> Mapping[str, float]:
        """What settings stand for whose value is a word."""
        return self._run.probe.meant(self.now, self._run.resources)

    @property
    def length(self) -> int | None:
        """Frames until its end, where somebody knows."""
        return self._run.length()

    def past(self, steps: int) -> Past:
        """The same past once more, of so many steps at most; raises StageError if there is none.

        It begins at the kept state before them. Without the network that the run is held
        against, where that counts the same steps: it changes no picture.
        """
        if self.latest is None:
            raise StageError("There is nothing to film yet: wait a moment.")
        last = self.latest.step
        first = max(0, last + 1 - steps)
        old, found = self._run, self.branches.before(first)
        start, resources = self._without_control()
        tape = [entry for entry in self.tape if entry[0] <= self.at]
        state = found[1] if found else None
        again = Run(old.probe, start, resources, tape=tape, state=state)
        return Past(again, first, last)

    def _without_control(self) -> tuple[Any, dict[str, Any]]:
        """What the past is computed again with."""
        probe, start, resources = self._run.probe, self._run.start, self._run.resources
        if self.control is None or "control" not in declared(start):
            return start, resources
        alone, bare = replace(start, control=False), {**resources, CONTROL: None}
        same = probe.length(alone, bare) == probe.length(start, resources)
        return (alone, bare) if same and not probe.twinned(alone) else (start, resources)

    def stop(self) -> None:
        """End the generator; `go` can bring it back."""
        self._run.close()
        self._closed, self.target = True, None

    def lose(self) -> None:
        """Give the generator up where it broke; `go` begins anew from a state."""
        self._closed, self.target = True, None

    def free(self) -> None:
        """Stop, and drop everything that is large."""
        try:
            self.stop()
        finally:  # whatever a probe's own clean-up does
            self.branches.clear()
            self.latest, self._run.resources = None, {}

    def _waits(self) -> dict[str, Any]:
        """What waited when the run was kept, if no step has read it since."""
        found: dict[str, Any] = {}
        for entry in self._waiting_rows():
            if "action" not in entry:
                found |= entry
        return found

    def _waiting_rows(self) -> list[dict[str, Any]]:
        waiting = self._waiting
        if waiting is None or self._run.step != waiting or self.furthest >= waiting:
            return []
        return [entry for at, entry in self.tape if at == waiting]

    def _head(self, step: int) -> None:
        self.target, self._set_out = step, self.at

    def _branch(self, changes: Mapping[str, Any]) -> None:
        """Begin a branch if there is a future to keep; what is changed names it."""
        if self.furthest > self.at:
            self.branches.fork(self.at, self.tape)
            self.tape[:] = [entry for entry in self.tape if entry[0] <= self.at]
        now = self.branches.now
        if now.parent and self.at < now.leaves + NAMING:
            now.changed |= changes

    def _ask(self) -> None:
        for entry in [*self._acts, *([self._asked] if self._asked else [])]:
            self._run.live.put(entry)
        self._asked, self._acts = {}, []

    def _settle(self) -> None:
        """Put what was asked for onto the tape, at the step that would have read it."""
        if self._asked or self._acts:
            self._ask()
            self._run.live.begin(self._run.step)

    def _restart(self, found: tuple[int, Any] | None) -> None:
        self._settle()
        old = self._run
        old.close()
        state = found[1] if found else None
        self._run = Run(old.probe, old.start, old.resources, tape=self.tape, state=state)
        self._closed = False


def _parting(one: Tape, other: Tape) -> float:
    """The first step that two tapes steer differently; infinite if there is none."""
    for mine, its in zip_longest(one, other):
        if mine is None or its is None or tuple(mine) != tuple(its):
            return min(entry[0] for entry in (mine, its) if entry)
    return math.inf
