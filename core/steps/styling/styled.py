"""One network's picture while it moves: what is stepped, at which size, by which optimiser."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from core.models import Classifier
from core.priors import octaves, views
from core.steps import ascent, descent
from core.steps.styling.goal import Given, Goal
from core.steps.styling.step import Seen, rendered, spectrum

FAINT = 0.02  # deviation of what the seed adds at the start
FIRST = 0.02  # how far the first step of L-BFGS goes, in the mean over p: as far as one of Adam

Kept = dict[str, Tensor]


@dataclass(frozen=True)
class Stepper:
    """How p is stepped: its memory of a new p, and that memory brought to another size."""

    start: Callable[[Tensor], Kept]
    grown: Callable[[Kept, tuple[int, int]], Kept]


def _warm(kept: Kept, size: tuple[int, int]) -> Kept:
    """Adam at the next size: p anew, the moments as they were, enlarged."""
    first, second = (octaves.resize(kept[name], size) for name in ("first", "second"))
    p = torch.zeros_like(first)
    return {**kept, "p": p, "good": p, "first": first, "second": second.clamp(min=0)}


STEPPERS = {
    "Adam": Stepper(lambda p: {"p": p, **ascent.start(p)}, _warm),
    "L-BFGS": Stepper(
        lambda p: descent.lbfgs_start(p, 1),
        lambda kept, size: descent.lbfgs_start(
            torch.zeros_like(octaves.resize(kept["p"], size)), 1
        ),
    ),
}


@dataclass
class StyledPicture:
    """A picture under way.

    kept: what the optimiser holds, by name, and p, which is added to the picture
    `base` of this size. goal: what it is held against, once it has been read.
    loss_settings: what weighed what at the last step: L-BFGS forgets what it was worth then.
    """

    network: Classifier
    optimiser: str
    decay: float
    kept: Kept
    base: Float[Tensor, "1 3 _ _"]
    goal: Goal | None = None
    loss_settings: tuple[float, ...] = ()

    def draw(self, p: Tensor) -> Float[Tensor, "1 3 _ _"]:
        """The picture of p."""
        return rendered(p, self.base, spectrum(self.base, self.decay))

    def at(self, size: tuple[int, int], given: Given) -> Goal:
        """Bring the picture to this size, and find what it is held against."""
        if (self.base.shape[2], self.base.shape[3]) != size:
            best = self.kept["good"] if self.optimiser == "L-BFGS" else self.kept["p"]
            self.base = octaves.resize(self.draw(best), size).clamp(0, 1)
            self.kept = STEPPERS[self.optimiser].grown(self.kept, size)
            self.goal = None
        if self.goal is None:
            self.goal = given.goal(self.network, size)
        return self.goal

    def move(
        self, seen: Seen, loss_settings: tuple[float, ...], *, step: int, learning_rate: float
    ) -> None:
        """One step downhill; of L-BFGS one trial."""
        if self.optimiser == "Adam":
            moments = {key: self.kept[key] for key in ascent.MOMENTS}
            p, moments = ascent.adam(
                self.kept["p"], -seen.slope, moments, step=step, learning_rate=learning_rate
            )
            self.kept = {"p": p, **moments}
            return
        p = self.kept["p"]
        # of another loss, what the last one was worth says nothing
        if loss_settings != self.loss_settings:
            self.kept = descent.lbfgs_start(p, 1)
            self.loss_settings = loss_settings
        found = descent.Slopes(seen.loss[None], seen.slope[None])
        one = torch.ones(1, device=p.device)
        self.kept = descent.lbfgs(self.kept, found, one, first=FIRST * math.sqrt(p.numel()))

    def state(self) -> dict[str, Tensor | float]:
        """What is needed to go on: the very tensors, not copies."""
        asked = {f"asked {i}": value for i, value in enumerate(self.loss_settings)}
        return {**self.kept, **asked, "base": self.base}


def begun(
    network: Classifier, given: Given, size: tuple[int, int], *, optimiser: str, decay: float
) -> StyledPicture:
    """A picture at its start: p is next to nothing, and drawn by the seed."""
    base = given.begun(size)
    noise = torch.randn(base.shape, generator=views.generator(given.seed, "start"))
    p = (FAINT * noise).to(base)
    return StyledPicture(network, optimiser, decay, STEPPERS[optimiser].start(p), base)


def resumed(
    network: Classifier, held: dict[str, Tensor | float], *, optimiser: str, decay: float
) -> StyledPicture:
    """A picture as `state` gave it."""
    kept = {key: v.clone() for key, v in held.items() if isinstance(v, Tensor)}
    loss_settings = tuple(float(v) for v in held.values() if not isinstance(v, Tensor))
    base = kept.pop("base")
    return StyledPicture(network, optimiser, decay, kept, base, loss_settings=loss_settings)
