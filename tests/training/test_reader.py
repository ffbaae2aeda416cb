"""The reader learns each factor in its own way, and what it reaches is measured as it says."""

import itertools
import json
import math
from dataclasses import replace

import pytest
import torch

from core.models import InputError, MissingWeightsError, reader, shipped
from core.models.reader import Head, parts
from core.networks import initial
from core.networks import reader as networks
from core.networks.reader import Form
from core.training import portraits
from core.training import reader as recipes
from core.training.learning import TrainingStopped
from core.training.portraits import Portraits
from core.worlds import critters

TINY = replace(recipes.recipe_for(is_tiny=True, steps=4), data=64, held_out=48)


@pytest.fixture(autouse=True)
def cached(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_CACHE", str(tmp_path / "cache"))


def blank(n, seed=0):
    """Critters without their pictures."""
    x = torch.zeros(n, 3, 64, 64, dtype=torch.uint8)
    return Portraits(x, torch.zeros(n, 64, 64, dtype=torch.uint8), critters.sample(n, seed=seed))


class Oracle(torch.nn.Module):
    """Says the truth, and `off` standard deviations more."""

    def __init__(self, made, factors, off=0.0):
        super().__init__()
        self.made, self.factors, self.off, self.at = made, factors, off, 0

    def forward(self, x):
        rows = slice(self.at, self.at + len(x))
        self.at += len(x)
        said = []
        for head in self.made:
            true = self.factors[head.name][rows]
            if head.kind == "categorical":
                said.append(torch.nn.functional.one_hot(true, head.size) * 100.0)
            else:
                said.append(recipes.target(head, true) + self.off)
        return torch.cat(said, 1)


def test_a_reader_that_says_the_truth_loses_nothing_and_reaches_all():
    found = blank(300)
    made = recipes.heads(found.factors)
    reached = recipes.measure(Oracle(made, found.factors), made, found)
    assert all(one.value == pytest.approx(1.0, abs=1e-9) for one in reached.values())
    assert len(reached) == 1 + len(critters.FACTORS)


def test_an_error_of_one_deviation_explains_nothing():
    found = blank(300)
    made = recipes.heads(found.factors)
    reached = recipes.measure(Oracle(made, found.factors, off=1.0), made, found)
    assert reached["R2 of smile"].value == pytest.approx(0, abs=0.01)
    assert reached["R2 of ear_flop"].value < -1  # within a species it varies less
    assert reached["accuracy of hat"].value == pytest.approx(1)
    missing = recipes.said(TINY, Form(8, 4), made, reached)["not reached"]
    assert len(missing) == 1
    assert missing[0].startswith("mean R2")


def test_the_loss_is_the_mean_over_heads(monkeypatch):
    found = blank(64)
    made = recipes.heads(found.factors)
    monkeypatch.setattr(recipes.batches, "sampled", lambda n, *_, **__: torch.arange(n))
    loss = recipes.losses(Oracle(made, found.factors), made, found, 0, TINY.plan)
    assert loss["loss"].item() == pytest.approx(0, abs=1e-9)
    off = recipes.losses(Oracle(made, found.factors, off=0.5), made, found, 0, TINY.plan)
    assert off["square"].item() == pytest.approx(0.25, abs=1e-5)
    assert off["entropy"].item() == pytest.approx(0, abs=1e-6)
    numbers = sum(head.kind != "categorical" for head in made)
    assert off["loss"].item() == pytest.approx(0.25 * numbers / len(made), abs=1e-5)


def test_what_a_head_says_comes_back_as_the_factor():
    factors = critters.sample(200, seed=1)
    for head in recipes.heads(factors):
        true = factors[head.name]
        if head.kind == "categorical":
            said = torch.nn.functional.one_hot(true, head.size).float()
        else:
            said = recipes.target(head, true)
        assert torch.allclose(head.value(said), true.float(), atol=1e-4), head.name


def test_a_factor_that_is_read_is_within_its_limits():
    head = Head("x", "continuous", 1, low=-1, high=1, mean=0.0, deviation=0.5)
    assert head.value(torch.tensor([[9.0], [-9.0], [1.0]])).tolist() == [1, -1, 0.5]
    round_ = Head("bg_hue", "circular", 2, low=0, high=1)
    eighth = math.sqrt(0.5)
    assert round_.value(torch.tensor([[eighth, eighth]])).item() == pytest.approx(1 / 8)
    assert round_.value(torch.tensor([[-eighth, eighth]])).item() == pytest.approx(7 / 8)


def test_a_training_cut_short_ends_in_the_same_bytes_and_in_a_reader(tmp_path, monkeypatch):
    files = [tmp_path / name for name in ("whole.safetensors", "critters-reader.safetensors")]
    list(recipes.train(TINY, out=files[0]))
    asked = itertools.count()
    with pytest.raises(TrainingStopped):
        list(recipes.train(TINY, out=files[1], is_stopped=lambda: next(asked) > 2))
    list(recipes.train(TINY, out=files[1]))
    assert files[0].read_bytes() == files[1].read_bytes()
    monkeypatch.setattr(shipped, "WEIGHTS", tmp_path)
    found = reader.load()
    card = json.loads(files[1].with_suffix(".json").read_text())
    assert found.card.accuracy == card["card"]["accuracy"]
    assert "Not reached: mean R2" in found.card.accuracy
    x = torch.rand(5, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    read = found.read(x)
    assert set(read) == set(critters.FACTORS)
    for name, values in read.items():
        row = critters.FACTORS[name]
        assert values.min() >= row.low
        assert values.max() <= row.high
    assert found.features(x).shape == (5, networks.FEATURES)
    shares = found.readings(x)[1]["bg"]
    assert torch.equal(shares.argmax(1).float(), read["bg"])
    assert torch.allclose(shares.sum(1), torch.ones(5))
    with pytest.raises(InputError, match="reads pictures of 64 px"):
        found.read(torch.zeros(1, 3, 32, 32))


def test_a_reader_that_is_not_here_says_how_to_make_it(tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "WEIGHTS", tmp_path)
    with pytest.raises(MissingWeightsError, match="python -m core train critters-reader -o"):
        reader.load()


def test_heads_read_the_features_and_a_picture_is_read_the_same_in_any_company():
    module = networks.Reader(Form(8, 7))
    initial.draw(module, 0)
    x = torch.rand(4, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        said = module(x)
        assert torch.equal(said, module.heads(module.features(x)))
        assert torch.allclose(said[1:2], module(x[1:2]), atol=1e-5)
    heads = (Head("a", "circular", 2), Head("b", "categorical", 5))
    split = parts(heads, said)
    assert torch.equal(torch.cat([split["a"], split["b"]], 1), said)
    assert portraits.SIDE == 64
