"""All elites as one picture: a tile for each class, its frame the brighter the surer."""

import math
from collections.abc import Iterator, Mapping

import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor

from core import pictures
from core.evolution.elites import Elites, is_from_another, sure

ROOM, SMALLEST = 896, 26  # px: about as wide as a wall is, and a tile at least
WIDEST = 2.6  # width over height
UNSURE, SURE, CAME = (0.22, 0.22, 0.23), (1.0, 0.57, 0.28), (1.0, 1.0, 1.0)  # the lab's live colour


def columns(classes: int) -> int:
    """How many tiles stand side by side: so that none is left over, if the wall is not too wide then."""
    least = math.isqrt(classes - 1) + 1
    even = (c for c in range(least, classes + 1) if classes % c == 0)
    found = next(even)
    return found if found * found <= WIDEST * classes else least


def tile(classes: int) -> int:
    """The side of a tile with its frame, in px."""
    return max(SMALLEST, ROOM // columns(classes))


def thumbs(x: Float[Tensor, "n 3 side side"], classes: int) -> UInt8[Tensor, "n 3 small small"]:
    """Pictures as small as a tile shows them; those that are smaller stay as they are."""
    most = tile(classes) - 2 * _frame(classes)
    return pictures.to_uint8(x if x.shape[-1] <= most else F.adaptive_avg_pool2d(x, most))


def _frame(classes: int) -> int:
    return max(2, tile(classes) // 24)


def wall(small: UInt8[Tensor, "k 3 h h"], elites: Elites) -> Float[Tensor, "3 height width"]:
    """The tiles, row by row. A white corner: the elite's parent sat at another class."""
    classes, width = len(small), _frame(len(small))
    times = (tile(classes) - 2 * width) // small.shape[-1]
    inner = small.repeat_interleave(times, 2).repeat_interleave(times, 3) if times > 1 else small
    side, across = inner.shape[-1] + 2 * width, columns(classes)
    dark, bright, came = (torch.tensor(c, device=small.device) for c in (UNSURE, SURE, CAME))
    colour = dark + (bright - dark) * sure(elites)[:, None]
    switched = is_from_another(elites["origin"])[:, None]
    corner = torch.where(switched, came, colour)

    def laid(x: Tensor) -> Tensor:
        """Channel, row, y, column, x: places that are left over are grey."""
        x = F.pad(x.flatten(1), (0, 0, 0, -classes % across), value=pictures.HAIRLINE)
        return x.view(-1, across, 3).permute(2, 0, 1)[:, :, None, :, None]

    rows = -(-classes // across)
    found = torch.empty(3, rows, side, across, side, device=small.device)
    found.copy_(laid(colour))
    found[:, :, : 2 * width, :, : 2 * width] = laid(corner)
    filled = F.pad(inner, [0] * 7 + [-classes % across], value=128)
    tiles = filled.view(rows, across, 3, *inner.shape[-2:]).permute(2, 0, 3, 1, 4)
    found[:, :, width:-width, :, width:-width] = tiles
    found[:, :, width:-width, :, width:-width] /= 255
    return found.view(3, rows * side, across * side)


class Walls(Mapping[str, Tensor]):
    """The walls of several populations by name, each drawn when somebody looks at it."""

    def __init__(self, of: Mapping[str, tuple[Tensor, Elites]]) -> None:
        self._of, self._drawn = of, dict[str, Tensor]()

    def __getitem__(self, name: str) -> Tensor:
        if name not in self._drawn:
            self._drawn[name] = wall(*self._of[name])
        return self._drawn[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._of)

    def __len__(self) -> int:
        return len(self._of)
