"""The lab in use: starts, clicks, frames a second, CPU, steering, visitors, what is left behind.

The server is `python -m apps.lab`, the pages are Chromium's. Where a browser
would only blur the number, a plain socket stands in for it, or the stage itself.
"""

import asyncio
import gc
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from apps import pages
from apps.stage import Stage
from apps.stage.run.orders import Do, Open, Set
from apps.stage.run.staged import Staged
from apps.stage.sight.frame import Shown
from apps.stage.sight.viewer import Viewer
from core import models, pictures, run
from core.models.classifiers import classifier
from core.probe import made
from core.probes import features
from tests.bench import browser
from tests.bench.soak import Eager
from tests.bench.table import Row, median
from tests.browser.conftest import AXE, chromium

title = "The lab in use"

AT_128 = {"layer": "blocks.3", "canvas": 128, "view": 128, "steps": 2000, "control": True}
STARTS, CLICKS, ARRIVALS, WINDOWS = 5, 10, 5, 3
SPEED = 20  # steps a second, where CPU is compared
PAIRS, PAIR = 5, 5.0  # in turns; seconds of each
TRIES = 30
WISHES = [{"contrast": (0.3, 1.5)[i % 2]} for i in range(TRIES)]  # far apart: it must be seen
VISITORS, TOGETHER = 4, 15.0  # seconds
FIRST, LAST = 10, 110  # runs


def rows() -> Iterator[Row]:
    """The server from outside, pages in the browser, then the stage from inside."""
    if not Path("/proc/self/stat").exists():
        yield Row("the lab in use", "-", "not measured: memory and CPU are read from /proc")
        return
    yield from starts()
    with browser.lab() as served:
        served.ready()
        yield from with_chromium(served)
        yield from cpu(served)
        yield from wire(served)
    yield from asyncio.run(steering())
    yield from left_behind()
    yield from asyncio.run(readings())


def starts() -> Iterator[Row]:
    """The command, five times."""
    health, usable, idle = zip(*(browser.started() for _ in range(STARTS)), strict=True)
    yield below(f"/healthz after the command, {STARTS} starts", "s", health, 3)
    yield below("page served and its run's first frame after the command", "s", usable, 12)
    said = f"median {median(idle):.0f} MB, largest {max(idle):.0f} MB"
    yield Row("idle memory of the server", "<= 1.5 GB", said, max(idle) <= 1536)


def below(what: str, unit: str, values: Sequence[float], most: float) -> Row:
    """A row whose median must stay below; the worst is beside it."""
    digits = 0 if unit == "ms" else 2
    said = f"median {median(values):.{digits}f} {unit}, worst {max(values):.{digits}f} {unit}"
    return Row(what, f"<= {most:g} {unit}", said, median(values) <= most)


def with_chromium(served: browser.Lab) -> Iterator[Row]:
    """What a visitor sees."""
    if not chromium():
        yield Row("pages in a browser", "-", "not measured: there is no Chromium")
        return
    with browser.watch() as watch:
        yield from clicking(watch, served)
        times = []
        for _ in range(ARRIVALS):
            with watch.tab(served) as tab:
                times.append(browser.arrival(tab, browser.PATH))
        yield below("address to the second computed frame, fresh context", "s", times, 2.5)
        yield frames(watch, served)
        yield from together(watch, served)
        yield from clean(watch)


def clicking(watch: browser.Watch, served: browser.Lab) -> Iterator[Row]:
    """Clicks on Again at 128 px, then on the presets as they are."""
    with watch.tab(served) as tab:
        tab.open(browser.PATH).moves()
        browser.start(tab, AT_128)
        again = tab.page.locator(".bar .again")
        times = browser.clicks(tab, [again] * CLICKS)
        what = f"click to the first frame of the new run, 128 px, {CLICKS} clicks"
        yield below(what, "ms", times, 300)
    with watch.tab(served) as tab:
        tab.open(browser.PATH).moves()
        presets = pages.load("features").presets
        named = [tab.page.get_by_role("button", name=p.sentence) for p in presets]
        times = browser.clicks(tab, named)
        said = ", ".join(f"{ms:.0f}" for ms in times)
        yield Row("the same, a click on each preset of Features", "-", f"{said} ms")


def frames(watch: browser.Watch, served: browser.Lab) -> Row:
    """Distinct computed frames that were drawn."""
    with watch.tab(served) as tab:
        tab.open(browser.PATH).moves()
        browser.start(tab, AT_128)
        tab.page.wait_for_timeout(1000)
        drawn, computed = zip(*(browser.rates(tab, 10) for _ in range(WINDOWS)), strict=True)
    what = "distinct computed frames drawn, lite0, 128 px, blocks.3, with control"
    said = f"median {median(drawn):.1f}, worst {min(drawn):.1f} of {WINDOWS} times 10 s"
    said += f" (of {median(computed):.1f} computed; load {os.getloadavg()[0]:.1f})"
    return Row(what, ">= 15 a second", said, median(drawn) >= 15)


def together(watch: browser.Watch, served: browser.Lab) -> Iterator[Row]:
    """Four visitors with a seed each: their shares, and their pictures."""
    seen = browser.visits(watch, served, VISITORS, TOGETHER)
    steps = [made for made, *_ in seen]
    share = min(steps) / sum(steps)
    said = f"{share:.0%} (steps {', '.join(map(str, steps))})"
    what = f"{VISITORS} browser contexts for {TOGETHER:.0f} s: share of the slowest"
    yield Row(what, ">= 15 % of the steps", said, share >= 0.15)
    other = sum(
        not torch.equal(picture, alone[name])
        for _, settings, step, canvases in seen
        for alone in [solo(settings, step)]
        for name, picture in canvases.items()
    )
    at = ", ".join(str(step) for _, _, step, _ in seen)
    said = f"{other} of {2 * VISITORS} (at steps {at})"
    yield Row("their pictures and controls that differ from a solo run", "0", said, other == 0)


def solo(settings: dict[str, Any], step: int, tape: Any = ()) -> dict[str, Tensor]:
    """The pictures of this step from core alone, uint8."""
    start = made(features.Settings, settings)
    alone = run.Run(features, start, run.resolve(features, start), tape=list(tape))
    for frame in alone:
        if frame.step == step:
            shown = {n: p for n, p in frame.panels.items() if not isinstance(p, str)}
            return {name: pictures.to_uint8(panel) for name, panel in shown.items()}
    raise ValueError(f"The run ended before step {step}.")


def clean(watch: browser.Watch) -> Iterator[Row]:
    """Foreign hosts, errors and axe's findings."""
    paths = ["/", *(f"/app/{name}/" for name in pages.NAMES)]
    asked, found = browser.audited(watch, paths, AXE.read_text())
    yield none_of(
        f"requests to other hosts: by {', '.join(paths)} and all pages above", watch.hosts
    )
    yield none_of("connections to other hosts: by the server of these pages", asked)
    yield none_of("console errors: on the same pages", watch.errors)
    yield none_of("serious axe findings: on these pages, light and dark", found)


def none_of(what: str, found: list[str]) -> Row:
    """A row for things of which there must be none."""
    said = f"{len(found)}" + (f": {'; '.join(sorted(set(found))[:3])}" if found else "")
    return Row(what, "0", said, not found)


def cpu(served: browser.Lab) -> Iterator[Row]:
    """The server with one viewer beside the bare generator, in turns."""
    call = [sys.executable, "-m", "tests.bench.web", json.dumps(AT_128)]
    bare = subprocess.Popen(call, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    page = served.idle().opened(**AT_128)
    page.say(do="speed", value=SPEED)
    ratios, whole_seconds, rates = [], [], []
    try:
        for _ in range(PAIRS):
            page.say(do="play")
            page.watch(1)
            ours, rate = served.cost(page, PAIR)
            page.say(do="pause")
            page.rest()
            theirs = asked(bare)
            ratios.append(ours / theirs)
            rates.append(rate)
            whole_seconds.append((ours * SPEED, theirs * SPEED))
    finally:
        page.socket.close()
        bare.terminate()
        bare.wait(10)
    pairs = "; ".join(f"{1000 * a:.0f} and {1000 * b:.0f}" for a, b in whole_seconds)
    said = f"median {median(ratios):.3f} x, worst {max(ratios):.3f} x"
    said += f" ({median(rates):.1f} frames/s; ms of CPU a second {pairs})"
    what = f"CPU of the server at {SPEED} frames/s beside the bare generator's, {PAIRS} pairs"
    yield Row(what, "<= 1.15 x", said, median(ratios) <= 1.15)


def asked(bare: subprocess.Popen[str]) -> float:
    """CPU seconds a step of the bare generator, from its process."""
    assert bare.stdin
    assert bare.stdout
    bare.stdin.write(f"{PAIR}\n")
    bare.stdin.flush()
    return float(bare.stdout.readline())


def paced(settings: dict[str, Any]) -> None:
    """The bare generator: for each line with seconds, steps at SPEED and says their CPU."""
    start = made(features.Settings, settings)
    frames = run.Run(features, start, run.resolve(features, start))
    for line in sys.stdin:
        for _ in range(SPEED):  # a second, as the server has before it is measured
            next(frames)
        began, steps = time.process_time(), round(float(line) * SPEED)
        due = time.monotonic()
        for _ in range(steps):
            next(frames)
            due = max(due + 1 / SPEED, time.monotonic())
            time.sleep(due - time.monotonic() if due > time.monotonic() else 0)
        sys.stdout.write(f"{(time.process_time() - began) / steps}\n")
        sys.stdout.flush()


def wire(served: browser.Lab) -> Iterator[Row]:
    """A slider over the socket."""
    took = browser.reactions(served.idle().opened(**AT_128), WISHES)
    said = f"median {median(took):.0f} ms, worst {max(took):.0f} ms"
    yield Row(f"slider to the frame with it, over the socket, {len(took)} changes", "-", said)


class Watcher(Eager):
    """An eager viewer that keeps the pictures."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.pictures: dict[int, Tensor] = {}

    def show(self, shown: Shown, panels: list[str], run: int) -> None:
        picture = shown.frame.panels["picture"]
        assert isinstance(picture, Tensor)
        self.pictures[shown.step] = pictures.to_uint8(picture)
        super().show(shown, panels, run)


async def watched(stage: Stage, before: Staged | None, viewer: Watcher, **settings: Any) -> Staged:
    """A run on this stage that has made its first step; the one before it is closed."""
    opening = Open(probe="features", settings={**AT_128, **settings})
    staged = await stage.open(viewer, opening, before)
    while staged.timeline is None or staged.timeline.at < 1:
        await asyncio.sleep(0.002)
    return staged


async def steering() -> list[Row]:
    """Steps from the receipt of a wish to the frame with it, and from stop to the last frame."""
    stage, draw = Stage(), random.Random(0)
    viewer = Watcher(stage)
    staged = await watched(stage, None, viewer)
    received = []
    for rev, wish in enumerate(WISHES, 1):
        await asyncio.sleep(0.1 + draw.random() * 0.1)
        received.append(ask(stage, staged, viewer, Set(rev, wish)))
    await asyncio.sleep(0.3)
    assert staged.timeline
    record = staged.timeline.record()
    later = [at - n for (at, _), n in zip(record["tape"], received, strict=True)]
    with_it = shows(record, viewer.pictures)
    said = f"worst {max(later)}, median {median(later):.0f} of {TRIES}; {with_it}"
    reached = max(later) <= 2 and not with_it.startswith("but")
    found = [Row("frames computed after receipt until one has the change", "<= 2", said, reached)]
    for what, count in (("pause", TRIES), ("stop", 10)):
        more = []
        for _ in range(count):
            await asyncio.sleep(0.05 + draw.random() * 0.1)
            n = ask(stage, staged, viewer, Do(what))
            await asyncio.sleep(0.25)
            assert staged.timeline
            more.append(staged.timeline.at - n)
            if what == "stop":
                assert staged.state == "ended"
                staged = await watched(stage, staged, viewer)
            else:
                stage.ask(staged, Do("play"), viewer)
        said = f"worst {max(more)} of {count}"
        found.append(Row(f"steps computed after receipt of {what}", "<= 1", said, max(more) <= 1))
    stage.close()
    return found


def ask(stage: Stage, staged: Staged, viewer: Viewer, message: Any) -> int:
    """Leave a message for the worker; the last step that was computed at that moment."""
    assert staged.timeline
    at = staged.timeline.at
    stage.ask(staged, message, viewer)
    return at


def shows(record: dict[str, Any], shown: dict[int, Tensor]) -> str:
    """Whether a picture is that of the tape, and the change at its step is seen in it."""
    tape = [tuple(entry) for entry in record["tape"]]
    at = next(step for step, _ in tape if step in shown)
    if not torch.equal(solo(record["settings"], at, tape)["picture"], shown[at]):
        return "but its picture is not that of the tape"
    without = [entry for entry in tape if entry[0] < at]
    if torch.equal(solo(record["settings"], at, without)["picture"], shown[at]):
        return "but its picture does not show it"
    return "its picture shows it"


def left_behind() -> Iterator[Row]:
    """Runs started and closed, each by a socket of its own, on a fresh server."""
    loaded, memory, threads = browser.aged(AT_128, FIRST, LAST)
    growth = memory[-1] - memory[0]
    runs = f"runs {FIRST + 1} to {LAST}, started and closed"
    said = f"{growth:+.1f} MB (from {memory[0]:.0f}, largest {max(memory):.0f})"
    yield Row(f"{runs}: growth of the server's memory", "< 20 MB", said, growth < 20)
    said = f"{threads[-1]} (after loading {loaded}, after {FIRST} runs {threads[0]})"
    yield Row(f"{runs}: its threads", "none more", said, threads[-1] <= threads[0])


async def readings() -> list[Row]:
    """The same on a stage in this process, where hooks and readings can be counted."""
    stage = Stage()
    viewer = Watcher(stage)
    staged: Staged | None = None
    networks = [models.load("lite0"), models.random("lite0", 0)]
    loaded = hooks(networks)
    for number in range(LAST - FIRST):
        viewer.pictures.clear()
        staged = await watched(stage, staged, viewer, seed=number)
    assert staged
    stage.leave(staged, viewer)
    while len(stage):
        await asyncio.sleep(0.1)
    await asyncio.sleep(0.2)
    del staged
    gc.collect()
    alive = [type(x).__name__ for x in gc.get_objects() if type(x) in _PASSING]
    stage.close()
    said = f"{hooks(networks)} (after loading {loaded})"
    runs = f"{LAST - FIRST} runs on a stage in this process"
    return [
        Row(f"{runs}: hooks", "none more", said, hooks(networks) <= loaded),
        none_of(f"{runs}: readings and runs that are left", alive),
    ]


_PASSING = (classifier._Reading, run.Run)


def hooks(networks: list[models.Classifier]) -> int:
    """All hooks on the modules of these networks."""
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    parts = [part for network in networks for part in network.module.modules()]
    return sum(len(getattr(part, kind)) for part in parts for kind in kinds)


if __name__ == "__main__":
    paced(json.loads(sys.argv[1]))
