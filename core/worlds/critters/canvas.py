"""Where critters are painted: planes of a few pictures, and patches cut out of them.

A shape is a signed distance, negative inside. What a pixel has of it is
0.5 - distance / pixel, cut off to [0, 1]: edges are smooth without supersampling,
and the same picture comes out at every size. Quilez, Distance functions,
https://iquilezles.org/articles/distfunctions2d.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from core.worlds.critters.anatomy import Sheet, framed

Number = float | Tensor  # a tensor is (n, 1, 1), or a whole plane
Plane = Float[Tensor, "n h w"]

PARTS = (
    "background", "body", "ear", "head", "muzzle", "eye", "nose", "mouth", "glasses", "collar",
    "hat", "whisker",
)  # fmt: skip
SHARP = 1e9  # turns "more than half" into 0 or 1 without a comparison, which is slow
PLANES = 6  # part, red, green, blue, and the cover of the head and of the rest
NEAR = 1e-9


@dataclass
class Canvas:
    """A few pictures: what is seen, what it belongs to, and how much critter there is."""

    planes: Float[Tensor, "6 n s s"]
    has_parts: bool

    @property
    def count(self) -> int:
        """Pictures."""
        return self.planes.shape[1]

    @property
    def side(self) -> int:
        """Pixels a side."""
        return self.planes.shape[2]

    @property
    def colour(self) -> Float[Tensor, "3 n s s"]:
        """Red, green and blue."""
        return self.planes[1:4]


def blank(n: int, side: int, *, parts: bool) -> Canvas:
    """Nothing yet."""
    return Canvas(torch.zeros(PLANES, n, side, side), parts)


@dataclass
class Patch:
    """A rectangle of each of some pictures, and the same places in heads.

    x, y: where each pixel is. pixel: its width, both in heads.
    """

    planes: Float[Tensor, "k n h w"]
    first: int  # the plane of the canvas that its first plane is
    where: list[tuple[int, slice, slice]]  # the picture, and the rows and columns of it
    x: Plane
    y: Plane
    pixel: Float[Tensor, "n 1 1"]
    has_parts: bool

    @property
    def colour(self) -> Float[Tensor, "3 n h w"]:
        """Red, green and blue."""
        return self.planes[1 - self.first : 4 - self.first]

    def cover(self, distance: Plane, grow: Number = 0.0, soft: float = 0.0) -> Plane:
        """How much of each pixel is inside: a shape grown by so much, with a soft edge."""
        steep = 1 / (self.pixel + soft)
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

    def silhouette(self, alpha: Plane, plane: str) -> None:
        """Here is critter: of its head, or of the rest of it."""
        self.planes[(4 if plane == "head" else 5) - self.first].lerp_(torch.tensor(1.0), alpha)


def cut(
    canvas: Canvas,
    s: Sheet,
    box: tuple[Number, Number, Number, Number],
    who: Int[Tensor, " m"] | None = None,
    *,
    solid: bool = False,
) -> Patch:
    """The smallest rectangles, all of one size, that hold the box (left, top, right, bottom).

    box: in heads, of each critter of `s`, which are the pictures `who` of the canvas.
    solid: silhouettes are painted too.
    """
    side, m = canvas.side, len(s)
    left, top, right, bottom = box
    half_x, half_y = (right - left) / 2, (bottom - top) / 2
    mid_x, mid_y = framed(s, left + half_x, top + half_y)
    cos, sin = s["cos"], s["sin"].abs()
    reach_x = s["size"] * (cos * half_x + sin * half_y)
    reach_y = s["size"] * (sin * half_x + cos * half_y)
    x_0, width = _span(mid_x, reach_x, side)
    y_0, height = _span(mid_y, reach_y, side)
    rows = range(m) if who is None else who.tolist()
    corners = zip(rows, y_0.tolist(), x_0.tolist(), strict=True)
    where = [(i, slice(v, v + height), slice(u, u + width)) for i, v, u in corners]
    first = 0 if canvas.has_parts else 1
    planes = torch.empty((PLANES if solid else 4) - first, m, height, width)
    for k, place in enumerate(where):
        planes[:, k] = canvas.planes[(slice(first, first + len(planes)), *place)]
    across = x_0[:, None, None] + torch.arange(width)
    down = y_0[:, None, None] + torch.arange(height)[:, None]
    x, y = heads(s, (2 * across + 1) / side - 1, (2 * down + 1) / side - 1)
    return Patch(planes, first, where, x, y, 2 / side / s["size"], canvas.has_parts)


def paste(canvas: Canvas, patch: Patch) -> None:
    """Put a patch back where it was cut."""
    last = patch.first + len(patch.planes)
    for k, place in enumerate(patch.where):
        canvas.planes[(slice(patch.first, last), *place)] = patch.planes[:, k]


def heads(s: Sheet, across: Tensor, down: Tensor) -> tuple[Plane, Plane]:
    """Places in the frame as places on the head: a column and a row make a plane."""
    u, v = (across - s["at_x"]) / s["size"], (down - s["at_y"]) / s["size"]
    return s["cos"] * u + s["sin"] * v, s["cos"] * v - s["sin"] * u


def _span(mid: Tensor, reach: Tensor, side: int) -> tuple[Int[Tensor, " m"], int]:
    """The first pixel of each rectangle and the size of all, a pixel of margin included."""
    low = ((mid - reach + 1) * side / 2).floor().long() - 1
    high = ((mid + reach + 1) * side / 2).ceil().long() + 1
    size = min(side, max(1, int((high - low).max())))
    return low.flatten().clamp(0, side - size), size


def ellipse(x: Plane, y: Plane, a: Number, b: Number) -> Plane:
    """The distance to an ellipse around the origin, to first order near its edge."""
    a, b = a**-2, b**-2
    x_2, y_2 = x * x, y * y
    inside = (x_2 * a).add_(y_2 * b).sub_(1)
    slope = x_2.mul_(a * a).add_(y_2.mul_(b * b)).add_(NEAR).rsqrt_()
    return inside.mul_(slope).mul_(0.5)


def circle(x: Plane, y: Plane, r: Number) -> Plane:
    """The distance to a circle around the origin."""
    return (x * x).add_(y * y).add_(NEAR).sqrt_().sub_(r)


def capsule(
    x: Plane,
    y: Plane,
    start: tuple[Number, Number],
    end: tuple[Number, Number],
    radius: tuple[Number, Number],
) -> Plane:
    """The distance to a line from start to end, as thick as the radii there."""
    along_x, along_y = end[0] - start[0], end[1] - start[1]
    squared = along_x**2 + along_y**2
    dx, dy = x - start[0], y - start[1]
    t = (dx * (along_x / squared)).add_(dy * (along_y / squared)).clamp_(0, 1)
    dx.sub_(t * along_x)
    dy.sub_(t * along_y)
    thick = t.mul_(radius[1] - radius[0]).add_(radius[0])
    return dx.mul_(dx).add_(dy.mul_(dy)).add_(NEAR).sqrt_().sub_(thick)


def melted(first: Plane, second: Plane, k: float) -> Plane:
    """The union of two shapes with a fillet of about k between them."""
    near = (first - second).abs_().neg_().add_(k).clamp_(min=0)
    return torch.minimum(first, second).sub_(near.mul_(near).mul_(0.25 / k))
