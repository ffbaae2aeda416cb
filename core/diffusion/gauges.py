"""What is measured of a picture on its way out of the noise. Pictures are in [-1, 1]."""

from jaxtyping import Float
from torch import Tensor

from core.diffusion.sampling import Guess

Picture = Float[Tensor, "1 c h w"]


def unit(x: Picture) -> Float[Tensor, "1 3 h w"]:
    """The picture in [0, 1] and in three colours, as it is shown and read."""
    return (x / 2 + 0.5).clamp(0, 1).expand(-1, 3, -1, -1)


def detail(x: Picture) -> Float[Tensor, ""]:
    """How much neighbours differ: near nothing in a blur."""
    return x.diff(dim=2).abs().mean() + x.diff(dim=3).abs().mean()


def apart(one: Picture, other: Picture) -> Float[Tensor, ""]:
    """How far two pictures lie apart, in rms of [0, 1]."""
    return (one - other).square().mean().sqrt() / 2


def at_pixel(place: tuple[float, ...], x_t: Picture, guess: Guess) -> dict[str, Float[Tensor, ""]]:
    """The three numbers of the formula at one pixel, in the mean of its colours.

    place: in [0, 1]^2, y upwards.
    """
    side = x_t.shape[-1]
    column, row = (min(side - 1, int(share * side)) for share in (place[0], 1 - place[1]))
    parts = {"x_t here": x_t, "epsilon here": guess.epsilon, "x_0 here": guess.x_0}
    return {name: part[0, :, row, column].mean() for name, part in parts.items()}
