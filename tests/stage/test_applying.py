"""What a run has learned is put to use on pictures that are sent, and comes as a file."""

import io

import httpx
import numpy as np
import pytest
from PIL import Image

from apps.stage import applying
from tests.stage import counter
from tests.stage.conftest import Server
from tests.stage.test_http import photograph, started


@pytest.fixture
def learns(monkeypatch: pytest.MonkeyPatch):
    """The counter learns: it turns pictures into their negatives, and its file is its step."""
    monkeypatch.setattr(counter, "applied", lambda state, x: 1 - x, raising=False)
    monkeypatch.setattr(counter, "weights", lambda state: b"%d" % state["step"], raising=False)


def sent(server: Server, hello: dict, data: bytes, **headers: str) -> httpx.Response:
    address = server.url(f"/run/{hello['run']}/applied")
    return httpx.post(address, params={"token": hello["token"]}, content=data, headers=headers)


@pytest.mark.usefixtures("learns")
def test_a_picture_comes_back_with_what_was_learned_applied(server: Server):
    hello = started(server.page())
    plain = io.BytesIO()
    Image.new("RGB", (64, 32), (250, 200, 10)).save(plain, "JPEG")
    answer = sent(server, hello, plain.getvalue())
    found = np.asarray(Image.open(io.BytesIO(answer.content)))
    assert answer.headers["cache-control"] == "no-store"
    assert found.shape == (32, 64, 3)
    assert np.abs(found.mean((0, 1)) - (5, 55, 245)).max() < 3


@pytest.mark.usefixtures("learns")
def test_nothing_is_kept_of_it(server: Server):
    hello = started(server.page())
    before = len(server.stage.shelf)
    assert sent(server, hello, photograph()).is_success
    assert len(server.stage.shelf) == before


@pytest.mark.usefixtures("learns")
def test_a_large_picture_comes_back_smaller(server: Server):
    answer = sent(server, started(server.page()), photograph(size=(700, 350), kind="JPEG"))
    assert Image.open(io.BytesIO(answer.content)).size == (applying.SIDE, applying.SIDE // 2)


@pytest.mark.usefixtures("learns")
@pytest.mark.parametrize(
    ("data", "status", "said"),
    [
        (b"hello", 422, "This is a text"),
        (photograph()[:100], 422, "damaged"),
        (bytes(applying.LARGEST + 1), 413, "larger than 400 kB"),
    ],
)
def test_what_is_no_picture_is_refused_in_a_sentence(server: Server, data, status, said):
    answer = sent(server, started(server.page()), data)
    assert answer.status_code == status
    assert said in answer.json()["sentence"]


@pytest.mark.usefixtures("learns")
def test_only_who_has_the_token_may_use_it_and_only_our_pages(server: Server):
    hello = started(server.page())
    assert sent(server, {**hello, "token": "no"}, photograph()).status_code == 404
    answer = sent(server, hello, photograph(), origin="http://elsewhere.example")
    assert answer.status_code == 403


@pytest.mark.usefixtures("learns")
def test_what_was_learned_comes_as_a_file(server: Server):
    page = server.page()
    hello = started(page)
    address = server.url(f"/run/{hello['run']}/weights")
    answer = httpx.get(address, params={"token": hello["token"]})
    assert answer.headers["content-type"] == "application/octet-stream"
    assert int(answer.content) == page.rest().step + 1


def test_a_run_that_learns_nothing_says_so(server: Server):
    answer = sent(server, started(server.page()), photograph())
    assert answer.status_code == 404
    assert answer.json()["sentence"].startswith("Counter learns nothing")
