"""What the denoiser of critters reaches: is it obeyed, what does it draw, how fast, and does it come back?"""

import time
from collections.abc import Callable, Iterator

import torch
from jaxtyping import Float
from torch import Tensor

from core import models, run
from core.diffusion import (
    examples,
    gauges,
    guidance,
    inversion,
    memory,
    sampling,
    schedules,
    wishes,
)
from core.diffusion.guidance import Asked, Guidance
from core.diffusion.sampling import Denoiser
from core.metrics import fidelity
from core.models import shipped
from core.models.denoisers.trained import Trained
from core.probes import diffusion as probe
from core.training.denoisers import CRITTERS
from tests.bench.table import Row, median

title = "Diffusion: the denoiser of critters, 64 px"

OBEYED, KID = 0.95, 1.5  # shares; times that of the VAE's flow
ONE, MANY, STEP, BACK = 2.0, 8.0, 10.0, 200.0  # seconds; steps a second; ms
COMES_BACK = 30.0  # dB
NOISES, NEAR = 40, 1e-2  # rms of [-1, 1]
STEPS, W = 20, 2.0
ROUNDS = 5
REFINED = inversion.REFINEMENTS


def rows() -> Iterator[Row]:
    """Its card, its speed, inversion, branches, and the denoiser that knows its pictures by heart."""
    model = models.load(CRITTERS, "denoiser")
    assert isinstance(model, Trained)
    yield from _card()
    yield from _speed(model)
    yield from _steps()
    yield from _inverted(model)
    yield _branch()
    yield _by_heart()


def _card() -> Iterator[Row]:
    _, said = shipped.read(CRITTERS, CRITTERS)
    reached = {name: one["value"] for name, one in said["reached"].items()}
    for name in ("species", "glasses", "hat", "dark"):
        share = reached[f"obeyed: {name}"]
        yield Row(
            f"asked at w = 2 and read: {name}", f">= {OBEYED:.0%}", f"{share:.1%}", share >= OBEYED
        )
    ratio = reached["KID"] / reached["KID of the flow's pictures"]
    yield Row(
        "KID by the reader's features, over that of the VAE's flow", f"<= {KID:g}",
        f"{ratio:.2f} ({reached['KID']:.4f}; true pictures {reached['KID of true pictures']:.4f})",
        ratio <= KID,
    )  # fmt: skip
    yield Row(
        "nearest picture learned from, over that of true pictures (repeats: near 0)", "-",
        f"{reached['nearest over that of true pictures']:.2f}",
    )  # fmt: skip


def _speed(model: Trained) -> Iterator[Row]:
    for count, bar in ((1, ONE), (16, MANY)):
        seconds = median([_timed(lambda n=count: _drawn(model, n)) for _ in range(ROUNDS)])
        yield Row(
            f"{count} x {STEPS} guided steps", f"<= {bar:g} s", f"{seconds:.2f} s", seconds <= bar
        )


@torch.no_grad()
def _drawn(model: Trained, count: int) -> Float[Tensor, "n 3 h w"]:
    told = wishes.condition(model.asks, {"species": 0.0, "glasses": 1.0})
    assert told is not None
    asked = Asked(told.told.expand(count, -1), told.known.expand(count, -1))
    x = torch.randn(count, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    ask = guidance.asking(model.x_0, asked, Guidance(W))
    visited = schedules.visited("cosine", "trailing", STEPS)
    *_, last = sampling.chain(ask, x, visited, torch.Generator())
    return last.x_0


def _steps() -> Iterator[Row]:
    """Frames of the page's run, with its control, its reader and its plane."""
    now = probe.Settings(species="a cat", worn="with glasses", steps=40, pricing=False)
    made = run.Run(probe, now, run.resolve(probe, now))
    first = _timed(lambda: next(made))
    frames = [_timed(lambda: next(made)) for _ in range(30)]
    rate = 1 / median(frames)
    yield Row(
        "first frame in this process, control's pictures and all", "-", f"{1000 * first:.0f} ms"
    )
    again = run.Run(probe, now, run.resolve(probe, now))
    yield Row(
        "first frame of a run",
        "<= 300 ms",
        f"{1000 * (t := _timed(lambda: next(again))):.0f} ms",
        t <= 0.3,
    )
    yield Row(
        "guided steps a second, with all that is shown", f">= {STEP:g}", f"{rate:.1f}", rate >= STEP
    )


@torch.no_grad()
def _inverted(model: Trained) -> Iterator[Row]:
    """Round trips of 50 steps that begin at time 981 and, beside it, at pure noise."""
    ask = guidance.asking(model.x_0, None, Guidance(), clip=False)
    x_t = torch.cat([probe.starts.noise(3, 64, seed) for seed in range(8)])
    unseen = torch.cat([probe.starts.original(None, n, 3, 64) for n in range(8)])
    for spacing, refinements, bar in (
        ("leading", REFINED, COMES_BACK),
        ("leading", 0, None),
        ("trailing", REFINED, None),
    ):
        visited = schedules.visited("cosine", spacing, 50)
        *_, own = sampling.chain(ask, x_t, visited, torch.Generator())
        for what, x in (("its own samples", own.x_0), ("unseen critters", unseen)):
            found = [_round_trip(ask, one, visited, refinements) for one in x.split(1)]
            wanted = bar if what == "its own samples" else None
            yield Row(
                f"inverted and back, {what}, {spacing} list, {refinements} refinements, median of 8 (worst)",
                f">= {wanted:g} dB" if wanted else "-",
                f"{median(found):.1f} dB ({min(found):.1f})",
                median(found) >= wanted if wanted else None,
            )


def _round_trip(ask: Denoiser, x: Tensor, visited: Tensor, refinements: int) -> float:
    *_, z = inversion.inverted(ask, x, visited, refinements=refinements)
    *_, back = sampling.chain(ask, z, visited, torch.Generator())
    return float(fidelity.psnr(gauges.unit(back.x_0), gauges.unit(x)))


def _branch() -> Row:
    """From any step back to another: the states that are kept, and the steps between."""
    now = probe.Settings(species="a cat", steps=20, pricing=False)
    resources = run.resolve(probe, now)
    whole = list(run.Run(probe, now, resources))
    worst = 0.0
    for at in (4, 8, 16):
        state = whole[at].state()
        began = time.perf_counter()
        again = run.Run(probe, now, resources, state=state)
        frames = [next(again) for _ in range(3)]  # a state is kept every fourth step
        worst = max(worst, time.perf_counter() - began)
        assert torch.equal(frames[-1].panels["picture"], whole[at + 3].panels["picture"])
    return Row(
        "any step reached, three steps after a kept one, the same bytes", f"<= {BACK:g} ms",
        f"{1000 * worst:.0f} ms", 1000 * worst <= BACK,
    )  # fmt: skip


@torch.no_grad()
def _by_heart() -> Row:
    visited = schedules.visited("cosine", "trailing", 50)
    x = torch.randn(NOISES, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    *_, last = sampling.chain(examples.by_heart(), x, visited, torch.Generator())
    _, apart = memory.nearest(last.x_0, examples.known())
    count = int((apart < NEAR).sum())
    return Row(
        f"who knows {examples.KNOWN} critters by heart ends on one of them", f"{NOISES} of {NOISES}",
        f"{count} of {NOISES}, largest distance {float(apart.max()):.1e}", count == NOISES,
    )  # fmt: skip


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
