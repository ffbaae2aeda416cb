"""What is shown of the inside: a part of a Gram matrix, and the maps that a cell multiplies."""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from core.objectives import codes
from core.objectives import gram as moments
from core.pictures import heat
from core.steps.styling.goal import Goal
from core.steps.styling.step import Seen, permuted

WINDOW, CELL = 64, 6  # channels of a Gram matrix that are shown, and the side of a cell in px
TILE = 94  # px: the side of a feature map that is shown


def gram(
    matrix: Float[Tensor, "c c"], row: int, column: int, most: Tensor
) -> Float[Tensor, "3 H W"]:
    """The part of a Gram matrix around a cell, up to 64 channels each way, the cell in a frame."""
    top, left = (WINDOW * (n // WINDOW) for n in (row, column))
    part = matrix[top : top + WINDOW, left : left + WINDOW]
    shown = heat.enlarged(heat.signed(part, most), CELL)
    down, across = CELL * (row - top), CELL * (column - left)
    shown[:, max(0, down - 1) : down + CELL + 1, max(0, across - 1) : across + CELL + 1] = 1.0
    inside = heat.signed(part, most)[:, row - top, column - left, None, None]
    shown[:, down : down + CELL, across : across + CELL] = inside
    return shown


def product(a: Float[Tensor, "c h w"], first: int, second: int) -> Float[Tensor, "3 tile wide"]:
    """Two feature maps and what they are multiplied, each full at its own largest."""
    tiles = []
    for one in (a[first], a[second], a[first] * a[second]):
        x = F.interpolate(heat.signed(one)[None], (TILE, TILE), mode="nearest")[0]
        tiles.append(F.pad(x, (1, 1, 1, 1), value=0.5))
    return torch.cat(tiles, 2)


def inside(
    seen: Seen, goal: Goal, *, at: str, cell: tuple[int, int], share: float, order: int | None
) -> tuple[Mapping[str, Tensor], Mapping[str, Tensor]]:
    """The Gram matrices of a layer, a cell's two maps, where the style pulls; and what they come to.

    order: the seed by which the layer's positions are put into another order, if they are.
    """
    a, (row, column) = seen.read[at], cell
    mine, numbers = moments.texture(a).gram[0], dict[str, Tensor]()
    if order is not None:
        mixed, held = permuted(a, order), goal.content[at]
        after = moments.texture(mixed).gram[0]
        numbers["Gram changed"] = (after - mine).norm() / (mine.norm() + moments.TINY)
        numbers["error before"] = codes.error(a, held)[0]
        numbers["error permuted"] = codes.error(mixed, held)[0]
        a, mine = mixed, after
    wanted = goal.wanted((at,), share)[at].gram[0]
    most = wanted.abs().amax()
    maps = [product(one[0], row, column) for one in (a, goal.styles[0][at])]
    panels = {
        "gram": gram(mine, row, column, most),
        "style gram": gram(wanted, row, column, most),
        "maps": torch.cat(maps, 1),
        "pull": heat.over(seen.x[0], seen.pull),
    }
    return panels, numbers | {"cell": mine[row, column], "style cell": wanted[row, column]}
