"""The twin is attacked as it says, learns from it, and goes on where it was stopped."""

import itertools
import json
import math

import pytest
import torch

from core.priors import views
from core.training import batches, evaluation, photographs, robust
from core.training.robust import Recipe

RECIPE = Recipe(steps=4, side=32, warm_up=1, learning_rate=1e-3)


@pytest.fixture
def often(monkeypatch):
    """Reports at every step, checkpoints at every second."""
    monkeypatch.setattr(robust, "EVERY", 1)
    monkeypatch.setattr(robust, "KEEP", 2)


@pytest.fixture
def x():
    return torch.rand(5, 3, 32, 32, generator=views.generator(0))


@pytest.fixture
def labels():
    return torch.tensor([1, 2, 3, 4, 5])


def test_the_folded_network_is_the_one_that_is_deployed(lite0, x):
    with torch.no_grad():
        twin, here = robust.twin(lite0)(lite0.normalised(x)), lite0.activations(x, "classifier")
    torch.testing.assert_close(twin, here, atol=1e-5, rtol=0)


def test_losses_fall_and_the_head_stays_as_it_is(lite0, folder, tmp_path, often):
    recipe = Recipe(steps=12, side=32, warm_up=1, learning_rate=1e-3)
    out = tmp_path / "twin.safetensors"
    *reports, last = robust.train(folder, recipe=recipe, out=out, scratch=tmp_path)
    assert last.progress == 1
    assert sum(last.losses.values()) < sum(reports[1].losses.values())
    weights = robust.twin(lite0, out.read_bytes()).state_dict()
    frozen = {n for n, t in lite0.module.state_dict().items() if weights[n].equal(t)}
    assert frozen == {"classifier.weight", "classifier.bias"}


def test_a_stage_that_is_cut_short_ends_in_the_same_bytes(folder, tmp_path, often):
    whole, again = tmp_path / "whole.safetensors", tmp_path / "again.safetensors"
    list(robust.train(folder, recipe=RECIPE, out=whole, scratch=tmp_path))
    cut = robust.train(folder, recipe=RECIPE, out=again, scratch=tmp_path)
    assert [r.step for r in itertools.islice(cut, 4)] == [0, 1, 2, 3]
    cut.close()
    rest = list(robust.train(folder, recipe=RECIPE, out=again, scratch=tmp_path))
    assert [r.step for r in rest] == [2, 3, 4]
    assert again.read_bytes() == whole.read_bytes()
    assert not list(tmp_path.glob("lite0-robust*"))  # the next stage starts at its own beginning


def test_a_second_stage_starts_from_the_file_of_the_first(lite0, folder, tmp_path, often):
    first, second = tmp_path / "1.safetensors", tmp_path / "2.safetensors"
    list(robust.train(folder, recipe=RECIPE, out=first, scratch=tmp_path))
    none = Recipe(steps=0, side=32)
    list(robust.train(folder, recipe=none, start=first, out=second, scratch=tmp_path))
    one, two = (robust.twin(lite0, p.read_bytes()).state_dict() for p in (first, second))
    for name, t in one.items():
        torch.testing.assert_close(two[name], t, atol=1e-5, rtol=0)
    stages = json.loads(second.with_suffix(".json").read_text())["stages"]
    assert [stage["steps"] for stage in stages] == [4, 0]


def test_a_stage_ends_when_its_seconds_are_over(folder, tmp_path, often):
    recipe = Recipe(seconds=0.01, side=32)
    *_, last = robust.train(folder, recipe=recipe, out=tmp_path / "o.safetensors", scratch=tmp_path)
    assert (last.step, last.progress) == (1, 1)


def test_each_picture_comes_once_before_any_comes_again():
    found = torch.cat([batches.sampled(10, 4, step=step, key=(0, "set")) for step in range(5)])
    for turn in found.split(10):
        assert sorted(turn.tolist()) == list(range(10))
    assert not found[:10].equal(found[10:])


def test_few_pictures_still_fill_a_batch():
    assert sorted(batches.sampled(2, 6, step=0, key=(0, "set")).tolist()) == [0, 0, 0, 1, 1, 1]


def test_the_label_of_a_common_class_says_nothing_of_rare_ones():
    known = torch.tensor([True, True, False])
    batch = batches.Batch(
        x=torch.zeros(3, 3, 1, 1),
        labels=torch.tensor([0, 2, -1]),
        classes=torch.zeros(3, 1).long(),
        probabilities=torch.ones(3, 1),
    )
    logits = torch.tensor([[1.0, 2.0, 9.0]]).expand(3, 3)
    distilled, label = batches.losses(logits, batch, known)
    torch.testing.assert_close(label[0], 0.5 * torch.tensor(math.log(1 + math.e)))  # no 9 in it
    torch.testing.assert_close(label[1], -0.2 * logits[1].log_softmax(0)[2])
    assert label[2] == 0
    torch.testing.assert_close(
        distilled, -torch.tensor([0.5, 0.8, 1.0]) * logits[0].log_softmax(0)[0]
    )

    alone, _ = batches.losses(logits, batch, known, told=1.0)
    assert alone[0] == 0  # its label is all that counts
    torch.testing.assert_close(alone[1:], distilled[1:])


def test_an_attack_takes_its_steps_in_the_last_third(folder, tmp_path, often, monkeypatch):
    asked, real = [], robust.uphill.slope
    monkeypatch.setattr(robust.uphill, "slope", lambda *a: asked.append(0) or real(*a))
    recipe = Recipe(steps=6, side=32, warm_up=1, attack_steps=3)
    counts = [
        len(asked)
        for _ in robust.train(folder, recipe=recipe, out=tmp_path / "o", scratch=tmp_path)
    ]
    assert [b - a for a, b in itertools.pairwise(counts)] == [1, 1, 1, 1, 3, 3]


def test_radius_and_rate_follow_the_recipe():
    recipe = Recipe(
        radius=(0.2, 1.0), ramp=0.5, side=192, learning_rate=1.0, last_rate=0.5, warm_up=10
    )
    radii = [robust.radius_at(t, recipe) for t in (0, 0.25, 0.5, 1)]
    assert radii == pytest.approx([0.4, 1.2, 2.0, 2.0])
    assert robust.rate_at(0, 0, recipe) == 0.1
    assert robust.rate_at(50, 0.0, recipe) == 1
    assert robust.rate_at(50, 1.0, recipe) == 0.5


def brightness(x):
    """Two classes: bright, by the logit of the mean, and dark."""
    mean = 20 * (x.mean((1, 2, 3)) - 0.5)
    return torch.stack((mean, -mean), 1)


def greys(*levels):
    pixels = torch.tensor(levels, dtype=torch.uint8)[:, None, None, None].expand(-1, 3, 8, 8)
    return photographs.Photographs(pixels, torch.zeros(len(levels), dtype=torch.long))


def test_accuracy_under_attack_is_what_geometry_says():
    """A grey of 8 x 8 x 3 pixels is sqrt(192) |mean - 1/2| from the other class."""
    levels = (128 + 2, 128 + 5, 128 + 12, 128 - 3)
    away = [math.sqrt(192) * abs(level / 255 - 0.5) for level in levels]
    question = evaluation.Question("greys", greys(*levels), torch.tensor([True, True]))
    found = evaluation.accuracies(
        brightness, question, side=8, device=torch.device("cpu"), radii=(0.2, 0.5, 1.0), restarts=2
    )
    assert found["clean"] == 0.75
    for radius in (0.2, 0.5, 1.0):
        assert found[f"L2 {radius:g}"] == sum(d > radius for d in away[:3]) / 4


def test_confidence_that_is_right_as_often_as_it_says_has_no_calibration_error():
    confidence = torch.full((10,), 0.7)
    assert evaluation.calibration_error(confidence, torch.arange(10) < 7) == pytest.approx(
        0, abs=1e-6
    )
    assert evaluation.calibration_error(confidence, torch.arange(10) < 2) == pytest.approx(0.5)


def test_common_classes_are_asked_apart_from_the_others(folder):
    trained, held_out = photographs.read(folder, ())
    known = batches.known_classes(trained, 1000)
    assert known.nonzero()[:, 0].tolist() == [1, 291]
    asked = {q.name: len(q.pictures) for q in evaluation.questions(held_out, known, most=100)}
    assert asked == {"tiny64, 2-way": 6, "tiny64, 1000-way": 6, "one128, other classes, top 5": 2}


def test_strength_nought_is_evaluated_as_the_standard_network(lite0, folder, tmp_path):
    file = tmp_path / "o.safetensors"
    list(robust.train(folder, recipe=Recipe(steps=0, side=32), out=file, scratch=tmp_path))
    row = next(robust.rows(folder, file, strengths=(0.0,), sides=(32,), most=2))
    assert row["question"] == "tiny64, 2-way"
    assert row["L2 1"] <= row["L2 0.5"] <= row["L2 0.25"] <= row["clean"] <= 1
