"""The futures of one run: a tree of tapes, each with the states and numbers of its own steps."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from apps.stage.errors import StageError
from apps.stage.past.states import BYTES, COUNT, States
from core.probe import State, Tape

MOST = 12  # of one run
LONGEST_NAME = 40  # characters
NAMING = 12  # steps of a branch whose changes are in its name
FIRST = "first run"
ASTRAY = "The branches of this run do not fit together: open it by its link or its saved picture."


@dataclass(frozen=True)
class BranchRecord:
    """A branch as somebody has kept it: without states, which its own rows of the tape replay.

    parent: its number, 0 for the first run. leaves: the last step that both share, -1 for none.
    """

    number: int
    parent: int
    leaves: int
    furthest: int
    name: str
    tape: Tape


@dataclass(eq=False)
class Branch:
    """One future. Up to the step `leaves` it is its parent's; the rest is its own."""

    number: int
    parent: "Branch | None" = None
    leaves: int = -1
    name: str = ""  # given by hand
    tape: Tape = field(default_factory=list)
    furthest: int = -1
    states: States = field(default_factory=States)
    numbers: dict[int, dict[str, Any]] = field(default_factory=dict)  # of steps that were shown
    changed: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Its name, or what was changed where it begins."""
        words = self.name or ", ".join(change(n, v) for n, v in self.changed.items())
        words = words or (FIRST if self.parent is None else f"from step {self.leaves + 2}")
        return words if len(words) <= LONGEST_NAME else f"{words[: LONGEST_NAME - 1]}…"

    @property
    def empty(self) -> bool:
        """Whether no step of its own was computed."""
        return self.parent is not None and self.furthest <= self.leaves


def change(name: str, value: Any) -> str:
    """A change in words: "layer blocks.2", "step size 4", "control off", "place 0.5, 1"."""
    words = name.replace("_", " ")
    if isinstance(value, tuple):
        said = ", ".join(x if isinstance(x, str) else f"{x:.3g}" for x in value)
        return f"{words} {said or 'nothing'}"
    if isinstance(value, bool):
        return f"{words} {'on' if value else 'off'}"
    return f"{words} {value:.4g}" if isinstance(value, float) else f"{words} {value}"


class Branches:
    """The branches of a run, one of which is shown; their states share one bound of memory."""

    def __init__(self, limit: int = BYTES, states: int = COUNT) -> None:
        self.now = Branch(1)
        self._limit, self._most = limit, states
        self._all = {1: self.now}
        self._numbers = count(2)

    @classmethod
    def of(cls, records: Sequence[BranchRecord], now: int) -> "Branches":
        """The branches that were kept, each after its parent; raises StageError if they are no tree."""
        made = cls()
        made._all = {}
        for one in records:
            parent = made._all.get(one.parent)
            if one.number in made._all or (parent is None) != (not made._all):
                raise StageError(ASTRAY)
            leaves = one.leaves if parent else -1
            furthest = max(one.furthest, leaves)
            name = "" if one.name == FIRST else one.name
            branch = Branch(one.number, parent, leaves, name, list(one.tape), furthest)
            if parent:  # it was once as far as this
                parent.furthest = max(parent.furthest, leaves)
            made._all[one.number] = branch
        if now not in made._all or len(made) > MOST:
            raise StageError(ASTRAY)
        made.now, made._numbers = made._all[now], count(max(made._all) + 1)
        return made

    def __iter__(self) -> Iterator[Branch]:
        return iter(self._all.values())

    def __len__(self) -> int:
        return len(self._all)

    def find(self, number: int) -> Branch:
        """The branch of this number; raises StageError."""
        if number not in self._all:
            raise StageError("This branch is no longer there: choose another.")
        return self._all[number]

    def way(self, branch: Branch) -> Iterator[tuple[Branch, int | float]]:
        """The branches that its steps belong to, with the last step of each, from its end up."""
        last: int | float = float("inf")
        found: Branch | None = branch
        while found:
            yield found, last
            last, found = min(last, found.leaves), found.parent

    def owner(self, step: int) -> Branch:
        """The branch that this step of the one that is shown belongs to."""
        return next(branch for branch, _ in self.way(self.now) if step > branch.leaves)

    def meeting(self, other: Branch) -> int | float:
        """The last step that another branch shares with the one that is shown."""
        mine = dict(self.way(self.now))
        return next(min(last, mine[b]) for b, last in self.way(other) if b in mine)

    def tape(self, branch: Branch) -> Tape:
        """All that steers a branch, from the first step."""
        parts = [[e for e in b.tape if e[0] <= last] for b, last in self.way(branch)]
        return [entry for part in reversed(parts) for entry in part]

    def numbers(self) -> dict[int, dict[str, Any]]:
        """What was shown of the branch of now, by step."""
        parts = [
            {s: v for s, v in b.numbers.items() if s <= last} for b, last in self.way(self.now)
        ]
        return {step: values for part in reversed(parts) for step, values in part.items()}

    def note(self, numbers: Mapping[int, dict[str, Any]]) -> None:
        """Keep the numbers that were shown with the branches whose steps they are."""
        for step, values in numbers.items():
            self.owner(step).numbers[step] = values

    def leave(self, tape: Tape) -> None:
        """The branch of now was steered by this whole tape; it is kept, unless it has no step."""
        self.now.tape = [entry for entry in tape if entry[0] > self.now.leaves]
        if self.now.empty:
            del self._all[self.now.number]

    def fork(self, step: int, tape: Tape) -> None:
        """Leave the branch of now for another that begins after this step of it."""
        if len(self) - self.now.empty >= MOST:
            raise StageError(f"A run has up to {MOST} branches: delete one, then change the past.")
        parent = self.owner(step)
        self.leave(tape)
        self.now = Branch(next(self._numbers), parent, leaves=step, furthest=step)
        self._all[self.now.number] = self.now

    def check_leaf(self, branch: Branch) -> None:
        """Raise StageError where others begin in this branch."""
        if branch.parent is None:
            raise StageError(f"The {FIRST} stays: every branch begins in it.")
        if any(other.parent is branch for other in self):
            raise StageError("Other branches begin in this one: delete those first.")

    def remove(self, branch: Branch) -> None:
        """Drop a branch; raises StageError where others begin in it."""
        self.check_leaf(branch)
        self._all.pop(branch.number, None)

    def cut(self, after: int) -> None:
        """Forget the later steps of the branch of now."""
        self.now.furthest = min(self.now.furthest, after)
        self.now.states.forget(after)
        for step in [s for s in self.now.numbers if s > after]:
            del self.now.numbers[step]

    # states

    @property
    def bytes(self) -> int:
        """Of all states."""
        return sum(branch.states.bytes for branch in self)

    @property
    def kept(self) -> int:
        """How many states there are."""
        return sum(len(branch.states) for branch in self)

    def due(self, step: int) -> bool:
        """Whether the state of this step is to be kept."""
        return self.owner(step).states.due(step)

    def put(self, step: int, state: State) -> None:
        """Keep the state after this step; over the bounds others are thinned out."""
        self.owner(step).states.put(step, state)
        while self.bytes > self._limit or self.kept > self._most:
            self.thin()

    def thin(self) -> None:
        """Drop states of the branch that has most; the one that is shown counts half."""
        weight = self.bytes / max(1, self.kept)

        def held(branch: Branch) -> float:
            size = branch.states.bytes + weight * len(branch.states)
            return size / 2 if branch is self.now else size

        max(self, key=held).states.thin()

    def before(self, step: int) -> tuple[int, State] | None:
        """The latest state from which this step of the branch of now can still be computed."""
        for branch, last in self.way(self.now):
            found = branch.states.before(int(min(step, last + 1)))
            if found:
                return found
        return None

    def clear(self) -> None:
        """Drop all states."""
        for branch in self:
            branch.states.clear()
