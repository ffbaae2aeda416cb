"""Random squares, by queries alone: what raises the margin stays.

Andriushchenko et al., Square Attack, 2020, algorithms 1 to 3. In L-infinity a
square is the radius up or down in each colour; in L2 a window gets a bump of two
signs, and the length that another window loses. What is drawn hangs on the turn
alone, so that a picture fares in a batch as it does by itself.
"""

import math
import random
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from core.attacks.balls import TINY, Pictures, by_picture
from core.attacks.losses import margin
from core.attacks.task import Memory, Task, answer, chosen, perturbed

FIRST = 0.8  # of the picture's area is the first square
HALVED = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)  # of 10000 queries
TILES, LEAST = 5, 3  # of the start in L2: bumps a side; px of the smallest bump

Window = tuple[slice, slice]


def share(turn: int, steps: int) -> float:
    """How much of the picture's area a square takes at this query of so many."""
    at = int(turn / steps * 10_000)
    return FIRST / 2 ** sum(at > edge for edge in HALVED)


def start(task: Task, memory: Memory) -> Memory:
    """Stripes in L-infinity, a quilt of bumps in L2: the first question."""
    change = _STARTS[task.norm](task, random.Random(f"{task.seed}/square"))
    worst = torch.full_like(task.radius, -torch.inf)
    return memory | {
        "change": change,
        "kept": change,
        "loss": worst,
        "queries": torch.zeros_like(task.radius),
    }


def step(task: Task, memory: Memory, turn: int) -> Memory:
    """One query a picture: ask about `change`, keep it if the margin grew, draw the next.

    A picture that fools stays as it is, and costs no more.
    """
    x = perturbed(task, memory["change"])
    logits = answer(task, x)
    found = margin(logits, task.labels, task.targets)
    better = found > memory["loss"]
    kept = chosen(better, memory["change"], memory["kept"])
    loss = torch.where(better, found, memory["loss"])
    drawn = random.Random(f"{task.seed}/square/{turn}")
    change = chosen(loss > 0, kept, _NEXT[task.norm](task, kept, turn, drawn))
    queries = memory["queries"] + (memory["loss"] <= 0)
    return {
        "x": x,
        "logits": logits,
        "change": change,
        "kept": kept,
        "loss": loss,
        "queries": queries,
    }


def _signs(x: Tensor, shape: tuple[int, ...], drawn: random.Random) -> Tensor:
    found = [drawn.choice((-1.0, 1.0)) for _ in range(math.prod(shape))]
    return torch.tensor(found).view(shape).to(x)


def _window(task: Task, side: int, drawn: random.Random) -> Window:
    height, width = task.x.shape[-2:]
    down, across = drawn.randint(0, height - side), drawn.randint(0, width - side)
    return slice(down, down + side), slice(across, across + side)


def _side(task: Task, turn: int) -> int:
    height, width = task.x.shape[-2:]
    side = round(math.sqrt(share(turn, task.steps) * height * width))
    return max(1, min(side, height, width))


def _stripes(task: Task, drawn: random.Random) -> Pictures:
    channels, width = task.x.shape[1], task.x.shape[3]
    up = _signs(task.x, (1, channels, 1, width), drawn) * by_picture(task.radius)
    return (task.x + up).clamp(0, 1) - task.x


def _square(task: Task, kept: Pictures, turn: int, drawn: random.Random) -> Pictures:
    down, across = _window(task, _side(task, turn), drawn)
    change = kept.clone()
    part = task.x[..., down, across]
    up = _signs(task.x, (1, task.x.shape[1], 1, 1), drawn) * by_picture(task.radius)
    change[..., down, across] = (part + up).clamp(0, 1) - part
    return change


def _pyramid(height: int, width: int) -> Float[Tensor, "height width"]:
    """Nested squares about the middle, the k-th worth 1 / k^2; of length 1."""
    rows = (torch.arange(height) - height // 2).abs()[:, None]
    columns = (torch.arange(width) - width // 2).abs()[None]
    worth = 1 / torch.arange(1, max(height, width) // 2 + 2).square()
    found = worth.flip(0).cumsum(0).flip(0)[torch.maximum(rows, columns)]
    return found / found.norm()


def bump(side: int, *, is_upright: bool) -> Float[Tensor, "side side"]:
    """A hill and a valley beside each other, of length 1 together."""
    up, down = _pyramid(side // 2, side), _pyramid(side - side // 2, side)
    found = torch.cat([up, -down])
    found = found / found.norm()
    return found if is_upright else found.T


def _quilt(task: Task, drawn: random.Random) -> Pictures:
    height, width = task.x.shape[-2:]
    side = max(2, min(height, width) // TILES)
    change = torch.zeros_like(task.x)
    for down in range(0, height - side + 1, side):
        for across in range(0, width - side + 1, side):
            signs = _signs(task.x, (1, task.x.shape[1], 1, 1), drawn)
            tile = bump(side, is_upright=drawn.random() < 0.5).to(task.x)
            change[..., down : down + side, across : across + side] += tile * signs
    return _as_long(task, change)


def _as_long(task: Task, change: Pictures) -> Pictures:
    """The change at the length of the radius, cut to [0, 1]."""
    length = change.flatten(1).norm(dim=1).clamp(min=TINY)
    return (task.x + change * by_picture(task.radius / length)).clamp(0, 1) - task.x


def _length(change: Pictures) -> Tensor:
    """Of each picture's colours."""
    return change.square().sum((2, 3), keepdim=True).sqrt()


def _bumped(task: Task, kept: Pictures, turn: int, drawn: random.Random) -> Pictures:
    channels, height, width = task.x.shape[1:]
    side = max(LEAST, _side(task, turn) | 1)
    side = min(side, height, width)
    one, other = _window(task, side, drawn), _window(task, side, drawn)
    both = torch.zeros_like(kept[:1, :1])
    both[..., one[0], one[1]] = both[..., other[0], other[1]] = 1.0
    spare = (task.radius.square() - kept.square().sum((1, 2, 3))).clamp(min=0)
    budget = (by_picture(spare) / channels + _length(kept * both).square()).sqrt()
    old = kept[..., one[0], one[1]]
    signs = _signs(task.x, (1, channels, 1, 1), drawn)
    tile = bump(side, is_upright=drawn.random() < 0.5).to(task.x)
    new = tile * signs + old / (_length(old) + TINY)
    change = kept.clone()
    change[..., other[0], other[1]] = 0.0
    change[..., one[0], one[1]] = new / (_length(new) + TINY) * budget
    return _as_long(task, change)


_STARTS: dict[str, Callable[[Task, random.Random], Pictures]] = {"Linf": _stripes, "L2": _quilt}
_NEXT: dict[str, Callable[[Task, Pictures, int, random.Random], Pictures]] = {
    "Linf": _square,
    "L2": _bumped,
}
