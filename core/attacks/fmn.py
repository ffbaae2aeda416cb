"""The smallest change by following the border: the ball shrinks while it fools, and grows if not.

Pintor et al., Fast Minimum-norm Adversarial Attacks through Adaptive Norm
Constraints, 2021, algorithm 1. Departure: a ball that has not fooled yet reaches a little
beyond the border as it looks from here, so that pictures of whole levels cross it.
"""

import math

import torch

from core.attacks import nearest
from core.attacks.balls import TINY, by_picture
from core.attacks.task import Memory, Task, is_fooled, loss_and_slope

LARGEST, SMALLEST = 1.0, 0.01  # of a step, in L2
GAMMA, LAST_GAMMA = 0.05, 0.001  # how much the ball shrinks or grows at a step


def start(task: Task, memory: Memory) -> Memory:
    """What is remembered beside the change: the ball, and whether anything in it fooled."""
    return nearest.start(task, memory) | {
        "ball": torch.full_like(task.radius, torch.inf),
        "found": torch.zeros_like(task.radius, dtype=torch.bool),
    }


def step(task: Task, memory: Memory, turn: int) -> Memory:
    """Read, set the ball by the answer, and move up the margin inside it."""
    seen = loss_and_slope(task, memory["change"])
    fools = is_fooled(task, seen.logits)
    best = nearest.closest_so_far(task, memory, seen.x, fools)
    found = memory["found"] | fools
    falling = (1 + math.cos(math.pi * min(1, turn / task.steps))) / 2
    gamma = LAST_GAMMA + (GAMMA - LAST_GAMMA) * falling
    size = SMALLEST + (LARGEST - SMALLEST) * falling
    gap = seen.loss.abs() / task.ball.dual(seen.slope).clamp(min=TINY)
    near = (task.ball.size(memory["change"]) + gap) * (1 + gamma)
    ball = torch.where(
        fools,
        torch.minimum(memory["ball"] * (1 - gamma), best["closest size"]),
        torch.where(found, memory["ball"] * (1 + gamma), near),
    )
    ball = torch.minimum(ball, task.radius)
    slope = seen.slope / by_picture(seen.slope.flatten(1).norm(dim=1).clamp(min=TINY))
    after = task.ball.projected(memory["change"] + size * slope, task.x, ball)
    return memory | seen.seen | best | {"ball": ball, "found": found, "change": after}
