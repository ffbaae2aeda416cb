"""The slope from answers alone: what random pictures nearby, in pairs, do to the loss.

Natural evolution strategies: Ilyas et al., Black-box Adversarial Attacks with
Limited Queries and Information, 2018, algorithm 1. A turn asks about PAIRS pairs,
AT_ONCE of them a step, and then moves. The pictures that are asked about are cut
to [0, 1] but not rounded: the differences that they tell are far below a level.
"""

import torch

from core.attacks.balls import Pictures
from core.attacks.losses import LOSSES
from core.attacks.task import Memory, Task, answer, perturbed
from core.attacks.uphill import steepest_step
from core.priors import views

PAIRS, AT_ONCE = 25, 5
SIGMA, INERTIA = 0.001, 0.9  # deviation of the noise; what is kept of earlier slopes
CHUNKS = PAIRS // AT_ONCE  # steps of a turn


def start(task: Task, memory: Memory) -> Memory:
    """What is remembered beside the change: the slope so far, and that of earlier turns."""
    nothing = torch.zeros_like(memory["change"])
    queries = torch.zeros_like(task.radius)
    return memory | {"slope": nothing, "inertia": nothing, "queries": queries}


def step(task: Task, memory: Memory, turn: int) -> Memory:
    """Ask about a few pairs; after the last of a turn, ask about the picture and move."""
    slope = memory["slope"] + estimate(task, memory["change"], turn)
    queries = memory["queries"] + 2 * AT_ONCE
    if (turn + 1) % CHUNKS:
        return memory | {"slope": slope, "queries": queries}
    inertia = INERTIA * memory["inertia"] + (1 - INERTIA) * slope / PAIRS
    change = steepest_step(
        task.ball, task.x, memory["change"], inertia,
        size=task.step_size * task.radius, radius=task.radius,
    )  # fmt: skip
    x = perturbed(task, change)
    logits = answer(task, x)
    return {
        "x": x,
        "logits": logits,
        "change": change,
        "slope": torch.zeros_like(slope),
        "inertia": inertia,
        "queries": queries + 1,
    }


@torch.no_grad()
def estimate(task: Task, change: Pictures, turn: int) -> Pictures:
    """The sum over this step's pairs of noise times what it does to the loss."""
    noise = views.generator(task.seed, turn, "nes")
    drawn = torch.randn((AT_ONCE, 1, *task.x.shape[1:]), generator=noise).to(task.x)
    middle = perturbed(task, change)
    asked = torch.cat([middle + SIGMA * drawn, middle - SIGMA * drawn]).clamp(0, 1)
    count = 2 * AT_ONCE
    labels = task.labels.repeat(count)
    targets = None if task.targets is None else task.targets.repeat(count)
    logits = task.network(asked.flatten(0, 1))
    losses = LOSSES[task.loss](logits, labels, targets).view(2, AT_ONCE, -1)
    gained = (losses[0] - losses[1]) / (2 * SIGMA)
    return torch.einsum("pn,pchw->nchw", gained, drawn[:, 0])
