"""Who follows sees what the lecturer sees, steers nothing without the wheel, and comes back."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pytest

from apps.stage import Stage
from apps.stage.errors import StageError
from apps.stage.room import room as rooms_room
from apps.stage.room import rooms as module
from apps.stage.room.orders import Follow, Lead
from apps.stage.room.rooms import DESERTED, Part, Rooms, upto
from apps.stage.run.orders import Open
from apps.stage.sight.viewer import Viewer
from core import pictures
from core.records import unpack
from tests.stage.conftest import Page, Sent, Server, find

ASKED = {"question": "Which?", "answers": ["this", "that"], "right": 1, "reveal": "That it is."}


def led(server: Server, **settings: Any) -> tuple[Page, dict[str, Any]]:
    """A lecturer's page with a run and a room, and what was told of the room."""
    page = server.page()
    page.open(**{"delay": 5, **settings})
    page.say(room="open")
    return page, page.text("room")


def followed(server: Server, code: str, **more: Any) -> tuple[Page, dict[str, Any]]:
    """A page that follows, and what it was told of the room."""
    page = server.page()
    page.say(open={"follow": code, **more})
    room = page.text("room")
    page.text("hello")
    return page, room


def told(page: Page, **wanted: Any) -> dict[str, Any]:
    """The next word of the room in which all of this stands."""
    return page.until(
        lambda m: (
            isinstance(m, dict)
            and "room" in m
            and all(m["room"].get(k) == v for k, v in wanted.items())
        )
    )["room"]


def word(page: Page, key: str) -> Any:
    """What the room says next under this key, if it is something."""
    return page.until(lambda m: isinstance(m, dict) and m.get("room", {}).get(key))["room"][key]


def asked_of(page: Page, stage: str) -> dict[str, Any]:
    """The guess, once it is at this stage."""
    while (guess := word(page, "guess"))["stage"] != stage:
        pass
    return guess


def test_who_follows_sees_the_lecturers_run_and_gets_no_token_of_it(serve):
    server = serve()
    lecturer, room = led(server)
    assert room["invitation"]["address"].endswith(f"/f/{room['code']}")
    page, mine = followed(server, room["code"].lower())
    assert told(lecturer, phones=[1])["wheel"] == 0
    page.frame()
    page.watch(0.3)
    lecturer.say(do="pause")
    assert page.rest().data == lecturer.rest().data
    hellos = [text["hello"] for text in page.texts if "hello" in text]
    assert {hello["run"] for hello in hellos} == {lecturer.frames[0].run}
    assert {hello["token"] for hello in hellos} == {""}
    assert hellos[-1]["panels"] == ["picture", "control"]
    assert (mine["phone"], mine["lecturer"], mine["wheel"]) == (1, True, False)
    assert "token" not in mine


def test_who_follows_is_told_no_numbers_of_the_steps(serve):
    server = serve()
    lecturer, room = led(server)
    lecturer.until(lambda m: isinstance(m, Sent) and m.step > 20)
    page, _ = followed(server, room["code"])
    page.watch(0.8)
    assert any("status" in text for text in page.texts)
    assert not any(text.keys() & {"numbers", "branches", "tape"} for text in page.texts)
    assert not any("keep" in text.get("hello", {}) for text in page.texts)


@pytest.mark.parametrize(
    "message",
    [
        {"set": {"hue": 0.9}},
        {"act": {"action": "splash"}},
        {"do": "pause"},
        {"do": "stop"},
        {"do": "link"},
        {"do": "seek", "step": 0},
        {"do": "speed", "value": 1},
        {"measure": "blur"},
        {"do": "branch", "branch": 1},
    ],
    ids=json.dumps,
)
def test_a_wish_without_the_wheel_is_refused_and_the_run_goes_on(serve, message):
    server = serve()
    lecturer, room = led(server)
    page, _ = followed(server, room["code"])
    page.say(**message)
    assert "break away" in page.text("sentence")
    at = page.frame().step
    assert page.until(lambda m: isinstance(m, Sent) and m.step > at + 3)
    lecturer.say(do="link")
    assert unpack(lecturer.text("link"))["tape"] == []


def test_the_wheel_steers_what_everybody_sees_and_stands_on_the_tape(serve):
    server = serve()
    lecturer, room = led(server)
    page, _ = followed(server, room["code"])
    other, _ = followed(server, room["code"])
    lecturer.say(wheel=1)
    told(page, wheel=True)
    assert told(lecturer, wheel=1)["phones"] == [1, 2]
    page.say(rev=1, set={"hue": 0.9})
    for everyone in (lecturer, page, other):
        assert everyone.text("now")["hue"] == 0.9
    page.say(do="pause")
    assert "live settings" in page.text("sentence")
    other.say(set={"hue": 0.1})
    assert "break away" in other.text("sentence")
    lecturer.say(wheel=0)
    told(page, wheel=False)
    page.say(rev=2, set={"hue": 0.2})
    assert "break away" in page.text("sentence")
    lecturer.say(do="link")
    assert [row[1] for row in unpack(lecturer.text("link"))["tape"]] == [{"hue": 0.9}]


def test_a_wheel_whose_holder_goes_is_the_lecturers_again(serve):
    server = serve()
    lecturer, room = led(server)
    page, _ = followed(server, room["code"])
    lecturer.say(wheel=7)
    assert "Phone 7 is not here" in word(lecturer, "sentence")
    lecturer.say(wheel=1)
    told(lecturer, wheel=1)
    page.socket.close()
    assert told(lecturer, wheel=0)["phones"] == []


def test_a_room_guesses_and_sees_what_was_right_at_the_end(serve):
    server = serve()
    lecturer, room = led(server)
    pages = [followed(server, room["code"])[0] for _ in range(3)]
    lecturer.say(ask=ASKED)
    for page, choice in zip(pages, (0, 1, 1), strict=True):
        guess = asked_of(page, "open")
        assert (guess["question"], guess["stage"], guess["mine"]) == ("Which?", "open", None)
        assert "right" not in guess
        page.say(guess=choice)
    while word(lecturer, "guess")["counts"] != [1, 2]:
        pass
    lecturer.say(ask="watch")
    assert "right" not in asked_of(pages[0], "watch")
    pages[0].say(guess=1)
    assert "closed" in word(pages[0], "sentence")
    lecturer.say(ask="reveal")
    found = asked_of(pages[0], "reveal")
    assert (found["mine"], found["right"], found["counts"]) == (0, 1, [1, 2])
    assert found["reveal"] == "That it is."
    lecturer.say(ask="drop")
    told(pages[0], guess=None)
    pages[0].say(guess=1)
    assert "no guess open" in word(pages[0], "sentence")


def test_the_room_goes_along_to_another_run_and_the_one_before_is_freed(serve):
    server = serve()
    lecturer, room = led(server)
    page, _ = followed(server, room["code"])
    first = page.frame().run
    lecturer.say(open={"probe": "counter", "settings": {"seed": 5, "delay": 5}})
    hello = page.text("hello")
    assert (hello["run"] > first, hello["settings"]["seed"], hello["token"]) == (True, 5, "")
    assert page.until(lambda m: isinstance(m, Sent) and m.run == hello["run"])
    assert len(server.stage) == 1


def test_the_lecturer_comes_back_on_another_page_by_the_token(serve):
    server = serve(grace=0.1)
    lecturer, room = led(server)
    page, _ = followed(server, room["code"])
    lecturer.socket.close()
    told(page, lecturer=False)
    page.watch(0.3)  # longer than the grace: who follows keeps the run
    at = page.frame().step
    assert page.until(lambda m: isinstance(m, Sent) and m.step > at)
    again = server.page()
    run = again.open(seed=9, delay=5)["run"]
    again.say(room="open", code=room["code"], token=room["token"])
    assert told(again, code=room["code"])["phones"] == [1]
    told(page, lecturer=True)
    assert page.until(lambda m: isinstance(m, Sent) and m.run == run)
    assert len(server.stage) == 1


def test_the_page_that_comes_last_leads_and_the_one_before_is_told(serve):
    server = serve()
    first, room = led(server)
    second = server.page()
    second.open()
    second.say(room="open", code=room["code"], token=room["token"])
    told(second, code=room["code"])
    told(first, elsewhere=True)
    first.say(wheel=0)
    assert "leads no room" in word(first, "sentence")
    first.socket.close()
    _page, mine = followed(server, room["code"])
    assert mine["lecturer"]


def test_a_phone_that_comes_back_is_the_same_phone(serve):
    server = serve()
    lecturer, room = led(server)
    page, mine = followed(server, room["code"])
    lecturer.say(ask=ASKED)
    asked_of(page, "open")
    page.say(guess=1)
    page.socket.close()
    told(lecturer, phones=[])
    _other, _ = followed(server, room["code"])
    again, known = followed(server, room["code"], key=mine["key"])
    assert (known["phone"], known["guess"]["mine"]) == (mine["phone"], 1)
    _unknown, new = followed(server, room["code"], key="x" * 12)
    assert new["phone"] == 3
    _twice, _ = followed(server, room["code"], key=mine["key"])
    told(again, elsewhere=True)
    again.say(guess=0)
    assert "follows nobody" in word(again, "sentence")


def test_a_room_that_its_lecturer_closes_lets_everybody_go(serve):
    server = serve(grace=0.0)
    lecturer, room = led(server)
    page, _ = followed(server, room["code"])
    lecturer.say(room="close")
    assert "closed this room" in word(page, "over")
    assert "closed this room" in word(lecturer, "over")
    run = server.stage._runs[lecturer.frames[0].run]
    assert len(run.viewers) == 1
    page.say(open={"follow": room["code"]})
    assert f"There is no room '{room['code']}'" in page.text("sentence")
    lecturer.say(room="close")
    assert "leads no room" in word(lecturer, "sentence")


def test_a_server_that_was_started_anew_opens_the_room_under_its_old_code(serve):
    _lecturer, room = led(serve())
    anew = serve()
    page = anew.page()
    page.open()
    page.say(room="open", code=room["code"], token=room["token"])
    found = told(page)
    assert (found["code"], found["token"]) == (room["code"], room["token"])
    stranger = anew.page()
    stranger.open()
    stranger.say(room="open", code=room["code"], token="another token of 22 signs")
    assert told(stranger)["code"] != room["code"]


def test_a_hidden_phone_watches_nothing_until_it_is_seen_again(serve):
    server = serve()
    _lecturer, room = led(server)
    page, _ = followed(server, room["code"])
    run = page.frame().run
    page.say(hidden=True)
    page.watch(0.3)
    assert len(server.stage._runs[run].viewers) == 1
    before = len(page.frames), len(page.texts)
    page.watch(1.5)
    assert len(page.frames) == before[0]
    assert {"beat"} >= {key for text in page.texts[before[1] :] for key in text}
    page.say(hidden=False)
    page.text("hello")
    assert page.frame()


def test_what_is_taken_along_replays_to_the_step_that_was_seen(serve):
    server = serve()
    lecturer, room = led(server)
    page, _ = followed(server, room["code"])
    page.until(lambda m: isinstance(m, Sent) and m.step > 20)
    lecturer.say(rev=1, set={"hue": 0.9})
    page.until(lambda m: isinstance(m, Sent) and m.step > 40)
    lecturer.say(do="pause")
    rests = page.rest()
    page.say(away=rests.step)
    link = page.text("away")
    assert link["probe"] == "counter"
    own = server.page()
    own.say(open={"link": link["link"]})
    assert own.rest().data == rests.data
    page.say(away=10)
    record = unpack(page.text("away")["link"])
    assert (record["step"], record["tape"]) == (10, [])


def test_a_record_ends_where_it_is_cut_or_where_it_ends():
    record = {"step": 8, "tape": [[2, {"a": 1}], [6, {"a": 2}]], "v": 2}
    assert upto(record, 5) == {"step": 5, "tape": [[2, {"a": 1}]], "v": 2}
    assert upto(record, 50) == record


@pytest.mark.parametrize(
    "message",
    [
        {"room": "close"},
        {"ask": ASKED},
        {"ask": "reveal"},
        {"wheel": 1},
        {"guess": 0},
        {"away": 3},
        {"open": {"follow": "KZ4T"}},
    ],
    ids=json.dumps,
)
def test_what_belongs_to_no_room_is_answered_with_a_sentence(serve, message):
    server = serve()
    page = server.page()
    page.open()
    page.say(**message)
    sentence = page.text("sentence") if "open" in message else word(page, "sentence")
    assert any(w in sentence for w in ("Follow me", "follows nobody", "There is no room"))
    assert page.frame()


def test_a_page_does_not_follow_the_room_that_it_leads(serve):
    server = serve()
    lecturer, room = led(server)
    lecturer.say(open={"follow": room["code"]})
    assert "leads a room" in lecturer.text("sentence")
    page, _ = followed(server, room["code"])
    page.say(room="open")
    assert "follows a room" in word(page, "sentence")


def test_who_follows_may_open_a_run_of_their_own_instead(serve):
    server = serve()
    lecturer, room = led(server)
    page, _ = followed(server, room["code"])
    hello = page.open(seed=3)
    while not hello["token"]:  # one of the run that was followed may still be on its way
        hello = page.text("hello")
    page.say(do="pause")
    page.status("paused")
    assert told(lecturer, phones=[])


class Drawing(Viewer):
    """A viewer that draws all that it is sent at once."""

    drawn = 0

    def take(self) -> None:
        self.texts()
        for message in self.frames():
            self.acked(int.from_bytes(message[12:16], "little"))
            self.drawn += message[3]  # the last panel of a frame


@contextmanager
def staged(**options: Any) -> Iterator[tuple[Stage, Rooms]]:
    stage = Stage(find)
    try:
        yield stage, Rooms(stage, **options)
    finally:
        stage.close()


def test_two_hundred_who_follow_cost_the_encoding_of_one(monkeypatch):
    """The run is quicker than anybody is shown: every frame that is encoded is chosen."""
    encoded: list[int] = []
    jpeg = pictures.jpeg
    monkeypatch.setattr("core.pictures.jpeg", lambda x: encoded.append(1) or jpeg(x))

    async def watched(stage: Stage, viewers: list[Drawing], seconds: float) -> None:
        ends = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < ends:
            for viewer in viewers:
                viewer.take()
            stage.wake()
            await asyncio.sleep(0.004)

    async def main() -> tuple[int, int, list[int]]:
        with staged() as (stage, rooms):
            loop = asyncio.get_running_loop()
            lecturer = Drawing(loop)
            run = await stage.open(lecturer, Open(probe="counter", settings={"delay": 8}))
            leader = Part(rooms, lecturer)
            await leader.heard(Lead(), run)
            (room,) = rooms._open.values()
            phones = [Drawing(loop) for _ in range(200)]
            for phone in phones:
                await Part(rooms, phone).heard(Follow(room.code), None)
            assert len(run.viewers) == 201
            await watched(stage, [lecturer, *phones], 0.3)
            before, shown = len(encoded), lecturer.drawn
            for phone in phones:
                phone.drawn = 0
            await watched(stage, [lecturer, *phones], 2)
            return len(encoded) - before, lecturer.drawn - shown, [p.drawn for p in phones]

    made, shown, drawn = asyncio.run(main())
    assert shown > 10
    assert made <= 2 * (shown + 4)  # a picture and its control each
    assert min(drawn) >= 4
    assert max(drawn) <= 12  # four a second


def test_a_room_ends_when_its_lecturer_stays_away():
    async def main() -> None:
        with staged(away=0.1) as (_stage, rooms):
            loop = asyncio.get_running_loop()
            lecturer, phone = Viewer(loop), Viewer(loop)
            leader, follower = Part(rooms, lecturer), Part(rooms, phone)
            await leader.heard(Lead(), None)
            (room,) = rooms._open.values()
            await follower.heard(Follow(room.code), None)
            leader.leave()
            await asyncio.sleep(0.05)
            await leader.heard(Lead(room.code, room.token), None)  # in time
            await asyncio.sleep(0.15)
            assert len(rooms) == 1
            leader.leave()
            await asyncio.sleep(0.2)
            assert len(rooms) == 0
            assert json.loads(phone.texts()[-1]) == {"room": {"over": DESERTED}}

    asyncio.run(main())


def test_a_full_room_and_a_full_house_say_so(monkeypatch):
    monkeypatch.setattr(rooms_room, "FOLLOWERS", 2)
    monkeypatch.setattr(rooms_room, "KNOWN", 3)
    monkeypatch.setattr(module, "ROOMS", 1)

    async def main() -> None:
        with staged() as (_stage, rooms):
            loop = asyncio.get_running_loop()
            await Part(rooms, Viewer(loop)).heard(Lead(), None)
            (room,) = rooms._open.values()
            with pytest.raises(StageError, match="1 rooms are open already"):
                await Part(rooms, Viewer(loop)).heard(Lead(), None)
            parts = [Part(rooms, Viewer(loop)) for _ in range(8)]
            for part in parts[:2]:
                await part.heard(Follow(room.code), None)
            with pytest.raises(StageError, match="2 people follow already"):
                await parts[2].heard(Follow(room.code), None)
            for before, part in pairwise(parts[1:]):
                before.leave()
                await part.heard(Follow(room.code), None)
            assert len(room.present) == 2
            assert len(room._known) == 3

    asyncio.run(main())


def test_who_follows_sees_the_twin_beside_and_costs_the_lecturer_none_of_it(serve):
    server = serve(grace=0.0)
    lecturer, room = led(server)
    page, mine = followed(server, room["code"])
    assert mine["twin"] is None
    aside = server.page()
    aside.say(open={"follow": room["code"], "beside": True})
    run = lecturer.frame().run
    token = next(text["hello"]["token"] for text in lecturer.texts if "hello" in text)
    for seed in (5, 6):  # another twin in the same place
        twin = server.page()
        twin.say(open={"beside": run, "token": token, "settings": {"seed": seed}})
        hello = aside.text("hello")
        assert (hello["settings"]["seed"], hello["token"]) == (seed, "")
        assert aside.until(lambda m, number=hello["run"]: isinstance(m, Sent) and m.run == number)
        assert told(page, twin={"seed": seed})
        twin.socket.close()
        assert told(page, twin=None)
    aside.say(do="pause")
    assert "follows nobody" in aside.text("sentence")
    page.watch(0.2)
    assert len(server.stage) == 1  # who looks on keeps no twin
    aside.socket.close()
    assert page.frame()


def test_who_follows_is_told_of_a_page_without_a_run(serve):
    server = serve()
    lecturer, room = led(server)
    page, mine = followed(server, room["code"])
    assert mine["where"] == {"page": "", "title": ""}
    lecturer.socket.close()
    other = server.page()
    known = {"code": room["code"], "token": room["token"]}
    other.say(room="open", **known, page="/units/?layer=stem", title="Units")
    where = {"page": "/units/?layer=stem", "title": "Units"}
    assert told(page, where=where)["lecturer"]
    other.say(room="open", **known, page="//elsewhere.example", title="Units")
    assert "begins with one /" in other.text("sentence")
