"""A twin is what the same run would be alone, and never more than a step away."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from apps.stage import scheduler
from core import pictures
from core.export import pairs, saved
from core.records import unpack
from core.run import Run, replay
from tests.stage import counter
from tests.stage.conftest import Page, Sent, Server


def twin_of(server: Server, leader: dict[str, Any], **what: Any) -> Page:
    """A page that shows the twin of a run."""
    page = server.page()
    page.say(open={"beside": leader["run"], "token": leader["token"], **what})
    page.hello = page.text("hello")
    return page


def alone(step: int, tape: Any = (), **settings: Any) -> Any:
    """The picture of this step, of a run by itself."""
    run = Run(counter, counter.Settings(**settings), {"picture": None}, tape=list(tape))
    for frame in run:
        if frame.step == step:
            return pictures.to_uint8(frame.panels["picture"])
    raise AssertionError


def exact(page: Page, step: int) -> Sent:
    """The picture without loss of this step, once it rests there."""
    there = [f for f in page.frames if f.encoding and not f.panel and f.step == step]
    return (
        there[-1]
        if there
        else page.until(
            lambda m: isinstance(m, Sent) and m.encoding and not m.panel and m.step == step
        )
    )


@pytest.fixture
def paired(server: Server) -> tuple[Page, Page]:
    """A run and its twin of another seed, at rest."""
    page = server.page()
    hello = page.open(delay=2)
    page.frame()
    twin = twin_of(server, hello, settings={"seed": 5})
    twin.until(lambda m: isinstance(m, Sent) and m.step >= 20)
    return page, twin


def rested(page: Page, twin: Page) -> int:
    """Pause; the step that both rest at."""
    page.say(do="pause")
    step = page.rest().step
    exact(twin, step)
    return step


def test_a_twin_is_the_same_picture_as_that_run_alone(paired):
    page, twin = paired
    assert twin.hello["settings"]["seed"] == 5
    step = rested(page, twin)
    assert exact(page, step).pixels.equal(alone(step, delay=0))
    assert exact(twin, step).pixels.equal(alone(step, delay=0, seed=5))


def test_a_hand_steers_both_at_the_same_step(server: Server, paired):
    page, twin = paired
    page.say(rev=1, set={"hue": 0.9})
    page.say(act={"action": "splash", "amount": 0.2})
    page.watch(0.3)
    step = rested(page, twin)
    page.say(do="link")
    record = unpack(page.text("link"))
    assert record["twin"] == {"settings": {"seed": 5}}
    other = pairs.of(counter, record)
    assert other["tape"] == record["tape"] != []
    for at, found in ((record, page), (other, twin)):
        run, said = replay(counter, at)
        assert not said
        frame = next(f for f in run if f.step == step)
        assert exact(found, step).pixels.equal(pictures.to_uint8(frame.panels["picture"]))


def test_the_setting_that_differs_is_the_twins_own(server: Server):
    page = server.page()
    hello = page.open(delay=2)
    twin = twin_of(server, hello, settings={"hue": 0.1})
    twin.until(lambda m: isinstance(m, Sent) and m.step >= 5)
    page.say(rev=1, set={"hue": 0.9, "gain": 0.5})
    page.watch(0.3)
    rested(page, twin)
    settings = [t["now"] for t in twin.texts if "now" in t][-1]
    assert settings == {"hue": 0.1, "gain": 0.5}
    assert round(counter.reading(twin.frames[-1].pixels)[1], 1) in (0.1, 0.9)  # 1 - .1: the control


def test_neither_computes_a_step_before_the_other_has_come_to_the_one_before(serve, monkeypatch):
    server, seen = serve(), []
    step = scheduler.Staged.step

    def noticed(run: scheduler.Staged) -> None:
        step(run)
        leader = run.leader
        follower = leader.twin
        if follower and follower.timeline and follower.at >= 0:
            seen.append((leader.at, follower.at))

    monkeypatch.setattr(scheduler.Staged, "step", noticed)
    page = server.page()
    hello = page.open(delay=1)
    twin = twin_of(server, hello, settings={"delay": 9})
    twin.until(lambda m: isinstance(m, Sent) and m.step >= 40)
    caught_up = next(i for i, (one, other) in enumerate(seen) if one == other)
    ahead = {one - other for one, other in seen[caught_up:]}
    assert len(seen) > 60
    assert ahead == {0, 1}


def test_both_go_back_and_on_together(paired):
    page, twin = paired
    rested(page, twin)
    for step in (7, 12, 3):
        page.say(do="seek", step=step)
        assert exact(page, step).pixels.equal(alone(step, delay=0))
        assert exact(twin, step).pixels.equal(alone(step, delay=0, seed=5))
    page.say(do="step")
    assert exact(twin, 4).pixels.equal(alone(4, delay=0, seed=5))
    page.say(rev=1, set={"gain": 2})
    page.say(do="step")
    tape = [(5, {"gain": 2.0})]
    assert exact(page, 5).pixels.equal(alone(5, tape, delay=0))
    again = twin.until(lambda m: isinstance(m, Sent) and m.encoding and m.step == 5)
    assert again.pixels.equal(alone(5, tape, delay=0, seed=5))


def test_a_branch_of_the_run_is_a_branch_of_its_twin(paired):
    page, twin = paired
    last = rested(page, twin)
    page.say(do="seek", step=8)
    exact(twin, 8)
    page.say(rev=1, set={"hue": 0.9})
    for step in range(9, last + 1):
        page.say(do="step")
        exact(page, step)
    tape = [(9, {"hue": 0.9})]
    twin.frames.clear()
    assert exact(twin, last).pixels.equal(alone(last, tape, delay=0, seed=5))
    twin.frames.clear()
    page.say(do="branch", branch=1)
    assert exact(twin, last).pixels.equal(alone(last, delay=0, seed=5))


def test_two_branches_side_by_side(server: Server):
    page = server.page()
    hello = page.open(delay=2)
    page.until(lambda m: isinstance(m, Sent) and m.step >= 30)
    page.say(do="pause")
    first = page.rest()
    page.say(do="seek", step=10)
    exact(page, 10)
    page.say(rev=1, set={"hue": 0.9})
    page.say(do="speed", value=100)
    page.say(do="play")
    page.until(lambda m: isinstance(m, Sent) and m.step > first.step)
    twin = twin_of(server, hello, branch=1)
    page.say(do="pause")
    page.rest()
    page.say(do="seek", step=first.step)
    assert exact(twin, first.step).data == first.data
    mine = page.until(lambda m: isinstance(m, Sent) and m.encoding and m.step == first.step)
    assert mine.data != first.data
    page.say(rev=2, set={"hue": 0.2})
    page.say(do="step")
    assert exact(twin, first.step + 1).pixels.equal(alone(first.step + 1, delay=0))
    page.say(do="link")
    assert unpack(page.text("link"))["twin"] == {"tape": []}


def test_where_one_ends_the_other_goes_on(server: Server):
    page = server.page()
    hello = page.open(delay=2, steps=60)
    twin = twin_of(server, hello, settings={"steps": 10})
    assert twin.rest("ended").step == 9
    assert page.rest("ended").step == 59
    page.say(do="seek", step=4)
    assert exact(twin, 4)


def test_a_twin_that_fails_says_why_and_the_run_goes_on(server: Server):
    page = server.page()
    hello = page.open(delay=2)
    twin = twin_of(server, hello, settings={"fails": 5})
    assert "the counter broke" in twin.status("failed")["sentence"]
    at = page.frames[-1].step if page.frames else 0
    page.until(lambda m: isinstance(m, Sent) and m.step > at + 20)
    page.say(do="pause")
    page.rest()
    page.say(do="seek", step=2)
    assert exact(twin, 2).pixels.equal(alone(2, delay=0))


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ({"settings": {"seed": 0}}, "A twin differs in a setting: choose another value."),
        ({"settings": {"seed": -1}}, "out of range"),
        ({"settings": {"nothing": 1}}, "There is no setting 'nothing'"),
        ({"settings": {"picture": "upload-0123456789ab"}}, "drop it again"),
        ({"branch": 7}, "no longer there"),
        ({}, "A twin differs in a setting: say in which."),
        ({"token": "wrong", "settings": {"seed": 3}}, "no longer there"),
    ],
)
def test_a_twin_that_cannot_be_is_refused_and_the_run_goes_on(server: Server, what, sentence):
    page = server.page()
    hello = page.open(delay=2)
    page.status("running")
    other = server.page()
    other.say(open={"beside": hello["run"], "token": hello["token"], **what})
    assert sentence in other.text("sentence")
    step = page.frame().step
    assert page.until(lambda m: isinstance(m, Sent) and m.step > step + 5)


def test_a_twin_takes_no_wishes_and_has_no_twin(server: Server, paired):
    _, twin = paired
    for wish in ({"do": "pause"}, {"rev": 1, "set": {"hue": 0.9}}, {"do": "seek", "step": 1}):
        twin.say(**wish)
        assert "follows the run beside it" in twin.text("sentence")
    other = server.page()
    other.say(
        open={"beside": twin.hello["run"], "token": twin.hello["token"], "settings": {"seed": 1}}
    )
    assert "has no twin" in other.text("sentence")


def test_a_run_has_one_twin_at_a_time(server: Server, paired):
    page, twin = paired
    hello = next(t["hello"] for t in page.texts if "hello" in t)
    other = server.page()
    other.say(open={"beside": hello["run"], "token": hello["token"], "settings": {"seed": 7}})
    assert "has a twin already" in other.text("sentence")
    twin.say(open={"beside": hello["run"], "token": hello["token"], "settings": {"seed": 8}})
    assert twin.text("hello")["settings"]["seed"] == 8
    assert len(server.stage) == 2


def until(holds: Callable[[], bool], seconds: float = 5) -> None:
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.02)


def test_a_closed_twin_lets_the_run_go_on_and_both_are_freed(serve):
    server = serve(grace=0.2)
    page = server.page()
    hello = page.open(delay=2)
    twin = twin_of(server, hello, settings={"seed": 5})
    twin.frame()
    twin.socket.close()
    until(lambda: len(server.stage) == len(server.stage._scheduler) == 1)
    step = page.frame().step
    page.until(lambda m: isinstance(m, Sent) and m.step > step + 20)
    assert server.stage.find(hello["run"], hello["token"]).twin is None
    twin = twin_of(server, hello, settings={"seed": 6})
    page.socket.close()
    twin.socket.close()
    until(lambda: len(server.stage) == len(server.stage._scheduler) == 0)


def test_a_reloaded_page_returns_to_both(serve):
    server = serve()
    page = server.page()
    hello = page.open(delay=2)
    twin = twin_of(server, hello, settings={"seed": 5})
    twin.until(lambda m: isinstance(m, Sent) and m.step >= 10)
    page.socket.close(1001)
    twin.socket.close(1001)
    page, again = server.page(), server.page()
    page.say(open={"run": hello["run"], "token": hello["token"]})
    again.say(open={"run": twin.hello["run"], "token": twin.hello["token"]})
    assert again.text("hello")["settings"]["seed"] == 5
    again.until(lambda m: isinstance(m, Sent) and m.step >= 30)
    step = rested(page, again)
    assert exact(again, step).pixels.equal(alone(step, delay=0, seed=5))


def test_a_pair_has_one_share_of_the_worker(server: Server):
    page = server.page()
    hello = page.open(delay=10)
    twin = twin_of(server, hello, settings={"seed": 5})
    others = [server.page(), server.page()]
    for other in others:
        other.open(delay=10)
    pages = [page, twin, *others]
    for _ in range(30):
        for one in pages:
            one.watch(0.02)
    for one in (page, *others):
        one.say(do="pause")
    steps = [one.status("paused")["kept"] for one in (page, *others)]
    both = 2 * steps[0]
    assert 0.15 * sum((both, *steps[1:])) <= both <= 0.5 * sum((both, *steps[1:]))


def test_a_twin_is_nobody_else_who_shares_the_computer(server: Server, paired):
    page, twin = paired
    assert page.status("running")["people"] == 1
    server.page().open(delay=2)
    page.until(lambda m: isinstance(m, dict) and m.get("status", {}).get("people") == 2)
    assert twin.hello.get("keep") is None  # it comes back beside the run that it follows


def test_a_twin_of_a_run_that_is_gone_is_gone_too(serve):
    server = serve()
    page = server.page()
    hello = page.open(delay=2)
    twin = twin_of(server, hello, settings={"seed": 5})
    twin.frame()
    twin.lose()
    page.socket.close()
    again = server.page()
    until(lambda: len(server.stage) == 1)
    again.say(open={"run": twin.hello["run"], "token": twin.hello["token"]})
    assert "no longer there" in again.text("sentence")


def test_a_saved_pair_is_both_pictures_and_brings_both_back(server: Server, paired):
    page, twin = paired
    step = rested(page, twin)
    hello = next(t["hello"] for t in page.texts if "hello" in t)
    address = server.url(f"/run/{hello['run']}/picture.png")
    answer = httpx.get(address, params={"token": hello["token"]})
    both = pictures.read(answer.content).mul(255).round().byte()
    mine, its = alone(step, delay=0), alone(step, delay=0, seed=5)
    assert both[:, :, : mine.shape[2]].equal(mine)
    assert both[:, :, -its.shape[2] :].equal(its)
    record, _ = saved.unpacked(answer.content)
    assert (record["step"], record["twin"]) == (step, {"settings": {"seed": 5}})
    link = httpx.post(server.url("/open"), content=answer.content).json()["link"]
    again = server.page()
    again.say(open={"link": link})
    opened = again.text("hello")
    assert opened["twin"] == {"settings": {"seed": 5}}
    other = twin_of(server, opened, **opened["twin"])
    assert exact(other, step).pixels.equal(its)
