"""What is behind a critter, and the light on all of it."""

import torch
from jaxtyping import Float
from torch import Tensor

from core.worlds.critters.anatomy import Sheet, rgb
from core.worlds.critters.canvas import Canvas, places
from core.worlds.critters.colours import hsv, mixed
from core.worlds.critters.factors import SCENERY

Columns = Float[Tensor, "3 n 1 1"]


def background(canvas: Canvas, s: Sheet) -> None:
    """Paint the scenery: a soft gradient, and on it hills, dots or stripes."""
    hue, day = s["bg_hue"].flatten(), s["light"].flatten()
    top = hsv(hue, 0.38 + 0.06 * (1 - day), 0.90 + 0.08 * day)[:, :, None, None]
    low = hsv(hue + 0.09, 0.17 + 0.05 * (1 - day), 0.95 + 0.05 * day)[:, :, None, None]
    canvas.colour.copy_(top + (low - top) * ((places(canvas.side) + 1) / 2)[:, None])
    kinds = s["bg"].flatten()
    for kind, painter in zip(SCENERY, (None, _hills, _dots, _stripes), strict=True):
        who = (kinds == SCENERY.index(kind)).nonzero()[:, 0]
        if painter and len(who):
            painter(canvas, s.of(who), who)


def lit(canvas: Canvas, s: Sheet) -> None:
    """The colour of the light, which falls off towards the corners and away from the lamp."""
    day = s["light"].flatten()
    one = torch.ones_like(day)
    tint = mixed(rgb(0.80, 0.79, 0.94, one), rgb(1.05, 1.03, 1.0, one), day)
    x = places(canvas.side)
    y = x[:, None]
    fall = (1 - 0.05 * (x * x + y * y)) + 0.09 * s["light_dir"] * x
    canvas.colour.mul_(tint[:, :, None, None]).mul_(fall)


def _sharp(distance: Tensor, side: int) -> Tensor:
    return (0.5 - distance * (side / 2)).clamp_(0, 1)


def _hills(canvas: Canvas, s: Sheet, who: Tensor) -> None:
    x = places(canvas.side)
    y = x[:, None]
    colour = canvas.colour[:, who]
    day, hue = s["light"], s["bg_hue"]
    one = torch.ones_like(day).flatten()
    sun = mixed(rgb(1.0, 0.76, 0.50, one), rgb(1.0, 0.95, 0.72, one), day.flatten())
    across, down = (x - 0.66 * s["light_dir"]) ** 2, (y + 0.66) ** 2
    glow = (0.5 * (-across / 0.2).exp()) * (-down / 0.2).exp()
    disc = _sharp((across + down).sqrt() - 0.21, canvas.side)
    colour.lerp_(_tall(sun), torch.maximum(glow, disc))
    angle, turn = 6.283 * hue, (hue - 0.5).flatten()
    far = 0.02 + 0.12 * (2.1 * x + angle).sin()
    near = 0.42 + 0.10 * (2.9 * x + 2 + angle).sin()
    green = hsv(0.37 + 0.08 * turn, 0.32 * one, 0.76 + 0.14 * day.flatten())
    colour.lerp_(_tall(green), _sharp(far - y, canvas.side))
    green = hsv(0.32 + 0.08 * turn, 0.40 * one, 0.68 + 0.18 * day.flatten())
    colour.lerp_(_tall(green), _sharp(near - y, canvas.side))
    canvas.colour[:, who] = colour


def _dots(canvas: Canvas, s: Sheet, who: Tensor) -> None:
    x = places(canvas.side) * 3.2
    row = (x + 0.25).floor()
    y = (x + 0.25 - row - 0.5)[:, None]
    x = x + 0.5 * (row % 2)[:, None]
    dots = _sharp((((x - x.floor() - 0.5) ** 2 + y**2).sqrt() - 0.22) / 3.2, canvas.side)
    _whiter(canvas, who, 0.6 * dots)


def _stripes(canvas: Canvas, s: Sheet, who: Tensor) -> None:
    x = places(canvas.side) * 1.75
    wave = ((x - x.floor()) - 0.5).abs()  # 0 in the middle of a stripe
    _whiter(canvas, who, (0.34 * _sharp((wave - 0.25) / 1.75, canvas.side)).expand(canvas.side, -1))


def _whiter(canvas: Canvas, who: Tensor, alpha: Float[Tensor, "side side"]) -> None:
    canvas.colour[:, who] = canvas.colour[:, who].lerp_(torch.tensor(1.0), alpha)


def _tall(colour: Float[Tensor, "3 n"]) -> Columns:
    return colour[:, :, None, None]
