"""The page of a phone is light, and says what it needs of any probe."""

import json
import re

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from apps import pages
from apps.kit import served
from apps.pages import follow
from apps.stage import Stage
from core import probes
from core.probe import declared


@pytest.fixture(scope="module")
def client():
    stage = Stage(probes.load)
    app = FastAPI()
    app.include_router(follow.router(stage))
    app.mount("/static", served.Statics(directory=served.STATIC))
    yield TestClient(app)
    stage.close()


@pytest.mark.parametrize("typed", ["KZ4T", "kz4t", "%20kz4t"])
def test_the_page_follows_the_code_of_its_address(client, typed):
    page = client.get(f"/f/{typed}")
    assert page.status_code == 200
    assert 'start({"code": "KZ4T"})' in page.text


def test_what_is_no_code_is_answered_with_a_sentence(client):
    for typed in ("KZ0T", "x", "KZ4TT", "%3Cscript%3E"):
        answer = client.get(f"/f/{typed}")
        assert answer.status_code == 404
        assert answer.json()["sentence"] == follow.NO_CODE


def test_the_page_is_light_and_all_that_it_loads_is_the_labs_own(client):
    page = client.get("/f/KZ4T").text
    assert "gradio" not in page
    found = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page))
    found |= {"/static/follower.js"}
    assert re.findall(r"https?://", page) == []
    answers = [client.get(address) for address in found]
    assert all(answer.status_code == 200 for answer in answers)
    assert len(page) + sum(len(answer.content) for answer in answers) < 120_000
    scripts = {address.removeprefix("/static/").removesuffix(".js") for address in found}
    assert {"follower", "run", "wire", "drawers"} <= scripts
    assert not {"page", "player", "theme.css"} & scripts


@pytest.mark.parametrize("name", pages.NAMES)
def test_what_a_phone_shows_of_a_probe_is_its_own(client, name):
    told = client.get(f"/f/about/{name}.json").json()
    probe = probes.load(name)
    assert told["question"] == probe.question
    assert json.loads(json.dumps(told)) == told
    live = {name for name, setting in declared(probe.Settings).items() if setting.kind.live}
    assert {field["name"] for field in told["fields"] if field.get("live")} == live


def test_a_probe_that_is_not_there_is_answered_with_a_sentence(client):
    assert client.get("/f/about/nothing.json").json()["sentence"] == follow.NO_PROBE
