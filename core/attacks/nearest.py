"""The smallest change that fools: what both searches for it keep, and its last touch."""

import torch
from jaxtyping import Bool
from torch import Tensor

from core.attacks import grid
from core.attacks.balls import Each, Pictures, by_picture
from core.attacks.task import Memory, Task, answer, chosen, is_fooled, perturbed

HALVINGS = 5  # of the way to the border


def start(task: Task, memory: Memory) -> Memory:
    """Nothing has fooled yet."""
    return memory | {
        "closest": task.x,
        "closest size": torch.full_like(task.radius, torch.inf),
    }


def closest_so_far(task: Task, memory: Memory, x: Pictures, fools: Bool[Tensor, " n"]) -> Memory:
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


def tightened(task: Task, y: Pictures) -> Pictures:
    """Pictures nearer to those as they are, on the straight way back, as long as they fool.

    A search by steps goes over the border a little; halving the way back costs a
    pass forward each time.
    """
    change, best = y - task.x, y
    low, high = torch.zeros_like(task.radius), torch.ones_like(task.radius)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        tried = perturbed(task, change * by_picture(middle))
        fools = is_fooled(task, answer(task, tried))
        nearer = fools & (size(task, tried) < size(task, best))
        best = chosen(nearer, tried, best)
        low, high = torch.where(fools, low, middle), torch.where(fools, middle, high)
    return best
