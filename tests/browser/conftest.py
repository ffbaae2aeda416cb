"""One lab for all browser tests, in a process of its own, and Chromium to look at it."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from apps import pages

ROOT = Path(__file__).resolve().parents[2]
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")
FLAGS += ("--disable-component-update", "--no-first-run", "--disable-quic")
FLAGS += ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")  # a camera

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")


# these are laid out as Latents and Drag are: at every change those two, all of them before a release
ALIKE = ("walk", "bridge", "bottleneck", "unusual", "restore", "prior", "yours", "origin", "race")


def parametrized() -> list[Any]:
    """Every page, those that are laid out as another one marked slow."""
    return [pytest.param(n, marks=pytest.mark.slow if n in ALIKE else ()) for n in pages.NAMES]


expect.set_options(timeout=30_000)  # as `Tab.until` waits


def chromium() -> str:
    """Where Chromium is; empty if nowhere."""
    named = os.environ.get("CHROMIUM", "")
    return named or shutil.which("chromium") or shutil.which("chromium-browser") or ""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def answered(url: str, timeout: float = 2) -> bytes:
    """The body at an address; empty if nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as response:
            return response.read()
    except (urllib.error.URLError, OSError):
        return b""


@contextmanager
def opened_lab(module: str, **variables: str) -> Iterator[str]:
    """The address of a lab that is ready, in a process of its own: `python -m module`."""
    port = free_port()
    env = {**os.environ, "PORT": str(port), "LAB_HOST": "127.0.0.1", **variables}
    process = subprocess.Popen([sys.executable, "-m", module], cwd=ROOT, env=env)
    address = f"http://127.0.0.1:{port}"
    try:
        ends = time.monotonic() + 120
        while b'"ready":true' not in answered(f"{address}/healthz"):
            assert process.poll() is None, "the lab stopped while it was opening"
            assert time.monotonic() < ends, "the lab was not ready within two minutes"
            time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="session")
def lab() -> Iterator[str]:
    """The address of a lab that is ready."""
    with opened_lab("apps.lab") as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; without one the tests are skipped, and that is said loudly."""
    found = chromium()
    if not found:
        warnings.warn("NO BROWSER TEST RAN: install Debian's chromium, or name one.", stacklevel=1)
        pytest.skip("There is no Chromium: apt-get install chromium, or set CHROMIUM to its path.")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield opened
        opened.close()


@dataclass
class Tab:
    """One page, and what went wrong on it."""

    page: Page
    address: str
    wrong: list[str] = field(default_factory=list)

    def open(self, path: str) -> "Tab":
        """Open a page of the lab."""
        self.page.goto(self.address + path)
        return self

    def lab(self, expression: str) -> Any:
        """Something of `window.lab`."""
        return self.page.evaluate(f"window.lab.{expression}")

    def until(self, condition: str, timeout: float = 30) -> None:
        """Wait until this holds; `lab` is `window.lab`."""
        whole = f"(() => {{ const lab = window.lab; return lab && ({condition}); }})()"
        self.page.wait_for_function(whole, timeout=timeout * 1000)

    def moves(self) -> "Tab":
        """Wait until frames come and the widgets are there."""
        self.until("lab.frames >= 2 && lab.run > 0")
        self.page.wait_for_function("document.documentElement.matches('.ready')")
        self.page.wait_for_function(
            "lab.config.widgets.every((name) => document.getElementById('set-' + name))"
        )
        return self

    def rests(self) -> "Tab":
        """Wait until the frame of now stands there without loss."""
        self.until(
            "['paused', 'ended'].includes(lab.state) && lab.step >= 0 && lab.exact === lab.step"
        )
        return self

    def turn(self, name: str) -> "Tab":
        """Turn to a tab of the panel."""
        self.page.get_by_role("tab", name=name, exact=True).click()
        return self

    def reach(self, found: Locator) -> Locator:
        """A control, once its tab of the panel is the open one."""
        found.first.wait_for(state="attached")
        found.first.evaluate(
            """one => { const tab = one.closest('[role=tabpanel]');
            if (tab && !tab.offsetParent) {
              document.querySelector(`[role=tab][aria-controls="${tab.id}"]`).click();
            } }"""
        )
        return found

    def preset(self, sentence: str) -> None:
        """Choose a step of the path from its list."""
        found = self.page.locator(".preset", has_text=sentence).first
        found.wait_for(state="attached")
        # all steps stand open where there is room, and room comes and goes with the widgets
        for patience in (2_000, 4_000, 8_000):
            self.page.evaluate("document.querySelector('.path .all').open = true")
            with suppress(PlaywrightTimeout):
                found.click(timeout=patience)
                return
        found.click()

    def drag(self, handle: Locator, canvas: str, *, to: float) -> None:
        """Drag a handle to this share of a canvas, from the left and from the top."""
        box, own = self.page.locator(canvas).bounding_box(), handle.bounding_box()
        assert box
        assert own
        mouse = self.page.mouse
        mouse.move(own["x"] + own["width"] / 2, own["y"] + own["height"] / 2)
        mouse.down()
        mouse.move(box["x"] + box["width"] * to, box["y"] + box["height"] * to, steps=5)
        mouse.up()

    def pixels(self, canvas: str = "picture") -> str:
        """What the canvas shows, as a data URL without loss."""
        script = "name => document.querySelector(`canvas.${name}`).toDataURL('image/png')"
        return self.page.evaluate(script, canvas)


@contextmanager
def tabs_of(browser: Browser) -> Iterator[Any]:
    """Makes tabs of a lab; at the end none of them may have had an error or asked another host."""
    made: list[tuple[Any, Tab]] = []

    def new(address: str, **options: Any) -> Tab:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        tab = Tab(context.new_page(), address)
        host = urlsplit(address).netloc
        tab.page.on("pageerror", lambda error: tab.wrong.append(f"error: {error}"))
        tab.page.on(
            "console", lambda m: m.type == "error" and tab.wrong.append(f"console: {m.text}")
        )
        tab.page.on(
            "request",
            lambda request: (
                urlsplit(request.url).scheme in ("http", "https", "ws", "wss")
                and urlsplit(request.url).netloc != host
                and tab.wrong.append(f"another host: {request.url}")
            ),
        )
        made.append((context, tab))
        return tab

    yield new
    wrong = [line for _, tab in made for line in tab.wrong]
    for context, _ in made:
        context.close()
    assert not wrong


@pytest.fixture
def tabs(browser: Browser, lab: str) -> Iterator[Any]:
    """Makes tabs of the lab, which do nothing wrong."""
    with tabs_of(browser) as new:
        yield lambda **options: new(lab, **options)


@pytest.fixture
def tab(tabs: Any) -> Tab:
    """One tab at 1280 x 800."""
    return tabs()
