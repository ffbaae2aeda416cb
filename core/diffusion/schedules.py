"""How much of the picture is left at each time, and which times a sampler visits.

A schedule is a table alpha_bar[0..T], float64: the share of the signal's variance
that is left in x_t = sqrt(alpha_bar[t]) x_0 + sqrt(1 - alpha_bar[t]) epsilon. It
begins with alpha_bar[0] = 1, the clean picture, and falls. The notes write alpha_t
for it; in Ho et al. 2020 alpha_t is one factor and alpha_bar_t the product.

The times are a list of our own, from the noisiest down to 0. A library's list may
not be the one that its step uses: diffusers' `linspace` lists one time and steps
from another.
"""

import math
from collections.abc import Callable, Mapping
from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor

T = 1000  # times of the training
FIRST, LAST = 1e-4, 0.02  # betas of Ho et al. 2020
OFFSET, LARGEST = 0.008, 0.999  # Nichol and Dhariwal 2021: s of equation 17; betas are clipped

AlphaBars = Float[Tensor, " times"]


class ScheduleError(ValueError):
    """A schedule or a number of steps that no sampler can follow; the message says why."""


def falling(alpha_bars: AlphaBars) -> AlphaBars:
    """The same table, if it is a schedule: 1 at time 0, then less and less, and never 0."""
    if alpha_bars[0] != 1:
        raise ScheduleError(f"alpha_bar[0] = {alpha_bars[0]:g}: a clean picture has 1.")
    if not (alpha_bars[1:] < alpha_bars[:-1]).all():
        raise ScheduleError("alpha_bar must fall with t: the later the time, the more noise.")
    if not alpha_bars[-1] > 0:
        raise ScheduleError("alpha_bar must stay above 0: x_0 is found by dividing by its root.")
    return alpha_bars


def linear() -> AlphaBars:
    """Betas in a straight line from 1e-4 to .02 (Ho et al. 2020, section 4). Ends at 4e-5."""
    return falling(_product(torch.linspace(FIRST, LAST, T, dtype=torch.float64)))


def cosine() -> AlphaBars:
    """A quarter of a squared cosine (Nichol and Dhariwal 2021, equation 17).

    Betas are clipped at .999, and the last alpha_bar is 2.4e-9: x_0 found from epsilon
    is then divided by 5e-5.
    """
    u = torch.arange(T + 1, dtype=torch.float64) / T
    f = ((u + OFFSET) / (1 + OFFSET) * torch.pi / 2).cos().square()
    return falling(_product((1 - f[1:] / f[:-1]).clamp(max=LARGEST)))


def times(alpha_bar: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
    """Where the cosine schedule has this alpha_bar, counted from 0 to T - 1 as diffusers does.

    What our networks are told of the time. Where the betas are clipped, at T - 1, it is .03 before:
    nothing that a wave of the embedding could tell.
    """
    begins = math.cos(OFFSET / (1 + OFFSET) * math.pi / 2)  # at time 0, before f is divided by f(0)
    turn = torch.acos(alpha_bar.clamp(0, 1).sqrt() * begins) * 2 / math.pi
    return ((1 + OFFSET) * turn - OFFSET) * T - 1


def as_printed() -> AlphaBars:
    """The order of the notes, alpha_T > alpha_T-1 > ... > alpha_1: the linear one, backwards.

    It fails. The chain starts at t = T with pure noise, and this order says that
    there nearly all is signal: the noise is taken for data, and what is missing
    to the nearest data for noise. Each step then adds noise where it should
    remove some, and at t = 1 the denoiser is told that x_1 holds no signal. The
    best guess without one is the mean of all data, whatever the start. The
    finished picture, alpha_0 = 1, is that guess. (The added noise makes x_1 large,
    the more the nearer to 1 the first alpha: a little of the start then shows.)
    """
    right = linear()
    return torch.cat((right[:1], right[1:].flip(0)))


def _product(betas: Float[Tensor, " T"]) -> AlphaBars:
    return torch.cat((torch.ones(1, dtype=torch.float64), (1 - betas).cumprod(0)))


def leading(steps: int, T: int = T) -> tuple[int, ...]:
    """Times that end at 1, as in 981, 961, ..., 21, 1, 0: the last step sees the least noise.

    It then knows a single point of the data. The first step meets more noise than it is told.
    """
    return (*(k * T // steps + 1 for k in reversed(range(_checked(steps, T)))), 0)


def trailing(steps: int, T: int = T) -> tuple[int, ...]:
    """Times that begin at T, as in 1000, 980, ..., 20, 0: the first step sees the most noise.

    The last guess is made at T / steps, where the noise may still hide which point it was: it
    ends between neighbours of the data.
    """
    return tuple(k * T // steps for k in reversed(range(_checked(steps, T) + 1)))


def _checked(steps: int, T: int) -> int:
    if not 2 <= steps <= T:
        raise ScheduleError(f"steps = {steps} is out of range: choose 2 to {T}.")
    return steps


SCHEDULES: Mapping[str, Callable[[], AlphaBars]] = {
    "linear": linear,
    "cosine": cosine,
    "as printed": as_printed,
}
SPACINGS: Mapping[str, Callable[[int], tuple[int, ...]]] = {
    "leading": leading,
    "trailing": trailing,
}


@cache
def table(schedule: str) -> AlphaBars:
    """The table of this name, computed once."""
    return SCHEDULES[schedule]()


def visited(schedule: str, spacing: str, steps: int) -> Float[Tensor, " visited"]:
    """alpha_bar at each time that the sampler visits, in its order; the last is 1.

    In float64 on the CPU: a scalar of it goes with tensors on any device.
    """
    return table(schedule)[list(SPACINGS[spacing](steps))]
