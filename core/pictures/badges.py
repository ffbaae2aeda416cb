"""Tiles that belong somewhere: a frame in a colour, and a badge with a shape and a digit of its own.

Who tells no colours apart knows them by shape and digit.
"""

from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float, Int64
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from core.pictures.panels import COLOURS, FINER, PAPER

KINDS = {1: COLOURS[2], 2: COLOURS[3]}  # by number: the first is round, the second square
FRAME, RING, BADGE = 0.04, 0.015, 0.3  # shares of a tile's side


def badged(
    tiles: Float[Tensor, "n 3 side side"], kinds: Int64[Tensor, " n"]
) -> Float[Tensor, "n 3 side side"]:
    """The tiles of kind 1 and 2 with their frames and badges; those of kind 0 as they are."""
    found = tiles.clone()
    for i, kind in enumerate(kinds.tolist()):
        if kind:
            mark = _mark(kind, tiles.shape[3])
            found[i] = torch.lerp(tiles[i], mark[:3], mark[3:])
    return found


@lru_cache(maxsize=8)
def _mark(kind: int, side: int) -> Float[Tensor, "4 side side"]:
    """Colour and opacity of what is laid over a tile."""
    large = side * FINER
    image = Image.new("RGBA", (large, large), (255, 255, 255, 0))
    draw = ImageDraw.Draw(image)
    frame, ring, size = (round(share * large) for share in (FRAME, RING, BADGE))
    draw.rectangle((0, 0, large - 1, large - 1), outline=PAPER, width=frame + ring)
    draw.rectangle((0, 0, large - 1, large - 1), outline=KINDS[kind], width=frame)
    shape = draw.ellipse if kind == 1 else draw.rectangle
    shape((0, 0, size + ring, size + ring), fill=PAPER)
    shape((0, 0, size, size), fill=KINDS[kind])
    font = ImageFont.load_default(round(0.72 * size))
    draw.text((size / 2, size / 2), str(kind), PAPER, font=font, anchor="mm")
    smooth = image.resize((side, side), Image.Resampling.BOX)
    return torch.from_numpy(np.array(smooth)).permute(2, 0, 1).float() / 255
