"""What a run has learned is put to use on pictures that are sent, and comes as a file."""

import io

import httpx
import numpy as np
import pytest
import torch
from PIL import Image

from apps.stage.wire import applying
from core import pictures
from core.export import saved
from tests.stage import counter
from tests.stage.conftest import Server
from tests.stage.wire.test_http import photograph, started


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


def brought(server: Server, data: bytes, name: str = "counter", **headers: str) -> httpx.Response:
    return httpx.post(server.url(f"/brought/{name}"), content=data, headers=headers)


def test_a_file_that_was_kept_is_brought_back_as_an_input(
    server: Server, monkeypatch: pytest.MonkeyPatch
):
    made = torch.rand(3, 5, 4)
    monkeypatch.setattr(counter, "brought", lambda data: made * float(data), raising=False)
    answer = brought(server, b"1")
    assert answer.json()["name"] == saved.name_of(pictures.to_uint8(made))
    assert answer.json()["name"] in server.stage.shelf.held(answer.json())
    assert brought(server, b"1", origin="http://elsewhere.example").status_code == 403
    assert brought(server, bytes(applying.HEAVIEST + 1)).status_code == 413


def test_a_page_that_takes_no_file_says_so(server: Server):
    answer = brought(server, b"")
    assert answer.status_code == 404
    assert answer.json()["sentence"].startswith("Counter takes no such file")


def test_a_run_that_learns_nothing_says_so(server: Server):
    answer = sent(server, started(server.page()), photograph())
    assert answer.status_code == 404
    assert answer.json()["sentence"].startswith("Counter learns nothing")
