"""The standard network is asked once for each picture, and its answers are kept."""

import pytest
import torch

from core.priors import views
from core.training import photographs, teacher


@pytest.fixture(scope="module")
def found(folder):
    return photographs.read(folder, ())[0]["caltech128"]


def answers(lite0, found, folder):
    return [
        torch.cat(parts) for parts in zip(*teacher.predictions(lite0, found, folder), strict=True)
    ]


def test_it_gives_its_best_twenty_and_they_sum_to_one(lite0, found, tmp_path):
    classes, probabilities = answers(lite0, found, tmp_path)
    assert classes.shape == probabilities.shape == (7, 20)
    torch.testing.assert_close(probabilities.sum(1), torch.ones(7), atol=2e-3, rtol=0)  # fp16
    view = torch.eye(2, 3).expand(7, 2, 3) * 0.95
    seen = views.look(found.pixels.float() / 255, view, side=160)
    assert classes[:, 0].equal(lite0.activations(seen, "classifier").argmax(1))


def test_the_second_time_it_is_not_asked(lite0, found, tmp_path, monkeypatch):
    first = answers(lite0, found, tmp_path)
    monkeypatch.setattr(teacher, "_block", None)
    for one, other in zip(first, answers(lite0, found, tmp_path), strict=True):
        assert one.equal(other)


def test_answers_to_other_pictures_are_not_taken_for_these(lite0, found, tmp_path):
    first, _ = answers(lite0, found, tmp_path)
    turned = photographs.Photographs(255 - found.pixels, found.labels)
    assert not answers(lite0, turned, tmp_path)[0].equal(first)


def test_an_answer_that_is_cut_short_is_asked_for_again(lite0, found, tmp_path):
    first, _ = answers(lite0, found, tmp_path)
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(kept.read_bytes()[:40])
    assert answers(lite0, found, tmp_path)[0].equal(first)
