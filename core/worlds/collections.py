"""Pictures of which nobody knows factors: emoji and faces, as small sheets that ship.

Each sheet holds 64 pictures of 64 px that none of our networks learned from, in eight
rows. The emoji are Microsoft's Fluent Emoji on white; the faces are those that the
public GAN `faces` draws from its first 64 latents.
"""

from functools import cache
from pathlib import Path

from jaxtyping import Float
from torch import Tensor

from core import pictures

SIDE, ROWS = 64, 8  # px, pictures in a row and in a column
NAMES = ("emoji", "faces")
ASSETS = Path(__file__).resolve().parents[2] / "assets"


@cache
def held_out(name: str) -> Float[Tensor, "64 3 64 64"]:
    """The pictures of one of NAMES, row by row."""
    x = pictures.read(ASSETS / f"{name}.webp")
    parts = x.view(3, ROWS, SIDE, ROWS, SIDE).permute(1, 3, 0, 2, 4)
    return parts.reshape(ROWS * ROWS, 3, SIDE, SIDE).contiguous()


def sheet(x: Float[Tensor, "64 3 64 64"]) -> Float[Tensor, "3 512 512"]:
    """The pictures as one, which `held_out` reads."""
    parts = x.view(ROWS, ROWS, 3, SIDE, SIDE).permute(2, 0, 3, 1, 4)
    return parts.reshape(3, ROWS * SIDE, ROWS * SIDE).contiguous()
