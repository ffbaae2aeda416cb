"""Ten minutes of four visitors in a browser, who press everything at random.

`python -m tests.bench.visitors 120` does the same in 120 seconds.
"""

import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

from playwright.sync_api import Error as Broken
from playwright.sync_api import TimeoutError as TookTooLong

from apps import pages
from core import pictures
from tests.bench import browser
from tests.bench.table import Row, median, say
from tests.browser.conftest import Tab, chromium

title = "Four visitors who press everything"

SECONDS, AFTER, VISITORS = 600.0, 30.0, 4
ENOUGH, LONGEST, MOST = 600, 5.0, 1.2  # actions; seconds of a wait; times what it held before
# what is loaded, what is said over the picture, and how many share the computer
SAYS = """lab.state === 'loading' || !document.querySelector('.player .notice').hidden
  || /people share/.test(document.querySelector('.main .step').textContent)"""
DROP = """data => { const found = new DataTransfer();
found.items.add(new File([Uint8Array.from(data)], 'mine.jpg', {type: 'image/jpeg'}));
document.body.dispatchEvent(new DragEvent('drop', {dataTransfer: found, bubbles: true, cancelable: true})); }"""


@dataclass
class Visitor:
    """One of them: what was done, how long each answer took, and what took too long in silence."""

    tab: Tab
    draw: random.Random
    done: Counter[str] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)

    def act(self) -> None:
        """Do one thing, and wait for its answer; what takes longer must be said on the page."""
        name = self.draw.choice(tuple(ACTIONS))
        began = time.monotonic()
        try:
            ACTIONS[name](self)
        except TookTooLong:
            if not self.tab.page.evaluate(f"Boolean(window.lab && ({SAYS}))"):
                self.silent.append(f"{name} on {self.where}")
        except Broken as error:
            self.silent.append(f"{name} on {self.where}: {str(error).splitlines()[0]}")
        self.waits.append(time.monotonic() - began)
        self.done[name] += 1

    @property
    def where(self) -> str:
        """The page that is open."""
        return self.tab.page.url.rpartition("/app/")[2].partition("/")[0]

    def until(self, condition: str) -> None:
        """Wait for what an action is to do, but not longer than anybody should."""
        self.tab.until(condition, timeout=LONGEST)

    def press(self, name: str) -> None:
        """A button of the bar."""
        self.tab.page.locator(".bar").get_by_role("button", name=name, exact=True).click(
            timeout=1000 * LONGEST
        )


def page(one: Visitor) -> None:
    """Another page."""
    one.tab.open(f"/app/{one.draw.choice(pages.NAMES)}/")
    one.until("lab.frames >= 1")


def preset(one: Visitor) -> None:
    """A step of the path."""
    run, count = one.tab.lab("run"), one.tab.lab("config.presets.length")
    one.tab.page.evaluate(f"lab.preset({one.draw.randrange(count)})")
    one.until(f"lab.run > {run} && lab.step >= 0")


def slider(one: Visitor) -> None:
    """A slider of those that steer, some places to a side."""
    sliders = one.tab.page.locator("#tab-steer input[type=range]:visible")
    if count := sliders.count():
        key = one.draw.choice(["ArrowRight", "ArrowLeft", "PageUp", "PageDown"])
        sliders.nth(one.draw.randrange(count)).press(key)
        one.until("lab.answered >= lab.asked")


def twin(one: Visitor) -> None:
    """Open a twin, or close it."""
    one.press("Twin")
    opens = one.tab.page.get_by_role("button", name="Open it")
    if opens.is_visible():
        opens.click()
        one.until("lab.twin.frames >= 1")


def film(one: Visitor) -> None:
    """Ask for a film; what comes is not waited for."""
    one.tab.page.evaluate("document.querySelector('.film').open = true")
    one.tab.page.locator("[data-film=gif]").click(timeout=1000 * LONGEST)
    one.tab.page.wait_for_timeout(300)


def pause(one: Visitor) -> None:
    """Pause, a step, and on."""
    one.tab.page.evaluate("lab.pause()")
    one.until("['paused', 'ended', 'failed'].includes(lab.state)")
    step = one.tab.lab("step")
    one.tab.page.evaluate("lab.play()")
    one.until(f"lab.step !== {step} || ['ended', 'failed'].includes(lab.state)")


def seek(one: Visitor) -> None:
    """Back on the time line, and on from there."""
    step = int(one.tab.lab("step") * one.draw.random())
    one.tab.page.evaluate(f"lab.seek({step})")
    one.until(f"lab.step === {step}")
    one.tab.page.evaluate("lab.play()")


def drop(one: Visitor) -> None:
    """A photograph, wherever it can be used or not."""
    data = pictures.shipped()[one.draw.choice(["bee", "cat", "tiger"])].read_bytes()
    run = one.tab.lab("run")
    one.tab.page.evaluate(DROP, list(data))
    one.until(f"lab.run > {run} && lab.step >= 0 || {SAYS}")


def link(one: Visitor) -> None:
    """Copy its link."""
    one.press("Link")
    one.tab.page.locator(".player .notice").wait_for(timeout=1000 * LONGEST)


def turn(one: Visitor) -> None:
    """Another tab of the panel."""
    tabs = one.tab.page.get_by_role("tab")
    tabs.nth(one.draw.randrange(tabs.count())).click()
    tabs.first.click()


ACTIONS: dict[str, Callable[[Visitor], None]] = {
    one.__name__: one for one in (page, preset, slider, twin, film, pause, seek, drop, link, turn)
}


def rows() -> Iterator[Row]:
    """How much was done, what went wrong, how long it took, and what the server holds after."""
    yield from crowded(SECONDS)


def crowded(seconds: float) -> Iterator[Row]:
    """The same for so many seconds."""
    if not chromium():
        yield Row("four visitors", "-", "not measured: there is no Chromium")
        return
    with browser.lab() as served, browser.watch() as watch:
        served.ready()
        with watch.tab(served) as first:  # the same models are loaded before
            for name in pages.NAMES:
                first.open(f"/app/{name}/").until("lab.frames >= 2", timeout=60)
        time.sleep(AFTER)
        before = served.idle().megabytes
        with ExitStack() as stack:
            visitors = [
                Visitor(stack.enter_context(watch.tab(served)), random.Random(n))
                for n in range(VISITORS)
            ]
            for one in visitors:
                page(one)
            ends = time.monotonic() + seconds
            while time.monotonic() < ends:
                for one in visitors:
                    one.act()
        time.sleep(AFTER)
        after = served.megabytes
    done = sum((one.done for one in visitors), Counter[str]())
    said = ", ".join(f"{name} {count}" for name, count in sorted(done.items()))
    yield Row("actions", f">= {ENOUGH}", f"{done.total()}: {said}", done.total() >= ENOUGH)
    wrong = [*watch.errors, *watch.hosts]
    yield Row("console errors, other hosts", "0", f"{len(wrong)}: {wrong[:3]}", not wrong)
    waits = sorted(wait for one in visitors for wait in one.waits)
    silent = [what for one in visitors for what in one.silent]
    said = f"{len(silent)}: {silent[:4]}; median {median(waits):.2f} s, worst {waits[-1]:.1f} s"
    yield Row(f"waits above {LONGEST:g} s of which nothing is said", "0", said, not silent)
    said = f"{after:.0f} MB, {after / before:.2f} times the {before:.0f} before"
    yield Row(
        f"memory, {AFTER:g} s after all left", f"<= {MOST} times", said, after <= MOST * before
    )


if __name__ == "__main__":
    for row in crowded(float(sys.argv[1])):
        say(f"{row.what} | {row.bar} | {row.measured} | {row.verdict}")
