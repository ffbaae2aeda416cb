"""Objectives score each picture by itself, and add up."""

import pytest
import torch

from core.objectives import channel, direction, layer, logit, neuron

A = torch.randn(3, 4, 5, 5, generator=torch.Generator().manual_seed(0))
LOGITS = torch.randn(3, 10, generator=torch.Generator().manual_seed(1))
READ = {"a": A, "logits": LOGITS}

EXPECTED = {
    "unit": (channel("a", 2), A[:, 2].mean((1, 2))),
    "unit a picture": (
        channel("a", torch.tensor([0, 3, 1])),
        torch.stack([A[0, 0].mean(), A[1, 3].mean(), A[2, 1].mean()]),
    ),
    "neuron": (neuron("a", 1), A[:, 1, 2, 2]),
    "layer": (layer("a"), (A**2).mean((1, 2, 3))),
    "logit": (logit("logits", 7), LOGITS[:, 7]),
    "direction": (
        direction("a", torch.tensor([1.0, 0.0, -1.0, 0.0])),
        (A[:, 0] - A[:, 2]).mean((1, 2)),
    ),
    "sum": (
        0.6 * channel("a", 0) - 0.2 * logit("logits", 1),
        0.6 * A[:, 0].mean((1, 2)) - 0.2 * LOGITS[:, 1],
    ),
    "negative": (-channel("a", 0), -A[:, 0].mean((1, 2))),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_score_is_the_formula(name):
    objective, expected = EXPECTED[name]
    torch.testing.assert_close(objective.score(READ), expected)


def test_a_sum_reads_each_layer_once():
    assert (channel("a", 0) + channel("b", 1) + layer("a")).layers == ("a", "b")
