"""The few shapes that pages need: fitted, squared, side by side."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor

from core.pictures.reading import Rgb

HAIRLINE = 0.5  # grey, seen in a light page and in a dark one


def fit(x: Rgb, side: int) -> Float[Tensor, "3 H W"]:
    """The whole picture, its longer side at most `side` px, antialiased."""
    longer = max(x.shape[-2:])
    if longer <= side:
        return x
    height, width = (max(1, round(n * side / longer)) for n in x.shape[-2:])
    return resized(x, height, width)


def square(x: Rgb, side: int) -> Float[Tensor, "3 side side"]:
    """The largest square in the middle, `side` px wide, antialiased."""
    height, width = x.shape[-2:]
    shorter = min(height, width)
    top, left = (height - shorter) // 2, (width - shorter) // 2
    return resized(x[:, top : top + shorter, left : left + shorter], side, side)


def reduced(pixels: UInt8[Tensor, "3 h w"], side: int) -> UInt8[Tensor, "3 H W"]:
    """8-bit pixels, averaged by a whole number so that the longer side is at most `side`."""
    by = -(-max(pixels.shape[1:]) // side)
    if by == 1:
        return pixels
    small = Image.fromarray(pixels.permute(1, 2, 0).cpu().numpy()).reduce(by)
    return torch.from_numpy(np.array(small)).permute(2, 0, 1)


def resized(x: Rgb, height: int, width: int) -> Float[Tensor, "3 height width"]:
    """The picture at another size, antialiased where it shrinks."""
    if x.shape[-2:] == (height, width):
        return x
    return F.interpolate(x[None], (height, width), mode="bilinear", antialias=True)[0]


def sheet(pictures: Float[Tensor, "n 3 h w"], columns: int) -> Float[Tensor, "3 H W"]:
    """The pictures row by row, 1 px of grey between them; places left over are grey too."""
    n, _, height, width = pictures.shape
    columns = min(columns, n)
    rows = -(-n // columns)
    tall, wide = rows * (height + 1), columns * (width + 1)
    tiles = pictures.new_full((rows * columns, 3, height + 1, width + 1), HAIRLINE)
    tiles[:n, :, :height, :width] = pictures
    tiles = tiles.view(rows, columns, 3, height + 1, width + 1)
    return tiles.permute(2, 0, 3, 1, 4).reshape(3, tall, wide)[:, :-1, :-1]


def whole(panel: Float[Tensor, "*n 3 h w"]) -> Float[Tensor, "3 H W"]:
    """A panel as one picture: several become a contact sheet, as square as they allow."""
    square = math.ceil(math.sqrt(len(panel)))
    columns = min((square, square + 1), key=lambda n: -len(panel) % n)  # the fewer empty places
    return panel if panel.ndim == 3 else sheet(panel, columns)
