"""Data in the plane whose density is known: a spiral, a ring of eight, two moons, a cat.

Every density is a mixture of Gaussians of one width and equal weights. Noise
added as in diffusion, x_t = sqrt(alpha_bar) x_0 + sqrt(1 - alpha_bar) epsilon,
leaves such a mixture a mixture, so log p, score and samples of the noised data
are closed forms too. A cloud of points is a mixture of variance 0: it has a
density only once it is noised.

Shapes are centred. Spiral, moons and cat have a root mean square distance from
their centre (`spread`) of sqrt(2), which is a variance of 1 an axis; the ring's is
1.507. x to the right, y up.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

Points = Float[Tensor, "n 2"]

TURNS, INNER = 2.5, 0.6  # the spiral; radians from its centre that it leaves out
MODES, RADIUS, SD = 8, 1.5, 0.1  # the ring


@dataclass(frozen=True)
class Mixture:
    """Gaussians of equal weight, each with the covariance `variance` times the identity."""

    means: Float[Tensor, "k 2"]
    variance: Float[Tensor, ""]


def mixture(means: Float[Tensor, "k 2"], sd: float = 0.0) -> Mixture:
    """Gaussians of standard deviation `sd` around `means`; 0 is the cloud of points itself."""
    return Mixture(means, torch.tensor(sd**2, dtype=torch.float64))


def noised(data: Mixture, alpha_bar: Float[Tensor, ""]) -> Mixture:
    """The density of x_t where x_0 is drawn from `data`; alpha_bar in [0, 1]."""
    return Mixture(alpha_bar.sqrt() * data.means, alpha_bar * data.variance + (1 - alpha_bar))


def log_p(x: Points, data: Mixture) -> Float[Tensor, " n"]:
    """The log density at x, in nats. The variance must not be 0."""
    k, axes = data.means.shape
    near = _exponent(x, data).logsumexp(1)
    return near - math.log(k) - axes / 2 * (2 * torch.pi * data.variance).log()


def score(x: Points, data: Mixture) -> Points:
    """The slope of log p at x: towards the means, each pulling by its share of x."""
    return (shares(x, data) @ data.means - x) / data.variance


def shares(x: Points, data: Mixture) -> Float[Tensor, "n k"]:
    """How likely x came from each mean. The largest is taken out before exp: no underflow."""
    return _exponent(x, data).softmax(1)


def _exponent(x: Points, data: Mixture) -> Float[Tensor, "n k"]:
    return -_squared(x, data.means) / (2 * data.variance)


def _squared(x: Points, y: Float[Tensor, "k 2"]) -> Float[Tensor, "n k"]:
    """Squared distances, by differences: |x|^2 - 2 x y + |y|^2 would cancel where they are small."""
    dx, dy = x[:, :1] - y[:, 0], x[:, 1:] - y[:, 1]
    return dx.square_().add_(dy.square_())


def sampled(data: Mixture, n: int, noise: torch.Generator) -> Points:
    """Samples: for each a mean by chance, and Gaussian noise around it."""
    which = torch.randint(len(data.means), (n,), generator=noise)
    around = torch.randn(n, 2, generator=noise, dtype=data.means.dtype)
    return data.means[which] + data.variance.sqrt() * around


def mean(data: Mixture) -> Float[Tensor, "2"]:
    """The mean of the whole mixture."""
    return data.means.mean(0)


def covariance(data: Mixture) -> Float[Tensor, "2 2"]:
    """The covariance of the whole mixture: between the means, and around each."""
    apart = data.means - mean(data)
    return apart.T @ apart / len(apart) + data.variance * torch.eye(2, dtype=apart.dtype)


def spread(x: Points) -> Float[Tensor, ""]:
    """The root mean square distance from the centre."""
    return (x - x.mean(0)).square().sum(1).mean().sqrt()


def nearest(x: Points, points: Float[Tensor, "k 2"]) -> Float[Tensor, " n"]:
    """The distance from each x to the nearest of the points."""
    return _squared(x, points).amin(1).sqrt()


def spiral(n: int = 200) -> Points:
    """Archimedes' spiral, two and a half turns, evenly along the line."""
    angle = torch.linspace(INNER, TURNS * 2 * torch.pi, 4000, dtype=torch.float64)
    return _scaled(_evenly([angle[:, None] * _circle(angle)], n))


def ring() -> Points:
    """The means of the ring of eight; each has the standard deviation `SD`."""
    return RADIUS * _circle(torch.arange(MODES, dtype=torch.float64) * 2 * torch.pi / MODES)


def moons(each: int = 60) -> Points:
    """Two half circles, each reaching into the other."""
    angle = torch.linspace(0, torch.pi, each, dtype=torch.float64)
    upper = _circle(angle)
    lower = torch.tensor([1.0, 0.5], dtype=torch.float64) - upper
    return _scaled(torch.cat((upper, lower)))


def cat(n: int = 400) -> Points:
    """A cat's head, our own drawing, evenly along its lines; n is even, as a cat is."""
    half = _evenly([_smooth(*stroke) for stroke in CAT], n // 2)
    return _scaled(torch.cat((half, half * torch.tensor([-1.0, 1.0], dtype=torch.float64))))


# The right half of the cat, stroke by stroke: each runs smoothly through its points.
CAT = (
    ((0, 0.74), (0.2, 0.72), (0.37, 0.66)),  # forehead
    ((0.37, 0.66), (0.6, 1.02), (0.88, 1.36)),  # ear, up
    ((0.88, 1.36), (1.0, 0.92), (1.03, 0.44)),  # ear, down
    ((1.03, 0.44), (1.15, 0.05), (1.09, -0.34), (0.84, -0.68), (0.46, -0.88), (0, -0.94)),  # cheek
    ((0.6, 0.74), (0.8, 1.06), (0.87, 0.62)),  # inside the ear
    ((0.2, 0.03), (0.33, 0.19), (0.52, 0.23), (0.69, 0.13)),  # eye, upper lid
    ((0.69, 0.13), (0.56, -0.04), (0.37, -0.07), (0.2, 0.03)),  # eye, lower lid
    ((0.45, 0.19), (0.39, 0.07), (0.45, -0.04), (0.51, 0.07), (0.45, 0.19)),  # pupil
    ((0, -0.23), (0.15, -0.22)),  # nose
    ((0.15, -0.22), (0.1, -0.32), (0, -0.4)),
    ((0, -0.4), (0.06, -0.54), (0.19, -0.59), (0.34, -0.49)),  # mouth
    ((0.62, -0.24), (1.0, -0.16), (1.5, -0.14)),  # whiskers
    ((0.62, -0.34), (1.0, -0.34), (1.52, -0.4)),
    ((0.6, -0.44), (0.98, -0.52), (1.44, -0.66)),
)


def ring_points(n: int = 200, seed: int = 0) -> Points:
    """Samples of the ring of eight."""
    return sampled(mixture(ring(), SD), n, torch.Generator().manual_seed(seed))


# name: the density that is noised, and points to draw it by
DENSITIES: Mapping[str, Callable[[], Mixture]] = {
    "spiral": lambda: mixture(spiral()),
    "ring": lambda: mixture(ring(), SD),
    "moons": lambda: mixture(moons()),
    "cat": lambda: mixture(cat()),
}
POINTS: Mapping[str, Callable[[], Points]] = {
    "spiral": spiral,
    "ring": partial(ring_points, seed=0),
    "moons": moons,
    "cat": cat,
}


def _circle(angle: Float[Tensor, " n"]) -> Points:
    return torch.stack((angle.cos(), angle.sin()), 1)


def _scaled(x: Points) -> Points:
    return (x - x.mean(0)) / spread(x) * math.sqrt(2)


def _smooth(*through: tuple[float, float], between: int = 64) -> Points:
    """A Catmull-Rom curve (1974) through the points, as a fine polyline."""
    p = torch.tensor(through, dtype=torch.float64)
    p = torch.cat((2 * p[:1] - p[1:2], p, 2 * p[-1:] - p[-2:-1]))
    u = torch.linspace(0, 1, between, dtype=torch.float64)[:, None, None]
    a, b, c, d = p[:-3], p[1:-2], p[2:-1], p[3:]
    curve = b + u / 2 * (c - a + u * (2 * a - 5 * b + 4 * c - d + u * (3 * (b - c) + d - a)))
    return curve.transpose(0, 1).reshape(-1, 2)


def _evenly(strokes: list[Float[Tensor, "_ 2"]], n: int) -> Points:
    """Points at equal distances along all the polylines, half a distance from the ends."""
    start = torch.cat([stroke[:-1] for stroke in strokes])
    way = torch.cat([stroke[1:] for stroke in strokes]) - start
    length = way.norm(dim=1)
    reach = length.cumsum(0)
    at = (torch.arange(n, dtype=torch.float64) + 0.5) / n * reach[-1]
    which = torch.searchsorted(reach, at)
    left = (reach[which] - at) / length[which]
    return start[which] + (1 - left)[:, None] * way[which]
