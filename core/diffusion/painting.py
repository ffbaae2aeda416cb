"""Paint on what a denoiser takes the picture to be, from which it goes on.

The guess of x_0 is painted over and the noise follows: epsilon is what is then left of x_t. A dab at
one step alone would be explained away at the next, so paint is held while there is noise
enough to fit the rest to it, and let go near the end (Meng et al., SDEdit, 2022,
https://arxiv.org/abs/2108.01073, paint on the noised picture instead).
"""

import torch
from jaxtyping import Float
from torch import Tensor

from core.diffusion import sampling
from core.diffusion.sampling import Guess

HELD = 0.3  # share of the time that is left when paint is let go

Paint = Float[Tensor, "4 h w"]  # colours in [-1, 1], and 1 where there is some


def nothing(x: Float[Tensor, "n c h w"]) -> Paint:
    """No paint on these pictures."""
    return torch.zeros(4, *x.shape[2:])


def dabbed(
    paint: Paint, place: tuple[float, float], radius: float, colour: tuple[float, float, float]
) -> Paint:
    """One dab more: a disc at a place in [0, 1]^2 from the top left, its colour in [0, 1]."""
    _, height, width = paint.shape
    down = (torch.arange(height) + 0.5) / height - place[1]
    right = (torch.arange(width) + 0.5) / width - place[0]
    disc = down[:, None].square() + right.square() <= radius**2
    dab = torch.tensor([*(2 * c - 1 for c in colour), 1.0])[:, None, None]
    return torch.where(disc, dab, paint)


def painted(x_t: Float[Tensor, "n c h w"], guess: Guess, paint: Paint, alpha_bar: Tensor) -> Guess:
    """The guess with the paint on its picture."""
    where = paint[3:] > 0
    if not bool(where.any()):
        return guess
    colours = paint[:3].mean(0, keepdim=True) if guess.x_0.shape[1] == 1 else paint[:3]
    x_0 = torch.where(where, colours.to(guess.x_0), guess.x_0)
    return sampling.guess_from_x_0(x_t, x_0, alpha_bar)
