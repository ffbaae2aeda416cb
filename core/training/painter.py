"""A painter of one of the lab's own style pictures, trained longer than a visitor waits.

The steps are those of the probe Painter (`core.steps.painting`); here the rate falls to
nothing over the last third, and a card at the end says what was reached on
photographs that it never learned from.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from core import models, pictures
from core.networks import painter
from core.pictures import swatches
from core.priors import octaves
from core.steps import ascent, painting
from core.steps.painting import Judge, PaintingWeights

EVERY = 100  # steps from report to report
FALLS = 0.35  # of the training, in which the rate falls


@dataclass(frozen=True)
class Recipe:
    """Which style, and how it is learned."""

    style: str = "mosaic"
    network: str = "lite0"
    layer: str = "blocks.3"
    style_weight: float = 1.0
    content_weight: float = 0.4
    smoothness: float = 0.02
    learning_rate: float = 0.003
    pattern: float = 1.5
    crop: int = 128
    steps: int = 2000
    seed: int = 0


@dataclass(frozen=True)
class Report:
    """Where the training stands: what is left of the style's distance on each judge."""

    step: int
    loss: float
    left: tuple[float, ...]
    content: tuple[float, ...]


def train(recipe: Recipe) -> Iterator[tuple[Report, Tensor]]:
    """A report and the parameters every 100 steps, and at the end."""
    network = models.classifier(recipe.network)
    found = painting.photographs(recipe.crop)
    style = octaves.sized(_style(recipe.style), round(recipe.pattern * recipe.crop))
    goal = painting.style_target(network, style.to(network.device), found, recipe.crop)
    judges = [Judge(goal, x[None].to(network.device)) for x in painting.judges(recipe.crop)]
    weights = PaintingWeights(
        recipe.style_weight, recipe.content_weight, recipe.smoothness, recipe.layer
    )
    p = painter.initial_parameters(recipe.seed).to(network.device)
    moments = ascent.start(p)
    for step in range(recipe.steps):
        x = painting.crop(found, recipe.crop, recipe.seed, step, 0).to(network.device)
        seen = painting.loss_and_slope(p, [x], goal, weights)
        rate = recipe.learning_rate * min(1.0, (recipe.steps - step) / (FALLS * recipe.steps))
        p, moments = ascent.adam(p, -seen.slope, moments, step=step, learning_rate=rate)
        if step % EVERY == EVERY - 1 or step == recipe.steps - 1:
            yield _report(step + 1, float(seen.loss), p, judges, recipe.layer), p


def _style(name: str) -> Tensor:
    return swatches.load(name) if name in swatches.names() else pictures.load(name)


def _report(step: int, loss: float, p: Tensor, judges: list[Judge], layer: str) -> Report:
    with torch.no_grad():
        scores = [j.scores(painter.painted(p, j.before.x), layer).tolist() for j in judges]
    left, content = zip(*scores, strict=True)
    return Report(step, loss, left, content)


def card(recipe: Recipe, report: Report) -> dict[str, Any]:
    """What was trained, on what, and what it reached."""
    learned = [n for n in pictures.shipped() if n not in painting.JUDGES]
    return {
        "network": f"a painter of {painter.COUNT} parameters: core/networks/painter.py",
        "style": f"the swatch {recipe.style}, drawn by this project (core/swatches.py)",
        "learned from": f"crops of the shipped photographs {', '.join(learned)}",
        "recipe": asdict(recipe),
        "reached": {
            "on": f"the shipped photographs {', '.join(painting.JUDGES)}, never learned from",
            "steps": report.step,
            "left of the distance to the style": [round(one, 4) for one in report.left],
            "content error": [round(one, 4) for one in report.content],
        },
        "licence": "MIT, as the lab; the photographs: assets/SOURCES.md",
    }
