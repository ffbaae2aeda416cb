"""Shapes as distances, negative inside: what lies between -0.5 and 0.5 px is an edge.

Quilez, 2D distance functions, https://iquilezles.org/articles/distfunctions2d.
A place is given by x and y, planes of the same shape; measures are numbers or
tensors that broadcast.
"""

from functools import reduce

import torch
from jaxtyping import Float
from torch import Tensor

Number = float | Tensor
Plane = Float[Tensor, "n h w"]
NEAR = 1e-9  # keeps the roots of 0 finite


def ellipse(x: Plane, y: Plane, a: Number, b: Number) -> Plane:
    """The distance to an ellipse around the origin, to first order near its edge."""
    u, v = (x * (1 / a)).square_(), (y * (1 / b)).square_()
    slope = (u * (4 / a**2)).add_(v * (4 / b**2)).add_(NEAR).rsqrt_()
    return u.add_(v).sub_(1).mul_(slope)


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
    return dx.square_().add_(dy.square_()).add_(NEAR).sqrt_().sub_(thick)


def melted(first: Plane, second: Plane, k: float) -> Plane:
    """The union of two shapes with a fillet of about k between them."""
    near = (first - second).abs_().neg_().add_(k).clamp_(min=0)
    return torch.minimum(first, second).sub_(near.square_().mul_(0.25 / k))


def union(*shapes: Plane) -> Plane:
    """Whatever is in one of the shapes."""
    return reduce(torch.minimum, shapes)
