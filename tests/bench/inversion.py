"""Inversion beside the schedule of 2015, in equal time; the label kept; the random twin.

Mahendran and Vedaldi's schedule is re-run in torch (pixels from noise, momentum .9,
a tenth of the rate on a plateau, alpha-norm 6, total variation of beta 2). Its
smoothness and rate are those that did best on photographs that are not in the
table; then it gets the CPU time that ours took, a photograph at a time. Both
errors are of the 8-bit picture. PICTURES names a folder with photographs;
without it the shipped ones are taken.
"""

import os
import time
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from random import Random
from typing import NamedTuple

from torch import Tensor

from core import models, pictures
from core.models import Classifier
from core.pictures import album
from core.probes import inversion
from core.steps import inverting
from core.steps.inverting import Push
from tests.bench.table import Row, median, quantile

title = "Inversion"

STAGES, COUNT, LABELLED, SEED = ("blocks.1", "blocks.3", "blocks.5"), 10, 20, 15
CLASSIC, TUNING = "Mahendran-Vedaldi", 2  # photographs that its weights are chosen on
SMOOTHNESS, PACES = (0.5, 5.0, 50.0), (0.1, 0.5, 2.0)
DEFAULT = inversion.Settings()


class Made(NamedTuple):
    """What an inversion came to: errors of the 8-bit picture, label, CPU time, passes."""

    error: float
    rolled: float
    kept: bool
    seconds: float
    steps: int


def rows(count: int = COUNT, labelled: int = LABELLED) -> Iterator[Row]:
    """The three stages, the label, the twin."""
    network = models.load("lite0")
    tuning, photographs = drawn(count)
    made(network, STAGES[0], photographs[0], steps=3)  # warm
    for layer in STAGES:
        smoothness, pace = _tuned(network, layer, tuning)
        ours = [made(network, layer, x) for x in photographs]
        theirs = [
            made(network, layer, x, schedule=CLASSIC, smoothness=smoothness, pace=pace,
                 seconds=mine.seconds)
            for x, mine in zip(photographs, ours, strict=True)
        ]  # fmt: skip
        how = f"smoothness {smoothness:g}, rate x {pace:g}"
        yield _beside(f"{layer}, one code, {len(ours)} photographs", ours, theirs, how)
    yield _label(network, drawn(labelled, network.size)[1])
    yield from _twin(network, photographs)


def drawn(count: int, side: int = DEFAULT.size) -> tuple[list[Tensor], list[Tensor]]:
    """Photographs to tune on, and others by seed."""
    folder = Path(os.environ.get("PICTURES", album.SHIPPED))
    paths = sorted(p for p in folder.iterdir() if p.suffix in (".jpg", ".jpeg", ".png", ".webp"))
    order = Random(SEED).sample(paths, min(len(paths), count + TUNING))
    found = [pictures.square(pictures.read(path), side)[None] for path in order]
    return found[:TUNING], found[TUNING:]


def made(
    network: Classifier,
    layer: str,
    x: Tensor,
    *,
    mode: str = "one code",
    schedule: str = "recipe",
    smoothness: float = DEFAULT.smoothness,
    pace: float = 1.0,
    steps: int = DEFAULT.steps,
    seconds: float = 0.0,
) -> Made:
    """One picture: so many steps, or as many as there is CPU time for."""
    how = {"mode": mode, "schedule": schedule, "decay": 0.0, "seed": 0}
    one = inverting.inversion(network, layer, x, **how)
    push = Push(smoothness, DEFAULT.extremes, DEFAULT.jitter, DEFAULT.power, pace)
    began, step, mine = time.process_time(), 0, inverting.initial_state(one)
    while time.process_time() - began < seconds if seconds else step < steps:
        mine = inverting.stepped(mine, one, push, step)
        step += 1
    took = time.process_time() - began
    shown = one.picture(mine["good"]).clamp(0, 1) if schedule == CLASSIC else mine["x"]
    marks = inverting.marks(network, (layer,), x, [x])
    told = inverting.measured(shown, network, layer, marks)
    error, rolled = (float(told[name]) for name in ("relative error", "rolled error"))
    return Made(error, rolled, bool(told["label kept"]), took, step)


def _tuned(network: Classifier, layer: str, tuning: Sequence[Tensor]) -> tuple[float, float]:
    """Smoothness and pace with the least sum of both errors."""

    def worth(how: tuple[float, float]) -> float:
        smoothness, pace = how
        found = [
            made(network, layer, x, schedule=CLASSIC, smoothness=smoothness, pace=pace)
            for x in tuning
        ]
        return sum(one.error + one.rolled for one in found)

    return min(product(SMOOTHNESS, PACES), key=worth)


def _beside(who: str, ours: list[Made], theirs: list[Made], how: str) -> Row:
    both = sum(
        a.error <= b.error and a.rolled <= b.rolled for a, b in zip(ours, theirs, strict=True)
    )
    steps = f"{median([m.steps for m in ours]):.0f} steps against {median([m.steps for m in theirs]):.0f}"
    return Row(
        who,
        "both <= the schedule of 2015, every photograph",
        f"relative {_spread([m.error for m in ours])} against {_spread([m.error for m in theirs])}; "
        f"rolled {_spread([m.rolled for m in ours])} against {_spread([m.rolled for m in theirs])}; "
        f"both on {both} of {len(ours)}; {steps} ({how})",
        both == len(ours),
    )


def _label(network: Classifier, photographs: Sequence[Tensor]) -> Row:
    found = [made(network, "blocks.3", x, mode="all shifts") for x in photographs]
    share = sum(one.kept for one in found) / len(found)
    said = f"{share:.0%}; rolled {_spread([one.rolled for one in found])}"
    side = photographs[0].shape[-1]
    who = f"label kept, blocks.3, all shifts, {side} px, {len(found)} photographs"
    return Row(who, ">= 95 %", said, share >= 0.95)


def _twin(network: Classifier, photographs: Sequence[Tensor]) -> Iterator[Row]:
    """The same for the random twin; its picture read by the trained network."""
    twin = models.random("lite0", 0)
    for layer in STAGES:
        scale, own = [], []
        for x in photographs[:4]:
            one = inverting.inversion(
                twin, layer, x, mode="one code", schedule="recipe", decay=0, seed=0
            )
            mine = inverting.initial_state(one)
            push = Push(DEFAULT.smoothness, DEFAULT.extremes, 0, 0.0, 1.0)
            for step in range(DEFAULT.steps):
                mine = inverting.stepped(mine, one, push, step)
            for who, found in ((network, scale), (twin, own)):
                marks = inverting.marks(who, (layer,), x, [x])
                told = inverting.measured(mine["x"], who, layer, marks)
                found.append(float(told["relative error"]))
        said = f"{_spread(scale)}; on its own {_spread(own)}"
        yield Row(f"random twin, {layer}, on the trained network's scale", "-", said)


def _spread(values: list[float]) -> str:
    return f"{median(values):.3f} (worst tenth {quantile(values, 0.9):.3f})"
