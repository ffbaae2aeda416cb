"""Where critters are painted: planes of a few pictures, and panes of them.

A shape is a signed distance, negative inside. What a pixel has of it is
0.5 - distance / pixel, cut off to [0, 1]: edges are smooth without supersampling,
and the same picture comes out at every size. Quilez, Distance functions,
https://iquilezles.org/articles/distfunctions2d.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from core.worlds.critters.anatomy import Sheet, framed
from core.worlds.shapes import Number, Plane

Window = tuple[slice, slice]  # rows, columns
Box = tuple[Number, Number, Number, Number]  # left, top, right, bottom, in heads

PARTS = (
    "background", "body", "ear", "head", "muzzle", "eye", "nose", "mouth", "glasses", "collar",
    "hat", "whisker",
)  # fmt: skip
SHARP = 1e9  # turns "more than half" into 0 or 1 without a comparison, which is slow
PLANES = 7  # part, red, green, blue, coat, and the cover of the head and of the rest
PAINT, COAT = 4, 5  # so many of the first are enough to paint, and to paint on the coat


@dataclass
class Canvas:
    """A few pictures: what is seen, what it belongs to, and how much critter there is.

    x, y: where each pixel is, in heads.
    """

    planes: Float[Tensor, "7 n s s"]
    x: Plane
    y: Plane
    has_parts: bool

    @property
    def side(self) -> int:
        """Pixels a side."""
        return self.planes.shape[2]

    @property
    def colour(self) -> Float[Tensor, "3 n s s"]:
        """Red, green and blue."""
        return self.planes[1:4]

    @property
    def head(self) -> Float[Tensor, "n s s"]:
        """How much of each pixel is covered by head, ears or hat."""
        return self.planes[5]

    @property
    def rest(self) -> Float[Tensor, "n s s"]:
        """How much is covered by body or whiskers."""
        return self.planes[6]

    def seen_from(self, s: Sheet) -> "Canvas":
        """The same planes, in other heads' measures."""
        return Canvas(self.planes, *_heads(s, self.side), self.has_parts)


def blank(s: Sheet, side: int, *, parts: bool) -> Canvas:
    """Nothing yet."""
    return Canvas(torch.zeros(PLANES, len(s), side, side), *_heads(s, side), parts)


def _heads(s: Sheet, side: int) -> tuple[Plane, Plane]:
    """Where each pixel is, in heads."""
    across = places(side)
    u, v = (across - s["at_x"]) / s["size"], (across[:, None] - s["at_y"]) / s["size"]
    return s["cos"] * u + s["sin"] * v, s["cos"] * v - s["sin"] * u


def places(side: int) -> Float[Tensor, " side"]:
    """The middles of the pixels of a row, from -1 to 1."""
    return (2 * torch.arange(side) + 1) / side - 1


@dataclass
class Pane:
    """A window of some pictures, and the same places in heads; `steep` is pixels a head."""

    planes: Float[Tensor, "k n h w"]
    x: Plane
    y: Plane
    steep: Float[Tensor, "n 1 1"]
    has_parts: bool

    @property
    def colour(self) -> Float[Tensor, "3 n h w"]:
        """Red, green and blue."""
        return self.planes[1:4]

    @property
    def coat(self) -> Plane:
        """How much of each pixel is fur of the head."""
        return self.planes[4]

    def cover(self, distance: Plane, grow: Number = 0.0, soft: float = 0.0) -> Plane:
        """How much of each pixel is inside: a shape grown by so much, with a soft edge."""
        steep = self.steep / (1 + soft * self.steep) if soft else self.steep
        return (distance * -steep).add_(steep * grow + 0.5).clamp_(0, 1)

    def stroke(self, distance: Plane, half: Number) -> Plane:
        """How much of each pixel a line has, of this half width around distance 0."""
        return self.cover(distance, half).sub_(self.cover(distance, -half))

    def paint(self, alpha: Plane, colour: Tensor, part: str = "") -> None:
        """Lay a colour over the pixels, where alpha is 1 wholly."""
        self.colour.lerp_(colour, alpha)
        if part and self.has_parts:
            mostly = (alpha - 0.5).mul_(SHARP).clamp_(0, 1)
            self.planes[0].lerp_(torch.tensor(float(PARTS.index(part))), mostly)

    def shadow(self, alpha: Plane, colour: Tensor, shade: Plane, part: str = "") -> None:
        """Lay a colour over the pixels, lighter or darker from place to place."""
        self.paint(alpha, colour * shade, part)

    def silhouette(self, plane: str, *alphas: Plane) -> None:
        """Here is critter, of its head or of the rest: all that was painted past its edge."""
        for alpha in alphas:
            self.planes[5 if plane == "head" else 6].lerp_(torch.tensor(1.0), alpha)


def window(canvas: Canvas, s: Sheet, box: Box) -> Window:
    """The rows and columns that hold the box (left, top, right, bottom) of every critter."""
    left, top, right, bottom = box
    half_x, half_y = (right - left) / 2, (bottom - top) / 2
    mid_x, mid_y = framed(s, left + half_x, top + half_y)
    cos, sin = s["size"] * s["cos"], s["size"] * s["sin"].abs()
    rows = _span(mid_y, sin * half_x + cos * half_y, canvas.side)
    return rows, _span(mid_x, cos * half_x + sin * half_y, canvas.side)


def _span(mid: Tensor, reach: Tensor, side: int) -> slice:
    """From the first pixel to the last, and one more each way."""
    low, high = float((mid - reach).amin()), float((mid + reach).amax())
    first, last = math.floor((low + 1) * side / 2) - 1, math.ceil((high + 1) * side / 2) + 1
    return slice(min(max(first, 0), side - 1), max(min(last, side), 1))


def cut(
    canvas: Canvas, s: Sheet, where: Window, who: Int[Tensor, " m"] | None, planes: int
) -> Pane:
    """A window of all pictures of a canvas, painted in place; of those of `who`, a copy."""
    at = (slice(None), *where)
    seen, x, y = canvas.planes[(slice(planes), *at)], canvas.x[at], canvas.y[at]
    if who is not None:
        seen, x, y = seen.index_select(1, who), x.index_select(0, who), y.index_select(0, who)
    return Pane(seen, x, y, canvas.side / 2 * s["size"], canvas.has_parts)


def paste(canvas: Canvas, pane: Pane, where: Window, who: Int[Tensor, " m"]) -> None:
    """Put a copy back."""
    at = (slice(len(pane.planes)), slice(None), *where)
    canvas.planes[at].index_copy_(1, who, pane.planes)
