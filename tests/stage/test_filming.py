"""A film of a run is made beside it, and goes with it."""

import io
import time
from dataclasses import dataclass
from typing import Annotated

import httpx
import numpy as np
import pytest
import torch
from PIL import Image

from apps.stage import filming
from apps.stage.past.timeline import Timeline
from core import probes, run
from core.probe import Switch
from tests import quick
from tests.stage import counter, small
from tests.stage.conftest import Page, Server


def address(server: Server, hello: dict, more: str = "") -> str:
    return server.url(f"/run/{hello['run']}/film{more}?token={hello['token']}")


def requested(server: Server, hello: dict, form: str = "webp", **headers: str) -> httpx.Response:
    return httpx.post(f"{address(server, hello)}&form={form}", headers=headers)


def ready(server: Server, hello: dict, *, state: str = "ready", seconds: float = 20) -> dict:
    ends = time.monotonic() + seconds
    while True:
        progress = httpx.get(address(server, hello)).json()
        if progress["state"] in (state, "failed"):
            return progress
        assert time.monotonic() < ends, progress
        time.sleep(0.02)


def at(page: Page, step: int, **settings) -> dict:
    """A counter that rests at a step."""
    hello = page.open(**{"delay": 0, **settings})
    page.frame()
    page.say(do="pause")
    page.rest()
    while page.rest().step < step:
        page.say(do="step")
        page.frame(exact=True)
    return hello


def steps_in(data: bytes) -> list[int]:
    with Image.open(io.BytesIO(data)) as moving:
        found = []
        for i in range(moving.n_frames):
            moving.seek(i)
            pixels = np.array(moving.convert("RGB"))
            found.append(counter.reading(torch.from_numpy(pixels).permute(2, 0, 1))[0])
    return found


def test_a_film_shows_every_step_up_to_now_in_order(server: Server):
    page = server.page()
    hello = at(page, 9, delay=30)  # few enough for a film to show each
    last = page.rest().step
    assert requested(server, hello).json()["state"] in ("waiting", "stepping", "writing", "ready")
    assert ready(server, hello) == {"state": "ready", "done": 1.0, "sentence": ""}
    answer = httpx.get(address(server, hello, "/file"))
    assert answer.headers["content-type"] == "image/webp"
    assert steps_in(answer.content) == list(range(last + 1))


def test_a_film_is_steered_as_the_run_was(server: Server):
    page = server.page()
    hello = at(page, 3)
    page.say(rev=1, set={"hue": 1})
    page.say(do="step")
    page.frame(exact=True)
    page.rest()
    requested(server, hello)
    ready(server, hello)
    with Image.open(io.BytesIO(httpx.get(address(server, hello, "/file")).content)) as moving:
        moving.seek(moving.n_frames - 1)
        pixels = torch.from_numpy(np.array(moving.convert("RGB"))).permute(2, 0, 1)
    assert counter.reading(pixels)[1] == pytest.approx(1, abs=0.05)


def test_the_run_goes_on_while_its_film_is_made(server: Server):
    page = server.page()
    hello = page.open(delay=4)
    page.until(lambda m: getattr(m, "step", 0) > 40)
    requested(server, hello)
    before = page.frame().step
    page.until(lambda m: getattr(m, "step", 0) > before + 10)
    assert ready(server, hello)["state"] == "ready"
    page.until(lambda m: getattr(m, "step", 0) > before + 20)


def test_a_film_goes_with_its_run(server: Server):
    page = server.page()
    hello = page.open(delay=20)
    page.until(lambda m: getattr(m, "step", 0) > 10)
    requested(server, hello)
    film = server.stage._films[hello["run"]]
    page.socket.close()
    ends = time.monotonic() + 5
    while server.stage._films or not film.ended:
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_a_film_can_be_dropped_and_asked_for_again(server: Server):
    hello = at(server.page(), 4)
    requested(server, hello)
    film = server.stage._films[hello["run"]]
    assert httpx.delete(address(server, hello)).status_code == 200
    assert film.ended
    assert httpx.get(address(server, hello)).status_code == 404
    requested(server, hello, "gif")
    assert ready(server, hello)["state"] == "ready"


def test_a_long_run_is_filmed_from_where_it_can_be(server: Server, monkeypatch):
    monkeypatch.setattr(filming, "STEPS", 6)
    page = server.page()
    hello = at(page, 14)
    last = page.rest().step
    requested(server, hello)
    assert "last 6 steps" in ready(server, hello)["sentence"]
    data = httpx.get(address(server, hello, "/file")).content
    assert steps_in(data) == list(range(last - 5, last + 1))


def test_a_film_that_takes_too_long_ends_where_it_is(server: Server, monkeypatch):
    monkeypatch.setattr(filming, "SECONDS", 0.0)
    hello = at(server.page(), 5)
    requested(server, hello)
    assert "The film ends at step 1" in ready(server, hello)["sentence"]


@pytest.mark.parametrize(
    ("form", "token", "headers", "status", "sentence"),
    [
        ("avi", None, {}, 422, "A film is one of .webp, .gif, .mp4"),
        ("mp4", "wrong", {}, 404, "no longer there"),
        ("mp4", None, {"origin": "http://evil.example"}, 403, "not of this lab"),
    ],
)
def test_what_cannot_be_filmed_is_answered(
    server: Server, form: str, token: str | None, headers: dict, status: int, sentence: str
):
    hello = at(server.page(), 2)
    answer = requested(server, hello | ({"token": token} if token else {}), form, **headers)
    assert answer.status_code == status
    assert sentence in answer.json()["sentence"]


def test_a_control_that_is_only_a_setting_is_filmed_as_it_was():
    @dataclass(frozen=True)
    class Settings:
        control: Annotated[bool, Switch()] = True

    shows = small.showing(*[{"picture": torch.full((3, 8, 8), i / 4)} for i in range(4)])
    probe = small.probe("switched", shows, Settings=Settings)
    timeline = Timeline(run.Run(probe, Settings(), {}))
    for _ in range(3):
        timeline.step()
    past = timeline.past(filming.STEPS)
    assert (past.first, past.last) == (0, 2)
    assert past.run.start.control
    assert [frame.step for frame in past.run] == [0, 1, 2, 3]


@pytest.mark.parametrize("name", ["evolve", "linear"])
def test_a_probe_that_takes_no_control_is_filmed(name: str):
    probe = probes.load(name)
    settings = quick.settings(name)
    timeline = Timeline(run.Run(probe, settings, run.resolve(probe, settings)))
    frame = timeline.step()
    again = next(timeline.past(filming.STEPS).run)
    assert frame is not None
    assert torch.equal(again.panels["picture"], frame.panels["picture"])


def test_the_past_is_computed_without_the_control_where_that_counts_the_same_steps():
    from core.probes import dream

    settings = dream.Settings(size=64, octaves=1, steps=2, jitter=4, layer="blocks.1")
    timeline = Timeline(run.Run(dream, settings, run.resolve(dream, settings)))
    shown = [timeline.step() for _ in range(4)]
    past = timeline.past(10).run
    for frame in shown:
        again = next(past)
        assert frame is not None
        assert torch.equal(again.panels["picture"], frame.panels["picture"])
        assert "control" not in again.panels
