"""Style beside PyTorch's tutorial on its own total, and on lite0.

The rival is the tutorial's loop, line by line: its layers conv_1 to conv_5 with
the content at conv_4, before their ReLUs, its Gram over (c h w), weights 1e6 to
1, torch's L-BFGS for 300 evaluations, clamped in the closure. Ours: the same
total on the same network and pictures, its spectrum moved from half the size on.
What is reached counts on the clamped picture of the rival, on the 8-bit one of
ours. Each runs in a process of its own; time is the processor's, of one thread,
with everything but loading; memory is the peak above what stood before.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from random import Random

import torch
import torch.nn.functional as F
from torch import Tensor

from core import models, pictures, run
from core.pictures import swatches
from core.priors import octaves
from core.probes import style
from core.steps import descent, styling
from tests.bench.table import Row, median, quantile

title = "Style, beside PyTorch's tutorial"

NETWORK, SIDE = "vgg16-edges", 256
LAYERS, CONTENT = ("conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1"), 3
EVALUATIONS = 300
COARSE, MOST = 60, 150  # evaluations of ours at half the size, and at most at the whole
DECAY = 0.25
PAIRS = (("temple", "mosaic"), ("cat", "brush"))
TIME, MEMORY = 0.35, 0.60
LITE = 10  # pairs drawn by seed
LEFT, RATE = 0.02, 5.0


def rows() -> Iterator[Row]:
    """The tutorial's total on two pairs, then lite0."""
    for pair in PAIRS:
        theirs = _apart("rival", *pair)
        mine = _apart("ours", *pair, theirs["least"])
        what = f"{' in '.join(pair)}, {NETWORK}, {SIDE} px"
        share = mine["time"] / theirs["time"]
        said = f"{share:.0%} ({mine['time']:.0f} of {theirs['time']:.0f} s, to {mine['least']:.2g}"
        said += f"; theirs at best {theirs['least']:.2g}, at the end {theirs['last']:.2g})"
        yield Row(
            f"time to the least total of the tutorial's {EVALUATIONS} evaluations: {what}",
            f"<= {TIME:.0%}",
            said,
            mine["least"] <= theirs["least"] and share <= TIME,
        )
        share = mine["memory"] / theirs["memory"]
        said = f"{share:.0%} ({mine['memory']:.0f} of {theirs['memory']:.0f} MB)"
        yield Row(f"peak memory: {what}", f"<= {MEMORY:.0%}", said, share <= MEMORY)
    yield from _lite0()


def _apart(who: str, *asked: object) -> dict[str, float]:
    """One side in a process of its own."""
    call = [sys.executable, "-m", "tests.bench.style", who, *map(str, asked)]
    done = subprocess.run(call, check=True, capture_output=True, text=True, env=os.environ)
    return json.loads(done.stdout.splitlines()[-1])


def _setup(photograph: str, swatch: str, side: int) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    """The photograph, and the tutorial's total of a picture."""
    network = models.load(NETWORK)
    x_0 = pictures.square(pictures.load(photograph), side)[None]
    s = pictures.resized(swatches.load(swatch), side, side)[None]

    def gram(a: Tensor) -> Tensor:
        flat = a.flatten(2)[0]
        return flat @ flat.T / a.numel()

    with torch.no_grad():
        wanted = [gram(a) for a in network.activations(s, *LAYERS)]
        held = network.activations(x_0, LAYERS[CONTENT])

    def total(x: Tensor) -> Tensor:
        found = network.activations(x, *LAYERS)
        apart = [F.mse_loss(gram(a), g) for a, g in zip(found, wanted, strict=True)]
        return styling.goal.TUTORIAL * sum(apart) + F.mse_loss(found[CONTENT], held)  # type: ignore[return-value]

    return x_0, total


def rival(photograph: str, swatch: str) -> dict[str, float]:
    """The tutorial's run_style_transfer."""
    x_0, total = _setup(photograph, swatch, SIDE)
    x, totals = x_0.clone().requires_grad_(), []
    optimiser = torch.optim.LBFGS([x])

    def closure() -> Tensor:
        with torch.no_grad():
            x.clamp_(0, 1)
        optimiser.zero_grad()
        loss = total(x)
        loss.backward()
        totals.append(loss.detach())
        return loss

    before, began = _resident(), time.process_time()
    while len(totals) <= EVALUATIONS:
        optimiser.step(closure)
    took = time.process_time() - began
    finite = [float(t) for t in totals if t.isfinite()]
    with torch.no_grad():
        last = float(total(x.clamp(0, 1)))
    return {"time": took, "least": min(finite), "last": last, "memory": _peak() - before}


def ours(photograph: str, swatch: str, goal: str) -> dict[str, float]:
    """L-BFGS of `core.steps.descent` on the same total, from half the size to the whole, until the goal."""
    _setup(photograph, swatch, SIDE // 2)  # the network is there before the clock starts
    before, began = _resident(), time.process_time()
    x, least = None, float("inf")
    for side, most in ((SIDE // 2, COARSE), (SIDE, MOST)):
        x_0, total = _setup(photograph, swatch, side)
        base = x_0 if x is None else octaves.resize(x, (side, side)).clamp(0, 1)
        scale = styling.spectrum(base, DECAY)
        mine = descent.lbfgs_start(torch.zeros_like(base), 1)
        unit, one = None, torch.ones(1)
        for _ in range(most):
            p = mine["p"].detach().requires_grad_()
            x = styling.rendered(p, base, scale)
            loss = total(x)
            unit = loss.detach() if unit is None else unit
            (slope,) = torch.autograd.grad(loss / unit, p)
            seen = descent.Slopes((loss.detach() / unit)[None], slope[None])
            first = styling.styled.FIRST * p.numel() ** 0.5
            mine = descent.lbfgs(mine, seen, one, first=first)
            x = x.detach()
            if side == SIDE and float(loss.detach()) <= float(goal):
                with torch.no_grad():
                    least = min(least, float(total(pictures.eight_bit(x))))
                if least <= float(goal):
                    break
        with torch.no_grad():
            x = styling.rendered(mine["good"], base, scale)
    took = time.process_time() - began
    with torch.no_grad():
        least = min(least, float(total(pictures.eight_bit(x))))
    return {"time": took, "least": least, "memory": _peak() - before}


def _resident() -> float:
    """MB in memory now."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123  a device of the kernel
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def _lite0() -> Iterator[Row]:
    """What is left on the 8-bit picture, and how many steps a second, with the control in step."""
    draw, left, rates = Random(0), [], []
    for _ in range(LITE):
        pair = {"picture": draw.choice(list(pictures.shipped()))}
        pair |= {"style": draw.choice(swatches.names())}
        settings = style.Settings(**pair, size=128, content_weight=0.02)
        going = run.Run(style, settings, run.resolve(style, settings))
        began = time.monotonic()
        for _ in range(style.length(settings, {})):
            frame = next(going)
        rates.append(style.length(settings, {}) / (time.monotonic() - began))
        left.append(float(frame.numbers["style left"]))
    said = f"median {median(left):.1%}, worst tenth {quantile(left, 0.9):.1%}"
    what = f"style left on lite0, 128 px, {LITE} pairs drawn by seed"
    yield Row(what, f"<= {LEFT:.0%}", said, median(left) <= LEFT)
    said = f"median {median(rates):.1f}, slowest tenth {quantile(rates, 0.1):.1f}"
    yield Row(
        "steps a second there, the control in step", f">= {RATE:g}", said, median(rates) >= RATE
    )


if __name__ == "__main__":
    print(json.dumps({"rival": rival, "ours": ours}[sys.argv[1]](*sys.argv[2:])))
