"""A page sees its run move, steers it, and frees it by leaving."""

import threading
import time

import pytest
import torch
from websockets.exceptions import ConnectionClosed, InvalidStatus

from apps.stage.sight.viewer import PER_SECOND, WINDOW
from core import pictures
from core.records import unpack
from tests.stage import counter
from tests.stage.conftest import Page, Sent, Server


def rounded(frame: Sent) -> tuple[int, float]:
    step, hue = counter.reading(frame.pixels)
    return step, round(hue, 1)


def test_frames_arrive_in_order_and_show_what_they_say(server: Server):
    page = server.page()
    hello = page.open(hue=0.8, delay=10)
    assert hello["settings"]["hue"] == 0.8
    assert hello["live"] == ["hue", "gain"]
    page.watch(1)
    assert page.texts[-1].keys() & {"status", "numbers"}
    names = [t["hello"]["panels"] for t in page.texts if "hello" in t]
    assert names[-1] == ["picture", "control"]
    shown = [f for f in page.frames if f.panel == 0]
    steps = [f.step for f in shown]
    assert steps == sorted(set(steps))
    assert all(rounded(f) == (f.step % 256, 0.8) for f in shown)
    assert all(f.flags == (f.panel == 1) for f in page.frames)
    assert 12 <= len(shown) <= PER_SECOND + 2


def test_status_comes_at_most_four_times_a_second(server: Server):
    page = server.page()
    page.open(delay=1)
    page.status("running")
    before = len(page.texts)
    page.watch(1.5)
    states = [t["status"] for t in page.texts[before:] if "status" in t]
    assert 4 <= len(states) <= 7
    assert states[-1]["size"] == {"picture": [128, 64], "control": [128, 64]}
    assert states[-1]["ends"] == 999
    assert "The hue is 0.5" in states[-1]["sentence"]


def test_no_more_frames_than_the_window_are_on_their_way(server: Server):
    page = server.page(acks=False)
    page.open(delay=5)
    page.watch(0.8)
    assert len({f.step for f in page.frames}) == WINDOW


def test_a_slow_page_is_sent_the_newest_frame(server: Server):
    page = server.page(acks=False)
    page.open(delay=5)
    page.watch(1)
    last, page.acks = page.frames[-1], True
    page.say(ack=last.sequence)
    assert page.frame().step > last.step + 50


def test_the_second_frame_after_a_wish_carries_it(server: Server):
    page = server.page()
    page.open(delay=60)
    for hue in (0.9, 0.2, 0.7):
        page.status("running")
        before = page.frame(panel=1)
        page.say(rev=1, set={"hue": hue})
        after = [page.frame() for _ in range(2)]
        assert [f.step for f in after] == [before.step + 1, before.step + 2]
        assert rounded(after[1])[1] == hue


def test_stop_ends_within_one_step(server: Server):
    page = server.page()
    page.open(delay=100)
    before = page.frame()
    page.say(do="stop")
    assert page.status("ended")["kept"] <= before.step + 1
    page.watch(0.4)
    assert page.frames[-1].step <= before.step + 1


def test_a_run_that_opens_paused_shows_its_first_frame(server: Server):
    page = server.page()
    page.say(open={"probe": "counter"})
    page.say(do="pause")
    assert page.rest().step <= 1


def test_a_link_that_is_asked_for_while_it_loads_waits_for_it(server: Server):
    """A page asks for it as soon as it is back; a sentence would be taken for trouble."""
    page = server.page()
    page.say(open={"probe": "counter", "settings": {}})
    page.say(do="link")

    def answered(message: object) -> object:
        return isinstance(message, dict) and ({"link", "sentence"} & message.keys()) and message

    told = page.until(answered)
    assert unpack(told["link"])["probe"] == "counter"


def test_a_paused_picture_is_sent_again_without_loss(server: Server):
    page = server.page()
    page.open(delay=5)
    page.frame()
    page.say(do="pause")
    exact = page.rest()
    assert exact.data.startswith(b"\x89PNG")
    page.watch(0.3)
    assert page.frames[-1].step == exact.step


def rested(page: Page, **message) -> Sent:
    page.say(**message)
    return page.frame(exact=True)


def test_steps_and_seeks_show_the_same_bytes_as_the_first_time(server: Server):
    page = server.page()
    page.open(delay=5)
    first = {f.step: f for f in [rested(page, do="pause")]}
    for _ in range(6):
        frame = rested(page, do="step")
        first[frame.step] = frame
    page.say(rev=1, set={"hue": 0.9})
    for _ in range(6):
        frame = rested(page, do="step")
        first[frame.step] = frame
    steps = list(first)
    assert steps == list(range(steps[0], steps[0] + 13))
    for step in (steps[2], steps[11], steps[0], steps[6], steps[7]):
        again = rested(page, do="seek", step=step)
        assert (again.step, again.data) == (step, first[step].data)


def test_playing_on_replays_and_a_change_drops_what_came_later(server: Server):
    page = server.page()
    page.open(delay=5)
    page.until(lambda m: isinstance(m, Sent) and m.step >= 30)
    page.say(rev=1, set={"hue": 0.9})
    page.until(lambda m: isinstance(m, Sent) and m.step >= 60)
    page.say(do="pause")
    page.status("paused")
    rested(page, do="seek", step=20)
    assert page.texts[-1].get("now", {"hue": 0.5})["hue"] == 0.5
    page.say(do="play")
    page.until(lambda m: isinstance(m, Sent) and m.panel == 0 and m.step >= 50)
    assert rounded(page.frames[-1])[1] == 0.9
    rested(page, do="seek", step=20)
    page.say(rev=2, set={"hue": 0.1})
    page.until(lambda m: isinstance(m, dict) and m.get("status", {}).get("kept") == 20)
    page.say(do="seek", step=40)
    assert "Step 40 is not there yet: choose 0 to 20" in page.text("sentence")
    page.say(do="play")
    page.until(lambda m: isinstance(m, Sent) and m.panel == 0 and m.step >= 50)
    assert rounded(page.frames[-1])[1] == 0.1


def test_a_scrub_shows_where_it_ended(server: Server):
    page = server.page()
    page.open(delay=2)
    page.until(lambda m: isinstance(m, Sent) and m.step >= 90)
    for step in range(80, 10, -2):
        page.say(do="seek", step=step)
    assert page.until(lambda m: isinstance(m, Sent) and m.encoding and m.step == 12)


def test_speed_is_kept(server: Server):
    page = server.page()
    page.open(delay=1)
    page.say(do="speed", value=10)
    page.frame()
    first = page.frames[-1].step
    page.watch(1.5)
    assert 12 <= page.frames[-1].step - first <= 18
    page.say(do="speed", value=0)
    page.watch(0.5)
    assert page.texts[-1].get("status", {}).get("rate", 100) > 50


def test_an_ended_run_says_so_and_can_go_back(server: Server):
    page = server.page()
    page.open(steps=9, delay=1)
    last = page.rest("ended")
    ended = next(t["status"] for t in reversed(page.texts) if "status" in t)
    assert (ended["step"], ended["ends"]) == (8, 8)
    page.say(do="play")
    assert "go back on its time line" in page.text("sentence")
    page.say(set={"hue": 0.1})
    assert "over" in page.text("sentence")
    assert rested(page, do="seek", step=3).step == 3
    page.say(do="play")
    assert page.rest("ended").data == last.data


def test_a_stopped_run_can_be_played_on(server: Server):
    page = server.page()
    page.open(delay=5)
    page.frame()
    page.say(do="stop")
    at = page.status("ended")["step"]
    page.say(do="play")
    page.status("running")
    assert page.until(lambda m: isinstance(m, Sent) and m.step > at + 3)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"fails": 5}, "This run failed (RuntimeError: the counter broke)."),
        ({"exhausts": 5}, "This run needs more memory than there is"),
        ({"picture": "nowhere"}, "There is no picture 'nowhere'"),
    ],
)
def test_a_failing_run_ends_in_a_sentence_and_the_server_goes_on(server, settings, sentence):
    other = server.page()
    other.open()
    page = server.page()
    page.open(delay=1, **settings)
    assert sentence in page.status("failed")["sentence"]
    if "picture" not in settings:
        assert page.rest("failed").step <= 4
        assert rested(page, do="seek", step=2).step == 2
        assert "hue" in page.status("paused")["sentence"]
    page.open()
    page.status("running")
    other.watch(0.2)
    assert other.texts[-1]


def test_numbers_are_read_only_of_steps_that_are_shown(server: Server):
    page = server.page()
    page.open(delay=1)
    page.watch(0.7)
    page.say(do="pause")
    page.rest()
    told = [step for text in page.texts for step, _ in text.get("numbers", [])]
    shown = {f.step for f in page.frames}
    assert len(told) == len(set(told))
    assert set(told) == shown
    assert len(told) < max(told) / 4


def test_a_run_that_moves_is_never_encoded_without_loss(server: Server, monkeypatch):
    encoded, png = [], pictures.png
    monkeypatch.setattr("core.pictures.png", lambda x: encoded.append(1) or png(x))
    page = server.page()
    page.open(delay=5)
    page.watch(0.5)
    assert not encoded
    page.say(do="pause")
    page.rest()
    page.watch(0.1)
    assert len(encoded) == 2


def test_a_run_that_nobody_sees_is_neither_copied_nor_computed(server: Server, monkeypatch):
    copied = []
    to = torch.Tensor.to

    def noticed(self: torch.Tensor, *where, **how) -> torch.Tensor:
        if "non_blocking" in how:
            copied.append(threading.current_thread().name)
        return to(self, *where, **how)

    monkeypatch.setattr(torch.Tensor, "to", noticed)
    page = server.page()
    page.open(delay=2)
    page.watch(0.5)
    page.say(do="pause")
    at = page.status("paused")["step"]
    assert len(copied) < at * 3 / 2
    page.say(do="play")
    page.frame()
    page.say(hidden=True)
    page.watch(0.3)
    before = len(page.frames), len(copied)
    page.watch(0.4)
    assert (len(page.frames), len(copied)) == before
    page.say(hidden=False)
    assert page.frame()


def test_several_pictures_are_one_contact_sheet(server: Server):
    page = server.page()
    page.open(count=3)
    assert page.frame().pixels.shape == (3, 64, 386)


def test_a_reloaded_page_returns_to_its_run(serve):
    server = serve()
    page = server.page()
    hello = page.open(delay=5)
    page.until(lambda m: isinstance(m, Sent) and m.step > 30)
    page.socket.close(1001)
    again = server.page()
    again.say(open={"run": hello["run"], "token": hello["token"]})
    assert again.text("hello")["run"] == hello["run"]
    assert len(again.text("numbers")) > 3
    assert again.frame().step > 30


def test_a_run_is_not_given_to_somebody_without_its_token(server: Server):
    hello = server.page().open()
    other = server.page()
    for token in ("", "wrong", hello["token"][:-1], "\ud800"):
        other.say(open={"run": hello["run"], "token": token})
        assert "no longer there" in other.text("sentence")


def threads() -> int:
    """Threads beside those of the stage's small pools, which stay for the next run."""
    return sum(not thread.name.startswith("stage-") for thread in threading.enumerate())


def test_closed_sockets_free_their_runs_within_five_seconds(serve):
    server = serve()
    server.page().open()
    before = threads()
    pages = [server.page() for _ in range(4)]
    for page in pages:
        page.open(delay=1)
        page.frame()
    assert len(server.stage) == 5
    for page in pages:
        page.socket.close()
    closed = time.monotonic()
    while len(server.stage) > 1 or len(server.stage._scheduler) > 1:
        assert time.monotonic() < closed + 5
        time.sleep(0.05)
    while threads() > before:
        assert time.monotonic() < closed + 5
        time.sleep(0.05)


def test_opening_anew_closes_the_run_before(server: Server):
    page = server.page()
    numbers = [page.open(delay=1)["run"] for _ in range(20) if not page.frames or page.frame()]
    page.watch(0.2)
    assert len(server.stage) == len(server.stage._scheduler) == 1
    assert page.frames[-1].run == numbers[-1]


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", ""])
def test_a_foreign_page_is_refused(server: Server, origin: str):
    with pytest.raises(InvalidStatus) as refused:
        server.page(origin=origin)
    assert refused.value.response.status_code == 403
    assert len(server.stage) == 0


def test_our_pages_and_those_that_are_named_are_let_in(server: Server, monkeypatch):
    monkeypatch.setenv("LAB_ORIGINS", "https://course.example, other.example")
    for origin in (
        f"http://127.0.0.1:{server.port}",
        "https://course.example",
        "http://other.example",
    ):
        assert server.page(origin=origin).open()


def test_several_viewers_of_one_run_share_its_encoding(server: Server, monkeypatch):
    encoded, jpeg = [], pictures.jpeg
    monkeypatch.setattr("core.pictures.jpeg", lambda x: encoded.append(1) or jpeg(x))
    page, other = server.page(), server.page()
    hello = page.open(delay=60)
    other.say(open={"run": hello["run"], "token": hello["token"]})
    ends = time.monotonic() + 1
    while time.monotonic() < ends:
        page.frame(panel=1)
        other.frame(panel=1)
    mine, yours = ({f.step: f.data for f in p.frames if f.panel == 1} for p in (page, other))
    shared = mine.keys() & yours.keys()
    assert len(shared) > 8
    assert all(mine[step] == yours[step] for step in shared)
    assert len(encoded) <= 2 * (max(mine | yours) + 2)  # one may be on its way


def test_a_link_plays_to_its_step_and_rests_there_with_the_same_bytes(server: Server):
    page = server.page()
    page.open(delay=5, seed=3)
    page.until(lambda m: isinstance(m, Sent) and m.step >= 10)
    page.say(rev=1, set={"hue": 0.9})
    page.until(lambda m: isinstance(m, Sent) and m.step >= 30)
    page.say(do="pause")
    rests = page.frame(exact=True)
    page.say(do="link")
    answer = page.until(lambda m: isinstance(m, dict) and "link" in m)
    assert answer["copyable"]
    assert unpack(answer["link"])["step"] == rests.step
    other = server.page()
    other.say(open={"link": answer["link"]})
    hello = other.text("hello")
    assert (hello["settings"]["seed"], hello["link"]) == (3, answer["link"])
    assert other.frame(exact=True).data == rests.data


def test_a_page_hears_something_each_second_although_nothing_happens(server: Server, monkeypatch):
    monkeypatch.setattr("apps.stage.wire.socket.BEAT", 0.2)
    page = server.page()
    page.open(delay=5)
    page.frame()
    page.say(do="pause")
    page.rest()
    page.watch(0.3)
    heard = len(page.texts)
    page.watch(1)
    beats = page.texts[heard:]
    assert 3 <= len(beats) <= 6
    assert all(text == {"beat": True} for text in beats)


def test_a_large_picture_is_announced(server: Server, monkeypatch):
    monkeypatch.setattr("apps.stage.wire.socket.LARGE", 1000)
    page = server.page()
    page.open(delay=50)
    coming = page.text("coming")
    assert coming == 16 + len(page.frame().data) > 1000


def test_a_page_too_many_is_told_so_and_not_left_without_a_word(server: Server, monkeypatch):
    monkeypatch.setattr("apps.stage.wire.socket.SOCKETS", 1)
    page = server.page()
    page.open()
    other = server.page()
    assert other.text("sentence").startswith("The lab has 1 pages open and is full")
    with pytest.raises(ConnectionClosed):
        other.watch(2)
    page.frame()
