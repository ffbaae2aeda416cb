"""Pictures go in and come out with what made them inside."""

import base64
import io
import json
import socket

import httpx
import numpy as np
import pytest
from PIL import Image

from apps.stage.door.shelf import Shelf
from apps.stage.wire.http import LARGEST
from core import pictures
from core.export.saved import SIDE
from core.records import unpack
from tests.stage.conftest import Page, Server


def photograph(seed: int = 0, size: tuple[int, int] = (40, 30), kind: str = "PNG") -> bytes:
    width, height = size
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


def post(server: Server, path: str, data: bytes, **headers: str) -> httpx.Response:
    return httpx.post(server.url(path), content=data, headers=headers)


def started(page: Page, **settings) -> dict:
    hello = page.open(**settings)
    page.frame()
    page.say(do="pause")
    page.rest()
    return hello


def saved(server: Server, hello: dict, **query) -> httpx.Response:
    address = server.url(f"/run/{hello['run']}/picture.png")
    return httpx.get(address, params={"token": hello["token"], **query})


def test_a_picture_is_named_by_what_is_in_it(server: Server):
    first = post(server, "/pictures", photograph()).json()
    assert (first["width"], first["height"]) == (40, 30)
    assert first["name"].startswith("upload-")
    assert len(first["name"]) == len("upload-") + 12
    assert post(server, "/pictures", photograph()).json() == first
    assert post(server, "/pictures", photograph(1)).json()["name"] != first["name"]


def test_a_large_picture_is_made_smaller(server: Server):
    found = post(server, "/pictures", photograph(size=(2 * SIDE, SIDE), kind="JPEG")).json()
    assert (found["width"], found["height"]) == (SIDE, SIDE // 2)


@pytest.mark.parametrize("data", [b"", b"hello", photograph()[:100], b"\0" * 1000])
def test_what_is_no_picture_is_refused_with_a_sentence(server: Server, data: bytes):
    answer = post(server, "/pictures", data)
    assert answer.status_code == 422
    assert answer.json()["sentence"].endswith(".")


def test_more_than_20_megabytes_are_refused_before_they_are_read(server: Server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as raw:
        raw.sendall(b"POST /pictures HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\nabc")
        assert b"413" in raw.recv(4096)


def test_bytes_are_counted_where_no_length_is_claimed(server: Server):
    chunks = (bytes(2**20) for _ in range(LARGEST // 2**20 + 2))
    try:
        answer = httpx.post(server.url("/pictures"), content=chunks)
    except httpx.WriteError:
        return  # the server hung up while we were still sending
    assert answer.status_code == 413
    assert "larger than 20 MB" in answer.json()["sentence"]


@pytest.mark.parametrize("path", ["/pictures", "/open"])
def test_a_foreign_page_may_not_post(server: Server, path: str):
    answer = post(server, path, photograph(), origin="http://evil.example")
    assert answer.status_code == 403


def test_a_run_starts_from_an_upload(server: Server):
    name = post(server, "/pictures", photograph()).json()["name"]
    page = server.page()
    assert page.open(picture=name)["settings"]["picture"] == name
    assert page.status("running")


def test_a_saved_picture_brings_its_run_back_with_the_same_bytes(server: Server):
    name = post(server, "/pictures", photograph()).json()["name"]
    page = server.page()
    hello = started(page, picture=name, seed=5, delay=5)
    page.say(rev=1, set={"hue": 0.9})
    for _ in range(3):
        page.say(do="step")
        page.frame(exact=True)
    shown = page.rest()
    answer = saved(server, hello)
    assert answer.headers["content-type"] == "image/png"
    assert pictures.read(answer.content).mul(255).round().byte().equal(shown.pixels)
    text = pictures.text_in(answer.content)
    assert text is not None
    record = json.loads(text)
    assert record["step"] == shown.step
    assert list(record["inputs"]) == [name]

    server.stage.shelf._latest.clear()
    page.socket.close()
    reopened = post(server, "/open", answer.content).json()
    assert (reopened["probe"], reopened["uploads"]) == ("counter", [name])
    assert unpack(reopened["link"])["settings"]["picture"] == name
    other = server.page()
    other.say(open={"link": reopened["link"]})
    assert other.rest().data == shown.data


def test_another_panel_can_be_saved(server: Server):
    hello = started(server.page())
    one, two = (
        pictures.read(saved(server, hello, panel=p).content) for p in ("picture", "control")
    )
    assert not one.equal(two)
    assert saved(server, hello, panel="nothing").status_code == 404


def test_a_contact_sheet_is_saved_whole(server: Server):
    hello = started(server.page(), count=3)
    assert pictures.read(saved(server, hello).content).shape == (3, 64, 386)


def test_nobody_saves_the_picture_of_another(server: Server):
    hello = started(server.page())
    assert saved(server, hello | {"token": "wrong"}).status_code == 404
    assert saved(server, hello | {"run": 99}).status_code == 404
    assert saved(server, hello | {"token": "é"}).status_code == 404


HOSTILE = [
    None,
    "",
    "null",
    "[]",
    "[" * 100_000,
    "{}",
    '{"probe": 3}',
    '{"probe": "counter", "inputs": 3}',
    '{"probe": "counter", "inputs": {"a": 3}}',
    '{"probe": "counter", "inputs": {"a": "***"}}',
    '{"probe": "counter", "inputs": {"a": "AAAA"}}',
    json.dumps({"probe": "counter", "inputs": dict.fromkeys(map(str, range(100)), "")}),
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_file_that_brings_no_run_back_is_refused_with_a_sentence(server: Server, text):
    answer = post(server, "/open", pictures.png(pictures.read(photograph()), text))
    assert answer.status_code == 422
    assert answer.json()["sentence"].endswith(".")


def test_an_input_under_a_false_name_does_not_replace_the_true_one(server: Server):
    name = post(server, "/pictures", photograph()).json()["name"]
    other = base64.b64encode(photograph(1)).decode()
    record = {"probe": "counter", "settings": {"picture": name}, "inputs": {name: other}}
    file = pictures.png(pictures.read(photograph()), json.dumps(record))
    opened = unpack(post(server, "/open", file).json()["link"])
    assert opened["settings"]["picture"] not in ("none", name)


def test_old_uploads_go_except_those_that_a_run_holds():
    shelf = Shelf(limit=10_000)
    held = shelf.put(photograph(0))
    gone = shelf.put(photograph(1)).name
    for seed in range(2, 10):
        shelf.put(photograph(seed))
    assert shelf.held({"picture": held.name, "other": 3}) == {held.name: held}
    with pytest.raises(ValueError, match="drop it again"):
        shelf.held({"picture": gone})
    assert len(shelf) <= 4
