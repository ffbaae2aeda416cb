"""What style is here: which channels of a layer are active together, wherever that is.

A layer's texture is the mean and the second moment of its channels over
positions; the second moment is the Gram matrix. Two textures are compared by
their Gram matrices, or as the two Gaussians that have these moments. Every
layer's distance is divided by what it was at the start, so that a weight means
the same for any layer, network and normalisation: 1 at the start, 0 when the
style is there.

Gatys, Ecker and Bethge, Image Style Transfer Using Convolutional Neural
Networks, CVPR 2016; Gaussians: Wasserstein's distance, as in crowsonkb's
style-transfer-pytorch. Departures: moments are means over positions, so that
pictures of different sizes compare; a layer's start is its unit; the root of a
matrix is found by scaled Newton-Schulz, so that nothing waits for the device.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

RIDGE = 1e-4  # of the mean variance, added to each channel's, so that a plain style has a root
ROUNDED = 3e-5  # of the mean square: what is lost of a variance by taking it from a Gram matrix
ROUNDS = 12  # of Newton-Schulz
LEAST = 1e-3  # the smallest singular value that they are scaled for, of the largest
SAME = 1e-3  # of a style's own size: a start that is less is taken to be this
TINY = 1e-12

Map = Float[Tensor, "n c h w"]
Weight = Float[Tensor, "m 1 _ _"]  # m is 1 or n
Matrix = Float[Tensor, "n c c"]


@dataclass(frozen=True)
class Texture:
    """Moments of a layer's channels over positions, a picture each.

    mean: E[a]. gram: E[a aᵀ], not centred. Both are means, so textures mix by
    averaging them.
    """

    mean: Float[Tensor, "n c"]
    gram: Matrix

    @property
    def covariance(self) -> Matrix:
        """The second moment about the mean."""
        return self.gram - self.mean[:, :, None] * self.mean[:, None, :]


Textures = Mapping[str, Texture]  # by layer
Distance = Callable[[Texture, Texture], Float[Tensor, " n"]]


def texture(a: Map, weight: Weight | None = None) -> Texture:
    """The texture of a layer; with a weight, that of the positions where it is, in their shares.

    The weight is a mask at any size, not negative: it is averaged down to the
    layer's and divided by its sum. Where none of it is left, the layer is empty.
    """
    found = a.flatten(2)  # (n, channel, position)
    if weight is None:
        return Texture(found.mean(2), found @ found.mT / found.shape[2])
    share = shares(weight, (a.shape[2], a.shape[3])).flatten(2)
    return Texture((found * share).sum(2), (found * share) @ found.mT)


def shares(weight: Weight, size: tuple[int, int]) -> Weight:
    """A mask at a layer's size, as shares that add up to 1; all of it 0 where nothing is left."""
    small = F.interpolate(weight, size, mode="area") if weight.shape[2:] != size else weight
    total = small.sum(3, keepdim=True).sum(2, keepdim=True)
    return small / total.clamp(min=TINY)


def mixed(one: Texture, other: Texture, share: float) -> Texture:
    """The texture of a wall of which `share` is the other's and the rest the one's."""
    mean = torch.lerp(one.mean, other.mean, share)
    return Texture(mean, torch.lerp(one.gram, other.gram, share))


def gram_distance(found: Texture, wanted: Texture) -> Float[Tensor, " n"]:
    """|G - G₀|², the squared Frobenius norm (Gatys et al., equation 4, before its factor)."""
    return _norm(found.gram - wanted.gram)


def gaussian_distance(found: Texture, wanted: Texture) -> Float[Tensor, " n"]:
    """The squared 2-Wasserstein distance of two Gaussians with these means and covariances.

    |m - m₀|² + tr(A + B - 2 (A^½ B A^½)^½), A the wanted covariance.
    """
    apart = (found.mean - wanted.mean).square().sum(1)
    ridge = ridge_of(wanted)
    a, b = (_ridged(one.covariance, ridge) for one in (wanted, found))
    with torch.no_grad():
        half = square_root(a)
    return apart + _trace(a) + _trace(b) - 2 * root_trace(half @ b @ half)


def ridge_of(wanted: Texture) -> Float[Tensor, " n"]:
    """What is added to each channel's variance: enough for a style of one colour to have a root.

    A covariance is rounded as its Gram matrix is, and must stay positive.
    """
    channels = wanted.mean.shape[1]
    spread, whole = _trace(wanted.covariance), _trace(wanted.gram)
    return ((RIDGE * spread + ROUNDED * whole) / channels).detach() + TINY


DISTANCES: dict[str, Distance] = {"Gram": gram_distance, "Gaussian": gaussian_distance}


def square_root(matrix: Matrix) -> Matrix:
    """The square root of symmetric positive matrices."""
    return roots(matrix)[0]


def root_trace(matrix: Matrix) -> Float[Tensor, " n"]:
    """tr(M^½), whose slope is ½ M^-½: no round of the root is gone back through."""
    with torch.no_grad():
        root, inverse = roots(matrix)
    straight = 0.5 * (inverse * matrix).sum(2).sum(1)
    return straight + (_trace(root) - straight).detach()


def roots(matrix: Matrix) -> tuple[Matrix, Matrix]:
    """M^½ and M^-½ by Newton-Schulz, scaled as Chen and Chow 2014 do for values down to LEAST².

    The factors are numbers known beforehand; nothing is read back from the device.
    Singular values below LEAST of the largest come out too small, never too large.
    """
    size = _norm(matrix).sqrt()[:, None, None] + TINY
    eye = torch.eye(matrix.shape[1], device=matrix.device)
    y, z, least = matrix / size, eye.expand_as(matrix), LEAST
    for _ in range(ROUNDS):
        scale = 3 / (1 + least + least**2)  # the square of Chen and Chow's ρ
        step = math.sqrt(scale) * (1.5 * eye - 0.5 * scale * (z @ y))
        y, z = y @ step, step @ z
        least = math.sqrt(scale) * least * (1.5 - 0.5 * scale * least**2)
    return y * size.sqrt(), z / size.sqrt()


def left(
    found: Textures, wanted: Textures, start: Mapping[str, Float[Tensor, " n"]], distance: Distance
) -> dict[str, Float[Tensor, " n"]]:
    """What is left of each layer's distance at the start, layer by layer."""
    return {name: distance(found[name], wanted[name]) / start[name] for name in found}


def starts(found: Textures, wanted: Textures, distance: Distance) -> dict[str, Float[Tensor, " n"]]:
    """Each layer's distance at the start, to divide by: at least a small part of the style's size.

    That size is its distance from a blank. So what is left of next to nothing is
    next to nothing, where a picture has the style from the start.
    """
    begun = {}
    for name, one in found.items():
        blank = Texture(torch.zeros_like(one.mean), torch.zeros_like(one.gram))
        least = SAME * distance(blank, wanted[name])
        begun[name] = torch.maximum(distance(one, wanted[name]), least).detach() + TINY
    return begun


def style_distance(
    parts: Mapping[str, Float[Tensor, " n"]], weights: Mapping[str, float]
) -> Float[Tensor, " n"]:
    """The layers' parts by their weights, which are divided by their sum; weights all 0 give 0."""
    total = sum(weights[name] for name in parts) or 1.0
    return torch.stack([weights[name] / total * part for name, part in parts.items()]).sum(0)


def _norm(matrix: Matrix) -> Float[Tensor, " n"]:
    """The squared Frobenius norm; row by row, so that one thread and two round the same."""
    return matrix.square().sum(2).sum(1)


def _trace(matrix: Matrix) -> Float[Tensor, " n"]:
    return matrix.diagonal(dim1=1, dim2=2).sum(1)


def _ridged(matrix: Matrix, ridge: Float[Tensor, " n"]) -> Matrix:
    return matrix + ridge[:, None, None] * torch.eye(matrix.shape[1], device=matrix.device)
