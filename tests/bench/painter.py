"""A painter trained live, on photographs that it never saw; and beside moving the pixels.

The photographs are ten of the folder $PICTURES by seed, or the four shipped ones
that no painter learns from. Everything is asked of 8-bit pictures. Time is of
one thread, of the probe's frames alone: painting, and moving the pixels beside
it, are in it.
"""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import torch
from torch import Tensor

from apps.stage.wire import applying
from core import models, pictures, run
from core.networks import painter as network
from core.pictures import swatches
from core.priors import octaves
from core.probe import State
from core.probes import painter
from core.steps import ascent, painting
from core.steps.painting import Judge, PaintingWeights, StyleTarget
from tests.bench.table import Row, median, quantile

title = "A painter trained live"

STYLES = ("mosaic", "brush", "glass")
COUNT, SEED = 10, 10
ENOUGH, MINUTES = 0.15, 4.0
EVERY = 45  # frames from question to question
MOST = 300  # steps that the pixels may take


def rows() -> Iterator[Row]:
    """Time to 15 %, pictures a second, and the pixels moved to the same style."""
    for style in STYLES:
        yield from _style(style)
    yield _pace()


@dataclass(frozen=True)
class Trained:
    """Where a painter stood when 15 % was reached in the mean, or when the time was over."""

    state: State
    seconds: float
    learned: int
    scores: Tensor  # (photograph, style and content)


def _style(style: str) -> Iterator[Row]:
    start = replace(painter.Settings(), style=style, steps=10_000)
    judges = _judges(start)
    found = _trained(start, judges)
    left = found.scores[:, 0].tolist()
    mean = sum(left) / len(left)
    yield Row(
        f"{style}: live to {ENOUGH:.0%} on {len(judges)} photographs that it never saw",
        f"<= {MINUTES:.0f} min",
        f"{found.seconds / 60:.2f} min, {found.learned} crops: mean {mean:.3f}, worst tenth "
        f"{quantile(left, 0.9):.3f}, worst {max(left):.3f}",
        mean <= ENOUGH and found.seconds <= 60 * MINUTES,
    )
    yield _beside(style, start, judges, found)


def _judges(start: painter.Settings) -> list[Judge]:
    goal = _goal(start)
    return [Judge(goal, x[None]) for x in _unseen(start.crop)]


def _goal(start: painter.Settings) -> StyleTarget:
    style = octaves.sized(swatches.load(start.style), round(start.pattern * start.crop))
    found = painting.photographs(start.crop, without=start.picture)
    return painting.style_target(models.load(start.network), style, found, start.crop)


def _unseen(side: int) -> list[Tensor]:
    folder = os.environ.get("PICTURES")
    if not folder:
        return list(painting.judges(side))
    paths = sorted(p for p in Path(folder).iterdir() if p.suffix.lower() in (".jpg", ".png"))
    drawn = Random(SEED).sample(paths, min(COUNT, len(paths)))
    return [pictures.square(pictures.read(path), side) for path in drawn]


def _trained(start: painter.Settings, judges: list[Judge]) -> Trained:
    seconds, began = 0.0, time.process_time()
    for frame in run.Run(painter, start, run.resolve(painter, start)):
        if frame.step % EVERY != EVERY - 1:
            continue
        seconds += time.process_time() - began
        state = frame.state()
        scores = _scores(state, judges, start.layer)
        learned = (frame.step + 1) * (painter.ROUND - 1) // painter.ROUND
        found = Trained(state, seconds, learned, scores)
        if scores[:, 0].mean() <= ENOUGH or seconds > 60 * MINUTES:
            return found
        began = time.process_time()
    raise AssertionError("the run ended before its time")


def _scores(state: State, judges: list[Judge], layer: str) -> Tensor:
    p = state["p"]
    assert isinstance(p, Tensor)
    with torch.no_grad():
        return torch.stack([j.scores(network.painted(p, j.before.x), layer) for j in judges])


def _beside(style: str, start: painter.Settings, judges: list[Judge], found: Trained) -> Row:
    """The pixels of each photograph moved until they are as near to the style, or for MOST steps."""
    weights = PaintingWeights(
        start.style_weight, start.content_weight, start.smoothness, start.layer
    )
    p = found.state["p"]
    assert isinstance(p, Tensor)
    times, ours, theirs, seconds, steps = [], [], [], [], []
    for judge, score in zip(judges, found.scores, strict=True):
        began = time.process_time()
        with torch.no_grad():
            network.painted(p, judge.before.x)
        pass_ = time.process_time() - began
        began = time.process_time()
        taken, scores = _moved(judge, weights, float(score[0]))
        spent = time.process_time() - began
        times.append(spent / pass_)
        seconds.append(spent)
        steps.append(taken)
        ours.append(_loss(score, start))
        theirs.append(_loss(scores, start))
    return Row(
        f"{style}: beside the pixels, moved to the same style",
        "",
        f"one pass for {median(steps):.0f} steps: {median(times):.0f} x as fast, worst tenth "
        f"{quantile(times, 0.1):.0f} x ({median(seconds):.1f} s a picture); style and content "
        f"weighed: painter {median(ours):.3f}, pixels {median(theirs):.3f}",
    )


def _moved(judge: Judge, weights: PaintingWeights, enough: float) -> tuple[int, Tensor]:
    p = torch.zeros_like(judge.before.x)
    moments, scores = ascent.start(p), torch.ones(2)
    for step in range(MOST):
        p, moments, x = judge.moved(p, moments, weights, step=step)
        scores = judge.scores(x, weights.layer)
        if float(scores[0]) <= enough:
            return step + 1, scores
    return MOST, scores


def _loss(score: Tensor, start: painter.Settings) -> float:
    style, content = score.tolist()
    return start.style_weight * style + start.content_weight * content**2


def _pace() -> Row:
    """As the camera is painted: a JPEG in, a JPEG out."""
    x = pictures.square(pictures.load("cat"), applying.SIDE)
    data, state = (
        pictures.jpeg(pictures.to_uint8(x)),
        {"p": network.initial_parameters(0), "step": 1},
    )
    paces = []
    for _ in range(12):
        began = time.process_time()
        applying._painted(painter, state, data)
        paces.append(1 / (time.process_time() - began))
    return Row(
        f"pictures a second at {applying.SIDE} px, one thread, JPEG to JPEG",
        ">= 8",
        f"median {median(paces):.1f}, worst tenth {quantile(paces, 0.1):.1f}",
        median(paces) >= 8,
    )
