"""What pages fetch comes from this computer."""

from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from apps.kit import served


@pytest.fixture
def client():
    app = FastAPI()
    app.include_router(served.router())
    return TestClient(app)


def test_the_script_that_turns_a_cloud_is_that_of_the_installed_package(client):
    import plotly

    answer: httpx.Response = client.get("/plotly.min.js")
    own = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    assert answer.status_code == 200
    assert answer.content == own.read_bytes()
    assert b"scatter3d" in answer.content
    assert answer.headers["content-type"].startswith("text/javascript")


def test_without_the_package_that_is_said(client, monkeypatch):
    monkeypatch.setattr(served, "plotly", lambda: None)
    answer = client.get("/plotly.min.js")
    assert answer.status_code == 404
    assert "There is no script 'plotly.min.js'" in answer.json()["sentence"]
