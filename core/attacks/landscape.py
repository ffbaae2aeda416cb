"""A slice of what a network answers: along a change, and across it in a random direction.

The picture as it is lies at (0, 0), the changed one at (1, 0). Coarse points come
first, so that a slice is worth looking at long before it is whole. Points are
cut to [0, 1] and not rounded: it is the network's own function.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from core.attacks.balls import TINY
from core.attacks.losses import margin
from core.attacks.task import Network, Task
from core.pictures import heat
from core.priors import views

ALONG, ACROSS = (-0.5, 1.5), (-1.0, 1.0)  # in lengths of the change
TURNED, SURE = (
    (0.93, 0.45, 0.16),
    (0.20, 0.45, 0.78),
)  # the colours of what fools, and of what does not
PAPER, PIXELS = 0.97, 12  # of what is not known yet; px of a point

Picture = Float[Tensor, "3 h w"]


def directions(change: Picture, seed: int) -> Float[Tensor, "2 3 h w"]:
    """The change, and one of its length at a right angle to it."""
    drawn = torch.randn(change.shape, generator=views.generator(seed, "landscape")).to(change)
    along = (drawn * change).sum() / change.square().sum().clamp(min=TINY)
    other = drawn - along * change
    return torch.stack([change, other * change.norm() / other.norm().clamp(min=TINY)])


def order(side: int) -> list[tuple[int, int]]:
    """Row and column of every point, coarse to fine."""
    found: dict[tuple[int, int], None] = {}
    apart = 1 << max(0, (side - 1).bit_length() - 1)
    while apart:
        every = range(0, side, apart)
        found |= dict.fromkeys((row, column) for row in every for column in every)
        apart //= 2
    return list(found)


def points(
    x: Picture, both: Float[Tensor, "2 3 h w"], which: list[tuple[int, int]], side: int
) -> Float[Tensor, "n 3 h w"]:
    """The pictures at these points."""
    last = max(1, side - 1)
    at = [
        (
            ALONG[0] + (ALONG[1] - ALONG[0]) * column / last,
            ACROSS[1] - (ACROSS[1] - ACROSS[0]) * row / last,
        )
        for row, column in which
    ]
    weights = torch.tensor(at, dtype=torch.float32).to(x)
    return (x + torch.einsum("nk,kchw->nchw", weights, both)).clamp(0, 1)


def extended(
    values: Float[Tensor, "side side"],
    which: range,
    task: Task,
    answers: Network,
    change: Float[Tensor, "1 3 h w"],
    seed: int,
) -> Float[Tensor, "side side"]:
    """The margins with those of so many further points, in their order."""
    cells = order(len(values))[which.start : which.stop]
    logits = answers(points(task.x[0], directions(change[0], seed), cells, len(values)))
    targets = None if task.targets is None else task.targets.expand(len(cells))
    margins = margin(logits, task.labels.expand(len(cells)), targets)
    found = values.clone()
    for (row, column), one in zip(cells, margins.unbind(), strict=True):
        found[row, column] = one
    return found


def painted(values: Float[Tensor, "side side"]) -> Float[Tensor, "3 H W"]:
    """The margin at every point: warm where it fools, blue where not, pale near the border.

    What is not known yet (inf) is like its nearest coarse neighbour above and to
    the left. The picture as it is has a small dot, the changed one a large one.
    """
    filled = _filled(values)
    strength = (1 - (-filled.abs() / 3).exp())[..., None]  # three logits: two thirds of the colour
    colour = torch.tensor([SURE, TURNED]).to(values)[(filled > 0).long()]
    shade = torch.where(filled.isinf()[..., None], PAPER, PAPER + strength * (colour - PAPER))
    x = heat.enlarged(shade.permute(2, 0, 1), PIXELS)
    return (x * _dots(len(values)).to(x)).clamp(0, 1)


def _filled(values: Float[Tensor, "side side"]) -> Float[Tensor, "side side"]:
    """Every point, or the nearest that is known on the next coarser grid, or the one after it."""
    found, apart = values, 2
    while apart < 2 * len(values):
        at = torch.arange(len(values), device=values.device) // apart * apart
        found = torch.where(found.isinf(), values[at][:, at], found)
        apart *= 2
    return found


def _dots(side: int) -> Float[Tensor, "H W"]:
    """1, but nearly 0 at the two ends of the change."""
    across = (torch.arange(side * PIXELS) + 0.5) / PIXELS - 0.5  # in points
    found, last = torch.ones(side * PIXELS, side * PIXELS), max(1, side - 1)
    for along, radius in ((0.0, 3.0), (1.0, 5.0)):
        column = (along - ALONG[0]) / (ALONG[1] - ALONG[0]) * last
        far = (across[:, None] - last / 2).square() + (across[None] - column).square()
        found = found * (1 - 0.9 * (radius + 0.5 - PIXELS * far.sqrt()).clamp(0, 1))
    return found
