"""A class on one computer: who moves how soon, who gets which share, whose picture is another.

Twelve browser contexts open a page of Features at once, each with a seed of its own, and
watch for a minute. A picture is compared with a replay of its run's own record.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import torch

from core import pictures
from core.probes import features
from core.records import unpack
from core.run import replay
from tests.bench import browser
from tests.bench.table import Row, median
from tests.browser.conftest import Tab, chromium

title = "A class on one computer"

VISITORS, TOGETHER = 12, 60.0  # contexts; seconds
AT_ONCE, SHARE = 5.0, 0.04  # seconds until the last one moves; of all steps, for the slowest

# Milliseconds from the address to the page's own script, and on to the second computed frame.
ARRIVAL = """const look = setInterval(() => {
  if (!window.lab) return;
  window.beganAt ??= performance.now();
  if (!(window.lab.shown >= 2)) return;
  window.movedAt = performance.now();
  clearInterval(look);
}, 4);"""


@dataclass(frozen=True)
class Visit:
    """What one of them had: seconds from its page's first words to the second computed frame."""

    moved: float
    arrived: float  # seconds from the address to that frame, the page's own loading included
    steps: int
    said: str
    solo: bool


def crowd(watch: browser.Watch, served: browser.Lab, count: int, seconds: float) -> list[Visit]:
    """So many contexts at once, for so long."""
    with ExitStack() as stack:
        tabs = [stack.enter_context(watch.tab(served)) for _ in range(count)]
        for seed, tab in enumerate(tabs):
            tab.page.add_init_script(ARRIVAL)
            tab.page.goto(
                f"{tab.address}{browser.PATH}?seed={seed}&steps=2000", wait_until="commit"
            )
        for tab in tabs:
            tab.page.wait_for_function("window.movedAt > 0", timeout=1000 * browser.LONGEST)
        before = [tab.lab("step") for tab in tabs]
        time.sleep(seconds)
        steps = [tab.lab("step") - first for tab, first in zip(tabs, before, strict=True)]
        said = [tab.page.locator(".main:not(.second) .step").inner_text() for tab in tabs]
        for tab in tabs:
            tab.page.evaluate("lab.pause()")
        found = []
        for tab, made, words in zip(tabs, steps, said, strict=True):
            tab.until(RESTS, timeout=browser.LONGEST)
            began, moved = tab.page.evaluate("[beganAt / 1000, movedAt / 1000]")
            found.append(Visit(moved - began, moved, made, words, is_solo(tab)))
        return found


RESTS = "['paused', 'ended'].includes(lab.state) && lab.exact === lab.step"


def is_solo(tab: Tab) -> bool:
    """Whether the picture at rest is that of a run by itself, replayed from its record."""
    record = unpack(tab.page.evaluate("lab.record()")["link"])
    run, _ = replay(features, record)
    frame = next(one for one in run if one.step == tab.lab("step"))
    picture = frame.panels["picture"]
    assert isinstance(picture, torch.Tensor)
    return browser.pixels(tab, "picture").equal(pictures.to_uint8(picture))


def rows() -> Iterator[Row]:
    """Twelve of them."""
    if not chromium():
        yield Row("a class on one computer", "-", "not measured: there is no Chromium")
        return
    with browser.lab() as served, browser.watch() as watch:
        visits = crowd(watch, served.ready(), VISITORS, TOGETHER)
    what = f"{VISITORS} browser contexts at once"
    moved, arrived = ([getattr(v, n) for v in visits] for n in ("moved", "arrived"))
    said = f"worst {max(moved):.1f} s, median {median(moved):.1f} s"
    said += f" (from the address, with the page's own loading, worst {max(arrived):.1f} s)"
    yield Row(f"{what}: to the second frame", f"<= {AT_ONCE:g} s", said, max(moved) <= AT_ONCE)
    steps = [visit.steps for visit in visits]
    share = min(steps) / sum(steps)
    said = f"{share:.1%} of {sum(steps)} (most {max(steps)}, fewest {min(steps)})"
    yield Row(f"{what}, {TOGETHER:g} s: slowest", f">= {SHARE:.0%}", said, share >= SHARE)
    other = sum(not visit.solo for visit in visits)
    yield Row(f"{what}: pictures that differ from a solo run", "0", str(other), other == 0)
    yield Row(f"{what}: what the page says", "-", visits[0].said)
