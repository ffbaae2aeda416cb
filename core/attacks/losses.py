"""What an attack climbs: of each picture a number that grows as the answer turns.

Logits, not probabilities: a softmax that is sure has no slope left. With targets
the loss grows as the target does, without them as the label shrinks.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64
from torch import Tensor

Logits = Float[Tensor, "n label"]
Labels = Int64[Tensor, " n"]
Each = Float[Tensor, " n"]
Loss = Callable[[Logits, Labels, Labels | None], Each]


def of(logits: Logits, label: Labels) -> Each:
    """Each picture's logit of one class."""
    return logits.gather(1, label[:, None])[:, 0]


def best_other(logits: Logits, label: Labels) -> Each:
    """The largest logit of all classes but one."""
    return logits.scatter(1, label[:, None], -torch.inf).amax(1)


def cross_entropy(logits: Logits, labels: Labels, targets: Labels | None = None) -> Each:
    """In nats: of the label, or minus that of the target (Goodfellow et al. 2015)."""
    if targets is None:
        return F.cross_entropy(logits, labels, reduction="none")
    return -F.cross_entropy(logits, targets, reduction="none")


def margin(logits: Logits, labels: Labels, targets: Labels | None = None) -> Each:
    """How far the wanted logit is above the rest; fooled above 0 (Carlini and Wagner 2017)."""
    if targets is None:
        return best_other(logits, labels) - of(logits, labels)
    return of(logits, targets) - best_other(logits, targets)


def logit(logits: Logits, labels: Labels, targets: Labels | None = None) -> Each:
    """The target's logit, or minus the label's: what travels best (Zhao et al. 2021)."""
    return -of(logits, labels) if targets is None else of(logits, targets)


def dlr(logits: Logits, labels: Labels, targets: Labels | None = None) -> Each:
    """The difference of logits ratio: a margin that no rescaling of the logits changes.

    Croce and Hein, Reliable evaluation of adversarial robustness, 2020, eq. 6 and
    8. It needs 3 classes, with targets 4.
    """
    best = logits.topk(3 if targets is None else 4, dim=1).values
    if targets is None:
        return margin(logits, labels) / (best[:, 0] - best[:, 2] + 1e-12)
    gap = best[:, 0] - (best[:, 2] + best[:, 3]) / 2
    return (of(logits, targets) - of(logits, labels)) / (gap + 1e-12)


LOSSES: dict[str, Loss] = {
    "cross entropy": cross_entropy,
    "margin": margin,
    "logit": logit,
    "DLR": dlr,
}


def fooled(logits: Logits, labels: Labels, targets: Labels | None = None) -> Bool[Tensor, " n"]:
    """Whether the answer is the target, or, without one, any but the label."""
    answer = logits.argmax(1)
    return answer != labels if targets is None else answer == targets
