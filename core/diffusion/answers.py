"""What very many steps make of the same noise: what every shorter way is held against.

It is computed a part at a time, as far as somebody has asked, and shared by all who ask the
same: the branches of a run begin in one noise.
"""

from collections.abc import Hashable

import torch
from torch import Tensor

from core.diffusion import sampling, schedules
from core.diffusion.sampling import Denoiser

STEPS, PART = schedules.T, 25  # of the answer, and of a part of it
PARTS = STEPS // PART
KEPT = 16  # answers


class Answer:
    """x after each part of 1000 steps of DDIM with predicted noise, from one start."""

    def __init__(self, denoiser: Denoiser, x: Tensor, schedule: str) -> None:
        self._denoiser = denoiser
        self._visited = schedules.visited(schedule, "trailing", STEPS)
        self._x = [x]

    def x(self, parts: int) -> Tensor:
        """The x after so many parts; after PARTS of them it is the picture."""
        while len(self._x) <= parts:
            first = PART * (len(self._x) - 1)
            visited = self._visited[first : first + PART + 1]
            *_, last = sampling.chain(self._denoiser, self._x[-1], visited, torch.Generator())
            self._x.append(last.x_next)
        return self._x[parts]


_KEPT: dict[Hashable, Answer] = {}  # the one that was asked for last at the end


def answer(key: Hashable, denoiser: Denoiser, x: Tensor, schedule: str) -> Answer:
    """The answer that bears this key, or a new one from x: the same key must mean the same answer."""
    found = _KEPT.pop((key, schedule), None) or Answer(denoiser, x, schedule)
    _KEPT[key, schedule] = found
    for oldest in list(_KEPT)[:-KEPT]:
        _KEPT.pop(oldest, None)
    return found
