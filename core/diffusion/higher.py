"""Steps of second order: more from a guess, by a second look or by the guess before.

With predicted noise the chain follows an ordinary differential equation, and a step of
`core.diffusion.sampling` is Euler's. In x / sqrt(alpha_bar), with r = sqrt((1 - alpha_bar) / alpha_bar),
it reads d(x / sqrt(alpha_bar)) / dr = epsilon. Both methods fall back to Euler's step at the
clean end, where there is nothing to look at twice, as diffusers' do. Heun's does so at the noisy
end too: the cosine schedule begins at r = 20 000, and no straight line in r reaches from there.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from core.diffusion import sampling
from core.diffusion.sampling import Denoiser, Guess, Step, X

LARGEST = 80.0  # r: where Karras et al. begin

AlphaBar = Float[Tensor, ""]


def looks_twice(alpha_bar: AlphaBar, following: AlphaBar) -> bool:
    """Whether Heun's step asks at both of its ends."""
    return float(following) < 1 and float(_r(alpha_bar)) <= LARGEST


def heun(
    denoiser: Denoiser, x_t: X, guess: Guess, alpha_bar: AlphaBar, following: AlphaBar
) -> Step:
    """Euler's step, then the mean of the noise that is seen at both of its ends.

    Two evaluations a step, one at either end of the way (Karras et al. 2022, algorithm 1,
    https://arxiv.org/abs/2206.00364).
    """
    first = euler(guess, following)
    if not looks_twice(alpha_bar, following):
        return first
    second = denoiser(first.x_next, following).epsilon
    way = (guess.epsilon + second) / 2
    x_next = following.sqrt() * (x_t / alpha_bar.sqrt() + way * (_r(following) - _r(alpha_bar)))
    return Step(guess.x_0, guess.epsilon, x_next)


def dpm(
    x_t: X,
    guess: Guess,
    alpha_bar: AlphaBar,
    following: AlphaBar,
    before: tuple[X, AlphaBar] | None,
) -> Step:
    """DPM-Solver++ (2M): the straight line through this guess of x_0 and the one before, led on.

    before: that guess and its alpha_bar; None at the first step. One evaluation a step (Lu et
    al. 2022, algorithm 2, https://arxiv.org/abs/2211.01095).
    """
    if before is None or float(following) == 1:
        return euler(guess, following)
    x_0, past = before
    here, there = _log_snr(alpha_bar), _log_snr(following)
    h, ratio = there - here, (here - _log_snr(past)) / (there - here)
    led = guess.x_0 + (guess.x_0 - x_0) / (2 * ratio)
    shrunk = ((1 - following) / (1 - alpha_bar)).sqrt()
    x_next = shrunk * x_t - following.sqrt() * torch.expm1(-h) * led
    return Step(guess.x_0, guess.epsilon, x_next)


def euler(guess: Guess, following: AlphaBar) -> Step:
    """The step of first order: DDIM's, with nothing fresh."""
    x_next = sampling.noised(guess.x_0, guess.epsilon, following)
    return Step(guess.x_0, guess.epsilon, x_next)


def _r(alpha_bar: AlphaBar) -> AlphaBar:
    return ((1 - alpha_bar) / alpha_bar).sqrt()


def _log_snr(alpha_bar: AlphaBar) -> AlphaBar:
    """Half the log of the signal's share over the noise's: lambda of Lu et al."""
    return (alpha_bar / (1 - alpha_bar)).log() / 2
