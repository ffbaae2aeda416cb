"""A few units together: the same steps as Features takes for one, in one batch.

Every unit starts from the same noise and looks through the same views as it
would alone, so its picture does not depend on who else is in the batch.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from core import models, pictures
from core.metrics import held_out
from core.models import Classifier
from core.objectives import channel, composing, saturated
from core.priors import PARAMETRISATIONS, views
from core.probes import features
from core.probes.features import Settings, planned
from core.steps import ascent

AT_ONCE = 4  # units in a batch: 8 cost as much each, 16 more, 1 half as much again
RECIPE = (
    "parametrisation", "decay", "canvas", "view", "views", "steps",
    "learning_rate", "contrast", "crop", "rotation", "noise", "seed",
)  # fmt: skip
Numbers = dict[str, float | bool]


@dataclass(frozen=True)
class Chunk:
    """Units of one layer that climb together, and each one's largest over the photographs."""

    layer: str
    units: tuple[int, ...]
    photographs: tuple[float, ...] = ()


@dataclass(frozen=True)
class Rendered:
    """A unit's picture, (3, side, side) uint8, and what was measured on it."""

    unit: int
    pixels: Tensor
    numbers: Numbers


def recipe(settings: Settings) -> dict[str, float | str]:
    """What decides how a unit's picture looks, with what was left to the recipe filled in."""
    plan = planned(settings)
    filled = replace(
        settings, canvas=plan.canvas, view=plan.view, views=plan.views, steps=plan.steps
    )
    return {name: getattr(filled, name) for name in RECIPE}


def visualised(settings: Settings, chunk: Chunk) -> list[Rendered]:
    """The pictures of these units, scored on views that the ascent never saw."""
    network = models.classifier(settings.network)
    x = climbed(settings, network, chunk)
    found = [
        _measured(settings, network, chunk, row, x[row]) for row in range(len(chunk.units))
    ]  # fmt: skip
    pixels = pictures.to_uint8(x).cpu()
    return [
        Rendered(unit, pixels[row], found[row]) for row, unit in enumerate(chunk.units)
    ]  # fmt: skip


def climbed(
    settings: Settings, network: Classifier, chunk: Chunk
) -> Float[Tensor, "n 3 side side"]:
    """The pictures after the last step, as an 8-bit file holds them."""
    plan = planned(settings)
    prior = PARAMETRISATIONS[settings.parametrisation]
    # a batch of one rounds otherwise than any larger one: it climbs with its double
    units = torch.tensor(chunk.units * (2 if len(chunk.units) == 1 else 1))
    awake = network.layer(chunk.layer).before or chunk.layer
    noise = views.generator(settings.seed, "start")
    first = prior.start(plan.canvas, plan.canvas, [noise]).to(network.device)
    p = first.expand(len(units), *first.shape[1:]).contiguous()
    moments = ascent.start(p)

    def render(p: Tensor) -> Tensor:
        return prior.picture(
            p, height=plan.canvas, width=plan.canvas,
            decay=settings.decay, contrast=settings.contrast,
        )  # fmt: skip

    for step in range(plan.steps):
        seen = ascent.slope(
            p,
            composing.over_looks(
                channel(awake if step < features.WAKING else chunk.layer, units), plan.looks
            ),
            network,
            picture=render,
            view=features.seen_through(settings, plan, turn=step, sharing=len(units)),
        )
        p, moments = ascent.adam(
            p, seen.slope, moments, step=step, learning_rate=settings.learning_rate
        )
    return pictures.eight_bit(render(p))[: len(chunk.units)]


def _measured(
    settings: Settings,
    network: Classifier,
    chunk: Chunk,
    row: int,
    x: Float[Tensor, "3 side side"],
) -> Numbers:
    """Held-out score, what is kept there of the raw value, and what is odd about the unit."""
    side, unit = planned(settings).view, chunk.units[row]
    wanted, best = channel(chunk.layer, unit), chunk.photographs[row]
    halves = [
        held_out.scores([wanted], network, held_out.looks(x, half, side=side)).mean()
        for half in held_out.HALVES
    ]
    score = float(sum(halves)) / len(halves)
    canvas = held_out.whole(x, side=side)
    raw = float(held_out.scores([wanted], network, canvas).mean())
    flat = 0.0
    if "ReLU6" in network.layer(chunk.layer).kind:
        flat = float(held_out.scores([saturated(chunk.layer, unit)], network, canvas).mean())
    return {
        "score": brief(score),
        "photographs": brief(best),
        "kept": brief(score / raw) if raw else 0.0,
        "silent": score == best == 0,
        "saturated": flat > 0.5,
    }


def brief(value: float) -> float:
    """A measured number as files hold it, five digits; 0 where a silent unit left none."""
    return float(f"{value:.5g}") if math.isfinite(value) else 0.0


@torch.no_grad()
def photographed(settings: Settings, layers: Sequence[str], name: str) -> Mapping[str, list[float]]:
    """Every unit's score of one shipped photograph, on the views that its picture is scored on."""
    network, plan = models.classifier(settings.network), planned(settings)
    x = pictures.square(pictures.load(name), plan.canvas).to(network.device)
    found = {layer: torch.zeros(network.layer(layer).channels) for layer in layers}
    for half in held_out.HALVES:
        read = network.activations(held_out.looks(x, half, side=plan.view), *layers)
        for layer, a in zip(layers, (read,) if isinstance(read, Tensor) else read, strict=True):
            mean = a.flatten(2).mean(2) if a.ndim == 4 else a
            found[layer] += mean.mean(0).cpu() / len(held_out.HALVES)
    return {layer: scores.tolist() for layer, scores in found.items()}
