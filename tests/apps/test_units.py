"""What the sheet of units fetches is there, or a sentence is."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from apps.kit import shell
from apps.pages import units
from apps.stage import Stage
from core import models
from core.atlas import quick, sprites


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    """The page's routes alone."""
    stage, app = Stage(), FastAPI()
    app.include_router(units.router(stage))
    with TestClient(app) as found:
        yield found
    stage.close()


def test_a_layer_with_sprites_has_every_unit_in_one_sheet(client: TestClient):
    table = client.get("/units/layer.json", params={"network": "lite0", "layer": "blocks.6"}).json()
    assert (table["channels"], table["whole"], len(table["sheets"])) == (320, True, 1)
    assert len(table["numbers"]) == 320
    assert all(one["score"] > 0 for one in table["numbers"])
    answer = client.get(table["sheets"][0]["address"])
    assert answer.headers["content-type"] == "image/webp"
    assert answer.content == (sprites.SHIPPED / "lite0" / "blocks.6.webp").read_bytes()


def test_a_layer_without_sprites_says_what_to_open(client: TestClient):
    asked = {"network": "lite2", "layer": "blocks.2.0.bn1"}
    table = client.get("/units/layer.json", params=asked).json()
    assert table["whole"] is False
    assert table["open"] == quick.settings("lite2", "blocks.2.0.bn1", 0)
    assert len(table["numbers"]) == models.load("lite2").layer(asked["layer"]).channels


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("layer.json?network=lite9&layer=stem", "There is no network 'lite9'"),
        ("layer.json?network=lite0&layer=blocks.77", "has no layer 'blocks.77'"),
        ("sheet.webp?network=lite0&layer=../lite0/blocks.6", "has no layer"),
        ("sheet.webp?network=lite0&layer=head", "There is no sheet of head"),
        ("sheet.webp?network=lite0&layer=head&first=9000", "There is no sheet of head"),
    ],
)
def test_what_is_not_there_is_answered_with_a_sentence(
    client: TestClient, path: str, sentence: str
):
    answer = client.get(f"/units/{path}")
    assert answer.status_code == 404
    assert sentence in answer.json()["sentence"]


def test_only_a_run_of_this_lab_is_kept_and_only_for_its_own_pages(client: TestClient):
    asked = {"run": 3, "token": "none"}
    assert client.post("/units/keep", params=asked).status_code == 404
    other = {"origin": "http://elsewhere.example"}
    assert client.post("/units/keep", params=asked, headers=other).status_code == 403


def test_the_page_stands_in_the_header_and_starts_with_a_layer_that_there_is():
    page = units.html([shell.Link(units.ADDRESS, units.TITLE, units.GROUP)], "CPU")
    assert '<a href="/units/" aria-current=page>Units</a>' in page
    assert units.LAYER in models.load("lite0").layers
