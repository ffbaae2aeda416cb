"""The robust twin is a network like any other, at every strength."""

import json

import pytest
import torch

from core import models
from core.models.catalogue import CATALOGUE, WEIGHTS
from core.models.classifiers import robust


@pytest.fixture(scope="module")
def x():
    return torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))


def logits(name, x):
    network = models.load(name)
    return network.activations(x, network.output)


def test_no_strength_is_the_network_that_it_comes_from(x):
    assert torch.equal(logits("lite0-robust@0", x), logits("lite0", x))


def test_the_whole_twin_is_strength_one_and_another_network(x):
    whole = logits("lite0-robust", x)
    assert torch.equal(logits("lite0-robust@1", x), whole)
    assert not torch.equal(logits("lite0-robust@0.5", x), whole)
    assert not torch.equal(whole, logits("lite0", x))


def test_a_strength_is_in_the_name_so_that_a_link_carries_it():
    half, whole = (models.load(f"lite0-robust{at}") for at in ("@0.5", ""))
    assert half.name == "lite0-robust@0.5"
    assert half.title == "EfficientNet-Lite0, robust by 0.5"
    assert half.fingerprint != whole.fingerprint
    assert half.layers.keys() == models.load("lite0").layers.keys()


@pytest.mark.parametrize("said", ["2", "-1", "a", "0.123", "", "1.5", "nan", "1e-1"])
def test_a_strength_that_is_none_is_answered_with_the_range(said):
    name = f"lite0-robust@{said}"
    if not said:
        assert robust.entry(name).source.strength == 1
        return
    with pytest.raises(models.UnknownNetworkError, match="strengths from 0 to 1"):
        models.load(name)


def test_its_control_is_that_of_the_network_that_it_comes_from():
    assert models.random("lite0-robust@0.5", 0) is models.random("lite0", 0)


@pytest.mark.parametrize(("name", "strength"), [("lite0-robust", 1), ("lite0-robust@0.45", 0.5)])
def test_the_card_says_what_was_measured_nearest_to_its_strength(name, strength):
    rows = json.loads((WEIGHTS / "lite0-robust.json").read_text())["measured"]["rows"]
    row = next(
        r for r in rows if r["strength"] == strength and r["question"] == robust.QUESTIONS[1]
    )
    said = models.load(name).card.accuracy
    assert said.startswith(f"At strength {strength:g}: tiny64")
    assert f"{row['clean']:.0%}, {row['L2 0.5']:.0%} under PGD of L2 .5" in said


def test_a_twin_without_its_card_is_not_measured(tmp_path):
    source = CATALOGUE["lite0-robust"].source
    assert robust._rows(tmp_path / "none.safetensors") == []
    assert source.file.exists()
