"""The attacks by name, and their steps one after another."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from core.attacks import apgd, deepfool, fmn, nearest, nes, square, uphill
from core.attacks.balls import Pictures
from core.attacks.task import Memory, Task, answer, blank, chosen, is_fooled, perturbed, subset

AT_ONCE = 8  # pictures whose maps at 224 px stay in the cache


@dataclass(frozen=True)
class Attack:
    """How one attack begins and goes on: step(task, memory, turn), turns counted from 0.

    norms: the balls that it knows. is_nearest: it looks for the smallest change.
    asks: it sees answers alone, no slope.
    """

    step: Callable[[Task, Memory, int], Memory]
    start: Callable[[Task, Memory], Memory] = lambda task, memory: memory
    norms: tuple[str, ...] = ("Linf", "L2", "L1")
    is_nearest: bool = False
    asks: bool = False


ATTACKS = {
    "FGSM": Attack(uphill.fast),
    "PGD": Attack(uphill.projected),
    "MI-FGSM": Attack(uphill.momentum, uphill.resting),
    "MI-DI-TI": Attack(uphill.traveller, uphill.resting),
    "APGD": Attack(apgd.step, apgd.start),
    "DeepFool": Attack(deepfool.step, deepfool.start, norms=("Linf", "L2"), is_nearest=True),
    "FMN": Attack(fmn.step, fmn.start, is_nearest=True),
    "Square": Attack(square.step, square.start, norms=("Linf", "L2"), asks=True),
    "NES": Attack(nes.step, nes.start, asks=True),
}


def steps(attack: Attack, task: Task, memory: Memory | None = None) -> Iterator[Memory]:
    """What the attack remembers after each of its steps, from pictures as they are or from a start."""
    memory = attack.start(task, blank(task) if memory is None else memory)
    for turn in range(task.steps):
        memory = attack.step(task, memory, turn)
        yield memory


def result(attack: Attack, task: Task, memory: Memory) -> Pictures:
    """The pictures that an attack has come to: where it goes next, or the closest that fooled."""
    if not attack.is_nearest:
        best = next((n for n in ("kept", "best change") if n in memory), "change")
        return perturbed(task, memory[best])
    found = memory["closest size"].isfinite()
    near = nearest.tightened(task, memory["closest"])
    return chosen(found, near, memory["x"])


def done(attack: Attack, task: Task, memory: Memory | None = None) -> Pictures:
    """The pictures after all steps, a few at a time so that they stay in the cache."""
    found = []
    for which in torch.arange(len(task.x), device=task.x.device).split(AT_ONCE):
        part = blank(task) if memory is None else memory
        few, begun = subset(task, part, which)
        last = attack.start(few, begun)
        for turn in range(task.steps):
            last = attack.step(few, last, turn)
        found.append(result(attack, few, last))
    return torch.cat(found)


def until_fooled(
    attack: Attack, task: Task, memory: Memory | None = None
) -> tuple[Pictures, Tensor]:
    """The first pictures that fool, or the last, and after how many readings (0: never).

    A few at a time, as `done` takes them. What is solved leaves the batch, so that a
    step costs what is left: the one place where the host looks at the answers,
    after each step.
    """
    parts = []
    for which in torch.arange(len(task.x), device=task.x.device).split(AT_ONCE):
        few, begun = subset(task, blank(task) if memory is None else memory, which)
        parts.append(_until_fooled(attack, few, begun))
    x, readings = zip(*parts, strict=True)
    return torch.cat(x), torch.cat(readings)


def _until_fooled(attack: Attack, task: Task, memory: Memory) -> tuple[Pictures, Tensor]:
    memory = attack.start(task, memory)
    x, readings = task.x.clone(), torch.zeros(len(task.x), dtype=torch.long)
    left, few = torch.arange(len(task.x), device=task.x.device), task
    for turn in range(task.steps + 1):
        if turn == task.steps:  # the last move has not been read yet
            pictures = perturbed(few, memory["change"])
            memory = memory | {"x": pictures, "logits": answer(few, pictures)}
        else:
            memory = attack.step(few, memory, turn)
        fools = is_fooled(few, memory["logits"])
        x[left] = memory["x"]
        readings[left[fools].cpu()] = turn + 1
        keep = (~fools).nonzero()[:, 0]
        if not len(keep):
            break
        left = left[keep]
        few, memory = subset(few, memory, keep)
    return x, readings
