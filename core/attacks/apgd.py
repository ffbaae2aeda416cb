"""Projected gradient that finds its own step size: begins with twice the radius and halves it.

At checkpoints, closer and closer together, a picture whose loss rose in fewer than
three of four steps, or found nothing better since the last halving, goes back to
its best point with half the step. Croce and Hein, Reliable evaluation of
adversarial robustness with an ensemble of diverse parameter-free attacks, 2020,
algorithm 1. Departure: the first window compares with the start's own loss (the
authors' code compares with 0).
"""

from functools import lru_cache

import torch

from core.attacks.balls import by_picture
from core.attacks.task import Memory, Task, chosen, loss_and_slope

RISES, INERTIA = 0.75, 0.75  # rho and alpha of the paper
FIRST, SHORTER, SHORTEST = 0.22, 0.03, 0.06  # of all steps: p_1, what it loses each time, the least


@lru_cache(maxsize=64)
def checkpoints(steps: int) -> dict[int, int]:
    """The steps after which the step size may fall, each with the length of its window."""
    window, least = max(int(FIRST * steps), 1), max(int(SHORTEST * steps), 1)
    found, at = {}, 0
    while at + window < steps:
        at += window
        found[at] = window
        window = max(window - max(int(SHORTER * steps), 1), least)
    return found


def start(task: Task, memory: Memory) -> Memory:
    """What is remembered beside the change."""
    change, never = memory["change"], torch.full_like(task.radius, -torch.inf)
    return memory | {
        "before": change,
        "size": torch.full_like(task.radius, 2.0),  # radii
        "loss": never,
        "best": never,
        "best change": change,
        "best slope": torch.zeros_like(change),
        "rises": torch.zeros_like(task.radius),
        "checked": never,
        "halved": torch.ones_like(task.radius, dtype=torch.bool),
    }


def step(task: Task, memory: Memory, turn: int) -> Memory:
    """Read, keep what is best, halve where it is due, and move with inertia."""
    seen = loss_and_slope(task, memory["change"])
    kept = dict(memory)
    kept["rises"] = memory["rises"] + (seen.loss > memory["loss"]) * (turn > 0)
    better = seen.loss > memory["best"]
    kept["best"] = torch.where(better, seen.loss, memory["best"])
    kept["best change"] = chosen(better, memory["change"], memory["best change"])
    kept["best slope"] = chosen(better, seen.slope, memory["best slope"])
    kept["loss"] = seen.loss
    change, slope = memory["change"], seen.slope
    window = checkpoints(task.steps).get(turn)
    if window:
        stuck = ~memory["halved"] & (memory["checked"] >= kept["best"])
        back = (kept["rises"] <= RISES * window) | stuck
        change = chosen(back, kept["best change"], change)
        slope = chosen(back, kept["best slope"], slope)
        kept["size"] = torch.where(back, kept["size"] / 2, kept["size"])
        kept["halved"], kept["checked"] = back, kept["best"]
        kept["rises"] = torch.zeros_like(kept["rises"])
    if turn == 0:
        kept["checked"] = kept["best"]
    ball, share = task.ball, INERTIA if turn else 1.0
    up = change + by_picture(kept["size"] * task.radius) * ball.steepest(slope)
    up = ball.projected(up, task.x, task.radius)
    mixed = change + share * (up - change) + (1 - share) * (change - memory["before"])
    after = ball.projected(mixed, task.x, task.radius)
    return kept | seen.seen | {"before": memory["change"], "change": after}
