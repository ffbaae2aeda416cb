"""What binds a twin to the run beside it: the same tape, and never more than a step behind."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from apps.stage.errors import StageError
from apps.stage.past.timeline import Timeline
from core.export import pairs
from core.probe import Tape


class Leader(Protocol):
    """What a twin looks at in the run that it follows."""

    closing: bool
    timeline: Timeline | None


L = TypeVar("L", bound=Leader)


@dataclass(frozen=True)
class Difference:
    """Settings of its own, or another branch of the same run, or a tape that a link brought."""

    changes: Mapping[str, Any] = field(default_factory=dict)
    branch: int = 0
    tape: Tape | None = None


class Bond(Generic[L]):
    """The run that a twin follows, and in what the twin differs from it.

    A twin has no hands of its own. Its tape is that of the run that leads,
    without the settings that are its own; or that of another branch; or one
    that a link brought. It computes a step once the leader has, and the leader
    waits for it.
    """

    def __init__(self, leader: L, difference: Difference) -> None:
        self.leader = leader
        self._changes, self._branch = dict(difference.changes), difference.branch
        self._tape: Tape = list(difference.tape or [])
        self._given = difference.tape is not None
        self._seen: tuple[Any, ...] = ()

    @property
    def changes(self) -> dict[str, Any]:
        """The settings that are its own; none where it is another branch."""
        return dict(self._changes)

    @property
    def leads(self) -> bool:
        """Whether the leader is still there."""
        return not self.leader.closing

    @property
    def goal(self) -> int:
        """The step to be at; -1 if there is none yet."""
        timeline = self.leader.timeline if self.leads else None
        if timeline is None:
            return -1
        return timeline.at if timeline.target is None else timeline.target

    def _follows_quietly(self) -> bool:
        """Whether the leader goes there without showing the way."""
        timeline = self.leader.timeline
        return bool(timeline and timeline.target is not None)

    def tape(self) -> Tape:
        """What steers the twin."""
        timeline = self.leader.timeline
        if timeline and self._branch:
            try:
                self._tape = list(timeline.tape_of(self._branch))
            except StageError:
                self._given, self._branch = True, 0  # deleted: the twin keeps to what it was
        elif timeline and not self._given:
            self._tape = pairs.tape_of(timeline.tape, self._changes)
        return self._tape

    def news(self) -> bool:
        """Whether the leader is elsewhere, or steered otherwise, than when this was asked last."""
        timeline = self.leader.timeline
        if timeline is None or not self.leads:
            return False
        now = (self.goal, timeline.branches.now.number, len(timeline.tape))
        seen, self._seen = self._seen, now
        return now != seen

    def lead(self, timeline: Timeline) -> bool:
        """Take the twin to where the leader is; whether that began anew from a state."""
        if self.goal < 0:
            return False
        return timeline.follow(self.tape(), self.goal, quietly=self._follows_quietly())

    def forget(self) -> None:
        """Whatever the leader is at is news again."""
        self._seen = ()

    def record(self) -> dict[str, Any]:
        """What a link says of the twin."""
        if self._branch or self._given:
            return {pairs.KEY: {"tape": [list(entry) for entry in self.tape()]}}
        return {pairs.KEY: {"settings": self._changes}}
