"""The pictures at the end: 8-bit, and functions of the plane at a size that they were not climbed at.

A large picture is drawn some rows a frame. Works on a run's own dictionaries, one a network: parameters "p", canvas "x" and
"contrast". What is scored afterwards is the drawn picture, made as small as the canvas.
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from core import pictures
from core.priors import plane

Climbed = Mapping[str, dict[str, Tensor]]


def jobs(count: int, side: int) -> list[tuple[int, slice]]:
    """Every picture's rows, so many at a time; none where the side is 0."""
    return [(i, rows) for i in range(count) for rows in plane.strips(side)]


def develop(climbed: Climbed, render: Callable[[Tensor, float], Tensor], contrast: float) -> None:
    """The 8-bit pictures, at the contrast of the last step, which is kept."""
    for mine in climbed.values():
        mine["x"] = pictures.eight_bit(render(mine["p"], contrast)).detach()
        mine["contrast"] = torch.full_like(mine["contrast"], contrast)


def enlarged(climbed: Climbed, side: int) -> dict[str, Tensor]:
    """The pictures at another size as they are, until they are drawn anew."""
    return {
        name: torch.stack([pictures.resized(x, side, side) for x in mine["x"]])
        for name, mine in climbed.items()
    }


@torch.no_grad()
def draw(large: dict[str, Tensor], climbed: Climbed, row: int, part: slice) -> None:
    """Draw some rows of one picture; when it is whole, the canvas becomes what is seen of it."""
    for name, mine in climbed.items():
        side, canvas = large[name].shape[-1], mine["x"].shape[-1]
        p, contrast = mine["p"][row : row + 1], mine["contrast"]
        drawn = plane.strip(p, part, side=side, canvas=canvas, contrast=contrast)
        large[name] = large[name].clone()  # a frame keeps what it has shown
        large[name][row, :, part] = pictures.eight_bit(drawn)[0]
        if part.stop == side:
            mine["x"] = mine["x"].clone()
            mine["x"][row] = pictures.eight_bit(pictures.resized(large[name][row], canvas, canvas))
