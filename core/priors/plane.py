"""A picture as a function of the plane: a small network from coordinates to colours, at any size.

Stanley, Compositional Pattern Producing Networks, 2007; as Mordvintsev,
Pezzotti, Schubert and Olah, Differentiable Image Parameterizations, Distill
2018, https://distill.pub/2018/differentiable-parameterizations, climb it.
Departures: colours correlated, and the deviation before the sigmoid is set, so
that a picture can never climb into one flat colour; the last layer, which
begins at 0 there, begins at random.
"""

from collections.abc import Iterator

import torch
from jaxtyping import Float
from torch import Tensor

from core.priors import colour

HIDDEN, DEPTH = 24, 8
SPAN = 3**0.5  # coordinates reach from -SPAN to SPAN, with deviation 1
SHRINK = 0.06  # weights over parameters: Adam's .05 moves a weight by .003
FIRST = 3.0  # deviation of the coordinates' weights at the start: larger, more folds
_SHAPES = ((HIDDEN, 2), *((HIDDEN, 2 * HIDDEN),) * (DEPTH - 1), (3, 2 * HIDDEN))  # without biases
SIZE = sum(rows * (columns + 1) for rows, columns in _SHAPES)

Parameters = Float[Tensor, "n p"]


def start(height: int, width: int, noises: list[torch.Generator]) -> Parameters:
    """A random network a generator: folds of colour. Height and width are no part of it."""
    return torch.stack([torch.cat(list(_initial_parameters(noise))) for noise in noises]) / SHRINK


def _initial_parameters(noise: torch.Generator) -> Iterator[Float[Tensor, " _"]]:
    for i, (rows, columns) in enumerate(_SHAPES):
        deviation = columns**-0.5 if i else FIRST
        yield torch.randn(rows * columns, generator=noise) * deviation
        yield torch.zeros(rows)


def _layers(p: Parameters) -> Iterator[tuple[Tensor, Tensor]]:
    """Weights (n, rows, columns) and biases (n, rows, 1) of every layer."""
    at = 0
    for rows, columns in _SHAPES:
        weights = p[:, at : at + rows * columns].view(-1, rows, columns)
        at += rows * columns
        yield weights * SHRINK, p[:, at : at + rows, None] * SHRINK
        at += rows


def closer(p: Parameters, percent: float) -> Parameters:
    """The same function in a window that is smaller by this much, about the middle.

    Exact: a smaller window is smaller weights of the coordinates, so a zoom
    never ends.
    """
    coordinates = HIDDEN * 2
    return torch.cat([p[:, :coordinates] / (1 + percent / 100), p[:, coordinates:]], 1)


def _plane(height: int, width: int, like: Tensor) -> Float[Tensor, "height 2 width"]:
    """Coordinates row by row, the longer side from -SPAN to SPAN."""
    longer = max(height, width)
    down, across = (
        (torch.arange(side) + 0.5 - side / 2) * (2 * SPAN / longer) for side in (height, width)
    )
    rows = torch.broadcast_tensors(across[None], down[:, None])
    return torch.stack(rows, 1).to(like)


def _activation(x: Float[Tensor, "n h c w"]) -> Float[Tensor, "n h d w"]:
    angle = x.atan()
    return torch.cat([angle / 0.67, angle.square() / 0.6], 2)


def colours(
    p: Parameters, height: int, width: int, rows: slice = slice(None)
) -> Float[Tensor, "n 3 _ w"]:
    """What the networks say of each point, in correlated colours' axes: all rows, or some.

    Row by row, so that the slope of a weight is a sum of as many products on
    one thread as on two.
    """
    x = _plane(height, width, p)[rows].expand(len(p), -1, -1, -1)
    for i, (weights, biases) in enumerate(_layers(p)):
        x = weights[:, None] @ (_activation(x) if i else x) + biases[:, None]
    return x.transpose(1, 2)


def picture(
    p: Parameters,
    *,
    height: int,
    width: int,
    decay: float,
    contrast: float,
    level: float | Tensor = 0.0,
) -> Float[Tensor, "n 3 h w"]:
    """The pictures in [0, 1] at this size; decay is the spectrum's and changes nothing here."""
    flat = colour.standard(colours(p, height, width)) * contrast
    return torch.sigmoid(colour.correlate(flat + level))


class NoStartError(ValueError):
    """A picture that a function of the plane cannot start from; the message says what to do."""


def encode(x: Float[Tensor, "n 3 h w"], *, decay: float) -> Parameters:
    """There are no parameters for a given picture: raises NoStartError."""
    raise NoStartError(
        "A function of the plane starts from noise: choose noise, or another parametrisation."
    )


STRIP = 64  # rows of a large picture that are drawn at a time


def strips(side: int) -> list[slice]:
    """The rows of a large picture, so many at a time that a frame comes within 100 ms."""
    return [slice(top, min(side, top + STRIP)) for top in range(0, side, STRIP)]


def strip(
    p: Parameters, rows: slice, *, side: int, canvas: int, contrast: float | Tensor
) -> Float[Tensor, "n 3 _ side"]:
    """Some rows of the square pictures at another size, as contrasty as on the canvas."""
    whole = colours(p, canvas, canvas)
    part = colour.standard(colours(p, side, side, rows), of=whole)
    return torch.sigmoid(colour.correlate(part * contrast))
