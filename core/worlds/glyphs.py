"""Glyphs: handwritten digits as strokes, each from known factors. White ink on black.

A digit is a few points, and strokes that run smoothly through some of them. The
points are moved by the factors, so a stroke is a matrix times the points; what a
pixel has of the ink is its distance to the nearest piece of a stroke, as in
`core.worlds.critters`. x to the right, y down, the picture is [-1, 1] each way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor

from core.worlds import draws
from core.worlds.factors import (
    Factor,
    FactorError,
    Factors,
    Table,
    Value,
    checked,
    edited,
)

VERSION = 1  # of the pictures and of the sampling
DIGITS = tuple(str(digit) for digit in range(10))
AWAY = (0.16, 0.14)  # how far x and y move a glyph, in half pictures
JITTER = 0.02  # standard deviation of every point, in half pictures
POINTS = 13  # the most that a digit has: so many pairs of factors move them
PIECES = 4  # straight ones from point to point
SMALLEST, LARGEST = 8, 1024  # px
PIXELS = 64 * 28 * 28  # of a chunk
NEAR = 1e-12

Points = Float[Tensor, "n points 2"]


@dataclass(frozen=True)
class Drawing:
    """Points, which of them each stroke runs through, and where `curl` = 1 moves some of them."""

    points: tuple[tuple[float, float], ...]
    strokes: tuple[tuple[int, ...], ...]
    curl: Mapping[int, tuple[float, float]]


_SIX = (
    (0.27, -0.64), (-0.06, -0.48), (-0.30, -0.12), (-0.36, 0.32), (-0.08, 0.68), (0.28, 0.58),
    (0.38, 0.26), (0.12, -0.02), (-0.20, 0.08), (-0.34, 0.34),
)  # fmt: skip
DRAWINGS = (
    Drawing(
        ((0.02, -0.70), (-0.28, -0.50), (-0.40, 0.0), (-0.28, 0.50), (0.0, 0.70), (0.28, 0.50),
         (0.40, 0.0), (0.28, -0.50), (-0.02, -0.70)),
        (tuple(range(9)),),
        {0: (0.10, 0.12), 8: (-0.12, 0.06)},
    ),
    Drawing(
        ((-0.26, -0.40), (0.04, -0.70), (0.04, 0.70)),
        ((0, 1), (1, 2)),
        {0: (-0.08, 0.10)},
    ),
    Drawing(
        ((-0.36, -0.36), (-0.20, -0.64), (0.12, -0.68), (0.35, -0.40), (0.20, -0.04),
         (-0.12, 0.34), (-0.40, 0.67), (0.0, 0.66), (0.40, 0.67)),
        ((0, 1, 2, 3, 4, 5, 6), (6, 7, 8)),
        {0: (0.10, 0.16), 7: (0.0, 0.08), 8: (0.02, -0.10)},
    ),
    Drawing(
        ((-0.35, -0.54), (-0.02, -0.70), (0.31, -0.44), (0.18, -0.14), (-0.08, -0.05),
         (0.26, 0.08), (0.38, 0.36), (0.10, 0.68), (-0.20, 0.65), (-0.39, 0.46)),
        ((0, 1, 2, 3, 4), (4, 5, 6, 7, 8, 9)),
        {0: (0.05, 0.16), 9: (0.08, -0.16)},
    ),
    Drawing(
        ((0.08, -0.70), (-0.14, -0.22), (-0.42, 0.22), (0.0, 0.22), (0.42, 0.22), (0.18, -0.24),
         (0.18, 0.70)),
        ((0, 1, 2), (2, 3, 4), (5, 6)),
        {1: (0.08, 0.06), 3: (0.0, 0.06), 4: (0.0, -0.06)},
    ),
    Drawing(
        ((0.34, -0.68), (-0.27, -0.68), (-0.32, -0.08), (0.04, -0.20), (0.36, 0.10), (0.30, 0.50),
         (0.0, 0.70), (-0.37, 0.54)),
        ((0, 1), (1, 2), (2, 3, 4, 5, 6, 7)),
        {0: (0.04, -0.10), 7: (0.08, -0.18)},
    ),
    Drawing(_SIX, (tuple(range(10)),), {0: (0.06, 0.14), 9: (0.16, 0.02)}),
    Drawing(
        ((-0.38, -0.62), (0.0, -0.66), (0.38, -0.68), (0.10, -0.04), (-0.08, 0.70)),
        ((0, 1, 2), (2, 3, 4)),
        {0: (0.0, 0.16), 4: (-0.10, 0.0), 3: (0.06, 0.04)},
    ),
    Drawing(
        ((0.02, -0.06), (-0.26, -0.32), (-0.20, -0.60), (0.0, -0.70), (0.22, -0.60),
         (0.28, -0.32), (-0.02, -0.06), (-0.33, 0.26), (-0.26, 0.58), (0.0, 0.70), (0.27, 0.58),
         (0.34, 0.26), (0.02, -0.06)),
        (tuple(range(13)),),
        {0: (0.06, 0.06), 12: (-0.08, -0.04)},
    ),
    Drawing(
        tuple((-x, -y) for x, y in _SIX), (tuple(range(10)),), {0: (-0.06, -0.14), 9: (-0.16, -0.02)}
    ),
)  # fmt: skip


def _jitters() -> list[Factor]:
    """Where the pen missed: two factors for every point that a digit may have, in half pictures."""
    return [
        Factor(
            f"jitter_{axis}{k}", "continuous", f"Jitter of point {k} along {axis}",
            "a point of a stroke to one side or the other", -4 * JITTER, 4 * JITTER,
        )
        for k in range(POINTS)
        for axis in "xy"
    ]  # fmt: skip


_TABLE = (
    Factor("digit", "categorical", "Digit", "which one", 0, 9, None, DIGITS, (0.1,) * 10),
    Factor("slant", "continuous", "Slant", "to the left to to the right", -0.4, 0.4),
    Factor("thickness", "continuous", "Thickness of the pen", "fine to broad", 0.04, 0.12),
    Factor("width", "continuous", "Width", "narrow to wide", 0.75, 1.2),
    Factor("height", "continuous", "Height", "low to tall", 0.8, 1.1),
    Factor("curl", "continuous", "Curl", "ends that run straight on to ends that curl in", -1, 1),
    Factor("x", "continuous", "Place from left to right", "left to right", -1, 1),
    Factor("y", "continuous", "Place from top to bottom", "up to down", -1, 1),
    Factor("ink", "continuous", "Ink", "grey to white", 0.6, 1),
    *_jitters(),
)
FACTORS: Table = {row.name: row for row in _TABLE}


def sample(n: int, *, seed: int) -> Factors:
    """The factors of n glyphs, all independent; the first of them are those of a smaller n.

    Even within their limits, but the jitter: it is normal, of standard deviation 0.02,
    cut off at 4 of them. Raises FactorError.
    """
    draws.check(n, seed)
    version = f"glyphs {VERSION}"
    found: Factors = {}
    for name, row in FACTORS.items():
        u = draws.uniform(n, seed, name, version)
        if name.startswith("jitter"):
            normal = JITTER * torch.special.ndtri(u)
            found[name] = normal.float().clamp(row.low, row.high)
        else:
            found[name] = draws.drawn(row, u)
    return found


def intervene(factors: Factors, name: str, to: Value) -> Factors:
    """The same glyphs with one factor set: the true edit. Raises FactorError."""
    return edited(FACTORS, factors, name, to)


@torch.no_grad()
def render(factors: Factors, size: int = 28) -> Float[Tensor, "n 1 s s"]:
    """The pictures of these factors, `size` pixels a side, in [0, 1]. Raises FactorError."""
    n = checked(FACTORS, factors)
    if not SMALLEST <= size <= LARGEST:
        raise FactorError(f"size = {size} px is out of range: choose {SMALLEST} to {LARGEST}.")
    image = torch.empty(n, 1, size, size)
    step = max(1, PIXELS // size**2)
    for digit in factors["digit"].unique():
        rows = (factors["digit"] == digit).nonzero()[:, 0]
        for who in rows.split(step):
            some = {name: column[who] for name, column in factors.items()}
            image[who, 0] = _inked(some, skeleton(some), size)
    return image


def skeleton(factors: Factors) -> Float[Tensor, "n pieces 2 2"]:
    """The pieces of the strokes of glyphs of one digit: from where to where, x and y.

    Raises FactorError where the digits differ.
    """
    points = placed(factors)
    return torch.stack([end @ points for end in _matrices(int(factors["digit"][0]))], 2)


def placed(factors: Factors) -> Points:
    """The points of glyphs of one digit, moved by their factors.

    Raises FactorError where the digits differ.
    """
    if len(factors["digit"].unique()) != 1:
        raise FactorError("Strokes are those of one digit: give glyphs of one digit at a time.")
    drawing = DRAWINGS[int(factors["digit"][0])]
    curl = torch.zeros(len(drawing.points), 2)
    for k, way in drawing.curl.items():
        curl[k] = torch.tensor(way)
    points = torch.tensor(drawing.points) + factors["curl"][:, None, None] * curl
    x, y = points.unbind(2)
    y = factors["height"][:, None] * y
    x = factors["width"][:, None] * x - factors["slant"][:, None] * y
    jitter = [
        torch.stack([factors[f"jitter_{axis}{k}"] for k in range(x.shape[1])], 1) for axis in "xy"
    ]
    x = x + jitter[0] + AWAY[0] * factors["x"][:, None]
    y = y + jitter[1] + AWAY[1] * factors["y"][:, None]
    return torch.stack((x, y), 2)


@cache
def _matrices(digit: int) -> tuple[Float[Tensor, "pieces points"], Float[Tensor, "pieces points"]]:
    """From the points of a digit to the starts and to the ends of its pieces."""
    drawing = DRAWINGS[digit]
    one = torch.eye(len(drawing.points))
    curves = [_smooth(one[list(stroke)]) for stroke in drawing.strokes]
    return torch.cat([c[:-1] for c in curves]), torch.cat([c[1:] for c in curves])


def _smooth(p: Float[Tensor, "k points"]) -> Float[Tensor, "m points"]:
    """A Catmull-Rom curve (1974) through points, each given by its weights, as a polyline."""
    if len(p) == 2:
        return p
    p = torch.cat((2 * p[:1] - p[1:2], p, 2 * p[-1:] - p[-2:-1]))
    u = (torch.arange(PIECES) / PIECES)[:, None]
    spans = []
    for a, b, c, d in zip(p, p[1:], p[2:], p[3:], strict=False):
        bend = 2 * a - 5 * b + 4 * c - d + u * (3 * (b - c) + d - a)
        spans.append(b + u / 2 * (c - a + u * bend))
    return torch.cat((*spans, p[-2:-1]))


def _inked(
    factors: Factors, pieces: Float[Tensor, "n pieces 2 2"], size: int
) -> Float[Tensor, "n s s"]:
    """The ink where a pixel is nearer to a piece than the pen is broad."""
    across = (2 * torch.arange(size) + 1) / size - 1
    down = across[:, None]
    nearest = torch.full((len(pieces), size, size), torch.inf)
    for piece in pieces[:, :, :, :, None, None].unbind(1):  # (n, from and to, x and y, 1, 1)
        (x, y), (along_x, along_y) = piece[:, 0].unbind(1), (piece[:, 1] - piece[:, 0]).unbind(1)
        squared = along_x**2 + along_y**2 + NEAR
        dx, dy = across - x, down - y  # a row and a column
        t = (dx * (along_x / squared) + dy * (along_y / squared)).clamp_(0, 1)
        off_x, off_y = (t * along_x).sub_(dx), t.mul_(along_y).sub_(dy)
        torch.minimum(nearest, off_x.square_().add_(off_y.square_()), out=nearest)
    distance = nearest.sqrt_().sub_(factors["thickness"][:, None, None])
    cover = distance.mul_(-size / 2).add_(0.5).clamp_(0, 1)
    return cover.mul_(factors["ink"][:, None, None])
