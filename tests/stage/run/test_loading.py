"""While a run is loading its viewers are heard how far the fetching of its network is."""

import json
from typing import Any

import pytest

from apps.stage.run.opening import Opening
from apps.stage.run.staged import Staged
from apps.stage.sight.telling import STATUS
from core import models
from core.probes import dream


class Watcher:
    """A viewer who keeps what it is heard."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def tell(self, text: str) -> None:
        self.heard.append(json.loads(text)["status"]["sentence"])


@pytest.fixture
def run():
    settings = dream.Settings(network="vgg16-edges")
    return Staged(1, "token", Opening(dream, settings, fetches=True), lambda *_: None)


def test_each_new_share_is_told_once_and_looked_for_again(run, monkeypatch):
    said: list[str] = ["Fetching VGG16, edges: 12 of 55 MB."]
    monkeypatch.setattr(models, "progress", lambda name: said[-1])
    watcher: Any = Watcher()
    run.viewers = (watcher,)
    assert run.report(0.0) == STATUS
    assert run.report(0.1) == pytest.approx(0.1 + STATUS)
    said.append("Fetching VGG16, edges: 24 of 55 MB.")
    run.report(0.2)
    assert watcher.heard == said


def test_without_a_fetch_it_names_what_is_loaded(run, monkeypatch):
    monkeypatch.setattr(models, "progress", lambda name: "")
    watcher: Any = Watcher()
    run.viewers = (watcher,)
    run.report(0.0)
    assert watcher.heard == ["Loading vgg16-edges."]
