"""The sheets of small pictures: laid out once, from scikit-learn's digits and from the emoji."""

from collections.abc import Iterator
from pathlib import Path

import torch

from core import disk, pictures
from core.training import digits, emoji
from core.training.report import Report
from core.worlds import thumbnails
from core.worlds.thumbnails import SHEETS


def write(folder: Path = thumbnails.ASSETS) -> Iterator[Report]:
    """Both sheets; raises what `emoji.read` does."""
    scans = digits.read()[0].small[: SHEETS["digits"].count, None]
    x, _ = emoji.parted((yield from emoji.read()))
    chosen = torch.linspace(0, len(x) - 1, SHEETS["emoji"].count).long()
    small = torch.stack([_smaller(one, SHEETS["emoji"].small) for one in x[chosen]])
    for name, found in {"digits": scans, "emoji": small}.items():
        whole = thumbnails.laid(found, name)
        disk.write(folder / SHEETS[name].file, pictures.png(whole))


def _smaller(x: torch.Tensor, side: int) -> torch.Tensor:
    return pictures.resized(x.float() / 255, side, side).clamp(0, 1)
