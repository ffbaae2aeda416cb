"""Handwritten digits as grey pictures: white ink on black, 28 px.

The data are scikit-learn's (Alpaydin and Kaynak 1998, UCI): 8 x 8 values of 0 to
16. A hundred that none of our networks was trained on ship with the lab, as one
small sheet: a row for each digit.
"""

from functools import cache
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from core import pictures

SIDE, INK, SMALL = 28, 24, 8  # px: the picture, the digit in it, and as it was scanned
CLASSES, EACH = 10, 10
SHEET = Path(__file__).resolve().parents[2] / "assets" / "digits.png"


def enlarged(small: Float[Tensor, "n 8 8"]) -> Float[Tensor, "n 3 28 28"]:
    """Scans in [0, 1] as pictures, smooth, with a black margin."""
    ink = F.interpolate(small[:, None], (INK, INK), mode="bicubic", align_corners=False)
    margin = (SIDE - INK) // 2
    return F.pad(ink.clamp(0, 1), [margin] * 4).expand(-1, 3, -1, -1).contiguous()


def held_out() -> Float[Tensor, "100 3 28 28"]:
    """The shipped digits: picture number 10 * digit + which."""
    return enlarged(_scans())


def digit(which: int) -> int:
    """What the shipped picture of this number shows."""
    return which // EACH


@cache
def _scans() -> Float[Tensor, "100 8 8"]:
    sheet = pictures.read(SHEET)[0]
    parts = sheet.unfold(0, SMALL, SMALL).unfold(1, SMALL, SMALL)
    return parts.reshape(-1, SMALL, SMALL).contiguous()


def sheet(small: Float[Tensor, "100 8 8"]) -> Float[Tensor, "3 80 80"]:
    """The scans as one picture, the one that `held_out` reads."""
    rows = small.view(CLASSES, EACH, SMALL, SMALL).permute(0, 2, 1, 3)
    whole = rows.reshape(CLASSES * SMALL, EACH * SMALL)
    return torch.stack((whole, whole, whole))
