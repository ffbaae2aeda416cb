"""The digit networks are what their cards say, and small."""

import json

import pytest
import torch

from core import models
from core.models.catalogue import WEIGHTS
from core.networks import digits as networks
from core.training import digits as recipes
from core.worlds import digits

sklearn = pytest.importorskip("sklearn")
NAMES = tuple(networks.KINDS)


@pytest.mark.parametrize("name", NAMES)
def test_a_network_reads_as_many_held_out_scans_as_its_card_says(name):
    network, (_, held_out) = models.load(name), recipes.read()
    with torch.no_grad():
        x = digits.enlarged(held_out.small)
        right = (network.activations(x, network.output).argmax(1) == held_out.labels).sum()
    card = json.loads((WEIGHTS / f"{name}.json").read_text())["held out"]
    assert int(right) == card["number right"]
    assert f"{card['number right']} of {card['pictures']}" in network.card.accuracy


@pytest.mark.parametrize("name", NAMES)
def test_its_file_is_small(name):
    assert (WEIGHTS / f"{name}.safetensors").stat().st_size <= 200_000


def test_the_digits_that_ship_are_held_out_and_in_their_order():
    learned, held_out = recipes.read()
    shipped = recipes.shipped(held_out)
    assert torch.allclose(digits.enlarged(shipped), digits.held_out(), atol=0.003)
    seen = {tuple(one.flatten().tolist()) for one in learned.small}
    assert not any(tuple(one.flatten().tolist()) in seen for one in shipped)
    assert [digits.digit(which) for which in (0, 9, 10, 99)] == [0, 0, 1, 9]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_a_network_like_any_other_and_has_a_random_twin(name):
    network = models.load(name)
    assert network.labels == tuple("0123456789")
    assert network.first[0] in network.layers
    assert models.random(name, 0).fingerprint != network.fingerprint


def test_the_same_seed_trains_the_same_network(tmp_path):
    files = []
    for at in ("a", "b"):
        path = tmp_path / f"{at}.safetensors"
        recipe = recipes.recipe_for("digits-linear", steps=5, seed=3)
        reports = list(recipes.train("digits-linear", out=path, recipe=recipe))
        files.append(path.read_bytes())
    assert reports[-1].step == 5
    assert files[0] == files[1]


def test_no_steps_are_refused():
    with pytest.raises(ValueError, match="steps = 0 is out of range"):
        recipes.recipe_for("digits", steps=0, seed=0)
