"""What a denoiser is asked for, and how much the asking counts.

    x_0 = x_0(nothing) + w (x_0(condition) - x_0(nothing))

Classifier-free guidance (Ho and Salimans 2022, https://arxiv.org/abs/2207.12598). w = 1 asks and no
more; w = 0 does not ask. Papers that count from what is added write w - 1. The guess for
the noise obeys the same line, because it is affine in that for the picture.

Two remedies for a large w: `rescale` brings the guess back to the spread that it has at
w = 1 (Lin et al. 2024, https://arxiv.org/abs/2305.08891, equations 15 and 16: 1 all of the way), and the
interval guides at some times alone (Kynkaanniemi et al. 2024, https://arxiv.org/abs/2404.07724).
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from core.diffusion import sampling, schedules
from core.diffusion.sampling import Denoiser, Guess

Pictures = Float[Tensor, "n channels side side"]
Condition = Float[Tensor, "n told"]
Network = Callable[[Tensor, Tensor, Tensor | None, Tensor | None], Tensor]  # -> x_0


@dataclass(frozen=True)
class Guidance:
    """w, how much of its spread is taken back, and between which shares of the time it guides.

    first, last: 0 is the clean end and 1 the noise.
    """

    w: float = 1.0
    rescale: float = 0.0
    first: float = 0.0
    last: float = 1.0

    def at(self, alpha_bar: Float[Tensor, ""]) -> float:
        """W at this time: outside of the interval it asks and no more."""
        share = float(schedules.times(alpha_bar)) / (schedules.T - 1)
        return self.w if self.first <= share <= self.last else 1.0


@dataclass(frozen=True)
class Asked:
    """A condition, and what of it is asked for: numbers in [-1, 1], and 1 or 0 for each."""

    told: Condition
    known: Condition


def asking(
    network: Network, asked: Asked | None, guidance: Guidance, *, clip: bool = True
) -> Denoiser:
    """A denoiser out of a network that gives x_0 of (x_t, alpha_bar, told, known).

    With and without the condition are one call of twice as many pictures. clip: keep x_0 in
    [-1, 1], where pictures are; epsilon is then what is left of x_t.
    """

    def guess(x_t: Pictures, alpha_bar: Float[Tensor, ""]) -> Guess:
        x_0 = _guided(network, x_t, alpha_bar, asked, guidance)
        if clip:
            x_0 = x_0.clamp(-1, 1)
        return sampling.guess_from_x_0(x_t, x_0, alpha_bar)

    return guess


def evaluations(asked: Asked | None, guidance: Guidance, alpha_bar: Float[Tensor, ""]) -> int:
    """How often the network is evaluated at this time for each picture: once, or with and without."""
    return 1 if asked is None or guidance.at(alpha_bar) in (0, 1) else 2


def _guided(
    network: Network, x_t: Pictures, alpha_bar: Tensor, asked: Asked | None, guidance: Guidance
) -> Pictures:
    if asked is None:
        return network(x_t, alpha_bar, None, None)
    w, told, known = guidance.at(alpha_bar), asked.told, asked.known
    if w in (0, 1):
        return network(x_t, alpha_bar, told, known * w)
    both = network(
        torch.cat((x_t, x_t)), alpha_bar, torch.cat((told, told)), torch.cat((known, 0 * known))
    )
    conditional, free = both.chunk(2)
    return rescaled(free + w * (conditional - free), conditional, guidance.rescale)


def rescaled(guided: Pictures, conditional: Pictures, share: float) -> Pictures:
    """A guess with so much of its spread that is not the conditional one's taken back."""
    if not share:
        return guided
    wanted, found = (x.std((1, 2, 3), keepdim=True) for x in (conditional, guided))
    return share * guided * (wanted / found) + (1 - share) * guided
