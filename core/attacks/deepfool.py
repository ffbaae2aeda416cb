"""Over the nearest of a few borders, as if they were flat; again until the answer turns.

Moosavi-Dezfooli, Fawzi and Frossard, DeepFool, 2016. One pass forward serves all
candidates, and one back for each of them. Departure: the change is never longer
than the radius, which may be as large as a picture.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from core.attacks import nearest
from core.attacks.balls import BALLS, Pictures, by_picture
from core.attacks.losses import of
from core.attacks.task import Memory, Task, chosen, is_fooled, perturbed

CANDIDATES, OVERSHOOT = 10, 0.02
STEADY = 1e-4  # added to each distance, as foolbox does, so that a step is never nothing


def start(task: Task, memory: Memory) -> Memory:
    """What is remembered beside the change: the sum of the steps."""
    return nearest.start(task, memory) | {"sum": torch.zeros_like(memory["change"])}


def step(task: Task, memory: Memory, turn: int) -> Memory:
    """Read, and go to the nearest border where the answer has not turned yet."""
    x = perturbed(task, memory["change"]).requires_grad_()
    with torch.enable_grad():
        logits = task.network(x)
    known = _candidates(task, logits.detach()) if turn == 0 else memory["candidates"]
    with torch.enable_grad():
        here = of(logits, task.labels)
        losses = [of(logits, label) - here for label in known.unbind(1)]
    slopes = [
        torch.autograd.grad(loss.sum(), x, retain_graph=i < len(losses) - 1)[0]
        for i, loss in enumerate(losses)
    ]
    x, logits = x.detach(), logits.detach()
    fools = is_fooled(task, logits)
    onward = _step([loss.detach() for loss in losses], slopes, task.norm)
    summed = chosen(fools, memory["sum"], memory["sum"] + onward)
    wider = task.ball.projected((1 + OVERSHOOT) * summed, task.x, task.radius)
    seen = {"x": x, "logits": logits, "candidates": known, "sum": summed}
    seen["change"] = chosen(fools, memory["change"], wider)
    return memory | seen | nearest.closest_so_far(task, memory, x, fools)


def _candidates(task: Task, logits: Float[Tensor, "n label"]) -> Tensor:
    """The likeliest classes but the label, or the target alone."""
    if task.targets is not None:
        return task.targets[:, None]
    count = min(CANDIDATES, logits.shape[1])
    return logits.scatter(1, task.labels[:, None], -torch.inf).topk(count - 1, dim=1).indices


def _step(losses: list[Tensor], slopes: list[Pictures], norm: str) -> Pictures:
    """The step to the nearest of the borders."""
    ball = BALLS[norm]
    gaps = torch.stack([loss.abs() for loss in losses], 1)
    steep = torch.stack([ball.dual(slope) for slope in slopes], 1) + 1e-8
    best = (gaps / steep).argmin(1)
    far = (gaps / steep).gather(1, best[:, None])[:, 0] + STEADY
    slope = slopes[0]
    for i, other in enumerate(slopes[1:], 1):
        slope = chosen(best == i, other, slope)
    return by_picture(far) * ball.steepest(slope)
