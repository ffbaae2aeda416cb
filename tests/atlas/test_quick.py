"""What a small run of nine units ends in is kept, and nothing else is."""

import json
from dataclasses import replace

import pytest
import torch
from PIL import Image

from core import export, models, run
from core.atlas import quick
from core.probe import made
from core.probes import features
from core.probes.features import Settings


@pytest.fixture(scope="module")
def network():
    return models.load("lite0")


@pytest.fixture
def small(monkeypatch, tmp_path):
    """A recipe of one step, and a cache of its own."""
    weights = models.cache.folder()
    quick._recipe.cache_clear()
    for name, value in {"steps": 1, "canvas": 48, "view": 48}.items():
        monkeypatch.setitem(quick._SMALL, name, value)
    monkeypatch.setenv("LAB_CACHE", str(tmp_path))
    yield tmp_path
    quick._recipe.cache_clear()
    assert weights != tmp_path


def ended(layer: str, first: int, **more):
    """A run at its end, and its last frame."""
    settings = made(Settings, {**quick.settings("lite0", layer, first), **more})
    going = run.Run(features, settings, run.resolve(features, settings))
    return going, export.last(going)


def test_what_a_run_ends_in_is_found_again(small, network):
    going, frame = ended("blocks.0", 9)
    group = quick.keep(network, going.record(), frame)
    assert group
    assert quick.cached_groups(network, "blocks.0") == [group]
    assert len(group.numbers) == 7  # of nine from 9 on: the layer has 16
    scores = frame.numbers["held-out score"].tolist()
    assert [one["score"] for one in group.numbers] == pytest.approx(scores[:7], rel=1e-4)
    with Image.open(group.path) as sheet:
        assert sheet.size == (3 * 48, 3 * 48)
    assert quick.cached_groups(network, "blocks.1") == []
    assert quick.cached_groups(models.random("lite0", 0), "blocks.0") == []


def test_a_dead_unit_is_kept_as_silent_with_numbers_that_json_has(small, network):
    layer, dead = "blocks.1.0.bn1", 79  # its weights are 0: it is what its bias makes it
    going, frame = ended(layer, 72)
    group = quick.keep(network, going.record(), frame)
    assert group
    assert group.numbers[dead - 72] == {
        "score": 0, "photographs": 0, "kept": 0, "silent": True, "saturated": False,
    }  # fmt: skip
    assert sum(one["silent"] for one in group.numbers) == 1
    assert json.dumps(group.numbers, allow_nan=False)


def test_what_is_not_such_a_run_is_not_kept(small, network):
    going, frame = ended("blocks.0", 0)
    record = going.record()
    changes = [
        {"probe": "dream"},
        {"tape": [[0, {"contrast": 2.0}]]},
        {"step": going.length() - 1},
        {"settings": {**record["settings"], "seed": 3}},
        {"settings": {**record["settings"], "unit": 4}},
        {"settings": {**record["settings"], "steps": 2}},
    ]
    assert quick.is_quick(record, network)
    for change in changes:
        assert quick.keep(network, {**record, **change}, frame) is None, change
    unscored = replace(frame, numbers={"activation": torch.zeros(9)})
    assert quick.keep(network, record, unscored) is None
    assert quick.cached_groups(network, "blocks.0") == []
    assert quick.keep(network, record, frame)


def test_what_is_cut_short_or_of_another_recipe_is_made_anew(small, network, monkeypatch):
    going, frame = ended("blocks.0", 0)
    group = quick.keep(network, going.record(), frame)
    assert group
    data = group.path.read_bytes()
    group.path.write_bytes(data[:-3])
    assert quick.cached_groups(network, "blocks.0") == []
    group.path.write_bytes(data)
    assert quick.cached_groups(network, "blocks.0") == [group]
    monkeypatch.setitem(quick._SMALL, "steps", 2)
    quick._recipe.cache_clear()
    assert quick.cached_groups(network, "blocks.0") == []
