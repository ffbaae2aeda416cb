"""Every parametrisation and every objective of Features, beside the default: score and time.

The same seeded units (or classes) in one run, one picture each; a time is CPU
time for the whole of a picture, with its measuring, over the default's.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from core import run
from core.probes import features
from tests.bench.scoring import drawn
from tests.bench.table import Row, median, quantile

title = "Parametrisations and objectives of Features"

UNITS, CLASSES, SEED = 8, 6, 60
SHAPES: dict[str, Mapping[str, Any]] = {
    "natural": {"parametrisation": "natural"},
    "plane": {"parametrisation": "plane"},
    "pixels": {"parametrisation": "pixels"},
}
SHAPED: dict[str, Mapping[str, Any]] = {
    "cosine power 2": {"power": 2.0},
    "against roughness 1": {"against": "roughness"},
    "against extremes 1": {"against": "extremes"},
    "against contrast 1": {"against": "contrast"},
    "against colour 1": {"against": "colour"},
    "diversity 2, of 4": {"count": 4, "diversity": 2.0},
}
OTHERS: dict[str, Mapping[str, Any]] = {
    "silences": {"aim": "silences"},
    "minus": {"second": "minus"},
    "turning into, 6": {"second": "turning into"},
}


@dataclass(frozen=True)
class Made:
    """What one picture, or the least of several, came to."""

    score: float
    photographs: float
    sure: float
    seconds: float  # a picture


def rows() -> Iterator[Row]:
    """Units, then classes."""
    units = [{"layer": u.layer, "unit": u.channel} for u in drawn(UNITS, seed=SEED)]
    made(units[0])  # warm
    plain = [made(unit) for unit in units]
    yield _plain(f"{UNITS} units, default", plain)
    for name, changes in {**SHAPES, **SHAPED}.items():
        yield _beside(f"units, {name}", [made(unit | changes) for unit in units], plain)
    for name, changes in OTHERS.items():
        yield _alone(f"units, {name}", [made(unit | changes) for unit in units], plain)
    labels = Random(SEED).sample(range(1000), CLASSES)
    classes = [{"target": "class", "label": label} for label in labels]
    plain = [made(one) for one in classes]
    yield _plain(f"{CLASSES} classes, default", plain)
    for name, changes in SHAPES.items():
        yield _beside(f"classes, {name}", [made(one | changes) for one in classes], plain)
    for name, changes in OTHERS.items():
        yield _alone(f"classes, {name}", [made(one | changes) for one in classes], plain)


def made(changes: Mapping[str, Any]) -> Made:
    """One run to its end, the control left out."""
    settings = replace(features.Settings(), control=False, **changes)
    began, frame = time.process_time(), None
    for frame in run.Run(features, settings, run.resolve(features, settings)):  # noqa: B007
        pass
    assert frame is not None
    seconds = (time.process_time() - began) / features.planned(settings).count
    least = (frame.numbers["held-out score"] - frame.numbers["largest of the photographs"]).argmin()
    names = ("held-out score", "largest of the photographs", "probability")
    found = [float(frame.numbers[name].reshape(-1)[least]) for name in names]
    return Made(*found, seconds)


def _plain(name: str, found: list[Made]) -> Row:
    times = [one.score / one.photographs for one in found]
    said = f"median {median(times):.2f} x the photographs, worst tenth {quantile(times, 0.1):.2f}"
    return Row(name, "-", f"{said}; {median([one.seconds for one in found]):.1f} s a picture")


def _beside(name: str, found: list[Made], plain: list[Made]) -> Row:
    shares = [a.score / b.score for a, b in zip(found, plain, strict=True)]
    times = [one.score / one.photographs for one in found]
    sure = f"; p {median([one.sure for one in found]):.2f}" if any(m.sure for m in found) else ""
    return Row(
        name,
        "> photographs",
        f"score {median(shares):.2f} of the default's, {median(times):.2f} x the photographs "
        f"(worst tenth {quantile(times, 0.1):.2f}); time {_time(found, plain):.2f}{sure}",
        median(times) > 1,
    )


def _alone(name: str, found: list[Made], plain: list[Made]) -> Row:
    """What another thing was asked for: beside the photographs alone."""
    won = sum(one.score > one.photographs for one in found)
    gaps = [one.score - one.photographs for one in found]
    return Row(
        name,
        "> photographs",
        f"on {won} of {len(found)}; median {median([one.score for one in found]):.1f} against "
        f"{median([one.photographs for one in found]):.1f}, least ahead by {min(gaps):.1f}; "
        f"time {_time(found, plain):.2f}",
        won > len(found) / 2,
    )


def _time(found: list[Made], plain: list[Made]) -> float:
    return median([a.seconds / b.seconds for a, b in zip(found, plain, strict=True)])
