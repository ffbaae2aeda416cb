"""A guess that a whole room makes: what is asked, who answered what, and what is told of it."""

from collections import Counter
from typing import Any

from apps.stage.errors import StageError
from apps.stage.room.orders import Pose

STAGES = ("open", "watch", "reveal")  # in this order; none goes back


class Poll:
    """One question to a room. Who answered is known by a phone's key, and by nothing else."""

    def __init__(self, pose: Pose) -> None:
        self.pose, self.stage = pose, STAGES[0]
        self._given: dict[str, int] = {}

    def answer(self, key: str, choice: int) -> None:
        """Note an answer in place of the one before; raises StageError if it cannot be."""
        if self.stage != STAGES[0]:
            raise StageError("This guess is closed: watch what happens.")
        if choice >= len(self.pose.answers):
            raise StageError(f"Choose one of the {len(self.pose.answers)} answers.")
        self._given[key] = choice

    def advance(self, what: str) -> None:
        """Close it (`watch`), or say what was right (`reveal`)."""
        if STAGES.index(what) > STAGES.index(self.stage):
            self.stage = what

    @property
    def counts(self) -> list[int]:
        """How many chose each of the answers."""
        found = Counter(self._given.values())
        return [found[i] for i in range(len(self.pose.answers))]

    def for_lecturer(self) -> dict[str, Any]:
        """The histogram of now."""
        return self._asked() | {"counts": self.counts, "right": self.pose.right}

    def for_follower(self, key: str) -> dict[str, Any]:
        """The question and this phone's answer; what was right, and the rest, at the end alone."""
        told = self._asked() | {"mine": self._given.get(key)}
        if self.stage == STAGES[-1]:
            pose = self.pose
            told |= {"right": pose.right, "reveal": pose.reveal, "counts": self.counts}
        return told

    def _asked(self) -> dict[str, Any]:
        pose = self.pose
        return {"stage": self.stage, "question": pose.question, "answers": list(pose.answers)}
