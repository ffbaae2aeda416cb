"""What is shown of the inside: a part of a Gram matrix, and the maps that a cell multiplies."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from core import heat

WINDOW, CELL = 64, 6  # channels of a Gram matrix that are shown, and the side of a cell in px
TILE = 94  # px: the side of a feature map that is shown


def gram(
    matrix: Float[Tensor, "c c"], row: int, column: int, most: Tensor
) -> Float[Tensor, "3 H W"]:
    """The part of a Gram matrix around a cell, up to 64 channels each way, the cell in a frame."""
    top, left = (WINDOW * (n // WINDOW) for n in (row, column))
    part = matrix[top : top + WINDOW, left : left + WINDOW]
    shown = heat.enlarged(heat.signed(part, most), CELL)
    down, across = CELL * (row - top), CELL * (column - left)
    shown[:, max(0, down - 1) : down + CELL + 1, max(0, across - 1) : across + CELL + 1] = 1.0
    inside = heat.signed(part, most)[:, row - top, column - left, None, None]
    shown[:, down : down + CELL, across : across + CELL] = inside
    return shown


def product(a: Float[Tensor, "c h w"], first: int, second: int) -> Float[Tensor, "3 tile wide"]:
    """Two feature maps and what they are multiplied, each full at its own largest."""
    tiles = []
    for one in (a[first], a[second], a[first] * a[second]):
        x = F.interpolate(heat.signed(one)[None], (TILE, TILE), mode="nearest")[0]
        tiles.append(F.pad(x, (1, 1, 1, 1), value=0.5))
    return torch.cat(tiles, 2)
