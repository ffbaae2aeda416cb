"""Fifty people follow one run: what they cost, how late they see, how soon they are in.

They are real sockets, in a process of its own: `python -m tests.bench.follow ADDRESS CODE`.
"""

import asyncio
import json
import struct
import subprocess
import sys
import time
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.asyncio.client import connect

from tests.bench import browser
from tests.bench.table import Row, median
from tests.browser.conftest import chromium
from tests.stage.conftest import Page, Sent

title = "A room that follows"

AT_128 = {"layer": "blocks.3", "canvas": 128, "view": 128, "steps": 2000, "control": True}
FOLLOWERS = 50
SPEED = 20  # steps a second
PAIRS, PAIR = 4, 5.0  # in turns; seconds of each
WATCHED, SAMPLE = 15.0, 0.05  # seconds
JOINS = 5
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True}
ARRIVAL = """const look = setInterval(() => {
  if (!(window.lab?.frames >= 1)) return;
  window.movedAt = performance.now();
  clearInterval(look);
}, 4);"""

Log = list[tuple[float, int]]
"""When a step was there."""


def rows() -> Iterator[Row]:
    """CPU in turns with and without them, then lag, then joining while all are there."""
    if not Path("/proc/self/stat").exists():
        yield Row("a room that follows", "-", "not measured: CPU is read from /proc")
        return
    with browser.lab() as served:
        lecturer = served.ready().opened(**AT_128)
        lecturer.say(do="speed", value=SPEED)
        lecturer.say(room="open")
        code = lecturer.text("room")["code"]
        with crowd(f"ws://127.0.0.1:{served.port}/ws", code) as people:
            yield cost(served, lecturer, people)
            yield from lag(lecturer, people)
            yield joining(served, lecturer, code)
        lecturer.socket.close()


def cost(served: browser.Lab, lecturer: Page, people: "Crowd") -> Row:
    """CPU of the server a step, with all of them and with the lecturer alone."""
    ratios, shown, each = [], [], []
    for _ in range(PAIRS):
        lecturer.watch(1)
        alone, _ = served.cost(lecturer, PAIR)
        people.ask("join")
        lecturer.watch(1)
        people.ask("log")
        together, rate = served.cost(lecturer, PAIR)
        each.append(median([len(log) / PAIR for log in people.ask("log")]))
        people.ask("leave")
        ratios.append(together / alone)
        shown.append(f"{1000 * together:.0f} and {1000 * alone:.0f}")
        assert rate
    said = f"median {median(ratios):.2f} x, worst {max(ratios):.2f} x"
    said += (
        f" (ms of CPU a step {'; '.join(shown)}; each is shown {median(each):.1f} frames a second)"
    )
    what = f"CPU of the server with {FOLLOWERS} who follow beside the lecturer alone, {PAIRS} pairs"
    return Row(what, "<= 1.3 x", said, median(ratios) <= 1.3)


def lag(lecturer: Page, people: "Crowd") -> Iterator[Row]:
    """For how long the lecturer's page has been past what a phone shows, at every moment."""
    people.ask("join")
    lecturer.watch(1)
    people.ask("log")
    began, first = time.monotonic(), []
    while time.monotonic() < began + WATCHED:
        got = lecturer.read()
        if isinstance(got, Sent) and got.panel == 0:
            first.append((time.monotonic(), got.step))
    late = sorted(1000 * x for log in people.ask("log") for x in behind(first, log))
    worst = late[int(0.9 * len(late))]
    said = f"median {median(late):.0f} ms, worst tenth {worst:.0f} ms, most {late[-1]:.0f} ms"
    what = f"how late {FOLLOWERS} who follow see what the lecturer sees"
    reached = median(late) <= 300 and worst <= 1000
    yield Row(what, "<= 300 ms; worst tenth 1 s", said, reached)


def behind(lecturer: Log, phone: Log) -> list[float]:
    """At every moment, the seconds since the lecturer saw a later step than the phone shows."""
    found, steps, times = [], [step for _, step in lecturer], [at for at, _ in phone]
    now = max(times[0], lecturer[0][0])
    while now < min(times[-1], lecturer[-1][0]):
        shown = phone[bisect_right(times, now) - 1][1]
        later = bisect_right(steps, shown)
        found.append(max(0.0, now - lecturer[later][0]) if later < len(steps) else 0.0)
        now += SAMPLE
    return found


def joining(served: browser.Lab, lecturer: Page, code: str) -> Row:
    """A browser as a phone, from the address to the first picture, while all are there."""
    what = f"address of the code to the first picture, beside {FOLLOWERS} others"
    if not chromium():
        return Row(what, "<= 2 s", "not measured: there is no Chromium")
    took = []
    with browser.watch() as watch:
        for _ in range(JOINS):
            with watch.tab(served, **PHONE) as tab:
                tab.page.add_init_script(ARRIVAL)
                tab.open(f"/f/{code}")
                tab.page.wait_for_function("window.movedAt > 0")
                took.append(tab.page.evaluate("window.movedAt") / 1000)
                lecturer.watch(0.3)
    said = f"median {median(took):.2f} s, worst {max(took):.2f} s of {JOINS}"
    return Row(what, "<= 2 s", said, median(took) <= 2)


class Crowd:
    """The process of those who follow: asked in lines, answers in lines."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, what: str) -> Any:
        """join, log (what each has been shown since the last log), or leave."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@contextmanager
def crowd(address: str, code: str) -> Iterator[Crowd]:
    """Nobody yet; all leave at the end."""
    call = [sys.executable, "-m", "tests.bench.follow", address, code]
    process = subprocess.Popen(call, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Crowd(process)
    finally:
        process.terminate()
        process.wait(10)


async def member(address: str, code: str, log: Log, there: asyncio.Event) -> None:
    """One who follows, and draws at once."""
    async with connect(address, compression=None, max_size=None) as socket:
        await socket.send(json.dumps({"open": {"follow": code}}))
        async for got in socket:
            if isinstance(got, bytes) and got[3]:  # the last panel of a frame
                step, sequence = struct.unpack("<II", got[8:16])
                log.append((time.monotonic(), step))
                await socket.send(json.dumps({"ack": sequence}))
                there.set()


async def crowded(address: str, code: str) -> None:
    """Do what is asked on stdin, a line each."""
    tasks: list[asyncio.Task[None]] = []
    logs: list[Log] = []
    while line := (await asyncio.to_thread(sys.stdin.readline)).strip():
        told: Any = len(tasks)
        if line == "join":
            logs = [[] for _ in range(FOLLOWERS)]
            events = [asyncio.Event() for _ in logs]
            members = zip(logs, events, strict=True)
            tasks = [asyncio.create_task(member(address, code, *one)) for one in members]
            await asyncio.gather(*(event.wait() for event in events))
        elif line == "leave":
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        else:
            told = [list(log) for log in logs]
            for log in logs:
                log.clear()
        sys.stdout.write(f"{json.dumps(told)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(crowded(*sys.argv[1:]))
