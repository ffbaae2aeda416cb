"""The smallest change that fools: what both searches for it keep, and its last touch."""

import torch
from jaxtyping import Bool
from torch import Tensor

from core.attacks import grid
from core.attacks.balls import Each, Pictures
from core.attacks.task import Memory, Task, chosen


def start(task: Task, memory: Memory) -> Memory:
    """Nothing has fooled yet."""
    return memory | {
        "closest": task.x,
        "closest size": torch.full_like(task.radius, torch.inf),
    }


def kept(task: Task, memory: Memory, x: Pictures, fools: Bool[Tensor, " n"]) -> Memory:
    """The closest picture that fooled so far, and how far it is."""
    far = size(task, x)
    better = fools & (far <= memory["closest size"])
    return {
        "closest": chosen(better, x, memory["closest"]),
        "closest size": torch.where(better, far, memory["closest size"]),
    }


def size(task: Task, x: Pictures) -> Each:
    """How far the pictures are from those as they are."""
    if task.on_grid:
        return grid.distance(task.x, x, task.norm)
    return task.ball.size(x - task.x)
