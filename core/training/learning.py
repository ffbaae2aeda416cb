"""The loop of a recipe: a step, a report now and then, a checkpoint every few minutes.

A step draws what it needs from (seed, step), so a training that was cut short goes
on from its checkpoint to the same weights.
"""

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from core.models import cache
from core.training import course
from core.training.course import Course
from core.training.report import Report

EVERY = 50  # steps from report to report
KEEP = 120  # seconds from checkpoint to checkpoint
MOST = 10**6  # steps
FALL = 0.01  # of the learning rate, left at the end


@dataclass(frozen=True)
class Plan:
    """How long and how fast."""

    steps: int
    batch: int = 16
    learning_rate: float = 2e-3
    warm_up: int = 200  # steps
    average: float = 0.999
    clip: float = 1.0
    seed: int = 0


Losses = dict[str, Float[Tensor, ""]]  # the first is what is descended, the others are said


class RecipeError(ValueError):
    """A training that cannot be; the message names the limit."""


class TrainingStopped(KeyboardInterrupt):
    """A training that was asked to stop, after it kept where it is; the message says so."""


def learn(
    stage: Course,
    plan: Plan,
    losses: Callable[[int], Losses],
    *,
    name: str,
    mark: Mapping[str, Any],
    is_stopped: Callable[[], bool],
) -> Iterator[Report]:
    """Descend from the checkpoint of that name and mark, or from step 0, to the plan's end.

    losses: those of a step. Raises TrainingStopped after the first step at whose end
    `is_stopped` is true.
    """
    checkpoint = cache.folder() / "training" / f"{name}.safetensors"
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    marked = json.dumps({"name": name, "plan": asdict(plan), **mark})
    since = _resumed(stage, checkpoint, marked)
    clock = _Clock(time.monotonic(), stage.seconds, stage.step)
    kept = 0.0
    while stage.step < plan.steps:
        found = losses(stage.step)
        loss, rate = next(iter(found.values())), rate_at(stage.step, plan)
        course.descend(stage, loss, rate=rate, clip=plan.clip, average=plan.average)
        since = _added(since, found)
        seconds = time.monotonic() - clock.began
        stage.seconds = clock.before + seconds
        if due := stage.step % EVERY == 0 or stage.step == plan.steps:
            _note(stage, since)
            since = {}
        if is_stopped() or seconds - kept > KEEP:
            _keep(stage, checkpoint, marked, since)
            kept = seconds
        if is_stopped() and stage.step < plan.steps:
            raise TrainingStopped(
                f"Stopped after step {stage.step} of {plan.steps}: "
                "the same command goes on from there."
            )
        if due:
            yield _reported(stage, plan, clock)


@dataclass(frozen=True)
class _Clock:
    """When this process began, after how many seconds and steps of others."""

    began: float
    before: float
    step: int


def _note(stage: Course, since: Losses) -> None:
    count = (stage.step - 1) % EVERY + 1
    means = {name: float(total) / count for name, total in since.items()}
    stage.curve.append({"step": stage.step, **means})


def _reported(stage: Course, plan: Plan, clock: _Clock) -> Report:
    speed = (stage.step - clock.step) / (stage.seconds - clock.before)
    losses = {n: round(loss, 5) for n, loss in stage.curve[-1].items() if n != "step"}
    return Report(
        "learning",
        stage.step,
        plan.steps,
        seconds=round(stage.seconds, 1),
        left=round((plan.steps - stage.step) / speed, 1),
        pictures_per_second=round(speed * plan.batch, 1),
        losses=losses,
    )


def as_long(plan: Plan, steps: int | None) -> Plan:
    """The plan for so many steps, or for its own; raises RecipeError."""
    if steps is None:
        return plan
    if not 1 <= steps <= MOST:
        raise RecipeError(f"steps = {steps} is out of range: choose 1 to {MOST}.")
    return replace(plan, steps=steps)


def tiny(plan: Plan) -> Plan:
    """A few steps, to see that all of it works."""
    return replace(plan, steps=20, warm_up=5)


def forget(name: str) -> None:
    """Take the checkpoint of a training away, when what it has made is written."""
    (cache.folder() / "training" / f"{name}.safetensors").unlink(missing_ok=True)


def rate_at(step: int, plan: Plan) -> float:
    """The learning rate: a warm-up, then half a cosine down to a hundredth."""
    fall = FALL + (1 - FALL) * (1 + math.cos(math.pi * step / plan.steps)) / 2
    return plan.learning_rate * min(1.0, (step + 1) / plan.warm_up) * fall


def _added(since: Losses, found: Losses) -> Losses:
    return {n: loss.detach().double() + since.get(n, 0.0) for n, loss in found.items()}


def _keep(stage: Course, checkpoint: Path, mark: str, since: Losses) -> None:
    totals = {n: float(total) for n, total in since.items()}
    notes = {"step": stage.step, "seconds": stage.seconds, "curve": stage.curve, "since": totals}
    course.keep(stage, checkpoint, mark=mark, notes=json.dumps(notes))


def _resumed(stage: Course, checkpoint: Path, mark: str) -> Losses:
    """What was added up since the last report, after the course has been brought back."""
    kept = course.resume(stage, checkpoint, mark=mark)
    if not kept:
        return {}
    notes = json.loads(kept["notes"])
    stage.step, stage.seconds, stage.curve = notes["step"], notes["seconds"], notes["curve"]
    return {n: torch.tensor(total, dtype=torch.float64) for n, total in notes["since"].items()}
