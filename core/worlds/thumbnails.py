"""Small pictures, all of them: what our smallest denoisers learned from, as sheets that ship.

Where a picture comes from can be said only where every picture is at hand. `digits` are the
1400 scans of scikit-learn's that our networks of digits learn from (the other 397 are held out),
`emoji` 512 of Microsoft's Fluent Emoji on white.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor

from core import pictures

ASSETS = Path(__file__).resolve().parents[2] / "assets"


@dataclass(frozen=True)
class Sheet:
    """One picture that holds all: px a side of each there, in how many columns and rows.

    channels: 1 where they are grey. ink: the side that they are enlarged to, within a black
    margin; 0: as they are. side: px of a picture when it is read.
    """

    file: str
    small: int
    columns: int
    rows: int
    channels: int
    side: int
    ink: int = 0

    @property
    def count(self) -> int:
        """How many pictures it holds."""
        return self.columns * self.rows


SHEETS: Mapping[str, Sheet] = {
    "digits": Sheet("digits-learned.png", 8, columns=40, rows=35, channels=1, side=16, ink=14),
    "emoji": Sheet("emoji-learned.png", 24, columns=32, rows=16, channels=3, side=24),
}


@cache
def learned(name: str) -> UInt8[Tensor, "n channels side side"]:
    """The pictures of one of SHEETS, row by row."""
    sheet = SHEETS[name]
    whole = pictures.read(ASSETS / sheet.file)[: sheet.channels]
    parts = whole.view(sheet.channels, sheet.rows, sheet.small, sheet.columns, sheet.small)
    x = parts.permute(1, 3, 0, 2, 4).reshape(sheet.count, sheet.channels, sheet.small, sheet.small)
    if sheet.ink:
        x = F.interpolate(x, (sheet.ink, sheet.ink), mode="bicubic", align_corners=False)
        x = F.pad(x.clamp(0, 1), [(sheet.side - sheet.ink) // 2] * 4)
    return (x * 255).round().to(torch.uint8).contiguous()


def signed(name: str) -> Float[Tensor, "n channels side side"]:
    """The same in [-1, 1], as they are noised."""
    return learned(name).float() / 127.5 - 1


def laid(x: Float[Tensor, "n channels small small"], name: str) -> Float[Tensor, "3 h w"]:
    """The pictures as one, which `learned` reads."""
    sheet = SHEETS[name]
    parts = x.view(sheet.rows, sheet.columns, sheet.channels, sheet.small, sheet.small)
    whole = parts.permute(2, 0, 3, 1, 4).reshape(sheet.channels, sheet.rows * sheet.small, -1)
    return whole.expand(3, -1, -1).contiguous()
