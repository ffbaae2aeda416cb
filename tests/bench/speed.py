"""What a step costs, beside lucent: CPU time of one thread, in turns.

A step of the network is forward to the objective and back to the picture. Ours:
folded, frozen, channels last, no further than the layer. lucent's: the whole
network, a hook on every module, gradients of the weights. The whole loop adds
parametrisation, views and stepper: the probe Features and `render_vis`, both as
they come.
"""

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import torch

from core import models, run
from core.objectives import channel, logit
from core.probes import features
from core.steps import ascent
from tests.bench import rival
from tests.bench.table import Row, median

title = "A step, ours and lucent's"

ROUNDS, BURST = 12, 4  # in turns, so that whatever else the machine does falls on both
UNIT = 12
OURS, THEIRS = 128, 224  # px
LAYERS = {"b1": "blocks.1", "b3": "blocks.3", "b5": "blocks.5", "logit": "classifier"}
AT_ITS_OWN = dict.fromkeys(LAYERS, 4.0)
AT_EQUAL = {"b1": 3.0, "b3": 3.0, "b5": 2.0, "logit": 2.0}
LOOP = {"b3": 6.0}

Step = Callable[[], object]


def rows() -> Iterator[Row]:
    """The network's step at each layer, then the whole loop."""
    for name, layer in LAYERS.items():
        took = in_turns(
            {
                "ours": ours(layer, OURS),
                "theirs": theirs(layer, THEIRS),
                "equal": theirs(layer, OURS),
                "ours large": ours(layer, THEIRS),
            }
        )
        what = f"step of the network at {name}: ours {OURS} px, lucent's {THEIRS} px"
        yield compared(what, took["ours"], took["theirs"], AT_ITS_OWN[name])
        what = f"step of the network at {name}: both {OURS} px"
        yield compared(what, took["ours"], took["equal"], AT_EQUAL[name])
        what = f"step of the network at {name}: both {THEIRS} px"
        yield compared(what, took["ours large"], took["theirs"], None)
    model = rival.network()
    for name, layer in LAYERS.items():
        if layer != "classifier":
            what = f"whole loop at {name}: Features {OURS} px, render_vis {THEIRS} px"
            yield compared(what, *loops(model, layer, entering=None), LOOP.get(name))
    what = f"whole loop at b3: Features {OURS} px, render_vis {OURS} px"
    yield compared(what, *loops(model, LAYERS["b3"], entering=OURS), None)


def compared(what: str, ours: list[float], theirs: list[float], bar: float | None) -> Row:
    """How many times as long theirs takes; the bar holds for the minima and for the medians."""
    least, middle = min(theirs) / min(ours), median(theirs) / median(ours)
    said = f"{least:.1f} x of minima, {middle:.1f} x of medians"
    spent = ", ".join(
        f"{who} {1000 * min(took):.1f}, {1000 * median(took):.1f} ms"
        for who, took in (("ours", ours), ("lucent", theirs))
    )
    reached = None if bar is None else min(least, middle) >= bar
    return Row(what, f">= {bar:g} x" if bar else "-", f"{said} ({spent})", reached)


def in_turns(steps: dict[str, Step]) -> dict[str, list[float]]:
    """CPU seconds of every step, bursts of one after bursts of the other."""
    for step in steps.values():
        step(), step()
    found: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(ROUNDS):
        for name, step in steps.items():
            for _ in range(BURST):
                began = time.process_time()
                step()
                found[name].append(time.process_time() - began)
    return found


def ours(layer: str, side: int) -> Step:
    """One step of our network part."""
    network = models.load("lite0")
    objective = (logit if layer == network.output else channel)(layer, UNIT)
    x = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0))
    return lambda: ascent.slope(x, objective, network, picture=lambda p: p)


def theirs(layer: str, side: int) -> Step:
    """One step of lucent's network part, by its own hooks and objective."""
    optvis = rival.lucent()
    noise = torch.Generator().manual_seed(0)
    x = torch.rand(1, 3, side, side, generator=noise).requires_grad_()
    model = rival.network()
    read = optvis.render.hook_model(model, lambda: x)
    objective = optvis.objectives.as_objective(f"{rival.layer(layer)}:{UNIT}")

    def step() -> None:
        x.grad = None
        model(x * 2 - 1)
        objective(read).backward()

    return step


def loops(
    model: torch.nn.Module, layer: str, *, entering: int | None
) -> tuple[list[float], list[float]]:
    """CPU seconds a step of the probe at its defaults, and of lucent's render_vis."""
    settings = replace(features.Settings(), layer=layer, unit=UNIT, steps=2000, control=False)
    frames = run.Run(features, settings, run.resolve(features, settings))
    next(frames), next(frames)
    mine: list[float] = []
    their: list[float] = []
    for turn in range(ROUNDS):
        for _ in range(BURST):
            began = time.process_time()
            next(frames)
            mine.append(time.process_time() - began)
        ticks: list[float] = []
        rival.render(
            model,
            layer,
            UNIT,
            canvas=OURS,
            steps=BURST + 2,  # the first warms up, the last ends unseen
            seed=turn,
            entering=entering,
            each=lambda ticks=ticks: ticks.append(time.process_time()),
        )
        their += [b - a for a, b in itertools.pairwise(ticks)]
    return mine, their
