"""Whom to fool, from which pictures, how far: what every attack is given, and reads.

All that an attack remembers from one step to the next is a dictionary of tensors,
with a batch in front, so that a run can be kept at any step, and solved pictures
can leave. Three of them every attack has: "x", the pictures that this step read,
"logits", what the network answered, and "change", what the next step begins with.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool
from torch import Tensor

from core.attacks import grid
from core.attacks.balls import BALLS, Ball, Each, Pictures
from core.attacks.losses import LOSSES, Labels, Logits, fooled

Network = Callable[[Tensor], Tensor]  # pictures in [0, 1] to logits
Memory = dict[str, Tensor]


@dataclass(frozen=True)
class Task:
    """One question for a batch of pictures.

    x: as they are. labels: what they are to lose; targets: what they are to
    become, None for anything else. radius: of each picture's ball in `norm` (see
    `balls.radius`). steps: of the whole attack, for those with a schedule.
    step_size: as a share of the radius. on_grid: the network reads pictures of
    whole 8-bit levels; x must be such. seed: of whatever is drawn.
    """

    network: Network
    x: Pictures
    labels: Labels
    radius: Each
    targets: Labels | None = None
    norm: str = "Linf"
    loss: str = "cross entropy"
    steps: int = 10
    step_size: float = 0.25
    on_grid: bool = True
    seed: int = 0

    @property
    def ball(self) -> Ball:
        """That of the norm."""
        return BALLS[self.norm]


def perturbed(task: Task, change: Pictures) -> Pictures:
    """The pictures with a change, as they are read and saved."""
    if task.on_grid:
        return grid.rounded(task.x, change, task.norm)
    return (task.x + change).clamp(0, 1)


@dataclass(frozen=True)
class Reading:
    """One pass forward and one back: what was read, the answer, the loss and its slope."""

    x: Pictures
    logits: Logits
    loss: Each
    slope: Pictures

    @property
    def seen(self) -> Memory:
        """What a step remembers of it."""
        return {"x": self.x, "logits": self.logits}


def loss_and_slope(
    task: Task, change: Pictures, view: Callable[[Tensor], Tensor] = lambda x: x
) -> Reading:
    """Read the pictures with this change; the slope is that of the loss with respect to it."""
    x = perturbed(task, change).requires_grad_()
    with torch.enable_grad():
        logits = task.network(view(x))
        loss = LOSSES[task.loss](logits, task.labels, task.targets)
        (slope,) = torch.autograd.grad(loss.sum(), x)
    return Reading(x.detach(), logits.detach(), loss.detach(), slope)


@torch.no_grad()
def answer(task: Task, x: Pictures) -> Logits:
    """The logits of pictures as they are: one pass, forward."""
    return task.network(x)


def is_fooled(task: Task, logits: Logits) -> Bool[Tensor, " n"]:
    """Which of the pictures this answer is wrong about, as it is meant to be."""
    return fooled(logits, task.labels, task.targets)


def blank(task: Task) -> Memory:
    """Pictures as they are, not read yet; the logits have no width before the first answer."""
    return {
        "x": task.x,
        "logits": task.x.new_zeros(len(task.x), 0),
        "change": torch.zeros_like(task.x),
    }


def scattered(task: Task, noise: torch.Generator) -> Memory:
    """A start anywhere in the ball."""
    return blank(task) | {"change": task.ball.scattered(task.x, task.radius, noise)}


def subset(task: Task, memory: Memory, which: Tensor) -> tuple[Task, Memory]:
    """The task and memory of some of the pictures."""
    targets = None if task.targets is None else task.targets[which]
    few = replace(
        task,
        x=task.x[which],
        labels=task.labels[which],
        radius=task.radius[which],
        targets=targets,
    )
    return few, {name: value[which] for name, value in memory.items()}


def chosen(found: Bool[Tensor, " n"], yes: Tensor, no: Tensor) -> Tensor:
    """Of each picture the one where it is found, else the other."""
    return torch.where(found.view((-1,) + (1,) * (yes.ndim - 1)), yes, no)
