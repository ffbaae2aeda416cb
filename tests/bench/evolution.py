"""Evolution by queries alone: how far it gets, beside as many pictures at random, and at what cost."""

import time
from collections.abc import Iterator
from itertools import islice

import torch

from core import models, run
from core.probe import State
from core.probes import evolve
from tests.bench.table import Row, median, quantile

title = "Evolution"

SEEDS = 5
SURE, MOST, SECONDS = 0.999, 40_000, 60
QUERIES, ROUNDS = 10_000, 12
FRESH = (1, 2, 3)  # the rates of change were chosen with seed 0
BAR = 0.85


def rows() -> Iterator[Row]:
    """The digit network, ImageNet's thousand classes, and what a question costs."""
    yield _digits("digits", "graphs", bar=True)
    yield _digits("digits", "pixels")
    yield _digits("digits-linear", "graphs")
    yield from _thousand()
    yield _throughput("lite0")
    yield _throughput("digits", bar=False)


def _started(**settings: object) -> run.Run:
    now = evolve.Settings(**settings)  # type: ignore[arg-type]
    return run.Run(evolve, now, run.resolve(evolve, now))


def _digits(network: str, encoding: str, *, bar: bool = False) -> Row:
    """Questions and seconds until every class is sure, by seed."""
    found, seconds = [], []
    for seed in range(SEEDS):
        began = time.process_time()
        frame = None
        for frame in _started(network=network, encoding=encoding, seed=seed, control=False):
            if frame.numbers["least elite"] >= SURE or frame.numbers["queries"] >= MOST:
                break
        assert frame is not None
        sure = frame.numbers["least elite"] >= SURE
        found.append(float(frame.numbers["queries"]) if sure else MOST + 1.0)
        seconds.append(time.process_time() - began)
    reached = max(found) <= MOST and max(seconds) <= SECONDS
    return Row(
        f"{network}, {encoding}: every class at least {SURE:.1%} sure, {SEEDS} seeds",
        f"within {MOST:,} questions and {SECONDS} s" if bar else "-",
        f"{sum(n <= MOST for n in found)} of {SEEDS}; median {median(found):,.0f} questions in "
        f"{median(seconds):.1f} s of CPU, worst {max(found):,.0f} in {max(seconds):.1f} s",
        reached if bar else None,
    )


def _thousand() -> Iterator[Row]:
    """The middle of a thousand classes after ten thousand questions, evolved and at random."""
    ends = [_ten_thousand(seed) for seed in FRESH]
    times = [told["median elite"] / told["control median elite"] for told, _ in ends]
    pairs = "; ".join(
        f"{told['median elite']:.3f} to {told['control median elite']:.3f}" for told, _ in ends
    )
    yield Row(
        f"lite0 at 64 px, graphs: median elite of 1000 classes at {QUERIES:,} questions, "
        f"{len(ends)} seeds",
        ">= 2 x that of random graphs",
        f"{pairs}; {median(times):.2f} x, worst {min(times):.2f} x",
        min(times) >= 2,
    )
    told, state = ends[0]
    tenth = [
        quantile(torch.as_tensor(state[f"{side}.odds"]).sigmoid().tolist(), 0.1)
        for side in ("picture", "control")
    ]
    counts = [
        [int(told[f"{side}classes above {p:g}"]) for p in (0.5, 0.9, 0.99)]
        for side in ("", "control ")
    ]
    yield Row(
        "the first of them: worst tenth; classes above .5, .9, .99; goal switches",
        "-",
        f"{tenth[0]:.4f} to {tenth[1]:.4f}; {counts[0]} to {counts[1]}; {told['goal switches']:.0f}",
    )
    yield Row(
        "the gradient: median of 10 classes after so many passes a class",
        "-",
        f"{told['gradient median']:.3f} after {told['gradient passes a class']:.0f}, "
        f"where evolution had {told['queries a class']:.0f}",
    )


def _ten_thousand(seed: int) -> tuple[dict[str, float], State]:
    """The numbers and the state of one run."""
    frame = next(islice(_started(network="lite0", seed=seed), QUERIES // 16 - 1, None))
    return {name: float(value) for name, value in frame.numbers.items()}, frame.state()


def _throughput(name: str, *, bar: bool = True) -> Row:
    """Questions a second of evolution over those of the bare batched network, taken in turn."""
    network = models.load(name)
    going = _started(network=name, control=False)
    for _ in islice(going, evolve.LESSONS + 1):  # past the gradient's steps
        pass
    plan = evolve.planned(going.start, network)
    x = torch.rand(plan.batch, 3, plan.side, plan.side)
    ratios = []
    for _ in range(ROUNDS):
        bare = _seconds(lambda: network.activations(x, network.output))
        ratios.append(bare / _seconds(lambda: next(going)))
    return Row(
        f"{name} at {plan.side} px, {plan.batch} a step: throughput over the bare network's",
        f">= {BAR:.0%}" if bar else "-",
        f"{median(ratios):.1%}, worst tenth {quantile(ratios, 0.1):.1%}",
        median(ratios) >= BAR if bar else None,
    )


@torch.no_grad()
def _seconds(work: object, times: int = 6) -> float:
    """Of CPU, for a few calls."""
    began = time.process_time()
    for _ in range(times):
        work()  # type: ignore[operator]
    return time.process_time() - began
