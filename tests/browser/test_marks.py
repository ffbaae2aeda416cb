"""Marks and the controls of a place, a latent and a direction, against a stage that the test plays."""

import json
import math
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Annotated, Any

import gradio as gr
import pytest
import torch
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import WebSocketRoute

from apps.kit import Page, served, shell
from apps.kit import page as kit
from apps.kit.theme import theme
from core import pictures
from core.probe import Attribute, Latent, Network, Point, Probe, completed
from tests.browser.conftest import AXE, Tab, answered, free_port

pytestmark = pytest.mark.browser
PATH = "/app/plane/"


@dataclass(frozen=True)
class Settings:
    """Every kind that is the page's own."""

    network: Annotated[str, Network(family="generator")] = "faces"
    place: Annotated[tuple, Point(-2, 2, over="cloud", live=True)] = (0.0, 0.0)
    start: Annotated[tuple, Point(0, 1)] = (0.5, 0.5)
    z: Annotated[tuple, Latent(of="network", shown=3, live=True)] = ()
    direction: Annotated[str, Attribute(of="network", live=True)] = "smile"


def plane() -> Probe:
    """A probe that is only declared: the test is its stage."""
    probe = ModuleType("plane", "A plane.\n\nNobody, nowhere.")
    vars(probe).update(
        title="Plane", question="Where is it?", method="none", limits="Nothing.", source="",
        Settings=Settings, run=lambda: iter(()), __file__="plane.py",
    )  # fmt: skip
    return completed(probe)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the page of the made-up probe is."""
    page, probe, app = Page("plane", "It is {network}.", ()), plane(), FastAPI()

    @app.get("/networks.json")
    def networks() -> Any:
        return {"networks": [{"name": "faces", "title": "Faces", "here": True}], "public": True}

    @app.get("/networks/faces.json")
    def table() -> Any:
        known: dict[str, Any] = {"name": "faces", "title": "Faces", "groups": [], "layers": []}
        return {**known, "labels": [], "attributes": ["smile", "age"]}

    app.include_router(served.router())
    app.mount("/static", served.Statics(directory=served.STATIC))
    app = gr.mount_gradio_app(
        app, kit.build(page, probe), path=PATH.rstrip("/"), footer_links=[], theme=theme()
    )
    head = shell.head("Plane", kit.config(page, probe, "CPU"))
    above = shell.header([], PATH, "CPU") + kit.above(page, probe)
    app.add_middleware(shell.Shelled, shells={PATH: (head, above, kit.below(probe))})
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    found = f"http://127.0.0.1:{port}"
    ends = time.monotonic() + 60
    while not answered(f"{found}/favicon.ico"):
        assert time.monotonic() < ends
        time.sleep(0.1)
    yield found
    server.should_exit = True
    thread.join(10)


def marks(form: str, values: torch.Tensor, classes: torch.Tensor | None = None, **more: Any):
    """Marks as they go over the wire."""
    said = {"form": form, "shape": list(values.shape), "classes": classes is not None}
    text = json.dumps({**said, "names": [], "over": "", "low": 0, "high": 1, **more}).encode()
    text += b" " * (-len(text) % 4)
    data = struct.pack("<I", len(text)) + text + values.float().numpy().tobytes()
    return data + (classes.int().numpy().tobytes() if classes is not None else b"")


def packets(step: int, sequence: int, panels: list[tuple[int, bytes]]) -> Iterator[bytes]:
    """The messages of one step: (encoding, payload) of each panel."""
    for i, (encoding, payload) in enumerate(panels):
        last = i == len(panels) - 1
        yield struct.pack("<BBBBIII", 1, i, encoding, last, 1, step, sequence + i) + payload


@dataclass
class Stage:
    """What the page has said, and the panels that it is shown."""

    panels: dict[str, tuple[int, bytes]]
    heard: list[dict[str, Any]] = field(default_factory=list)
    sequence: int = 1
    runs: int = 0
    route: WebSocketRoute | None = None

    def meet(self, route: WebSocketRoute) -> None:
        self.route = route
        route.on_message(lambda text: self.hear(json.loads(text)))

    def hear(self, message: dict[str, Any]) -> None:
        assert self.route
        self.heard.append(message)
        if "open" not in message:
            return
        hello = {"run": 1, "token": "t", "probe": "plane", "panels": list(self.panels)}
        settings = {"live": ["place", "z", "direction"], "settings": message["open"]["settings"]}
        self.route.send(json.dumps({"hello": hello | settings}))
        self.route.send(
            json.dumps({"status": {"state": "running", "kept": 0, "sentence": "It is."}})
        )
        self.show(0)

    def show(self, step: int) -> None:
        assert self.route
        for data in packets(step, self.sequence, list(self.panels.values())):
            self.route.send(data)
        self.sequence += len(self.panels)

    def beat(self) -> None:
        if self.route:
            self.route.send(json.dumps({"beat": True}))

    def last(self, kind: str) -> Any:
        return next((m[kind] for m in reversed(self.heard) if kind in m), None)


def panels(count: int = 600) -> dict[str, tuple[int, bytes]]:
    """A grey picture, a box on it, and a cloud of three classes."""
    cloud = torch.randn(count, 2, generator=torch.Generator().manual_seed(0)) / 2
    kinds = torch.arange(count) % 3
    box = torch.tensor([[0.25, 0.25, 0.75, 0.75]])
    return {
        "picture": (1, pictures.png(torch.full((3, 64, 64), 0.5))),
        "cloud": (
            2,
            marks("points", cloud, kinds, names=["critter", "glyph", "plane"], low=-2, high=2),
        ),
        "boxes": (2, marks("boxes", box, names=["cat"], over="picture")),
        "bars": (2, marks("bars", torch.rand(5), names=list("abcde"))),
    }


Opened = Callable[..., tuple[Tab, Stage]]


@pytest.fixture
def opened(browser: Any, address: str) -> Iterator[Opened]:
    """Opens the page with a stage that shows these panels; nothing may go wrong on it."""
    made: list[Tab] = []

    def new(query: str = "", shown: dict[str, tuple[int, bytes]] | None = None, **more: Any):
        context = browser.new_context(viewport={"width": 1280, "height": 800}, **more)
        tab, stage = Tab(context.new_page(), address), Stage(shown or panels())
        tab.page.on("pageerror", lambda error: tab.wrong.append(f"error: {error}"))
        tab.page.on(
            "console", lambda m: m.type == "error" and tab.wrong.append(f"console: {m.text}")
        )
        tab.page.route_web_socket("**/ws", stage.meet)
        tab.page.expose_function("beat", stage.beat)  # a stage that is silent counts as gone
        tab.page.add_init_script("setInterval(() => window.beat(), 1000)")
        made.append(tab)
        tab.open(PATH + query)
        tab.until("lab.frames > 0")
        tab.page.wait_for_function("document.documentElement.matches('.ready')")
        return tab, stage

    yield new
    wrong = [line for tab in made for line in tab.wrong]
    for tab in made:
        tab.page.context.close()
    assert not wrong


def pixel(tab: Tab, canvas: str, x: float, y: float) -> list[int]:
    """The colour at these shares of a canvas."""
    script = """([name, x, y]) => { const c = lab.canvases[name];
      return [...c.getContext('2d').getImageData(x * c.width, y * c.height, 1, 1).data]; }"""
    return tab.page.evaluate(script, [canvas, x, y])


def asked(tab: Tab, stage: Stage, kind: str, holds: Callable[[Any], bool]) -> Any:
    """The last message of this kind, once it is as it should be."""
    ends = time.monotonic() + 10
    while not (stage.last(kind) is not None and holds(stage.last(kind))):
        assert time.monotonic() < ends, stage.heard
        tab.page.wait_for_timeout(50)  # the stage hears only while the page is waited for
    return stage.last(kind)


def test_marks_lie_on_the_panel_that_they_name_and_others_have_their_own(opened: Opened):
    tab, stage = opened()
    tab.until("lab.canvases.cloud?.getBoundingClientRect().width > 50")
    live = tab.page.evaluate(
        "getComputedStyle(document.documentElement).getPropertyValue('--live')"
    )
    wanted = [int(live[i : i + 2], 16) for i in (1, 3, 5)]
    edge, inside = pixel(tab, "picture", 0.25, 0.5), pixel(tab, "picture", 0.5, 0.5)
    assert max(abs(a - b) for a, b in zip(edge, wanted, strict=False)) < 40
    assert max(abs(value - 128) for value in inside[:3]) < 4
    assert tab.lab("canvases.picture.width") >= 256  # finer than the picture: the line is thin
    assert tab.lab("exact") == 0
    side = "Math.round(lab.canvases.cloud.clientWidth * devicePixelRatio)"
    tab.until(f"lab.canvases.cloud.width === {side} && lab.canvases.cloud.height === {side}")
    said = "600 points, from −2 to 2 of 3 classes: critter, glyph, plane."
    assert tab.lab("canvases.cloud.getAttribute('aria-label')") == "cloud"
    assert tab.lab("canvases.cloud.getAttribute('aria-description')") == said
    assert tab.page.get_by_text(f"Cloud: {said}").count() == 1
    assert tab.lab("canvases.picture.getAttribute('aria-description')") == "1 box: cat."
    before = tab.page.evaluate("lab.canvases.cloud.toDataURL()")
    tab.page.get_by_role("button", name="Dark").click()
    tab.until(f"lab.canvases.cloud.toDataURL() !== {json.dumps(before)}")
    assert any("ack" in message for message in stage.heard)


def test_a_picture_that_comes_again_without_its_marks_keeps_them(opened: Opened):
    tab, stage = opened()
    there = tab.pixels()
    assert stage.route
    picture = [stage.panels["picture"]]
    for data in packets(0, stage.sequence, picture):
        stage.route.send(data)
    tab.until("lab.frames >= 2")
    assert tab.pixels() == there


def test_a_place_is_dragged_on_its_panel_and_moved_by_keys(opened: Opened):
    tab, stage = opened()
    handle = tab.page.get_by_role("slider", name="Place on cloud")
    handle.wait_for()
    assert handle.get_attribute("aria-valuetext") == "x 0, y 0"
    handle.press("ArrowRight")
    assert asked(tab, stage, "set", lambda s: "place" in s) == {"place": [0.04, 0]}
    handle.press("Shift+ArrowUp")
    asked(tab, stage, "set", lambda s: s["place"] == [0.04, 0.4])
    assert handle.get_attribute("aria-valuetext") == "x 0.04, y 0.4"
    box = tab.page.locator("canvas[aria-label=cloud]").bounding_box()
    assert box
    tab.drag(handle, "canvas[aria-label=cloud]", to=0.25)
    x, y = asked(tab, stage, "set", lambda s: s["place"][0] < -0.9)["place"]
    assert (x, y) == (pytest.approx(-1, abs=0.03), pytest.approx(1, abs=0.03))
    own = handle.bounding_box()
    assert own
    assert own["x"] + own["width"] / 2 == pytest.approx(box["x"] + box["width"] / 4, abs=2)


def test_a_place_without_a_panel_has_a_pad_and_starts_again(opened: Opened):
    tab, stage = opened()
    pad = tab.reach(tab.page.locator("[data-pad=start]"))
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box
    pad.click(position={"x": box["width"] * 0.75, "y": box["height"] * 0.75})
    found = asked(tab, stage, "open", lambda o: o["settings"]["start"][0] > 0.7)["settings"]
    assert found["start"] == [pytest.approx(0.75, abs=0.02), pytest.approx(0.25, abs=0.02)]


def test_a_latent_has_sliders_and_is_drawn_or_zeroed(opened: Opened):
    tab, stage = opened()
    second = tab.page.get_by_label("Z 2")
    assert second.get_attribute("aria-valuetext") == "by the seed"
    second.press("End")
    assert asked(tab, stage, "set", lambda s: "z" in s) == {"z": [0, 3]}
    tab.page.get_by_role("button", name="At random").click()
    drawn = asked(tab, stage, "set", lambda s: len(s["z"]) == 3)["z"]
    assert all(-3 <= value <= 3 for value in drawn)
    assert len(set(drawn)) > 1
    tab.page.get_by_role("button", name="Zero").click()
    asked(tab, stage, "set", lambda s: s["z"] == [0, 0, 0])
    assert second.input_value() == "0"


def test_a_direction_is_chosen_from_what_the_generator_has(opened: Opened):
    tab, stage = opened()
    select = tab.reach(tab.page.locator("select[data-field=direction]"))
    tab.page.wait_for_function(
        "document.querySelector('select[data-field=direction]').options.length === 2"
    )
    select.select_option("age")
    asked(tab, stage, "set", lambda s: s.get("direction") == "age")


def test_a_page_takes_places_and_latents_from_its_address(opened: Opened):
    tab, stage = opened("?place=0.5,-1&z=1,2")
    asked_for = stage.heard[0]["open"]["settings"]
    assert (asked_for["place"], asked_for["z"]) == ([0.5, -1], [1, 2])
    handle = tab.page.get_by_role("slider", name="Place on cloud")
    handle.wait_for()
    assert handle.get_attribute("aria-valuetext") == "x 0.5, y −1"


def test_the_twin_offers_none_of_them(opened: Opened):
    tab, _ = opened()
    tab.page.get_by_role("button", name="Twin", exact=True).click()
    notice = tab.page.get_by_role("alert")
    notice.get_by_text("A twin differs in a setting").wait_for()
    assert not tab.page.get_by_label("The twin differs in").is_visible()


def test_thousands_of_points_stay_smooth(opened: Opened):
    tab, stage = opened(shown=panels(5000))
    tab.until("lab.canvases.cloud?.getBoundingClientRect().width > 50")
    times = """async () => {
      const {marks} = await import('/static/marks.js');
      const n = 5000, canvas = lab.canvases.cloud;
      const values = Float32Array.from({length: 2 * n}, () => Math.random());
      const what = {form: 'points', shape: [n, 2], values, names: [], over: '', low: 0, high: 1,
        classes: Int32Array.from({length: n}, (_, i) => i % 3)};
      const took = [];
      for (let i = 0; i < 20; i += 1) {
        const from = performance.now();
        marks.draw(canvas, what);
        canvas.getContext('2d').getImageData(0, 0, 1, 1);
        took.push(performance.now() - from);
      }
      return took.sort((a, b) => a - b)[2];
    }"""
    assert (
        tab.page.evaluate(times) < 1000 / 24 / 2
    )  # ms, half of a frame's time, when nobody else has the cores
    frames = tab.lab("frames")
    for step in range(1, 30):
        stage.show(step)
        tab.page.wait_for_timeout(math.floor(1000 / 24))
    tab.until("lab.step === 29")
    assert tab.lab("frames") - frames > 15


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_and_nothing_is_too_wide(opened: Opened, scheme: str):
    tab, _ = opened(color_scheme=scheme)
    tab.page.get_by_role("slider", name="Place on cloud").wait_for()
    tab.page.add_script_tag(content=AXE.read_text())
    result = tab.page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa']})")
    found = [f for f in result["violations"] if f["impact"] in ("serious", "critical")]
    assert not found, json.dumps(found)[:2000]
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert tab.page.evaluate(wide) <= 0
