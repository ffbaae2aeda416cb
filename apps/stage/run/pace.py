"""How a run moves by itself: whether, how fast, and how far."""

from collections import deque

RATE_OVER = 3.0  # seconds
MOST = 100  # steps that may wait to be taken one by one


class Pace:
    """What a hand on the bar has asked for, and when the last steps were done."""

    def __init__(self, until: int | None = None, speed: float = 0.0) -> None:
        self.due = 0.0  # when the next step may begin
        self.until = until  # the step to rest at
        self._paused = False
        self._speed = speed  # steps a second; 0 is as fast as it goes
        self._steps = 0  # to take while paused
        self._times: deque[float] = deque(maxlen=64)

    @property
    def moves(self) -> bool:
        """Whether a step is to come."""
        return not self._paused or self._steps > 0

    @property
    def hurries(self) -> bool:
        """Whether a single step is to come, which waits for no speed."""
        return self._steps > 0

    def pause(self, steps: int = 0) -> None:
        """Rest, after so many steps."""
        self._paused, self._steps = True, steps

    def play(self) -> None:
        """Go on."""
        self._paused, self._steps, self.due = False, 0, 0.0

    def once(self) -> None:
        """Take one step more, and rest."""
        self.pause(min(self._steps + 1, MOST))

    def hurry(self, speed: float) -> None:
        """Go at this speed from now on."""
        self._speed, self.due = speed, 0.0

    def stepped(self, now: float) -> None:
        """A step was computed."""
        self._times.append(now)

    def shown(self, step: int, now: float) -> None:
        """It was one of those that were asked for, and not on the way to another."""
        self._steps = max(0, self._steps - 1)
        self._paused = self._paused or step == self.until
        self.due = max(self.due + 1 / self._speed, now) if self._speed else 0.0

    def rate(self, now: float) -> float:
        """Steps a second of late."""
        times = [t for t in self._times if now - t < RATE_OVER]
        return round((len(times) - 1) / (times[-1] - times[0]), 1) if len(times) > 1 else 0.0
