"""A probe without a picture, a control, a live setting or a second frame runs as any other."""

import json

import httpx
import pytest
import torch

from apps.stage.sight.frame import LAST, MARKS, PNG
from tests.stage import small
from tests.stage.conftest import Page, Sent, Server
from tests.stage.small import POINTS, points

PICTURE = torch.rand(3, 16, 24)
PROBES = {
    "points": small.probe("points", small.showing({"points": points(), "words": "Three points."})),
    "words": small.probe("words", small.showing({"words": "Nothing to see."})),
    "picture": small.probe("picture", small.showing({"picture": PICTURE})),
    "both": small.probe(
        "both",
        small.showing(
            *[
                {
                    "picture": PICTURE,
                    "on it": points(over="picture"),
                    "words": "Some.",
                    "x": PICTURE,
                }
                for _ in range(3)
            ]
        ),
    ),
}


@pytest.fixture
def server(serve) -> Server:
    return serve(load=PROBES.__getitem__)


def opened_page(server: Server, name: str) -> Page:
    page = server.page()
    page.say(open={"probe": name, "settings": {}})
    page.hello = page.text("hello")
    return page


def last_status(page: Page) -> dict:
    return [t["status"] for t in page.texts if "status" in t][-1]


def marks_of(sent: Sent) -> tuple[dict, torch.Tensor, torch.Tensor | None]:
    """What a message of marks says."""
    n = int.from_bytes(sent.data[:4], "little")
    assert n % 4 == 0
    facts, rest = json.loads(sent.data[4 : 4 + n]), bytearray(sent.data[4 + n :])
    count = int(torch.tensor(facts["shape"]).prod())
    values = torch.frombuffer(rest, dtype=torch.float32, count=count).view(facts["shape"])
    if not facts["classes"]:
        assert len(rest) == 4 * count
        return facts, values, None
    return facts, values, torch.frombuffer(rest, dtype=torch.int32, offset=4 * count)


def test_a_single_frame_of_marks_ends_the_run_and_is_seen(server: Server):
    page = opened_page(server, "points")
    assert page.hello["live"] == []
    sent = page.frame(exact=MARKS)
    facts, values, classes = marks_of(sent)
    assert facts == {
        "form": "points", "shape": [3, 2], "classes": True, "names": ["a", "ä"], "over": "",
        "low": 0, "high": 1, "axes": [],
    }  # fmt: skip
    assert values.equal(POINTS)
    assert classes is not None
    assert classes.tolist() == [0, 1, 1]
    assert sent.flags == LAST
    page.watch(0.5)
    status = last_status(page)
    assert (status["state"], status["step"], status["size"]) == ("ended", 0, {})
    assert status["said"] == {"words": "Three points."}
    assert len(page.frames) == 1  # marks have no second sending without loss


def test_a_probe_of_words_alone_has_a_status_and_no_picture(server: Server):
    page = opened_page(server, "words")
    page.watch(0.5)
    status = last_status(page)
    assert (status["state"], status["step"]) == ("ended", 0)
    assert status["said"] == {"words": "Nothing to see."}
    assert not page.frames
    link = f"/run/{page.hello['run']}/picture.png?token={page.hello['token']}"
    answer = httpx.get(server.url(link))
    assert "no picture" in answer.json()["sentence"]


def test_a_single_picture_without_a_control_is_seen_without_loss(server: Server):
    page = opened_page(server, "picture")
    assert page.rest("ended").flags == LAST
    assert last_status(page)["size"] == {"picture": [24, 16]}


def test_pictures_and_marks_of_a_step_come_in_one_go(server: Server):
    page = opened_page(server, "both")
    page.rest("ended")
    page.watch(0.3)
    assert last_status(page)["size"].keys() == {"picture", "x"}
    panels = [t["hello"]["panels"] for t in page.texts if "hello" in t][-1]
    exact = page.frames[-3:]
    assert [panels[f.panel] for f in exact] == ["picture", "on it", "x"]
    assert [f.encoding for f in exact] == [PNG, MARKS, PNG]
    assert [f.flags for f in exact] == [0, 0, LAST]
    assert len({f.step for f in exact}) == 1
    assert marks_of(exact[1])[0]["over"] == "picture"


def test_a_run_of_sentences_goes_back_and_takes_no_film(server: Server):
    page = opened_page(server, "words")
    page.status("ended")
    page.say(do="seek", step=0)
    page.status("paused")
    answer = filmed(server, page)
    assert (answer.status_code, answer.json()["sentence"]) == (
        404,
        "There is no picture in this run to film.",
    )


def test_marks_are_filmed_as_a_picture_is(server: Server):
    page = opened_page(server, "points")
    page.status("ended")
    assert filmed(server, page).status_code == 200


def filmed(server: Server, page: Page) -> httpx.Response:
    address = f"/run/{page.hello['run']}/film?token={page.hello['token']}"
    return httpx.post(server.url(address))
