"""All elites as one picture: a tile for each class, its frame the brighter the surer."""

import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor

from core import pictures
from core.evolution.elites import Elites, is_from_another

ROOM = 896  # px: about as wide as a wall is
UNSURE, SURE, CAME = (0.22, 0.22, 0.23), (1.0, 0.57, 0.28), (1.0, 1.0, 1.0)  # the lab's live colour


def tile(classes: int) -> int:
    """The side of a tile with its frame."""
    return ROOM // columns(classes) - 1


def columns(classes: int) -> int:
    """How many tiles stand side by side (see `pictures.whole`)."""
    return int(torch.tensor(classes).sqrt().ceil())


def thumbs(x: Float[Tensor, "n 3 side side"], classes: int) -> UInt8[Tensor, "n 3 small small"]:
    """Pictures as small as a tile shows them; those that are smaller stay as they are."""
    most = tile(classes) - 2 * _frame(classes)
    return pictures.to_uint8(x if x.shape[-1] <= most else F.adaptive_avg_pool2d(x, most))


def _frame(classes: int) -> int:
    return max(2, tile(classes) // 24)


def wall(small: UInt8[Tensor, "k 3 h h"], elites: Elites) -> Float[Tensor, "k 3 tile tile"]:
    """The tiles. A white corner: the elite's parent sat at another class."""
    classes, width = len(small), _frame(len(small))
    times = (tile(classes) - 2 * width) // small.shape[-1]
    inner = (small.float() / 255).repeat_interleave(times, 2).repeat_interleave(times, 3)
    side = inner.shape[-1] + 2 * width
    sure = elites["sure"].clamp(0, 1)[:, None]
    dark, bright, came = (torch.tensor(c, device=sure.device) for c in (UNSURE, SURE, CAME))
    colour = (dark + (bright - dark) * sure)[:, :, None, None]
    found = colour.expand(-1, -1, side, side).contiguous()
    found[:, :, width:-width, width:-width] = inner
    switched = is_from_another(elites["origin"])
    corner = found[:, :, : 2 * width, : 2 * width]
    found[:, :, : 2 * width, : 2 * width] = torch.where(
        switched[:, None, None, None], came[:, None, None], corner
    )
    return found
