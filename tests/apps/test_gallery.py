"""What the gallery fetches is checked, or a sentence says why not; in public nothing is kept."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from apps.kit import shell
from apps.pages import gallery
from apps.stage import Stage
from core import pictures
from core.export import saved
from core.gallery import keeping
from tests.apps.hostile import SAVED
from tests.gallery.test_checking import anew, of, reached, started


@pytest.fixture(scope="module")
def routes() -> Iterator[TestClient]:
    """The page's routes alone."""
    stage, app = Stage(), FastAPI()
    app.include_router(gallery.router(stage))
    with TestClient(app) as found:
        yield found
    stage.close()


@pytest.fixture
def client(routes: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> TestClient:
    """With an empty cache."""
    monkeypatch.setenv("LAB_CACHE", str(tmp_path))
    return routes


def test_a_shipped_picture_is_told_with_what_it_was_and_the_difference(client: TestClient):
    name = next(name for name in keeping.shipped() if "linear" in name)
    told = client.get(f"/gallery/shipped/{name}.json").json()
    assert (told["verdict"], told["title"], told["name"]) == ("kept", "Linear digit model", "2")
    assert told["before"].startswith("data:image/png;base64,")
    assert told["difference"] != told["before"]
    assert [one["who"] for one in told["measured"]["controls"][:2]] == ["before", "noise"]
    file = client.get(f"/gallery/shipped/{name}.png")
    assert file.content == keeping.shipped()[name].read_bytes()
    assert pictures.read(client.get("/gallery/card.png").content).shape == (3, 362, 483)


def test_what_is_dropped_is_checked_and_stored_nowhere(client: TestClient, tmp_path: Path):
    told = client.post("/gallery/check", content=anew(of("linear"), label=5)).json()
    assert told["verdict"] == "no longer"
    assert client.get("/gallery/list.json").json() == {"kept": []}
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", SAVED)
def test_what_claims_nothing_is_refused_without_an_error_of_the_page(client: TestClient, name: str):
    answer = client.post("/gallery/check", content=SAVED[name])
    assert answer.status_code == 200
    assert list(answer.json()) == ["refused"]


def test_what_is_kept_is_there_until_it_is_removed(client: TestClient):
    data = of("linear")
    name = client.post("/gallery/keep", content=data).json()["name"]
    assert client.get("/gallery/list.json").json() == {"kept": [name]}
    assert client.get(f"/gallery/kept/{name}.png").content == data
    assert client.get(f"/gallery/kept/{name}.json").json()["verdict"] == "kept"
    assert client.post("/gallery/keep", content=data).json()["name"] == name
    assert client.delete(f"/gallery/kept/{name}").status_code == 200
    assert client.get("/gallery/list.json").json() == {"kept": []}
    assert client.delete(f"/gallery/kept/{name}").status_code == 422


def test_the_gallery_is_full_at_some_point(client: TestClient, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(keeping, "MOST", 1)
    assert "name" in client.post("/gallery/keep", content=of("linear")).json()
    refused = client.post("/gallery/keep", content=of("digits-graphs")).json()["refused"]
    assert refused == "The gallery holds 1 pictures of yours: remove one of them first."
    assert "name" in client.post("/gallery/keep", content=of("linear")).json()


def test_a_public_lab_keeps_nothing_and_shows_nothing_that_was_kept(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
):
    name = client.post("/gallery/keep", content=of("linear")).json()["name"]
    monkeypatch.setenv("LAB_PUBLIC", "1")
    assert client.get("/gallery/list.json").json() == {"kept": []}
    for method, path in [
        ("POST", "/gallery/keep"), ("DELETE", f"/gallery/kept/{name}"),
        ("GET", f"/gallery/kept/{name}.png"), ("GET", f"/gallery/kept/{name}.json"),
    ]:  # fmt: skip
        answer = client.request(method, path, content=of("digits-graphs"))
        assert answer.status_code == 404
        assert "sentence" in answer.json()
    monkeypatch.delenv("LAB_PUBLIC")
    assert client.get("/gallery/list.json").json() == {"kept": [name]}


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/gallery/check"), ("POST", "/gallery/keep"), ("DELETE", "/gallery/kept/0"),
     ("POST", "/gallery/run?run=1&token=a")],
)  # fmt: skip
def test_a_foreign_page_may_not_send(client: TestClient, method: str, path: str):
    other = {"origin": "http://elsewhere.example"}
    assert client.request(method, path, headers=other).status_code == 403


@pytest.mark.parametrize(
    "path",
    ["shipped/..%2f..%2fdigits.png", "shipped/nothing.json", "kept/..%2fa.png", "kept/%00.json",
     "elsewhere/00-lite0-pgd.png", "shipped/" + "a" * 9000 + ".png"],
)  # fmt: skip
def test_what_is_not_there_is_answered(client: TestClient, path: str):
    assert client.get(f"/gallery/{path}").status_code == 404


def test_only_a_run_of_this_lab_can_be_kept(client: TestClient):
    answer = client.post("/gallery/run", params={"run": 3, "token": "none"})
    assert answer.status_code == 404


def test_a_file_beside_the_kept_ones_is_none_of_them(client: TestClient, tmp_path: Path):
    (tmp_path / "gallery").mkdir()
    (tmp_path / "gallery" / "notes.png").write_bytes(of("linear"))
    assert client.get("/gallery/list.json").json() == {"kept": []}


class OneRun:
    """A stage with one run, which stands at a frame."""

    def __init__(self, probe: str, step: int, **settings: Any) -> None:
        self._run = started(probe, **settings)
        self._frame = reached(self._run, step)

    def find(self, number: int, token: str) -> Any:
        return SimpleNamespace(opening=SimpleNamespace(uploads={}))

    async def look(self, staged: Any) -> Any:
        return self._frame, self._run.record()


def asked(stage: Any, label: int = -1) -> Any:
    app = FastAPI()
    app.include_router(gallery.router(stage))
    with TestClient(app) as client:
        return client.post("/gallery/run", params={"run": 1, "token": "a", "label": label})


def test_an_elite_of_a_run_is_kept_or_in_public_given_to_the_visitor(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("LAB_CACHE", str(tmp_path))
    stage = OneRun("evolve", 8, batch=64, control=False)
    name = asked(stage, 4).json()["name"]
    kept = (tmp_path / "gallery" / f"{name}.png").read_bytes()
    monkeypatch.setenv("LAB_PUBLIC", "1")
    monkeypatch.setenv("LAB_CACHE", str(tmp_path / "other"))
    answer = asked(stage, 4)
    assert (answer.headers["content-type"], answer.content) == ("image/png", kept)
    assert not (tmp_path / "other").exists()
    assert "choose 0 to 9" in asked(stage, 10).json()["refused"]


def test_the_page_stands_in_the_header_and_on_the_front_page():
    page = gallery.html([shell.Link(gallery.ADDRESS, gallery.TITLE, gallery.GROUP)], "CPU")
    assert '<a href="/app/gallery/" aria-current=page>Gallery</a>' in page
    assert gallery.QUESTION in gallery.card()


def test_what_is_sent_with_a_kept_picture_comes_back_with_it(client: TestClient):
    data = client.get(f"/gallery/shipped/{next(iter(keeping.shipped()))}.png").content
    assert saved.unpacked(data)[0]["claim"]["network"] == "lite0"
