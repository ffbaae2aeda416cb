"""One step of the sampler, symbol by symbol; and the three things that a network may predict.

    x_0      = (x_t - sqrt(1 - alpha_bar) epsilon) / sqrt(alpha_bar)
    x_next   = sqrt(alpha_bar_next) x_0
             + sqrt(1 - alpha_bar_next - sigma^2) epsilon + sigma z

epsilon is the noise that the network sees in x_t, z is fresh noise, and sigma says
how much of it comes in place of the seen one (Song et al., Denoising Diffusion
Implicit Models, 2021, equation 12, https://arxiv.org/abs/2010.02502).

A denoiser gives both x_0 and epsilon, whichever its network predicts: each follows from
the other, but where nearly all is noise x_0 from epsilon loses its last digits, and where
nearly nothing is, epsilon from x_0.

Everything is per element, so shapes are free. alpha_bar is a scalar, best of
float64 on the CPU, or anything that broadcasts with x_t. Nothing is read back.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor

X = Float[Tensor, "*shape"]
AlphaBar = Float[Tensor, "*#shape"]
Scalar = Float[Tensor, "..."]
Sigma = Callable[[Tensor, Tensor], Tensor]  # (alpha_bar, alpha_bar_next) -> sigma


def noised(x_0: X, epsilon: X, alpha_bar: AlphaBar) -> X:
    """The x_t that holds so much of x_0 and so much of the noise."""
    return alpha_bar.sqrt() * x_0 + (1 - alpha_bar).sqrt() * epsilon


def x_0_from_epsilon(x_t: X, epsilon: X, alpha_bar: AlphaBar) -> X:
    """The picture, if this is its noise. alpha_bar must not be 0."""
    return (x_t - (1 - alpha_bar).sqrt() * epsilon) / alpha_bar.sqrt()


def epsilon_from_x_0(x_t: X, x_0: X, alpha_bar: AlphaBar) -> X:
    """The noise, if this is the picture. alpha_bar must not be 1."""
    return (x_t - alpha_bar.sqrt() * x_0) / (1 - alpha_bar).sqrt()


def v_from(x_0: X, epsilon: X, alpha_bar: AlphaBar) -> X:
    """The velocity v = sqrt(alpha_bar) epsilon - sqrt(1 - alpha_bar) x_0.

    Salimans and Ho 2022, section 4. With x_t it gives both others at any alpha_bar.
    """
    return alpha_bar.sqrt() * epsilon - (1 - alpha_bar).sqrt() * x_0


def x_0_from_v(x_t: X, v: X, alpha_bar: AlphaBar) -> X:
    """The picture from the velocity."""
    return alpha_bar.sqrt() * x_t - (1 - alpha_bar).sqrt() * v


def epsilon_from_v(x_t: X, v: X, alpha_bar: AlphaBar) -> X:
    """The noise from the velocity."""
    return alpha_bar.sqrt() * v + (1 - alpha_bar).sqrt() * x_t


@dataclass(frozen=True)
class Guess:
    """What x_t is taken to be made of."""

    x_0: Tensor
    epsilon: Tensor


Denoiser = Callable[[Tensor, Tensor], Guess]  # of (x_t, alpha_bar)


def guess_from_epsilon(x_t: X, epsilon: X, alpha_bar: AlphaBar) -> Guess:
    """Of a network that predicts the noise."""
    return Guess(x_0_from_epsilon(x_t, epsilon, alpha_bar), epsilon)


def guess_from_x_0(x_t: X, x_0: X, alpha_bar: AlphaBar) -> Guess:
    """Of a network that predicts the picture; or of a picture that was changed by hand or clipped."""
    return Guess(x_0, epsilon_from_x_0(x_t, x_0, alpha_bar))


def guess_from_v(x_t: X, v: X, alpha_bar: AlphaBar) -> Guess:
    """Of a network that predicts the velocity."""
    return Guess(x_0_from_v(x_t, v, alpha_bar), epsilon_from_v(x_t, v, alpha_bar))


def ddim(alpha_bar: Scalar, alpha_bar_next: Scalar, *, eta: float) -> Scalar:
    """Sigma of Song et al. 2021, equation 16; eta in [0, 1].

    0 puts the predicted noise back (DDIM: the start decides the end). 1 is DDPM, with
    the posterior's variance (1 - a') / (1 - a) (1 - a / a') of Ho et al. 2020,
    equation 7. Where alpha_bar rises with t, as printed, that is negative: taken as 0.
    """
    of_noise = (1 - alpha_bar_next) / (1 - alpha_bar)
    variance = of_noise * (1 - alpha_bar / alpha_bar_next)
    return eta * variance.clamp(min=0).sqrt()


def all_fresh(alpha_bar: Scalar, alpha_bar_next: Scalar) -> Scalar:
    """Sigma where all the noise that goes back is fresh: sqrt(1 - alpha_bar_next).

    Neither DDIM nor DDPM: it forgets x_t but for its x_0.
    """
    return (1 - alpha_bar_next).sqrt()


# the noise that goes back in
NOISE: Mapping[str, Sigma] = {
    "predicted": partial(ddim, eta=0.0),
    "posterior": partial(ddim, eta=1.0),
    "fresh": all_fresh,
}


@dataclass(frozen=True)
class Step(Guess):
    """What a step saw in x_t, and where it went."""

    x_next: Tensor


def step(
    guess: Guess,
    z: X,
    *,
    alpha_bar_next: AlphaBar,
    sigma: AlphaBar,
) -> Step:
    """From the guess to the next, less noisy x: the lines at the top of this file."""
    kept = (1 - alpha_bar_next - sigma**2).clamp(min=0).sqrt()  # rounding may leave -1e-17
    x_next = alpha_bar_next.sqrt() * guess.x_0 + kept * guess.epsilon + sigma * z
    return Step(guess.x_0, guess.epsilon, x_next)


def chain(
    denoiser: Denoiser,
    x_t: X,
    alpha_bars: Float[Tensor, " visited"],
    noise: torch.Generator,
    *,
    sigma: Sigma = NOISE["predicted"],
) -> Iterator[Step]:
    """A step for each pair of neighbours in `alpha_bars`, from x_t on.

    z is drawn at every step, wanted or not, so that another eta meets the same noise.
    A part of the list goes on from a kept x_t.
    """
    for alpha_bar, alpha_bar_next in pairwise(alpha_bars):
        z = torch.randn(x_t.shape, generator=noise, dtype=x_t.dtype).to(x_t.device)
        done = step(
            denoiser(x_t, alpha_bar),
            z,
            alpha_bar_next=alpha_bar_next,
            sigma=sigma(alpha_bar, alpha_bar_next),
        )
        yield done
        x_t = done.x_next
