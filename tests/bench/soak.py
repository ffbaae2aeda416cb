"""Ten minutes of four visitors, and what the process holds half a minute after they have left.

`python -m tests.bench.soak 150` does the same in 150 seconds.
"""

import asyncio
import itertools
import random
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from apps.stage import Stage
from apps.stage.run.orders import Do, Open, Seek, Set
from apps.stage.run.staged import Staged
from apps.stage.sight.viewer import Viewer
from core import models
from core.probe import made
from tests.bench.table import Row, say
from tests.quick import change

title = "Memory comes back"

SECONDS, AFTER, VISITORS = 600.0, 30.0, 4
ROUND = 2.0, 9.0  # seconds that a visitor stays with one run
PROBES = "features", "dream", "inversion", "style", "painter", "fool", "sampler", "linear"
SIDES: dict[str, tuple[str, ...]] = {  # settings that are sides of pictures in px
    "features": ("canvas", "view"), "dream": ("size",), "inversion": ("size",),
    "style": ("size",), "painter": ("size", "crop"), "fool": ("size",),
}  # fmt: skip
MOST = 1.2  # times what it held before


def rows() -> Iterator[Row]:
    """One row: before, at most, after."""
    if not Path("/proc/self/statm").exists():
        yield Row("memory after a crowd", "-", "not measured: memory is read from /proc")
        return
    before, peak, after = asyncio.run(soak(SECONDS))
    said = f"{after:.0f} MB, {after / before:.2f} times the {before:.0f} before; peak {peak:.0f} MB"
    what = f"{AFTER:.0f} s after {VISITORS} visitors of {SECONDS / 60:.0f} minutes have left"
    yield Row(what, f"<= {MOST} times", said, after <= MOST * before)


def resident() -> float:
    """Megabytes that this process has in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


async def soak(seconds: float) -> tuple[float, float, float]:
    """Megabytes before, at most, and after; with the same models loaded."""
    networks = [offer.name for offer in models.offers() if offer.here]
    for name in networks:
        models.classifier(name)
        models.random(name, 0)
    stage, seen, began = Stage(), [], time.monotonic()
    await asyncio.sleep(5)
    before = resident()
    say(f"{before:.0f} MB before")
    ends = time.monotonic() + seconds
    visitors = [
        asyncio.create_task(visit(stage, random.Random(n), networks, ends)) for n in range(VISITORS)
    ]
    while not all(visitor.done() for visitor in visitors):
        await asyncio.sleep(1)
        seen.append(resident())
        if len(seen) % 15 == 0:
            say(f"{time.monotonic() - began:4.0f} s  {seen[-1]:5.0f} MB  {len(stage)} runs")
    rounds = sum(visitor.result() for visitor in visitors)
    say(f"{rounds} runs opened; {resident():.0f} MB as they leave")
    for _ in range(3):
        await asyncio.sleep(AFTER / 3)
        say(f"{time.monotonic() - began:4.0f} s  {resident():5.0f} MB  {len(stage)} runs")
    after = resident()
    stage.close()
    return before, max(seen), after


class Eager(Viewer):
    """A viewer that draws whatever it is sent at once."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(asyncio.get_running_loop())
        self.drawing = asyncio.create_task(self._draw(stage))

    async def _draw(self, stage: Stage) -> None:
        while True:
            await self.woken.wait()
            self.woken.clear()
            self.texts()
            while messages := self.frames():
                if self.acked(struct.unpack_from("<I", messages[-1], 12)[0]):
                    stage.wake()


async def visit(stage: Stage, draw: random.Random, networks: list[str], ends: float) -> int:
    """One visitor: a run after the other, steered, filmed, with a twin now and then."""
    viewer, twins = Eager(stage), Eager(stage)
    staged: Staged | None = None
    rounds = 0
    while time.monotonic() < ends:
        probe = draw.choice(PROBES)
        opening = Open(probe=probe, settings=drawn(probe, draw, networks))
        try:
            staged = await stage.open(viewer, opening, staged)
        except (ValueError, LookupError) as error:
            say(f"{probe}: {error}")
            continue
        rounds += 1
        await stay(stage, staged, viewer, twins, draw)
    if staged:
        stage.leave(staged, viewer)
    viewer.drawing.cancel()
    twins.drawing.cancel()
    return rounds


async def stay(  # noqa: C901  a list of small wishes
    stage: Stage, staged: Staged, viewer: Eager, twins: Eager, draw: random.Random
) -> None:
    """What somebody does with a run."""
    until = time.monotonic() + draw.uniform(*ROUND)
    probe = staged.opening.probe.__name__.rpartition(".")[2]
    twin: Staged | None = None
    for rev in itertools.count(1):
        await asyncio.sleep(draw.uniform(0.1, 0.8))
        if time.monotonic() > until:
            break
        with suppress(ValueError, LookupError):  # sentences: this run has no picture, no class
            match draw.choice(["twin", "film", "look", *["steer"] * 3, *["wait"] * 6]):
                case "twin":
                    opening = Open(beside=staged.number, token=staged.token, settings=change(probe))
                    twin = await stage.open(twins, opening, twin)
                case "film":
                    await filmed(stage, staged, draw.choice(["mp4", "gif"]), until)
                case "look":
                    await stage.look(staged)
                case "steer":
                    at = draw.randrange(max(1, staged.at))
                    for wish in draw.choice([[Set(rev, change(probe))], [Seek(at), Do("play")]]):
                        stage.ask(staged, wish, viewer)
    if twin:
        stage.leave(twin, twins)


async def filmed(stage: Stage, staged: Staged, form: str, until: float) -> None:
    """A film that somebody waits for, but not longer than they stay."""
    film = await stage.film(staged, form)
    while not film.ended and time.monotonic() < until:
        await asyncio.sleep(0.2)


def drawn(probe: str, draw: random.Random, networks: list[str]) -> dict[str, Any]:
    """Settings at random: a network, a layer of it, sides."""
    from core import probes

    found: dict[str, Any] = {"seed": draw.randrange(1000)}
    usual = made(probes.load(probe).Settings, {})
    for side in SIDES.get(probe, ()):
        found[side] = 16 * draw.randrange(5, 15)
    if "canvas" in found:
        found["view"] = min(found["view"], found["canvas"])
    if "crop" in found:
        found["crop"] = min(found["crop"], found["size"])
    if hasattr(usual, "network"):
        found["network"] = draw.choice(networks)
        if isinstance(getattr(usual, "layer", None), str):
            network = models.classifier(found["network"])
            found["layer"] = draw.choice(network.stages[:-1] or list(network.layers)[:3])
    return {name: value for name, value in found.items() if hasattr(usual, name)}


if __name__ == "__main__":
    from core import cpu

    cpu.settle()
    say(str(asyncio.run(soak(float(sys.argv[1])))))
