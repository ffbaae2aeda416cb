"""A lost connection costs nothing: the page says so, and is back at its step with the same picture."""

import re
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Error as BrowserError

from tests.bench import room
from tests.browser.conftest import Tab, free_port
from tests.browser.mortal import Lab
from tests.browser.proxy import Proxy, proxied

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PATH = "/app/features/"
SOON = 3.0  # seconds until it is back
REPLAYED = (
    10.0  # seconds until it is where it was replayed: some three, where nothing else computes
)
NOTICED = 4.0  # seconds until a silence is: three, and half a second of the page's clock


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    made = Lab().ready()
    yield made
    made.kill()


@pytest.fixture
def way(lab: Lab) -> Iterator[Proxy]:
    with proxied(free_port(), lab.port) as proxy:
        yield proxy


@pytest.fixture
def tab(browser: Browser, way: Proxy) -> Iterator[Tab]:
    """A page of Features that has moved; it may complain of the connection, and of nothing else."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    found = Tab(context.new_page(), way.address)
    found.page.on("pageerror", lambda error: found.wrong.append(str(error)))
    found.page.on("console", lambda m: m.type == "error" and found.wrong.append(m.text))
    found.open(PATH).until("lab.frames >= 2 && lab.run > 0")
    found.page.wait_for_load_state("networkidle")  # else Gradio misses a file
    yield found
    wrong = [line for line in found.wrong if not re.search("WebSocket|ERR_|Failed to load", line)]
    context.close()
    assert not wrong


def steered(tab: Tab) -> None:
    """A run with a change, and a branch that leaves it."""
    tab.until("lab.step >= 8")
    tab.page.evaluate("lab.set('contrast', 1.4)")
    tab.until("lab.step >= 20")
    tab.page.evaluate("lab.pause()")
    tab.rests()
    tab.page.evaluate("lab.seek(12)")
    tab.until("lab.step === 12")
    tab.rests()
    tab.page.evaluate("lab.set('contrast', 0.5); lab.play()")
    tab.until("lab.step >= 18 && lab.branches().all.length === 2")


def rested(tab: Tab) -> tuple[int, str]:
    """Its step and picture, once it rests."""
    tab.page.evaluate("lab.pause()")
    tab.rests()
    return tab.lab("step"), tab.pixels()


def words(tab: Tab) -> str:
    """What is said over the picture."""
    return tab.page.locator(".outage").inner_text()


def told(tab: Tab, text: str, seconds: float) -> float:
    """Wait until this is said over the picture; how long that took."""
    began = time.monotonic()
    tab.page.locator(".outage", has_text=text).wait_for(timeout=1000 * seconds)
    return time.monotonic() - began


def nothing_false(tab: Tab) -> None:
    """No notice, and no error, was shown beside it."""
    notice = tab.page.locator(".notice")
    assert notice.is_hidden(), notice.inner_text()


@pytest.mark.parametrize("seconds", [8, pytest.param(60, marks=pytest.mark.slow)])
def test_a_connection_that_is_away_brings_back_the_same_run(tab: Tab, way: Proxy, seconds: int):
    steered(tab)
    (step, there), run = rested(tab), tab.lab("run")
    way.cut()
    told(tab, "Lost the connection; trying again.", 1)
    time.sleep(seconds)
    way.mend()
    told(tab, f"Back at step {step + 1} after ", SOON)
    assert int(re.findall(r"after (\d+) seconds", words(tab))[0]) in range(seconds, seconds + 5)
    assert words(tab).endswith("without a connection: nothing is lost.")
    tab.rests()
    assert (tab.lab("run"), tab.lab("step"), tab.pixels()) == (run, step, there)
    nothing_false(tab)


@pytest.mark.parametrize("how", ["cut", "stall"])
def test_a_run_that_moves_goes_on_at_the_step_that_was_seen(tab: Tab, way: Proxy, how: str):
    tab.until("lab.step >= 12")
    getattr(way, how)()
    told(tab, "Lost the connection; trying again.", NOTICED)
    step = tab.lab("step")
    time.sleep(8)
    way.mend()
    told(tab, f"Back at step {step + 1} after ", SOON)
    tab.until(f"lab.step >= {step + 3}")
    rested(tab)
    assert room.is_solo(tab)
    assert len(tab.lab("branches().all")) <= 1
    nothing_false(tab)


def test_a_wish_while_the_connection_is_away_is_followed_when_it_is_back(tab: Tab, way: Proxy):
    step, _ = rested(tab)
    way.cut()
    told(tab, "Lost the connection", 1)
    tab.page.evaluate("lab.set('contrast', 1.7)")
    way.mend()
    tab.until("lab.state === 'paused' && lab.settings.contrast === 1.7")
    tab.page.evaluate("lab.one()")
    tab.until(f"lab.step === {step + 1}")
    tab.rests()
    assert room.is_solo(tab)


@pytest.mark.parametrize("moves", [False, True])
def test_a_server_that_was_killed_brings_back_the_run_by_replay(lab: Lab, tab: Tab, moves: bool):  # noqa: FBT001
    steered(tab)
    step, there = rested(tab)
    tree = tab.lab("branches()")
    if moves:
        tab.page.evaluate("lab.play()")
        tab.until(f"lab.step > {step}")
    lab.kill()
    told(tab, "Lost the connection; trying again.", 1)
    step = tab.lab("step")
    lab.start()
    lab.ready()
    told(tab, f"Back at step {step + 1} after ", REPLAYED)
    assert words(tab).endswith("without a connection: replayed, nothing is lost.")
    if moves:
        tab.until(f"lab.step > {step}")
        rested(tab)
    else:
        tab.rests()
        assert (tab.lab("step"), tab.pixels()) == (step, there)
        assert tab.lab("state") == "paused"
    assert room.is_solo(tab)
    again = tab.lab("branches()")
    assert [one["name"] for one in again["all"]] == [one["name"] for one in tree["all"]]
    nothing_false(tab)


def test_a_page_that_is_reloaded_while_the_server_is_gone_comes_back(lab: Lab, tab: Tab):
    steered(tab)
    step, there = rested(tab)
    lab.kill()
    told(tab, "Lost the connection; trying again.", 1)
    with suppress(BrowserError):  # there is no page to be had
        tab.page.reload()
    lab.start()
    lab.ready()
    with suppress(BrowserError):  # the browser reloads such a page by itself, too
        tab.page.reload()
    tab.until(f"lab.step === {step}")
    tab.rests()
    assert words(tab) in ("", f"Back at step {step + 1}: replayed, nothing is lost.")
    assert tab.pixels() == there
    assert len(tab.lab("branches().all")) == 2


def test_a_twin_comes_back_as_well(lab: Lab, tab: Tab):
    step, _ = rested(tab)
    tab.page.evaluate("lab.twin.open({settings: {seed: 5}}, 'seed 5')")
    tab.until(f"lab.twin.step === {step} && lab.twin.exact === {step}")
    both = tab.pixels(), tab.pixels("twin-picture")
    lab.kill()
    told(tab, "Lost the connection", 1)
    lab.start()
    lab.ready()
    told(tab, f"Back at step {step + 1} after ", REPLAYED)
    tab.until(f"lab.twin.state === 'paused' && lab.twin.exact === {step}")
    tab.rests()
    assert (tab.pixels(), tab.pixels("twin-picture")) == both
    nothing_false(tab)


def test_a_page_of_a_lab_that_is_not_there_says_so(browser: Browser, way: Proxy):
    context = browser.new_context()
    tab = Tab(context.new_page(), way.address)
    tab.page.route_web_socket("**/ws", lambda socket: socket.close())
    tab.open(PATH)
    told(tab, "The lab does not answer; trying again.", 10)
    context.close()
