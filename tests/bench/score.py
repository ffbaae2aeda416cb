"""How much the pictures drive their units, on views that no ascent saw.

Against lucent at equal size and in a quarter of its time; how much of the
score is kept; and beside the largest of a folder of photographs ($PICTURES).
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from jaxtyping import Float
from torch import Tensor

from core import run
from core.probes import features
from tests.bench import rival
from tests.bench.scoring import Unit, drawn, held_out_score, largest
from tests.bench.table import Row, median, quantile

title = "Held-out scores of units"

SIDE, STEPS = 128, 128  # lucent's default canvas, and the steps that it is given
QUARTER = 0.25
COUNT, SEEDS = (
    24,
    (24, 25, 26),
)  # one draw of 24 moves the median by a third: three, and all of them


def rows() -> Iterator[Row]:
    """Against lucent, then the defaults of Features."""
    yield from against_lucent(drawn(20, seed=20))
    yield from defaults([drawn(COUNT, seed=seed) for seed in SEEDS])


def against_lucent(units: Sequence[Unit]) -> Iterator[Row]:
    """Both on a canvas of 128 px, 128 px into the network, scored by the same views."""
    model = rival.network()
    _within(Unit("blocks.3", 0), 1.0)  # warm
    ours, theirs, shares, steps = [], [], [], []
    for seed, unit in enumerate(units):
        began = time.process_time()
        their = rival.render(
            model, unit.layer, unit.channel, canvas=SIDE, steps=STEPS, seed=seed, entering=SIDE
        )
        spent = time.process_time() - began
        began = time.process_time()
        mine, made = _within(unit, QUARTER * spent)
        shares.append((time.process_time() - began) / spent)
        steps.append(made)
        ours.append(float(held_out_score(mine, [unit.objective], side=SIDE)))
        theirs.append(float(held_out_score(their, [unit.objective], side=SIDE)))
    won = sum(a >= b for a, b in zip(ours, theirs, strict=True))
    times = [a / b for a, b in zip(ours, theirs, strict=True)]
    name = f"held-out score of {len(units)} units, {SIDE} px, against {STEPS} steps of lucent"
    lost = [f"{u} {t:.2f}" for u, t in zip(units, times, strict=True) if t < 1]
    yield Row(
        name,
        ">= on 18",
        f"{won} of {len(units)}; median {median(times):.2f} x lucent's, "
        f"worst tenth {quantile(times, 0.1):.2f}" + (f"; lost {', '.join(lost)}" if lost else ""),
        won >= 18,
    )
    yield Row(
        "CPU time that ours took of lucent's",
        "<= 0.25",
        f"median {median(shares):.2f}, largest {max(shares):.2f} (median {median(steps):.0f} steps)",
        median(shares) <= QUARTER,
    )


def _within(unit: Unit, seconds: float) -> tuple[Float[Tensor, "3 h w"], int]:
    """The picture that the probe has made when this much CPU time is spent."""
    settings = replace(
        features.Settings(),
        layer=unit.layer,
        unit=unit.channel,
        canvas=SIDE,
        view=SIDE,
        steps=2000,
        control=False,
    )
    began, frames = time.process_time(), None
    frames = run.Run(features, settings, run.resolve(features, settings))
    frame, last = next(frames), 0.0
    while time.process_time() - began + last < seconds:  # the next step still fits
        at = time.process_time()
        frame = next(frames)
        last = time.process_time() - at
    shown = frame.panels["picture"]
    assert isinstance(shown, Tensor)
    return shown, frame.step + 1


def defaults(draws: Sequence[Sequence[Unit]]) -> Iterator[Row]:
    """The probe's own measurement at its defaults, the control left out (it changes no picture)."""
    plan = features.planned(features.Settings())
    units = [unit for draw in draws for unit in draw]
    found = [_measured(unit) for unit in units]
    crops = [numbers["kept on crops"] for numbers in found]
    lucid = [numbers["kept on lucid's views"] for numbers in found]
    name = f"HAR of default Features, {len(units)} units"
    yield Row(f"{name}, crops", "median >= 0.9", _spread(crops, units), median(crops) >= 0.9)
    yield Row(f"{name}, lucid's views", "-", _spread(lucid, units))
    objectives = [unit.objective for unit in units]
    best, count = largest(objectives, canvas=plan.canvas, side=plan.view)
    times = [n["held-out score"] / float(b) for n, b in zip(found, best, strict=True)]
    size = len(draws[0])
    each = [median(times[i : i + size]) for i in range(0, len(times), size)]
    yield Row(
        f"held-out score over the largest of {count} photographs, {len(units)} units",
        "median >= 3.5",
        f"{_spread(times, units)}; draws of {size}: {', '.join(f'{one:.2f}' for one in each)}",
        median(times) >= 3.5,
    )


def _spread(values: Sequence[float], units: Sequence[Unit]) -> str:
    worst = sorted(zip(values, map(str, units), strict=True))[:3]
    named = ", ".join(f"{unit} {value:.2f}" for value, unit in worst)
    return f"median {median(values):.2f}, worst tenth {quantile(values, 0.1):.2f} ({named})"


def _measured(unit: Unit) -> dict[str, float]:
    settings = replace(features.Settings(), layer=unit.layer, unit=unit.channel, control=False)
    return finished(settings)


def finished(settings: features.Settings) -> dict[str, float]:
    """The numbers of the last frame of a whole run."""
    frame = None
    for frame in run.Run(features, settings, run.resolve(features, settings)):  # noqa: B007
        pass
    assert frame is not None
    return {name: float(value) for name, value in frame.numbers.items()}
