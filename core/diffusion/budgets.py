"""What a solver reaches for how many evaluations of the denoiser.

All begin in one noise, and all visit times of one kind. The measure is the distance to where a
thousand steps of DDIM lead from that noise, and, for solvers that draw noise on their way and so
arrive elsewhere, the share of what they made that lies on the data.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import torch
from jaxtyping import Float
from torch import Tensor

from core.diffusion import schedules, solvers
from core.diffusion.sampling import Denoiser
from core.diffusion.solvers import SOLVERS, Step

BUDGETS = (5, 7, 10, 14, 20, 28, 40, 56)  # evaluations
LOST = 1e3  # a distance that stands for all beyond it, and for no number

X = Float[Tensor, "n *shape"]
Measure = Callable[[Tensor], Tensor]  # of what was made -> 0-d
Curve = Float[Tensor, "budgets 3"]  # evaluations, distance, share


@dataclass(frozen=True)
class Start:
    """What all of a race have in common; `noise` begins that on the way, anew for each."""

    denoiser: Denoiser
    x: X
    schedule: str
    times: str
    noise: Callable[[], torch.Generator]

    def run(self, name: str, evaluations: int) -> tuple[int, Iterator[Step]]:
        """The steps of a solver that may ask so often, and how often it does."""
        steps = max(2, SOLVERS[name].steps(evaluations))
        alpha_bars = schedules.visited(self.schedule, self.times, steps)
        taken = solvers.run(name, self.denoiser, self.x, alpha_bars, self.noise())
        return SOLVERS[name].evaluations(steps), taken


class Runner:
    """One solver on its way: x after each evaluation, and the x_0 that it saw at each."""

    def __init__(self, start: Start, name: str, evaluations: int) -> None:
        self.title = SOLVERS[name].title
        self.evaluations, self._steps = start.run(name, evaluations)
        self._x, self._x_0 = [start.x], list[Tensor]()

    def x(self, done: int) -> list[X]:
        """From the noise to what is there after so many evaluations, or after all."""
        for step in islice(self._steps, max(0, done + 1 - len(self._x))):
            self._x.append(step.x_next)
            self._x_0.append(step.x_0)
        return self._x[: done + 1]

    def x_0(self, done: int) -> X:
        """What it took the data to be at that evaluation; after all of them, where it is."""
        so_far = self.x(done)
        return so_far[-1] if not 0 < done < self.evaluations else self._x_0[done - 1]


class Curves:
    """Where every solver ends with each budget, the small ones first; found as far as is asked."""

    def __init__(
        self, start: Start, distance: Measure, share: Measure, budgets: tuple[int, ...] = BUDGETS
    ) -> None:
        self._start, self._distance, self._share = start, distance, share
        self._found: dict[str, list[Tensor]] = {}
        self._work, self._spent = self._all(budgets), 0

    def upto(self, evaluations: int) -> Mapping[str, Curve]:
        """What is known after so many evaluations, of all solvers together."""
        for _ in islice(self._work, max(0, evaluations - self._spent)):
            self._spent += 1
        return {name: torch.stack(rows) for name, rows in self._found.items()}

    def _all(self, budgets: tuple[int, ...]) -> Iterator[None]:
        for budget in budgets:
            for name in SOLVERS:
                cost, steps = self._start.run(name, budget)
                x = self._start.x
                for step in steps:
                    x = step.x_next
                    yield
                row = torch.stack((self._distance(x), self._share(x))).double().cpu()
                self._found.setdefault(name, []).append(torch.cat((row.new_tensor([cost]), row)))


def distance(x: X, answer: X) -> Float[Tensor, ""]:
    """Mean distance to the answer from the same noise, in the units of the data."""
    far = (x - answer).flatten(1).norm(dim=1)
    return torch.nan_to_num(far, nan=LOST, posinf=LOST).clamp(max=LOST).mean()
