"""What fails beside a run has its sentence, and the run goes on."""

import gc
import time
import weakref

import httpx
import pytest
import torch

from apps.stage.filming import Film
from apps.stage.past.timeline import Past
from apps.stage.run.survival import Measurement
from apps.stage.run.twin import Bond
from core import models
from core.run import Run
from tests.stage import counter, scored, small
from tests.stage.conftest import Page, Sent, Server

PROBES = {
    "length": small.counting("length", length=small.broken),
    "caption": small.counting("caption", caption=small.broken),
    "odd": small.counting("odd", run=small.odd),
    "once": small.counting("once", run=small.once()),
    "scored": small.probe(
        "scored", scored.run, Settings=scored.Settings, scored=small.broken, length=counter.length
    ),
    "counter": counter,
}


@pytest.fixture
def server(serve) -> Server:
    return serve(load=PROBES.__getitem__)


def shown(server: Server, probe: str, **settings) -> Page:
    page = server.page()
    page.say(open={"probe": probe, "settings": {"delay": 2, **settings}})
    page.hello = page.text("hello")
    return page


def goes_on(page: Page, steps: int = 10) -> None:
    at = page.frame().step
    page.until(lambda m: isinstance(m, Sent) and m.step > at + steps)
    assert not [t for t in page.texts if t.get("status", {}).get("state") == "failed"]


@pytest.mark.parametrize("member", ["length", "caption"])
def test_a_member_that_breaks_is_said_in_the_status(server: Server, member: str):
    page = shown(server, member)
    goes_on(page)
    status = page.status("running")
    assert "failed (TypeError: this was never" in status["sentence"]
    page.say(do="pause")
    page.rest()


def test_a_frame_that_cannot_be_encoded_is_said_once_and_the_next_is_seen(server: Server):
    page = shown(server, "odd", delay=60)
    sentence = page.text("sentence")
    assert sentence.startswith("Showing this step failed (")
    assert sentence.endswith("The run goes on.")
    page.until(lambda m: isinstance(m, Sent) and m.step > 12)
    assert not {f.step for f in page.frames} & {5, 6, 7, 8}
    assert len([t for t in page.texts if "sentence" in t]) == 1
    page.say(do="pause")
    page.rest()
    page.say(do="seek", step=6)
    page.text("sentence")
    page.say(do="seek", step=4)
    page.until(lambda m: isinstance(m, Sent) and m.encoding and m.step == 4)


def test_a_picture_that_cannot_be_written_without_loss_is_said(server: Server, monkeypatch):
    from core import pictures

    monkeypatch.setattr(pictures, "png", small.broken)
    page = shown(server, "counter")
    page.frame()
    page.say(do="pause")
    assert page.text("sentence").startswith("Showing this step failed (TypeError")
    page.say(do="play")
    goes_on(page)


def test_a_film_that_breaks_is_said_and_lets_go_of_what_it_held(server: Server):
    page = shown(server, "once")
    page.until(lambda m: isinstance(m, Sent) and m.step > 20)
    address = server.url(f"/run/{page.hello['run']}/film?token={page.hello['token']}")
    assert httpx.post(f"{address}&form=webp").status_code == 200
    ends = time.monotonic() + 10
    while (progress := httpx.get(address).json())["state"] != "failed":
        assert time.monotonic() < ends, progress
        time.sleep(0.02)
    assert progress["sentence"] == "The film failed (RuntimeError: not again). The run goes on."
    film = server.stage._films[page.hello["run"]]
    assert (film._run, film._reel) == (None, None)
    goes_on(page)


def test_a_film_that_cannot_be_begun_is_said(server: Server, monkeypatch):
    monkeypatch.setattr("apps.stage.past.timeline.Timeline.past", small.broken)
    page = shown(server, "counter")
    page.frame()
    address = server.url(f"/run/{page.hello['run']}/film?token={page.hello['token']}")
    answer = httpx.post(address)
    assert answer.status_code == 500
    assert "This failed (TypeError" in answer.json()["sentence"]
    goes_on(page)


def test_a_dropped_film_lets_go_of_what_it_held():
    run = Run(counter, counter.Settings(), {"picture": None})
    film, gone = Film(Past(run, 0, 9), "webp", lambda: False, small.broken), weakref.ref(run)
    film.step()
    del run
    film.dropped = True
    film.step()
    gc.collect()
    assert gone() is None


def test_a_measurement_that_breaks_is_said_and_the_run_goes_on(server: Server):
    models.load("lite0")
    page = shown(server, "scored")
    page.frame()
    page.say(do="pause")
    found = page.until(
        lambda m: isinstance(m, dict) and m.get("survival", {}).get("said"), timeout=20
    )["survival"]
    assert found["said"].startswith("Measuring this picture failed (TypeError")
    assert (found["rows"], found["done"]) == ([], True)
    page.say(do="play")
    goes_on(page)


def test_a_measurement_that_breaks_lets_go_of_what_it_held(monkeypatch):
    monkeypatch.setattr("apps.stage.run.survival._key", small.broken)
    resources = {"network": models.load("lite0"), "picture": None}
    run, texts, now = Run(scored, scored.Settings(), resources), [], 0.0
    frame, measurement = next(run), Measurement(run, texts.append)
    while (due := measurement.due(frame, now)) is not None:
        now = due
        measurement.step(run.start)
    assert "Measuring this picture failed" in texts[-1]
    assert (measurement._going, measurement._rows) == (None, [])


def test_a_twin_whose_record_breaks_is_said_to_whoever_wants_a_link(server: Server, monkeypatch):
    monkeypatch.setattr(Bond, "record", small.broken)
    page = shown(server, "counter")
    page.frame()
    twin = server.page()
    twin.say(
        open={
            "beside": page.hello["run"],
            "token": page.hello["token"],
            "settings": {"seed": 5},
        }
    )
    twin.frame()
    page.say(do="link")
    assert page.text("sentence").startswith("This failed (TypeError")
    goes_on(page)


def test_an_open_that_breaks_closes_no_socket(server: Server):
    page = shown(server, "counter")
    page.frame()
    page.say(open={"probe": "nothing of that name"})  # a KeyError here
    assert page.text("sentence").startswith("This failed (KeyError")
    goes_on(page)


def test_a_question_that_nobody_waits_for_any_more_ends_no_run(server: Server):
    from concurrent.futures import Future

    from apps.stage.run.orders import Look

    page = shown(server, "counter")
    page.frame()
    staged = server.stage.find(page.hello["run"], page.hello["token"])
    answer: Future = Future()
    answer.cancel()
    server.stage.ask(staged, Look(answer))
    goes_on(page)
    assert torch.is_tensor(staged.timeline.latest.panels["picture"])
