"""Ways from one latent to another, as the points that are passed.

Most of a Gaussian latent lies near a sphere of radius sqrt(latent). A straight
line leaves it inwards; the great circle stays on it (Shoemake, Animating Rotation
with Quaternion Curves, 1985; White, Sampling Generative Networks, 2016,
https://arxiv.org/abs/1609.04468). Every walk is computed in float64 on the CPU
and begins and ends in the latents it was given.
"""

import math
from collections.abc import Callable, Mapping

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from core.latents.errors import LatentError

MOST = 1000  # points of a walk
PARALLEL = 1e-7  # radians: less is the same direction
OPPOSITE = 1e-6  # radians short of half a turn: no shortest way round

Latent = Float[Tensor, " latent"]
Points = Float[Tensor, "steps latent"]
Walk = Callable[[Latent, Latent, int], Points]
Flow = Callable[[Float[Tensor, "n latent"]], Float[Tensor, "n latent"]]


def linear(a: Latent, b: Float[Tensor, " end"], steps: int) -> Points:
    """The straight line, at even distances, both ends in it; raises LatentError."""
    return _walk(a, b, steps, torch.lerp)


def spherical(a: Latent, b: Float[Tensor, " end"], steps: int) -> Points:
    """The great circle at an even angular speed, the length going evenly from |a| to |b|.

    For ends of equal length this is Shoemake's slerp. Ends of one direction are joined by
    the straight line, which is its limit. Raises LatentError for an end at zero, which has no
    direction, and for opposite ends, between which all great circles are equally long.
    """
    return _walk(a, b, steps, _on_the_great_circle)


def norm_preserving(a: Latent, b: Float[Tensor, " end"], steps: int) -> Points:
    """The straight line, each point brought to the length evenly between |a| and |b|.

    It passes the same points as `spherical`, faster in the middle. Raises LatentError for an
    end at zero and for opposite ends, where the line passes through zero.
    """
    return _walk(a, b, steps, _at_even_lengths)


def through_flow(
    a: Latent,
    b: Float[Tensor, " end"],
    steps: int,
    *,
    forward: Flow,
    inverse: Flow,
    walk: Walk = spherical,
) -> Points:
    """A walk in the space of a flow, where the data are Gaussian, and back.

    forward takes latents to that space, inverse back; both take batches. Raises LatentError
    where either of them overflows.
    """
    ends = forward(torch.stack(_ends(a, b, steps)).to(a))
    if not ends.isfinite().all():
        raise LatentError("The flow has no finite answer for an end of the walk: choose another.")
    points = inverse(walk(ends[0], ends[1], steps))
    if not points.isfinite().all():
        raise LatentError(
            "The inverse of the flow overflows on the way: choose ends nearer to the data."
        )
    return points


WALKS: Mapping[str, Walk] = {
    "linear": linear,
    "spherical": spherical,
    "norm-preserving": norm_preserving,
}

Between = Callable[
    [Float64[Tensor, " latent"], Float64[Tensor, " latent"], Float64[Tensor, "steps 1"]],
    Float64[Tensor, "steps latent"],
]


def _walk(a: Latent, b: Tensor, steps: int, between: Between) -> Points:
    start, end = _ends(a, b, steps)
    t = torch.linspace(0, 1, steps, dtype=torch.float64)[:, None]
    points = between(start, end, t)
    points[0], points[-1] = start, end
    return points.to(a)


def _ends(a: Tensor, b: Tensor, steps: int) -> tuple[Tensor, Tensor]:
    start, end = (one.detach().cpu().double() for one in (a, b))
    if start.shape != end.shape:
        raise LatentError(
            f"The ends of the walk have {len(start)} and {len(end)} numbers: "
            "take both from one latent space."
        )
    if not 2 <= steps <= MOST:
        raise LatentError(f"steps = {steps} is out of range: choose 2 to {MOST}.")
    if not (start.isfinite().all() and end.isfinite().all()):
        raise LatentError("An end of the walk is not finite: choose another.")
    if torch.equal(start, end):
        raise LatentError("Both ends of the walk are the same latent: choose another end.")
    return start, end


def _on_the_great_circle(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    angle = _angle(a, b)
    lengths = torch.lerp(a.norm(), b.norm(), t)
    if angle < PARALLEL:
        return torch.lerp(a, b, t)
    weights = (((1 - t) * angle).sin(), (t * angle).sin())
    return lengths * (weights[0] * a / a.norm() + weights[1] * b / b.norm()) / math.sin(angle)


def _at_even_lengths(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    _angle(a, b)
    points = torch.lerp(a, b, t)
    lengths = torch.lerp(a.norm(), b.norm(), t)
    return lengths * points / points.norm(dim=1, keepdim=True)


def _angle(a: Tensor, b: Tensor) -> float:
    """The angle between two directions, in radians: by Kahan's formula, exact for small ones."""
    if not (a.any() and b.any()):
        raise LatentError(
            "An end of the walk is zero and has no direction: choose another end, or walk in a "
            "straight line."
        )
    u, v = a / a.norm(), b / b.norm()
    angle = 2 * math.atan2(float((u - v).norm()), float((u + v).norm()))
    if math.pi - angle < OPPOSITE:
        raise LatentError(
            "The ends of the walk are opposite: no way round is the shortest. Choose another end, "
            "or walk in a straight line."
        )
    return angle
