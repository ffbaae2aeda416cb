"""The front page has a card for every page, whatever was recorded of it."""

from dataclasses import dataclass
from types import ModuleType
from typing import Annotated

import numpy as np
import pytest
import torch
from PIL import Image
from starlette.testclient import TestClient

from apps import lab, pages
from apps.kit import Page, served
from core import models, probes
from core.probe import Range, completed

NEW = "spiral"


@dataclass(frozen=True)
class Settings:
    """Of a probe that was dropped in."""

    turns: Annotated[int, Range(1, 9, live=True)] = 3


@pytest.fixture
def dropped_in(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A probe and a page that stand in the lists, and of which nothing was recorded."""
    probe = ModuleType(f"core.probes.{NEW}")
    said = {"title": "Spiral", "question": "Where does it <end>?", "method": "a walk & a turn"}
    more = {"source": "", "limits": "None.", "Settings": Settings, "run": lambda live, state: ()}
    for name, value in {**said, **more}.items():
        setattr(probe, name, value)
    completed(probe)
    load, names, opened = probes.load, probes.names(), pages.load
    page = Page(NEW, "It turns {turns} times.", ())
    monkeypatch.setattr(probes, "names", lambda: (*names, NEW))
    monkeypatch.setattr(probes, "load", lambda name: probe if name == NEW else load(name))
    monkeypatch.setattr(pages, "NAMES", (*pages.NAMES, NEW))
    monkeypatch.setattr(pages, "load", lambda name: page if name == NEW else opened(name))
    assert NEW not in served.keyframes()
    return probe


def test_a_page_of_which_nothing_was_recorded_opens_with_a_plain_card(dropped_in: ModuleType):
    client = TestClient(lab.build(["dream", NEW]))
    front = client.get("/").text
    card = front.partition(f'<a href="/app/{NEW}/"><span class="pane plain">')[2].split("</li>")[0]
    assert card.endswith("<b>Where does it &lt;end&gt;?</b><span>a walk &amp; a turn</span></a>")
    assert "keyframes" not in card
    assert '<a href="/app/dream/"><span class="pane"><picture>' in front
    assert dropped_in.question.partition("<")[0] in client.get(f"/app/{NEW}/").text


def test_the_bee_on_the_card_is_called_what_the_card_says():
    """Its file is without loss: what was recorded is what is shown."""
    network = models.load("lite0")
    shown = np.array(Image.open(served.KEYFRAMES / "fool-card.webp").convert("RGB"))
    x = torch.from_numpy(shown).permute(2, 0, 1)[None].float() / 255
    sure, label = network.activations(x, network.classifier())[0].flatten().softmax(0).max(0)
    assert pages.load("fool").card == f"“{network.labels[int(label)]}”, {100 * sure:.1f} %"
