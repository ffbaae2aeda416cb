"""What survives of the default Features recipe, beside plain pixels without views.

Every disturbance at the strength of the page's chart, over seeded units and
classes; the control left out, it changes no picture.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain
from random import Random
from typing import Any

from core import models, run
from core.metrics import survival
from core.metrics.survival import LIVE
from core.probes import features
from tests.bench.scoring import drawn
from tests.bench.table import Row, median, quantile

title = "What survives"

UNITS, CLASSES, SEED = 24, 8, 23
BARE: Mapping[str, Any] = {  # what is climbed is what is read, pixel by pixel
    "parametrisation": "pixels", "views": "none", "noise": 0.0, "canvas": 128, "view": 128,
}  # fmt: skip
BARS = {"shift": 0.85, "blur": 0.6, "JPEG": 0.75}  # of the default's median, units


def rows(units: int = UNITS, classes: int = CLASSES) -> Iterator[Row]:
    """Units, then classes."""
    network = models.load("lite0")
    asked = [{"layer": u.layer, "unit": u.channel} for u in drawn(units, seed=SEED)]
    yield from _both(f"{units} units", asked, BARS)
    labels = sorted(Random(SEED).sample(range(len(network.labels)), classes))
    yield from _both(f"{classes} classes", [{"target": "class", "label": n} for n in labels], {})


def _both(who: str, asked: list[dict[str, Any]], bars: Mapping[str, float]) -> Iterator[Row]:
    ours, bare = (kept([{**one, **how} for one in asked]) for how in ({}, BARE))
    for name, mine in ours.items():
        bar, theirs = bars.get(name), bare[name]
        yield Row(
            f"{name}, {who}",
            f"median >= {bar}" if bar else "-",
            f"{_spread(mine)}; plain pixels {_spread(theirs)}",
            median(mine) >= bar if bar else None,
        )


def kept(asked: list[dict[str, Any]]) -> dict[str, list[float]]:
    """The share of the score that each picture keeps, by disturbance, where there is one."""
    other, found = models.load("lite2"), dict[str, list[float]]()
    for changes in asked:
        settings = replace(features.Settings(), control=False, **changes)
        going = run.Run(features, settings, run.resolve(features, settings))
        frame = next(f for f in going if f.step == features.length(settings, {}) - 1)
        sides = run.optimised_pictures(features, settings, going.resources, frame)
        for row in chain(survival.rows(sides), survival.elsewhere(sides, other)):
            if row:
                found.setdefault(row.name, []).extend(v for v in row.kept[LIVE] if v is not None)
    return found


def _spread(values: list[float]) -> str:
    if not values:
        return "none"
    return f"{median(values):.2f}, worst tenth {quantile(values, 0.1):.2f} ({len(values)})"
