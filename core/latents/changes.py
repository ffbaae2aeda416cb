"""What becomes of a picture before a network reads it: a sticker, noise, patches, another order.

Each change takes a picture (1, 3, h, w) in [0, 1], how much of it in [0, 1], and where it draws
from; nothing of it leaves the picture as it was.
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

NOISE = 0.5  # deviation of the most noise
STICKER = 18  # px a side, of 64


def sticker(x: Tensor, amount: float, draw: torch.Generator) -> Tensor:
    """A square of two colours, somewhere on the middle of the picture."""
    side = STICKER * x.shape[3] // 64
    top, left = (
        int(torch.randint(x.shape[3] // 8, 7 * x.shape[3] // 8 - side, (), generator=draw))
        for _ in range(2)
    )
    colours = torch.rand(2, 3, generator=draw)
    which = (torch.arange(side)[:, None] + torch.arange(side)) % 12 < 6
    sticker = torch.where(which[None], colours[0][:, None, None], colours[1][:, None, None])
    made = x.clone()
    there = made[0, :, top : top + side, left : left + side]
    there.copy_(torch.lerp(there, sticker, amount))
    return made


def noise(x: Tensor, amount: float, draw: torch.Generator) -> Tensor:
    """Noise of a deviation of amount times NOISE in every pixel."""
    return (x + NOISE * amount * torch.randn(x.shape, generator=draw)).clamp(0, 1)


def patches(x: Tensor, amount: float, draw: torch.Generator, count: int = 3) -> Tensor:
    """Grey rectangles over it: three, or as many as are asked for."""
    made, side = x.clone(), x.shape[3]
    for _ in range(count):
        height, width = (int(n) for n in torch.randint(side // 8, side // 3, (2,), generator=draw))
        top, left = (int(torch.randint(side - n, (), generator=draw)) for n in (height, width))
        there = made[0, :, top : top + height, left : left + width]
        there.copy_(torch.lerp(there, torch.tensor(0.5), amount))
    return made


def shuffled(x: Tensor, amount: float, draw: torch.Generator) -> Tensor:
    """A share of the pixels changes places: at 1 no pixel says anything of its neighbour."""
    flat, count = x.flatten(2), x.shape[2] * x.shape[3]
    some = torch.randperm(count, generator=draw)[: round(amount * count)]
    other = some[torch.randperm(len(some), generator=draw)]
    made = flat.clone()
    made[:, :, some] = flat[:, :, other]
    return made.view_as(x)


CHANGES: Mapping[str, Callable[[Tensor, float, torch.Generator], Tensor]] = {
    "sticker": sticker,
    "noise": noise,
    "grey patches": patches,
    "shuffled pixels": shuffled,
    "nothing": lambda x, amount, draw: x,
}
