"""What a lost connection costs, and how soon a page says a thing.

The browser comes through a proxy that is cut or goes silent; the server is killed without
a word and started again. Back is the page that says so; then its picture is compared with
a replay of its run's own record.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

from tests.bench import browser, room
from tests.bench.table import Row, median
from tests.browser.conftest import FLAGS, Tab, chromium, free_port
from tests.browser.mortal import Lab
from tests.browser.proxy import Proxy, proxied

title = "Nothing lost, and nothing said late"

TIMES, AWAY = 3, 8.0  # of each; seconds without a connection
BACK, NOTICED, TOLD = (
    3.0,
    3.0,
    1.0,
)  # seconds until it is back, a silence is noticed, a notice stands
PAGES = ("features", "dream", "style", "fool", "evolve", "linear", "latents", "drag", "sampler")

Lose = Callable[[], None]


def rows() -> Iterator[Row]:
    """A connection away, a silent one, a killed server; then notices."""
    if not chromium():
        yield Row("what a lost connection costs", "-", "not measured: there is no Chromium")
        return
    lab = Lab().ready()
    try:
        with sync_playwright() as player, proxied(free_port(), lab.port) as way:
            found = player.chromium.launch(executable_path=chromium(), args=FLAGS)
            yield from _lost(found, lab, way)
            yield _notices(found, lab)
            found.close()
    finally:
        lab.kill()


def _lost(found: Browser, lab: Lab, way: Proxy) -> Iterator[Row]:
    ways: dict[str, tuple[Lose, Lose]] = {
        f"away for {AWAY:g} s": (way.cut, way.mend),
        f"silent for {AWAY:g} s": (way.stall, way.mend),
        "killed with -9, from ready again": (lab.kill, lambda: _again(lab)),
    }
    for what, (lose, mend) in ways.items():
        took, noticed, other = [], [], 0
        for _ in range(TIMES):
            with _running(found, way.address) as tab:
                lose()
                noticed.append(_until(tab.page, "Lost the connection"))
                step = tab.lab("step")
                time.sleep(AWAY)
                mend()
                took.append(_until(tab.page, "Back at step"))
                tab.until(f"lab.step > {step}")
                tab.page.evaluate("lab.pause()")
                tab.rests()
                other += not room.is_solo(tab)
        said = f"worst {max(took):.1f} s, median {median(took):.1f} s; noticed after "
        said += f"{max(noticed):.1f} s; {other} of {TIMES} pictures unlike a replay"
        reached = max(took) <= BACK and max(noticed) <= NOTICED + 0.5 and not other
        yield Row(f"connection {what}: back at its step", f"<= {BACK:g} s, 0", said, reached)


def _again(lab: Lab) -> None:
    lab.start()
    lab.ready()


@contextmanager
def _running(found: Browser, address: str) -> Iterator[Tab]:
    """A page of Features with some steps behind it, and a change."""
    with ExitStack() as stack:
        context = found.new_context(viewport={"width": 1280, "height": 720})
        stack.callback(context.close)
        tab = Tab(context.new_page(), address)
        tab.open(browser.PATH).until("lab.frames >= 2 && lab.run > 0", browser.LONGEST)
        tab.until("lab.step >= 8")
        tab.page.evaluate("lab.set('contrast', 1.4)")
        tab.until("lab.step >= 16")
        yield tab


def _until(page: Page, words: str) -> float:
    """Seconds until this stands over the picture."""
    began = time.monotonic()
    page.locator(".outage", has_text=words).wait_for(timeout=1000 * browser.LONGEST)
    return time.monotonic() - began


def _notices(found: Browser, lab: Lab) -> Row:
    """From a click on Link, and from a file that is refused, to the notice in the window."""
    took: dict[str, float] = {}
    for name in PAGES:
        context = found.new_context(viewport={"width": 1280, "height": 720})
        tab = Tab(context.new_page(), f"http://127.0.0.1:{lab.port}")
        tab.open(f"/app/{name}/").until("lab.frames >= 3 && lab.run > 0", browser.LONGEST)
        for what, ask in (("Link", _link), ("a refused file", _refused)):
            ask(tab)
            began = time.monotonic()
            notice = tab.page.locator(".player .notice")
            notice.wait_for(timeout=1000 * browser.LONGEST)
            took[f"{what} on {name}"] = time.monotonic() - began
            notice.get_by_role("button", name="Dismiss").click()
            notice.wait_for(state="hidden")
        context.close()
    worst = max(took, key=lambda name: took[name])
    said = f"worst {took[worst]:.2f} s ({worst}), median {median(list(took.values())):.2f} s"
    what = f"a notice after Link and after a refused file, {len(PAGES)} pages"
    return Row(what, f"<= {TOLD:g} s", said, took[worst] <= TOLD)


def _link(tab: Tab) -> None:
    tab.page.get_by_role("button", name="Link", exact=True).click()


def _refused(tab: Tab) -> None:
    """Drop a file that is no picture."""
    tab.page.evaluate(
        """() => {
        const data = new DataTransfer();
        data.items.add(new File(["no picture"], "notes.txt", {type: "text/plain"}));
        for (const kind of ["dragenter", "dragover", "drop"])
          document.body.dispatchEvent(
            new DragEvent(kind, {dataTransfer: data, bubbles: true, cancelable: true}));
        }"""
    )
