"""Every run has its turn, however many there are, and memory its bounds."""

import time

import httpx

from apps.stage import scheduler, stage
from core import pictures
from core.records import unpack
from core.run import replay
from tests.stage import counter
from tests.stage.conftest import Page, Sent, Server

CLASS = 12  # visitors


def kept(page) -> int:
    return [t["status"]["kept"] for t in page.texts if "status" in t][-1]


def test_of_four_runs_the_slowest_gets_its_share(server: Server):
    pages = [server.page() for _ in range(4)]
    for i, page in enumerate(pages):
        page.open(delay=10, seed=i)
    for _ in range(30):
        for page in pages:
            page.watch(0.02)
        pages[0].say(set={"hue": 0.3})  # a busy hand moves no more than one turn ahead
    for page in pages:
        page.say(do="pause")
        page.status("paused")
    steps = [kept(page) for page in pages]
    assert min(steps) >= 0.15 * sum(steps)


def share_of_a_newcomer(server: Server, first: Page, seconds: float) -> float:
    """Of the steps that both take, after the first has moved for so long."""
    first.watch(seconds)
    second = server.page()
    second.open(delay=10)
    before = kept(first)
    for _ in range(25):
        first.watch(0.02)
        second.watch(0.02)
    for page in (first, second):
        page.say(do="pause")
        page.status("paused")
    gained = [kept(first) - before, kept(second)]
    return gained[1] / sum(gained)


def test_a_newcomer_owes_nothing_and_is_owed_nothing(server: Server):
    first = server.page()
    first.open(delay=10)
    assert 0.3 <= share_of_a_newcomer(server, first, 1) <= 0.7


def test_a_newcomer_is_not_owed_the_turns_that_a_slow_run_has_left(server: Server):
    slow, first = server.page(), server.page()
    slow.open(delay=1)
    slow.say(do="speed", value=2)
    first.open(delay=10)
    assert 0.3 <= share_of_a_newcomer(server, first, 1.5) <= 0.7


def test_a_class_that_comes_at_once_moves_at_once_and_shares_evenly(server: Server):
    pages = [server.page() for _ in range(CLASS)]
    began = time.monotonic()
    for seed, page in enumerate(pages):
        page.say(open={"probe": "counter", "settings": {"delay": 10, "seed": seed}})
    for page in pages:
        page.until(lambda m: isinstance(m, Sent) and m.step >= 1)
    assert time.monotonic() - began < 5
    for _ in range(60):
        for page in pages:
            page.watch(0.004)
    people = [t["status"]["people"] for page in pages for t in page.texts if "status" in t]
    assert max(people) == CLASS
    for page in pages:
        page.say(do="pause")
    rests = [page.rest() for page in pages]
    steps = [rest.step for rest in rests]
    assert min(steps) >= 0.04 * sum(steps)
    for page, rest in zip(pages, rests, strict=True):
        page.say(do="link")
        again, _ = replay(counter, unpack(page.text("link")))
        frame = next(f for f in again if f.step == rest.step)
        assert rest.pixels.equal(pictures.to_uint8(counter.picture(frame)))


def test_who_is_hidden_rests_or_is_at_the_end_costs_nothing(server: Server, monkeypatch):
    hidden, paused, ended, moving = pages = [server.page() for _ in range(4)]
    for page in pages:
        page.open(delay=1, steps=5 if page is ended else 1000)
        page.frame()
    hidden.say(hidden=True)
    paused.say(do="pause")
    paused.rest()
    ended.rest("ended")
    moving.watch(0.3)
    stepped, encoded = [], []
    step, jpeg, png = scheduler.Staged.step, pictures.jpeg, pictures.png
    monkeypatch.setattr(
        scheduler.Staged, "step", lambda run: stepped.append(run.number) or step(run)
    )
    monkeypatch.setattr(pictures, "jpeg", lambda x: encoded.append(1) or jpeg(x))
    monkeypatch.setattr(pictures, "png", lambda x: encoded.append(1) or png(x))
    moving.watch(0.5)
    numbers = [page.texts[0]["hello"]["run"] for page in pages]
    assert set(stepped) == {numbers[3]}
    assert moving.status("running")["people"] == 1
    moving.say(do="pause")
    moving.rest()
    moving.watch(0.1)
    before = len(stepped), len(encoded)
    for page in pages:
        page.watch(0.2)
    assert (len(stepped), len(encoded)) == before


def test_past_the_limit_a_visitor_is_told_it(server: Server, monkeypatch):
    monkeypatch.setattr(stage, "MOST", 2)
    for _ in range(2):
        server.page().open()
    page = server.page()
    page.say(open={"probe": "counter"})
    assert page.text("sentence") == "The lab holds 2 runs and is full: try again in a minute."


def test_a_run_whose_page_was_lost_makes_room(serve, monkeypatch):
    monkeypatch.setattr(stage, "MOST", 3)
    server = serve()
    lost = [server.page() for _ in range(2)]
    hellos = [page.open(delay=1) for page in lost]
    server.page().open(delay=1)
    for page in lost:
        page.frame()
        page.lose()
        time.sleep(0.2)
    server.page().open(delay=1)
    assert len(server.stage) == 3
    known = [
        httpx.get(server.url(f"/run/{h['run']}/film"), params={"token": h["token"]}) for h in hellos
    ]
    assert ["no longer there" in answer.text for answer in known] == [True, False]


def test_runs_that_share_a_worker_do_not_change_each_other(server: Server):
    alone = server.page()
    alone.open(steps=25, delay=2, seed=7)
    wanted = alone.frame(exact=True).data
    pages = [server.page() for _ in range(3)]
    for i, page in enumerate(pages):
        page.open(steps=25, delay=2, seed=6 + i)
    found = [page.frame(exact=True).data for page in pages]
    assert found[1] == wanted
    assert len(set(found)) == 3


def test_all_kept_states_together_stay_within_the_servers_memory(server: Server, monkeypatch):
    monkeypatch.setattr(scheduler, "BYTES", 4_000_000)
    pages = [server.page() for _ in range(3)]
    for page in pages:
        page.open(delay=0, weight=100)
    for page in pages:
        page.until(lambda m: isinstance(m, Sent) and m.step > 150)
    runs = server.stage._scheduler._runs
    assert sum(r.timeline.branches.bytes for r in runs if r.timeline) <= 4_000_000 + 3 * 200_000
    pages[0].say(do="seek", step=100)
    assert pages[0].until(lambda m: isinstance(m, Sent) and m.encoding and m.step == 100)


def test_the_worker_leaves_when_the_stage_closes(serve):
    server = serve()
    page = server.page()
    page.open(delay=20)
    page.frame()
    server.stage.close()
    assert not server.stage._scheduler._thread.is_alive()
