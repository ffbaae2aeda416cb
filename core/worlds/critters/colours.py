"""Colours by hue: a hue is a place on a circle of length 1, red at 0."""

import torch
from jaxtyping import Float
from torch import Tensor

Column = Float[Tensor, " n"]
Colour = Float[Tensor, "3 n"]

WHITE = torch.tensor(1.0)


def flat(red: float, green: float, blue: float) -> Float[Tensor, "3 1 1 1"]:
    """One colour, for planes of pictures."""
    return torch.tensor([red, green, blue]).view(3, 1, 1, 1)


def hsv(hue: Column, saturation: Column, value: Column) -> Colour:
    """Hue, saturation and value as red, green and blue in [0, 1]."""
    sixth = hue % 1 * 6

    def channel(n: int) -> Column:
        k = (n + sixth) % 6
        return value - value * saturation * torch.minimum(k, 4 - k).clamp(0, 1)

    return torch.stack((channel(5), channel(3), channel(1)))


def hsl(hue: Column, saturation: Column, lightness: Column) -> Colour:
    """Hue, saturation and lightness as red, green and blue in [0, 1]."""
    reach = saturation * torch.minimum(lightness, 1 - lightness)

    def channel(n: int) -> Column:
        k = (n + hue % 1 * 12) % 12
        return lightness - reach * torch.minimum(k - 3, 9 - k).clamp(-1, 1)

    return torch.stack((channel(0), channel(8), channel(4)))


def mixed(first: Colour, second: Colour, share: Column) -> Colour:
    """So much of the second."""
    return first + (second - first) * share
