"""The states that a run keeps, so that going back costs a few steps and not all of them."""

from bisect import bisect_left

from torch import Tensor

from core.probe import State

STRIDE = 4  # steps from one kept state to the next, until there are too many
RECENT = 8  # the newest stay this dense, so that a short way back stays quick
BYTES = 64 * 2**20  # for one run
COUNT = 512  # for one run, however small its states are


class States:
    """States by step, thinned: over the limit every other of the older ones is dropped."""

    def __init__(self, limit: int = BYTES, count: int = COUNT) -> None:
        self.limit, self.count = limit, count
        self.stride, self.bytes = STRIDE, 0
        self._states: dict[int, State] = {}  # in order of steps
        self._full = False  # not even one state fits

    def __len__(self) -> int:
        return len(self._states)

    def due(self, step: int) -> bool:
        """Whether this step's state is to be kept."""
        return step % STRIDE == 0 and step not in self._states and not self._full

    def put(self, step: int, state: State) -> None:
        """Keep the state after this step; one that alone is over the limit is not kept."""
        if _size(state) > self.limit:
            self._full = True
            return
        self._states[step] = state
        self._states = dict(sorted(self._states.items()))
        self.bytes += _size(state)
        while self.bytes > self.limit or len(self._states) > self.count:
            self.thin()

    def thin(self) -> None:
        """Drop every other state of the older ones, and keep the first."""
        steps = list(self._states)
        older = [s for s in steps[:-RECENT] if s % self.stride]
        if not older and len(steps) > RECENT:
            self.stride *= 2
            older = [s for s in steps[1:-RECENT] if s % self.stride] or steps[1:2]
        if not older:  # a few large ones: the first goes last
            older = steps[1::2] or steps
        for step in older:
            self.bytes -= _size(self._states.pop(step))

    def before(self, step: int) -> tuple[int, State] | None:
        """The latest state from which this step can still be computed."""
        steps = list(self._states)
        at = bisect_left(steps, step) - 1
        return (steps[at], self._states[steps[at]]) if at >= 0 else None

    def forget(self, after: int) -> None:
        """Drop the states of later steps: another future begins here."""
        for step in [s for s in self._states if s > after]:
            self.bytes -= _size(self._states.pop(step))

    def clear(self) -> None:
        """Drop all."""
        self._states.clear()
        self.bytes = 0


def _size(state: State) -> int:
    return sum(v.nbytes for v in state.values() if isinstance(v, Tensor)) + 64 * len(state)
