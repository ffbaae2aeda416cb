"""A page comes back to its run at the step that it shows: to the run itself, or to a replay of it."""

import json
import time
from typing import Any

import pytest

from core import pictures
from core.records import unpack
from core.run import replay
from tests.stage import counter
from tests.stage.conftest import Page, Sent, Server


class Keeper:
    """What a page keeps of its run from what it is told: as apps/static/kept.js does."""

    def __init__(self, page: Page) -> None:
        self.branches: list[dict[str, Any]] = [
            {"branch": 1, "parent": 0, "leaves": -1, "kept": -1, "name": ""}
        ]
        self.now, self.tapes, self.record = 1, {1: []}, {}
        for text in page.texts:
            if "hello" in text:
                self.record = text["hello"]["keep"]["record"]
            if "branches" in text:
                self.branches, self.now = text["branches"]["all"], text["branches"]["now"]
            if "tape" in text:
                told = text["tape"]
                rows = self.tapes.setdefault(told["branch"], [])
                assert len(rows) >= told["from"]
                rows[told["from"] :] = told["rows"]

    def message(self, step: int, furthest: int, **more: Any) -> dict[str, Any]:
        """What opens the run again."""
        known = [
            {
                **one,
                "kept": furthest if one["branch"] == self.now else one["kept"],
                "tape": self.tapes.get(one["branch"], []),
            }
            for one in self.branches
        ]
        return {"record": {**self.record, "step": step}, "branches": known, "now": self.now, **more}


def waited(server: Server, count: int, seconds: float = 5) -> None:
    """Wait until the stage has so many runs."""
    ends = time.monotonic() + seconds
    while len(server.stage) != count:
        assert time.monotonic() < ends
        time.sleep(0.02)


def moved(server: Server, least: int, **settings: Any) -> Page:
    page = server.page()
    page.hello = page.open(delay=2, **settings)
    page.until(lambda m: isinstance(m, Sent) and m.step >= least)
    return page


def returning(server: Server, page: Page, **place: Any) -> Page:
    again = server.page()
    again.say(open={"run": page.hello["run"], "token": page.hello["token"], **place})
    return again


def test_a_run_whose_page_was_lost_is_kept_and_costs_nothing(serve):
    server = serve(grace=0.1, kept=60.0)
    page = moved(server, 10)
    page.lose()
    time.sleep(0.4)
    at = server.stage.find(page.hello["run"], page.hello["token"]).at
    time.sleep(0.4)
    assert server.stage.find(page.hello["run"], page.hello["token"]).at == at
    again = returning(server, page)
    assert again.text("hello")["run"] == page.hello["run"]
    assert again.frame().step >= at


def test_a_run_is_kept_for_so_long_and_no_longer(serve):
    server = serve(kept=0.3)
    page = moved(server, 5)
    page.lose()
    time.sleep(0.15)
    again = returning(server, page)
    again.frame()
    time.sleep(0.5)  # somebody watches: the time from before counts no more
    assert len(server.stage) == 1
    again.lose()
    waited(server, 0)
    third = returning(server, page)
    assert "no longer there" in third.text("sentence")


@pytest.mark.parametrize(("code", "kept"), [(1000, 0), (1001, 1), (4000, 1)])
def test_a_page_that_says_goodbye_frees_its_run_at_once(serve, code: int, kept: int):
    server = serve()
    page = moved(server, 5)
    page.socket.close(code)
    time.sleep(0.5)
    assert len(server.stage) == kept


def test_a_page_that_was_left_frees_its_run_after_a_moment(serve):
    server = serve(grace=0.3)
    page = moved(server, 5)
    page.socket.close(1001)
    waited(server, 0, seconds=2)


def test_who_returns_sees_the_step_that_was_left_although_the_run_went_on(serve):
    server = serve()
    page = moved(server, 10)
    last = page.frame()
    time.sleep(0.4)  # what is sent now is read by nobody
    page.lose()
    run = server.stage.find(page.hello["run"], page.hello["token"])
    assert run.at > last.step + 20
    while run.viewers:
        time.sleep(0.01)
    again = returning(server, page, step=last.step, furthest=last.step)
    assert again.frame().step == last.step
    assert again.frame().step > last.step
    again.say(do="pause")
    rests = again.rest()
    alone, _ = replay(counter, {"v": 2, "settings": {}, "tape": [], "step": 0})
    frame = next(f for f in alone if f.step == rests.step)
    assert rests.pixels.equal(pictures.to_uint8(counter.picture(frame)))


def test_what_was_steered_unseen_is_not_forgotten(serve):
    server = serve()
    page = moved(server, 10)
    last = page.frame()
    page.say(rev=1, set={"hue": 0.9})
    time.sleep(0.4)
    page.lose()
    again = returning(server, page, step=last.step, furthest=last.step)
    assert again.text("hello")["settings"]["hue"] == 0.9
    assert again.frame().step > last.step


def test_who_returns_to_a_run_that_somebody_else_watches_joins_it(serve):
    server = serve()
    page = moved(server, 10)
    other = returning(server, page)
    step = other.until(lambda m: isinstance(m, Sent) and m.step > 60).step
    third = returning(server, page, step=5, furthest=5)
    assert third.frame().step >= step


def steered(server: Server) -> tuple[Page, Sent]:
    """A run with changes, an action and two branches, at rest; what it shows."""
    page = moved(server, 20, seed=3)
    page.say(rev=1, set={"hue": 0.9})
    page.until(lambda m: isinstance(m, Sent) and m.step >= 35)
    page.say(do="pause")
    page.rest()
    page.say(do="seek", step=15)
    page.until(lambda m: isinstance(m, Sent) and m.encoding and m.step == 15)
    page.say(act={"action": "splash", "amount": 0.2})
    page.say(rev=2, set={"gain": 2})
    page.say(do="play")
    page.until(lambda m: isinstance(m, Sent) and m.step >= 40)
    page.say(do="pause")
    return page, page.rest()


def test_what_a_page_has_kept_is_the_whole_run_with_its_branches(serve):
    server = serve()
    page, rests = steered(server)
    kept = Keeper(page)
    page.say(do="link")
    record = unpack(page.text("link"))
    assert kept.record.items() <= record.items()
    page.socket.close()
    waited(server, 0)

    again = server.page()
    again.say(open=kept.message(rests.step, rests.step, goes=False))
    hello = again.text("hello")
    assert (hello["settings"]["hue"], hello["settings"]["gain"]) == (0.5, 2)
    back = again.rest()
    assert (back.step, back.data) == (rests.step, rests.data)
    assert {f.step for f in again.frames} == {rests.step}  # the way there is not shown
    again.watch(0.3)
    assert again.texts[-1].get("status", {}).get("state", "paused") == "paused"
    again.say(do="link")
    assert unpack(again.text("link")) == record
    tree = [t["branches"] for t in again.texts if "branches" in t][-1]
    was = [t["branches"] for t in page.texts if "branches" in t][-1]
    assert [(b["branch"], b["leaves"], b["name"]) for b in tree["all"]] == [
        (b["branch"], b["leaves"], b["name"]) for b in was["all"]
    ]

    assert Keeper(again).message(back.step, back.step) == kept.message(back.step, back.step)
    again.say(do="branch", branch=1)
    other = again.until(lambda m: isinstance(m, Sent) and m.encoding and m.data != back.data)
    again.say(do="link")
    first, _ = replay(counter, unpack(again.text("link")))
    frame = next(f for f in first if f.step == other.step)
    assert other.pixels.equal(pictures.to_uint8(counter.picture(frame)))


def test_a_run_that_moved_moves_on_and_one_that_was_over_is_over(serve):
    server = serve()
    page = moved(server, 20)
    kept = Keeper(page)
    again = server.page()
    again.say(open=kept.message(20, 20, goes=True))
    assert again.frame().step == 20
    assert again.frame().step > 20
    whole = moved(server, 3, steps=9)
    last = whole.rest("ended")
    over = server.page()
    over.say(open=Keeper(whole).message(8, 8, goes=True))
    assert over.rest("ended").data == last.data


def test_a_wish_that_no_step_has_read_still_waits(serve):
    server = serve()
    page = moved(server, 10)
    page.say(do="pause")
    step = page.rest().step
    page.say(rev=1, set={"hue": 0.9})
    page.text("now")
    page.watch(0.2)
    kept = Keeper(page)
    assert kept.tapes[1] == [[step + 1, {"hue": 0.9}]]
    again = server.page()
    again.say(open=kept.message(step, step, goes=False))
    assert again.text("hello")["settings"]["hue"] == 0.9
    again.rest()
    again.say(do="step")
    after = again.until(lambda m: isinstance(m, Sent) and m.encoding and m.step == step + 1)
    assert round(counter.reading(after.pixels)[1], 1) == 0.9


def test_a_long_way_back_says_how_far_it_is(serve):
    server = serve()
    page = moved(server, 5, count=2)
    kept = Keeper(page)
    again = server.page()
    again.say(open=kept.message(200, 200, goes=False))
    status = again.until(lambda m: isinstance(m, dict) and m.get("status", {}).get("replays"))
    at, to = status["status"]["replays"]
    assert 0 <= at < to == 200
    assert status["status"]["sentence"] == f"Replaying step {at + 1} of 201."
    assert status["status"]["kept"] == 200
    assert again.rest().step == 200


def test_a_link_that_was_on_its_way_still_rests_where_it_leads(serve):
    server = serve()
    page = moved(server, 30)
    page.say(do="pause")
    rests = page.rest()
    page.say(do="link")
    linked = server.page()
    linked.say(open={"link": page.text("link")})
    linked.hello = linked.text("hello")
    linked.frame()
    assert linked.hello["keep"]["until"] == rests.step
    again = server.page()
    again.say(open=Keeper(linked).message(4, 4, goes=True, until=rests.step))
    assert again.rest().data == rests.data


def test_a_link_has_what_was_moved_at_rest_and_the_step_after_it_reads_that(serve):
    server = serve()
    page = moved(server, 30)
    page.say(do="pause")
    rests = page.rest()
    page.say(rev=1, set={"hue": 0.1})
    page.text("now")
    page.say(do="link")
    linked = server.page()
    linked.say(open={"link": page.text("link")})
    same = linked.rest()
    assert (same.step, same.data) == (rests.step, rests.data)
    assert [text["now"]["hue"] for text in linked.texts if "now" in text][-1:] == [0.1]
    for one in (page, linked):
        one.frames.clear()
        one.say(do="step")
    assert page.rest().data == linked.rest().data != rests.data


def test_who_missed_a_row_can_hear_all_of_them_again(serve):
    server = serve()
    page, _ = steered(server)
    kept = Keeper(page)
    page.texts = [t for t in page.texts if "hello" in t]
    page.say(do="tape")
    page.watch(0.3)
    assert (Keeper(page).tapes, Keeper(page).now) == (kept.tapes, kept.now)


ROOT = {"branch": 1, "parent": 0, "leaves": -1, "kept": 9, "name": "", "tape": []}
CHILD = {**ROOT, "branch": 2, "parent": 1, "leaves": 4}
RECORD = {"probe": "counter", "settings": {}, "step": 5}


@pytest.mark.parametrize(
    ("branches", "now"),
    [
        ([ROOT], 2),
        ([CHILD, ROOT], 1),
        ([ROOT, ROOT], 1),
        ([ROOT, {**CHILD, "parent": 0}], 1),
        ([ROOT, {**CHILD, "parent": 2}], 1),
        ([ROOT, {**CHILD, "parent": 7}], 1),
    ],
)
def test_branches_that_are_no_tree_are_answered_with_a_sentence(server: Server, branches, now):
    page = server.page()
    page.say(open={"record": RECORD, "branches": branches, "now": now})
    assert "do not fit together" in page.text("sentence")
    page.open()
    page.frame()


def test_what_stands_in_a_kept_record_is_checked_as_a_link_is(server: Server):
    page = server.page()
    odd = [[3, {"hue": 7}], [4, {"steps": 2}], ["a", {}], 5, [6, {"hue": 0.9}]]
    record = {**RECORD, "settings": {"gone": 1, "seed": 3}, "fingerprints": 7, "v": 77}
    page.say(open={"record": record, "branches": [{**ROOT, "tape": odd}], "now": 1, "goes": False})
    assert page.text("hello")["settings"]["seed"] == 3
    assert "another version" in page.text("sentence")
    assert page.rest().step == 5
    assert Keeper(page).tapes == {1: [[6, {"hue": 0.9}]]}
    page.say(open={"record": {**RECORD, "probe": "nothing"}, "branches": [ROOT], "now": 1})
    assert "no probe" in page.text("sentence")
    page.say(open={"record": {**RECORD, "settings": {"picture": "upload-0123456789ab"}},
                   "branches": [ROOT], "now": 1})  # fmt: skip
    assert "not on the server" in page.text("sentence")


def test_a_message_that_holds_a_run_is_short_enough_to_be_sent(server: Server):
    rows = [[step, {"hue": 0.25, "gain": 1.5}] for step in range(5000)]
    message = {"record": {**RECORD, "step": 0}, "branches": [{**ROOT, "tape": rows}], "now": 1}
    assert len(json.dumps(message)) < 256 * 1024
    page = server.page()
    page.say(open=message)
    page.frame(timeout=20)  # in a test every call is checked for its types
    assert len(Keeper(page).tapes[1]) == 5000
