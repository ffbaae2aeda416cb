"""A run at rest is measured in small steps, and whoever moves is not held up."""

import time

import pytest

from apps.stage.run import survival as module
from apps.stage.run.survival import SETTLED, Measurement
from core import models
from core.metrics.disturbances import DISTURBANCES
from core.metrics.survival import OTHER
from core.probes import UnknownProbeError
from core.run import Run
from tests.stage import counter, scored
from tests.stage.conftest import Server

KNOWN = {"counter": counter, "scored": scored}


def find(name):
    if name not in KNOWN:
        raise UnknownProbeError(f"There is no probe {name!r}.")
    return KNOWN[name]


@pytest.fixture
def server(serve) -> Server:
    for name in ("lite0", "lite2"):
        models.load(name)
    return serve(load=find)


def shown(server, **settings):
    page = server.page()
    page.say(open={"probe": "scored", "settings": settings})
    page.text("hello")
    return page


def measured(page, step, timeout=40):
    """What is told of this step once all of it is there."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        found = page.text("survival", timeout)
        if found["done"] and found["step"] == step:
            return found
    raise AssertionError("nothing was measured")


def test_a_paused_run_is_measured_and_a_step_that_comes_back_is_known(server: Server):
    page = shown(server)
    page.frame()
    page.say(do="pause")
    step = page.rest().step
    found = measured(page, step)
    assert [row["name"] for row in found["rows"]] == [*DISTURBANCES, OTHER]
    assert all(value >= 0 for row in found["rows"][:-1] for value in row["kept"]["picture"])
    page.say(do="step")
    other = measured(page, step + 1)
    assert other["rows"] != found["rows"]
    page.say(do="seek", step=step)
    began = page.text("survival")  # the first thing told is all of it
    assert began == found


def test_several_pictures_have_a_share_each_and_a_curve_is_drawn_when_asked(server: Server):
    page = shown(server, steps=3, count=4)
    page.rest("ended")
    assert len(measured(page, 2)["rows"][0]["kept"]["picture"]) == 4
    page.say(measure="blur")
    curve = page.until(
        lambda m: isinstance(m, dict) and "blur" in m.get("survival", {}).get("curves", {}), 20
    )["survival"]["curves"]["blur"]
    assert [point["strength"] for point in curve] == list(DISTURBANCES["blur"].strengths)
    page.say(measure="dust")
    assert "choose 8-bit, shift" in page.text("sentence")


def test_a_run_that_goes_on_drops_what_was_begun_and_is_not_held_up(server: Server):
    page = shown(server, delay=10)
    page.frame()
    page.say(do="pause")
    page.text("survival", 20)
    page.say(do="play")
    page.status("running")
    page.texts.clear()
    page.watch(1.0)
    assert not [text for text in page.texts if "survival" in text]


def test_a_probe_without_a_score_is_not_measured(server: Server):
    page = server.page()
    page.open(steps=2)
    page.rest("ended")
    page.watch(SETTLED + 0.5)
    assert not [text for text in page.texts if "survival" in text]


def test_a_run_that_moves_keeps_its_share_while_another_is_measured(server: Server):
    resting = shown(server, count=9)
    resting.frame()
    resting.say(do="pause")
    resting.text("survival", 20)
    moving = server.page()
    moving.open(delay=10)
    moving.frame()
    spent = []
    advance = Measurement.step

    def timed(self, settings):
        began = time.thread_time()
        advance(self, settings)
        spent.append(time.thread_time() - began)

    Measurement.step = timed
    try:
        before = len(moving.frames)
        moving.watch(2.0)
    finally:
        Measurement.step = advance
    turns = moving.frames[-1].step - moving.frames[before].step
    assert spent
    assert turns >= 0.8 * len(spent)  # a turn for a turn
    assert sorted(spent)[len(spent) * 9 // 10] < 0.1


def test_a_network_that_is_missing_is_said_and_the_rest_is_measured(monkeypatch):
    def missing(name):
        raise models.MissingWeightsError(f"{name} is not here: fetch it.")

    network, texts = models.load("lite0"), []
    monkeypatch.setattr(module.models, "classifier", missing)
    run = Run(scored, scored.Settings(), {"network": network, "picture": None})
    frame, measurement, now = next(run), Measurement(run, texts.append), 0.0
    while (due := measurement.due(frame, now)) is not None:
        now = due
        measurement.step(run.start)
    assert "lite2 is not here: fetch it." in texts[-1]
    assert texts[-1].count('"strength"') == len(DISTURBANCES)
