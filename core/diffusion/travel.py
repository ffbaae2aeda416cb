"""A sampler that can be steered: from a time to the next, whatever was asked before.

A traveller is x at a time of the schedule, and what the last step saw. Where it goes next
depends on nothing else, so steps, solver and noise may change at any time, a kept
traveller goes on as if nothing had been, and another future may begin in it.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from core.diffusion import higher, sampling, schedules
from core.diffusion.sampling import Denoiser, Guess, Step

SOLVERS = DDIM, HEUN, DPM = "DDIM", "Heun", "DPM++ 2M"


@dataclass(frozen=True)
class Itinerary:
    """Which times are visited, and how. eta: the share of fresh noise, of DDIM alone."""

    schedule: str = "cosine"
    spacing: str = "trailing"
    steps: int = 20
    solver: str = DDIM
    eta: float = 0.0

    @property
    def times(self) -> tuple[int, ...]:
        """From the noisiest down to 0."""
        return schedules.SPACINGS[self.spacing](self.steps)

    def first(self, depth: float = 1.0) -> int:
        """Where it begins: the first time that lies within this share of all."""
        within = [t for t in self.times if t <= depth * schedules.T]
        return within[0] or self.times[-2]

    def after(self, t: int) -> int:
        """The next time on the list, from any time on it or between."""
        return next(one for one in self.times if one < t)

    def left(self, t: int) -> int:
        """How many steps are to come."""
        return sum(one < t for one in self.times)

    def alpha_bar(self, t: int) -> Float[Tensor, ""]:
        """How much of the picture is left at this time."""
        return schedules.table(self.schedule)[t]


@dataclass(frozen=True)
class Traveller:
    """x_t at time t of 1000; and the guess of x_0 before it with its time, once there is one."""

    x: Tensor
    t: int
    before: Tensor | None = None
    since: int = 0


def step(
    denoiser: Denoiser,
    here: Traveller,
    way: Itinerary,
    z: Tensor,
    guess: Guess | None = None,
) -> tuple[Step, Traveller]:
    """One step, and where it leads; guess: what is seen here, if it is known already.

    z: fresh noise, of which eta is taken.
    """
    following = way.after(here.t)
    alpha_bar, then = way.alpha_bar(here.t), way.alpha_bar(following)
    guess = guess or denoiser(here.x, alpha_bar)
    if way.solver == HEUN:
        done = higher.heun(denoiser, here.x, guess, alpha_bar, then)
    elif way.solver == DPM:
        before = None if here.before is None else (here.before, way.alpha_bar(here.since))
        done = higher.dpm(here.x, guess, alpha_bar, then, before)
    else:
        sigma = sampling.ddim(alpha_bar, then, eta=way.eta)
        done = sampling.step(guess, z, alpha_bar_next=then, sigma=sigma)
    return done, Traveller(done.x_next, following, guess.x_0, here.t)


def looks(way: Itinerary, t: int) -> int:
    """How many guesses the step from this time takes."""
    twice = higher.looks_twice(way.alpha_bar(t), way.alpha_bar(way.after(t)))
    return 2 if way.solver == HEUN and twice else 1


def between(one: Tensor, other: Tensor, share: float) -> Tensor:
    """Noise between two noises, on the arc: as long as they are, where a straight line is shorter.

    Shoemake 1985; of Gaussian noise of many numbers, which is nearly orthogonal, it is as likely as
    both. share: 0 is one, 1 the other.
    """
    cosine = (one * other).sum() / (one.norm() * other.norm())
    angle = torch.acos(cosine.clamp(-1, 1))
    first, second = ((1 - share) * angle).sin(), (share * angle).sin()
    return (first * one + second * other) / angle.sin()
