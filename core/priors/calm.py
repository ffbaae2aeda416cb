"""What keeps a picture that climbs without end from noise and neon."""

import torch
from jaxtyping import Float
from torch import Tensor

KNEE, MARGIN = 0.06, 0.004  # where `within` begins to press, and what it keeps free
Picture = Float[Tensor, "1 3 _ _"]


def smoothed(slope: Picture, sigma: float) -> Picture:
    """The sum of Gaussian blurs of sigma, twice and half of it, by the slope's spectrum.

    Periodic, as the jitter is: nothing in it depends on sigma but numbers. One
    colour after the other, so that a large picture has one spectrum at a time.
    """
    height, width = slope.shape[-2:]
    down = torch.fft.fftfreq(height, device=slope.device)[:, None]
    across = torch.fft.rfftfreq(width, device=slope.device)[None]
    power = -2 * torch.pi**2 * sigma**2 * (down**2 + across**2)
    passed = power.exp() + (4 * power).exp() + (power / 4).exp()
    colours = (torch.fft.rfft2(one) * passed for one in slope.split(1, 1))
    return torch.cat([torch.fft.irfft2(one, s=(height, width)) for one in colours], 1)


def within(x: Tensor) -> Tensor:
    """X pressed softly into (0, 1): the middle is left alone, nothing clips at 8 bits."""
    over = (x - 0.5).abs() - (0.5 - KNEE)
    room = KNEE - MARGIN
    pressed = 0.5 - KNEE + room * torch.tanh(over / room)
    return torch.where(over > 0, 0.5 + (x - 0.5).sign() * pressed, x)


def settled(x: Picture, photograph: Picture, *, share: float = 0.1) -> Picture:
    """X with each colour's mean and deviation drawn a little towards the photograph's.

    Without it an endless dream ends in neon.
    """
    mean, spread = (of((2, 3), keepdim=True) for of in (x.mean, x.std))
    goal_mean = photograph.mean((2, 3), keepdim=True)
    goal_spread = photograph.std((2, 3), keepdim=True, correction=0)  # it may be one pixel
    goal = (x - mean) / (spread + 1e-5) * goal_spread.clamp(0.12, 0.2) + goal_mean
    return within(x + share * (goal - x))
