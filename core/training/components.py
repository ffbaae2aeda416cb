"""The principal components of critters: what every autoencoder is held against.

They are computed, not learned: the same portraits that networks learn from give them.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from core.metrics import bootstrap
from core.metrics.fidelity import psnr
from core.models.generators.eigen import CRITTERS
from core.networks import shipping
from core.training import figures, portraits, shipped
from core.training.known import known
from core.training.report import Report
from core.worlds import critters

AT_ONCE = 256


@dataclass(frozen=True)
class Recipe:
    """How many components, of how many portraits."""

    count: int = 128
    data: int = figures.FITTED
    held_out: int = 4096


def recipe_for(*, is_tiny: bool = False) -> Recipe:
    """The recipe that shipped; is_tiny: a few components, to see that all of it works."""
    return replace(Recipe(), count=8, data=512, held_out=256) if is_tiny else Recipe()


@torch.no_grad()
def train(recipe: Recipe, *, out: Path) -> Iterator[Report]:
    """Compute the components into `out`, their card beside it."""
    learned = yield from portraits.read(portraits.LEARNED, recipe.data)
    mean, axes = figures.components(learned.pixels, recipe.count)
    codes = [(portraits.pictures(x).flatten(1) - mean) @ axes for x in _parts(learned.pixels)]
    found = {"mean": mean, "directions": axes.T, "deviations": torch.cat(codes).std(0)}
    weights = shipping.halved(found)
    mean, directions, deviations = weights.values()

    def encode(x: Tensor) -> Tensor:
        return (x.flatten(1) - mean) @ directions.T / deviations

    held_out = yield from portraits.read(portraits.HELD_OUT, recipe.held_out)
    reached = []
    for part in _parts(held_out.pixels):
        x = portraits.pictures(part)
        made = (mean + encode(x) * deviations @ directions).clamp(0, 1)
        reached.append(psnr(made.view_as(x), x))
    db = bootstrap.mean(torch.cat(reached))
    said = {
        "network": CRITTERS,
        "side": portraits.SIDE,
        "world": critters.VERSION,
        "recipe": asdict(recipe),
        "reached": shipped.rounded({"PSNR in dB": db}),
        "not reached": [],
        "card": shipped.card(
            CRITTERS,
            recipe.data,
            f"{db.value:.1f} dB on {recipe.held_out} critters that it never saw "
            f"({db.low:.1f} to {db.high:.1f}).",
            [],
        ),
    }
    shipped.write(out, weights | known(encode), said)


def _parts(pixels: Tensor) -> tuple[Tensor, ...]:
    return pixels.split(AT_ONCE)
