"""What binds a twin to the run beside it: the same tape, and never more than a step behind."""

from collections.abc import Mapping
from typing import Any

from apps.stage.past.timeline import Timeline
from apps.stage.wire.messages import StageError
from core.export import pairs
from core.probe import Tape


class Beside:
    """The run that a twin follows, and in what the twin differs from it.

    A twin has no hands of its own. Its tape is that of the run that leads,
    without the settings that are its own; or that of another branch; or one
    that a link brought. It computes a step once the leader has, and the leader
    waits for it.
    """

    def __init__(
        self, leader: Any, changes: Mapping[str, Any], *, branch: int = 0, tape: Tape | None = None
    ) -> None:
        self.leader, self.changes, self.branch = leader, dict(changes), branch
        self._tape: Tape = list(tape or [])
        self._given = tape is not None
        self._seen: tuple[Any, ...] = ()

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

    @property
    def sought(self) -> bool:
        """Whether the leader goes there without showing the way."""
        timeline = self.leader.timeline
        return bool(timeline and timeline.target is not None)

    def tape(self) -> Tape:
        """What steers the twin."""
        timeline = self.leader.timeline
        if timeline and self.branch:
            try:
                self._tape = list(timeline.tape_of(self.branch))
            except StageError:
                self._given, self.branch = True, 0  # deleted: the twin keeps to what it was
        elif timeline and not self._given:
            self._tape = pairs.tape_of(timeline.tape, self.changes)
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
        return self.goal >= 0 and timeline.follow(self.tape(), self.goal, quietly=self.sought)

    def forget(self) -> None:
        """Whatever the leader is at is news again."""
        self._seen = ()

    def record(self) -> dict[str, Any]:
        """What a link says of the twin."""
        if self.branch or self._given:
            return {pairs.KEY: {"tape": [list(entry) for entry in self.tape()]}}
        return {pairs.KEY: {"settings": self.changes}}


def lead(run: Any) -> Any:
    """The staged run that this one follows, or itself."""
    return run.beside.leader if run.beside and run.beside.leads else run


def pair(run: Any) -> tuple[Any, ...]:
    """A run with the one that is bound to it, the leader first; or the run alone."""
    leader = lead(run)
    return (leader, leader.twin) if leader.twin and not leader.twin.closing else (leader,)


def company(run: Any) -> Any:
    """The twin that somebody sees beside a run; None if there is none."""
    twin = run.twin
    return twin if twin and twin.viewers and not twin.closing else None


def record(run: Any, timeline: Timeline) -> dict[str, Any]:
    """What replays a run up to where it is, and the twin beside it."""
    twin = company(run)
    return timeline.record() | (twin.beside.record() if twin and twin.beside else {})


def held(run: Any, now: float) -> bool:
    """Whether a run waits for its twin to come to the step of now."""
    twin, sought = run.twin, run.timeline and run.timeline.target is not None
    bound = twin and not twin.closing and not sought
    return bool(bound and twin.at < run.at and twin.wants(now))
