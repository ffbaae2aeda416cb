"""The lab as the web bench drives it: a server process, its costs, and pages timed from inside."""

import base64
import io
import itertools
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import torch
from PIL import Image
from playwright.sync_api import Browser, sync_playwright
from torch import Tensor
from websockets.sync.client import connect

from core.records import unpack
from tests.browser.conftest import FLAGS, ROOT, Tab, answered, chromium, free_port
from tests.stage.conftest import Page, Sent

PATH = "/app/features/"
LONGEST = 120.0  # seconds until anything that is waited for counts as broken
PROC = Path("/proc")
HOME = ("127.0.0.1", "::1", "localhost", "None", "")

# Counts from the click itself to the first picture of the new run that is on the canvas.
CLICKS = """() => {
  let clicked = 0, before = 0;
  window.clicks = [];
  const note = (event) => { // not those that the page makes itself
    if (event.isTrusted) [clicked, before] = [event.timeStamp, lab.run];
  };
  document.addEventListener("click", note, true);
  lab.heard(({seen}) => {
    if (seen === undefined || !clicked || lab.run === before || lab.step < 0) return;
    window.clicks.push(performance.now() - clicked);
    clicked = 0;
  });
}"""

# performance.now() counts from the moment the browser set out for the address.
ARRIVAL = """const look = setInterval(() => {
  if (!(window.lab?.shown >= 2)) return;
  window.movedAt = performance.now();
  clearInterval(look);
}, 4);"""

# A sitecustomize: Python tells it of every connection and every name that is looked up.
SPY = """import sys
def seen(event, args):
    if event in ("socket.connect", "socket.sendto"):
        if not isinstance(args[1], tuple):
            return  # within this machine
        host = args[1][0]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = args[0]
    else:
        return
    with open({path!r}, "a") as told:
        told.write(f"{{host}}\\n")
sys.addaudithook(seen)
open({path!r}, "a").write("None\\n")
"""


@dataclass(frozen=True)
class Lab:
    """A lab in a process of its own, and when its command was given."""

    process: subprocess.Popen[bytes]
    port: int
    began: float

    @property
    def address(self) -> str:
        """Where its pages are."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def age(self) -> float:
        """Seconds since the command."""
        return time.monotonic() - self.began

    def health(self) -> dict[str, Any]:
        """What /healthz says; empty as long as nobody answers."""
        return json.loads(answered(f"{self.address}/healthz") or b"{}")

    def ready(self) -> "Lab":
        """Wait until the networks are loaded."""
        until(lambda: self.health().get("ready"), "the lab to be ready")
        return self

    def idle(self) -> "Lab":
        """Wait until every run is freed."""
        until(lambda: self.health().get("runs") == 0, "the runs to be freed")
        return self

    def opened(self, **settings: Any) -> Page:
        """A page without a browser, on which a run of Features has made its first steps."""
        address = f"ws://127.0.0.1:{self.port}/ws"
        page = Page(connect(address, compression=None, max_size=None, max_queue=None))
        page.say(open={"probe": "features", "settings": settings})
        page.until(lambda message: isinstance(message, Sent), LONGEST)
        return page

    @property
    def megabytes(self) -> float:
        """Resident memory of the process and of those it started."""
        pages = sum(_resident(pid) for pid in _family(self.process.pid))
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    @property
    def threads(self) -> int:
        """How many threads it has."""
        return len(list((PROC / str(self.process.pid) / "task").iterdir()))

    @property
    def spent(self) -> float:
        """CPU seconds so far, of all threads."""
        ticks = _stat(self.process.pid)[11:13]
        return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")

    def cost(self, page: Page, seconds: float) -> tuple[float, float]:
        """CPU seconds a step, and frames a second that arrive at the page."""
        first, before, began, count = page.frame(), self.spent, time.monotonic(), len(page.frames)
        page.watch(seconds)
        last, after, took = page.frame(), self.spent, time.monotonic() - began
        arrived = sum(frame.panel == 0 for frame in page.frames[count:])
        return (after - before) / (last.step - first.step), arrived / took


def _stat(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat from the state on: a name may hold spaces."""
    return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def _resident(pid: int) -> int:
    return int((PROC / str(pid) / "statm").read_text().split()[1])


def _family(pid: int) -> list[int]:
    found = [pid]
    for folder in PROC.glob("[0-9]*"):
        try:
            if int(_stat(int(folder.name))[1]) in found:
                found.append(int(folder.name))
        except OSError:
            continue  # it has ended meanwhile
    return found


def until(holds: Callable[[], Any], what: str, every: float = 0.05) -> Any:
    """Wait until this holds, and return it."""
    ends = time.monotonic() + LONGEST
    while not (found := holds()):
        if time.monotonic() > ends:
            raise TimeoutError(f"Waited {LONGEST:.0f} s for {what}.")
        time.sleep(every)
    return found


@contextmanager
def lab(**settings: str) -> Iterator[Lab]:
    """`python -m apps.lab` on a free port, one thread; ended when it is left."""
    port = free_port()
    # one thread, as on two cores: the bench compares its pictures and its CPU with its own
    env = {**os.environ, "PORT": str(port), "LAB_HOST": "127.0.0.1", "LAB_THREADS": "1", **settings}
    began, call = time.monotonic(), [sys.executable, "-m", "apps.lab"]
    process = subprocess.Popen(call, cwd=ROOT, env=env, stdout=subprocess.DEVNULL)
    try:
        yield Lab(process, port, began)
    finally:
        process.terminate()
        process.wait(10)


def started() -> tuple[float, float, float]:
    """Seconds from the command to /healthz and to a page with a frame; megabytes when idle."""
    with lab() as served:
        until(served.health, "/healthz", every=0.02)
        health = served.age
        until(lambda: b"lab-config" in answered(served.address + PATH), "the page")
        page = served.opened()
        usable = served.age
        page.socket.close()
        served.ready().idle()
        return health, usable, served.megabytes


def aged(settings: dict[str, Any], batch: int, runs: int) -> tuple[int, list[float], list[int]]:
    """Threads of a fresh server, then its megabytes and threads after each batch of closed runs.

    A batch at a time: a closed tab's run is held for some seconds, and memory would
    else tell how many of those there are at once.
    """
    memory, threads = [], []
    with lab() as served:
        loaded = served.ready().threads
        for first in range(0, runs, batch):
            for seed in range(first, first + batch):
                served.opened(**settings, seed=seed).socket.close()
            time.sleep(1)  # until /healthz counts the last of them
            memory.append(served.idle().megabytes)
            threads.append(served.threads)
    return loaded, memory, threads


def reactions(page: Page, wishes: list[dict[str, Any]]) -> list[float]:
    """Milliseconds from sending each of the wishes to a frame with it, which the tape tells."""
    draw, sent = random.Random(0), []
    arrived: dict[int, float] = {}

    def read(seconds: float) -> None:
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            got = page.read()
            if isinstance(got, Sent):
                arrived.setdefault(got.step, time.monotonic())

    for rev, wish in enumerate(wishes, 1):
        read(0.15 + 0.2 * draw.random())
        sent.append(time.monotonic())
        page.say(rev=rev, set=wish)
    read(1)
    page.say(do="link")
    tape = unpack(page.text("link"))["tape"]
    page.socket.close()
    return [
        1000 * (min(came for step, came in arrived.items() if step >= at) - began)
        for (at, _), began in zip(tape, sent, strict=True)
    ]


@contextmanager
def watched(folder: Path) -> Iterator[tuple[Lab, Callable[[], list[str]]]]:
    """A lab whose connections are noted, and what asks for the foreign hosts so far."""
    told = folder / "hosts"
    (folder / "sitecustomize.py").write_text(SPY.format(path=str(told)))
    paths = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])

    def foreign() -> list[str]:
        return [host for host in told.read_text().splitlines() if host not in HOME]

    with lab(PYTHONPATH=paths) as served:
        yield served, foreign


@dataclass
class Watch:
    """A browser, and what went wrong on any of its pages."""

    browser: Browser
    hosts: list[str] = field(default_factory=list)  # that were asked and are not the lab
    errors: list[str] = field(default_factory=list)

    @contextmanager
    def tab(self, served: Lab, **options: Any) -> Iterator[Tab]:
        """A fresh context with one page."""
        context = self.browser.new_context(
            **{"viewport": {"width": 1280, "height": 800}, **options}
        )
        tab = Tab(context.new_page(), served.address)
        page, home = tab.page, urlsplit(served.address).netloc

        def asked(url: str) -> None:
            parts = urlsplit(url)
            if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != home:
                self.hosts.append(url)

        page.on("request", lambda request: asked(request.url))
        page.on("websocket", lambda socket: asked(socket.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda m: self.errors.extend([m.text] * (m.type == "error")))
        try:
            yield tab
        finally:
            context.close()

    @contextmanager
    def tabs(self, served: Lab, count: int) -> Iterator[list[Tab]]:
        """Several contexts at once, each with a page of Features."""
        with ExitStack() as stack:
            found = [stack.enter_context(self.tab(served)) for _ in range(count)]
            for tab in found:
                tab.open(PATH).moves()
            yield found


@contextmanager
def watch() -> Iterator[Watch]:
    """Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        yield Watch(browser)
        browser.close()


def start(tab: Tab, settings: dict[str, Any]) -> None:
    """Start a run with these settings on an open page, and wait until it moves."""
    tab.page.evaluate("changes => lab.again(changes)", settings)
    told = " && ".join(f"lab.started.{name} === {json.dumps(v)}" for name, v in settings.items())
    tab.until(f"{told} && lab.run > 0 && lab.step >= 2", timeout=LONGEST)


def clicks(tab: Tab, buttons: list[Any]) -> list[float]:
    """Milliseconds from the click on each of the buttons to its first frame; it then runs on."""
    tab.page.evaluate(CLICKS)
    for number, button in enumerate(buttons, 1):
        if not button.is_visible():  # a preset: it stands in the list of the path
            tab.page.locator(".path .all summary").click()
        button.click()
        tab.page.wait_for_function(f"window.clicks.length >= {number}")
        tab.page.wait_for_timeout(700)  # so that a run is under way when the next click comes
    return tab.page.evaluate("window.clicks")


def arrival(tab: Tab, path: str) -> float:
    """Seconds from the address to the second computed frame."""
    tab.page.add_init_script(ARRIVAL)
    tab.open(path)
    tab.page.wait_for_function("window.movedAt > 0")
    return tab.page.evaluate("window.movedAt") / 1000


def rates(tab: Tab, seconds: float) -> tuple[float, float]:
    """Distinct frames a second that were drawn, and steps a second that were computed."""
    now = "(() => [performance.now() / 1000, lab.shown, lab.step])()"
    began, shown, step = tab.page.evaluate(now)
    tab.page.wait_for_timeout(1000 * seconds)
    ended, later, further = tab.page.evaluate(now)
    return (later - shown) / (ended - began), (further - step) / (ended - began)


def visits(
    watch: Watch, served: Lab, count: int, seconds: float
) -> list[tuple[int, dict[str, Any], int, dict[str, Tensor]]]:
    """Contexts with a seed each: steps in this time, then settings, step and pictures at rest."""
    found = []
    with watch.tabs(served, count) as tabs:
        for seed, tab in enumerate(tabs):
            start(tab, {"seed": seed, "steps": 2000})
        before = [tab.lab("step") for tab in tabs]
        tabs[0].page.wait_for_timeout(1000 * seconds)
        steps = [tab.lab("step") - first for tab, first in zip(tabs, before, strict=True)]
        for tab in tabs:
            tab.page.evaluate("lab.pause()")
        for tab, made in zip(tabs, steps, strict=True):
            tab.rests()
            canvases = {name: pixels(tab, name) for name in ("picture", "control")}
            found.append((made, tab.lab("started"), tab.lab("step"), canvases))
    return found


def pixels(tab: Tab, canvas: str) -> Tensor:
    """What a canvas shows, uint8 (3, height, width)."""
    data = base64.b64decode(tab.pixels(canvas).partition(",")[2])
    array = np.array(Image.open(io.BytesIO(data)).convert("RGB"))
    return torch.from_numpy(array).permute(2, 0, 1)


def audited(watch: Watch, paths: list[str], axe: str) -> tuple[list[str], list[str]]:
    """Foreign hosts that a server of these pages spoke to, and what axe finds, light and dark."""
    found: list[str] = []
    with TemporaryDirectory() as folder, watched(Path(folder)) as (served, hosts):
        served.ready()
        for path, scheme in itertools.product(paths, ("light", "dark")):
            with watch.tab(served, color_scheme=scheme) as tab:
                tab.open(path)
                tab.until("lab.frames >= 2", timeout=LONGEST)
                tab.page.wait_for_timeout(1500)
                found += [f"{path} {scheme}: {name}" for name in (serious(tab, axe) if axe else [])]
        return hosts(), found


def serious(tab: Tab, axe: str) -> list[str]:
    """Serious findings of axe on the page as it is."""
    tab.page.add_script_tag(content=axe)
    result = tab.page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa']})")
    return [v["id"] for v in result["violations"] if v["impact"] in ("serious", "critical")]
