"""How a network is fooled: small changes of a picture that turn its answer.

task = attacks.Task(network, x, labels, radius=attacks.radius("Linf", 2, x))
for memory in attacks.steps(attacks.ATTACKS["PGD"], task):
    memory["x"], memory["logits"]  # what was read, and what the network answered

Every attack is a step from what it remembers to what it remembers next; the
picture that is read has whole 8-bit levels, so what fools on the screen fools
from the file.
"""

from core.attacks import grid
from core.attacks.balls import BALLS, Ball, radius
from core.attacks.known import ATTACKS, Attack, done, result, steps, until_fooled
from core.attacks.losses import LOSSES, fooled
from core.attacks.task import Memory, Network, Task, answer, blank, is_fooled, perturbed, scattered

__all__ = [
    "ATTACKS",
    "BALLS",
    "LOSSES",
    "Attack",
    "Ball",
    "Memory",
    "Network",
    "Task",
    "answer",
    "blank",
    "done",
    "fooled",
    "grid",
    "is_fooled",
    "perturbed",
    "radius",
    "result",
    "scattered",
    "steps",
    "until_fooled",
]
