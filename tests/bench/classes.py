"""Forty classes by seed with the default recipe: sure on held-out views, and read by lite2.

lite2 never took part in the ascent. Everything is asked of the 8-bit picture.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

import torch
from torch import Tensor

from core import models, pictures, run
from core.probes import features
from tests.bench.table import Row, median, quantile

title = "Forty classes"

COUNT, SEED = 40, 40
SURE = 0.9
JUDGE, SIDE = "lite2", 224


@dataclass(frozen=True)
class Made:
    """What one class came to."""

    label: int
    sure: float  # mean probability on the held-out views
    place: int  # of the class among those that the judge reads, from 0
    read: float  # the judge's probability
    clipped: float  # share of the picture's values at either end


def rows() -> Iterator[Row]:
    """Sure, read by the judge, clipped."""
    network = models.load("lite0")
    labels = sorted(Random(SEED).sample(range(len(network.labels)), COUNT))
    made = [_made(label) for label in labels]
    sure = [m.sure for m in made]
    unsure = [f"{network.labels[m.label]} {m.sure:.2f}" for m in made if m.sure < SURE]
    reached = sum(p >= SURE for p in sure)
    yield Row(
        f"p >= {SURE} on held-out views",
        f">= 36 of {COUNT}",
        f"{reached}; median {median(sure):.3f}, worst tenth {quantile(sure, 0.1):.2f}"
        + (f" ({', '.join(unsure)})" if unsure else ""),
        reached >= 36,
    )
    first, five = sum(m.place == 0 for m in made), sum(m.place < 5 for m in made)
    missed = [network.labels[m.label] for m in made if m.place >= 5]
    mean = sum(m.read for m in made) / len(made)
    named = f"mean p {mean:.2f}; not named: {', '.join(missed)}"
    yield Row(f"{JUDGE} at {SIDE} px, top 1", ">= 30", f"{first} of {COUNT}", first >= 30)
    yield Row(f"{JUDGE} at {SIDE} px, top 5", ">= 33", f"{five} ({named})", five >= 33)
    clipped = [m.clipped for m in made]
    mean = sum(clipped) / len(clipped)
    said = f"mean {mean:.4%}, worst {max(clipped):.4%}"
    yield Row("clipped values", "<= 0.1 %", said, mean <= 0.001)


def _made(label: int) -> Made:
    settings = replace(features.Settings(), target="class", label=label, control=False)
    frame = None
    for frame in run.Run(features, settings, run.resolve(features, settings)):  # noqa: B007
        pass
    assert frame is not None
    shown = frame.panels["picture"]
    assert isinstance(shown, Tensor)
    levels = pictures.to_uint8(shown)
    x = pictures.square(pictures.eight_bit(shown), SIDE)[None]
    judge = models.load(JUDGE)
    with torch.no_grad():
        logits = judge.activations(x, judge.output)[0]
    return Made(
        label=label,
        sure=float(frame.numbers["probability"]),
        place=int((logits > logits[label]).sum()),
        read=float(logits.softmax(0)[label]),
        clipped=float(((levels == 0) | (levels == 255)).float().mean()),
    )
