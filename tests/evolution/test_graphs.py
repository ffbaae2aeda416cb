"""Graphs grow and shrink as they should, and a batch is drawn as one node after the other is."""

import colorsys
import math

import pytest
import torch

from core.evolution import graphs
from core.evolution.graphs import HIDDEN, INPUTS, LAYER, SOURCES, TARGETS

FUNCTIONS = {
    "sine": math.sin,
    "Gaussian": lambda v: math.exp(-v * v),
    "sigmoid": lambda v: 1 / (1 + math.exp(-v)),
    "linear": lambda v: v,
}


def draw(seed=0):
    return torch.Generator().manual_seed(seed)


def interpreted(weights, x, y, *, grey):
    """The colour of one graph at one place, a node at a time."""
    spread = graphs.SPREAD
    values = [spread * x, spread * y, spread * math.hypot(x, y), 1.0]
    for slot in range(HIDDEN):
        total = sum(weights[slot][k] * values[k] for k in range(len(values)) if weights[slot][k])
        values.append(FUNCTIONS[LAYER[slot % len(LAYER)]](total))
    hue, lightness, saturation = (
        sum(w * v for w, v in zip(row, values, strict=True)) for row in weights[HIDDEN:]
    )
    lightness = 1 / (1 + math.exp(-lightness))
    if grey:
        return (lightness,) * 3
    return colorsys.hls_to_rgb(hue % 1, lightness, min(1, abs(saturation)))


@pytest.mark.parametrize("grey", [False, True])
def test_a_batch_is_drawn_as_an_interpreter_draws_it_node_by_node(grey):
    genomes, side = graphs.random(6, draw()), 7
    found = graphs.rendered(genomes, side, grey=grey)
    for weights, picture in zip(genomes.tolist(), found, strict=True):
        for row, column in ((0, 0), (2, 5), (3, 3), (6, 1)):
            x, y = (2 * (at + 0.5) / side - 1 for at in (column, row))
            wanted = interpreted(weights, x, y, grey=grey)
            assert torch.allclose(picture[:, row, column], torch.tensor(wanted), atol=2e-4)


def test_a_graph_is_drawn_the_same_whoever_is_beside_it():
    genomes = graphs.random(7, draw())
    together = graphs.rendered(genomes, 32, grey=False)
    for i in (0, 3, 6):
        assert torch.equal(graphs.rendered(genomes[i : i + 1], 32, grey=False)[0], together[i])


def test_pictures_lie_in_their_range_and_a_larger_one_is_the_same_picture():
    genomes = graphs.random(16, draw())
    small, large = (graphs.rendered(genomes, side, grey=False) for side in (9, 27))
    assert small.min() >= 0
    assert small.max() <= 1
    # the middle of every third pixel is the middle of a pixel of the smaller picture
    assert torch.allclose(large[:, :, 1::3, 1::3], small, atol=1e-3)


def children(genomes, generations=30, strength=1.0, seed=1):
    found = draw(seed)
    for _ in range(generations):
        genomes = graphs.mutated(genomes, found, strength=strength)
    return genomes


def test_no_mutation_makes_a_cycle_or_a_weight_out_of_bounds():
    found = children(graphs.random(64, draw()))
    assert ((found != 0).float() <= graphs.allowed()).all()
    assert found.abs().max() <= graphs.WEIGHT
    assert found.isfinite().all()


def test_graphs_grow_and_shrink():
    parents = graphs.random(256, draw())
    found = graphs.mutated(parents, draw(1), strength=1.0)
    change = graphs.used(found.float()).sum(1) - graphs.used(parents.float()).sum(1)
    assert (change > 0).any()
    assert (change < 0).any()


def test_without_mutation_children_are_copies():
    parents = graphs.random(32, draw())
    assert torch.equal(graphs.mutated(parents, draw(1), strength=0.0), parents)


def _one_connection():
    genome = torch.zeros(1, TARGETS, SOURCES)
    genome[0, HIDDEN, 0] = 1.5  # x to hue
    return genome


def test_a_node_that_is_added_stands_in_the_middle_of_a_connection():
    w = _one_connection()
    always = torch.ones(1, 1, 1)
    grown = graphs._node_added(w, torch.rand(w.shape), torch.rand(1, HIDDEN), always)
    assert (grown != 0).sum() == 2
    (slot,) = graphs.used(grown)[0].nonzero()[:, 0].tolist()
    assert grown[0, slot, 0] == 1
    assert grown[0, HIDDEN, len(INPUTS) + slot] == 1.5
    assert graphs._node_dropped(grown, torch.rand(1, HIDDEN), always).abs().sum() == 0


def test_a_node_that_changes_its_function_keeps_its_connections():
    always = torch.ones(1, 1, 1)
    grown = graphs._node_added(
        _one_connection(), torch.rand(1, TARGETS, SOURCES), torch.rand(1, HIDDEN), always
    )
    moved = graphs._moved(grown, torch.rand(1, HIDDEN), torch.rand(1, HIDDEN), always)
    before, after = (graphs.used(w)[0].argmax() for w in (grown, moved))
    assert before != after
    assert sorted(moved[moved != 0].tolist()) == sorted(grown[grown != 0].tolist())


def test_a_child_of_two_has_the_graph_of_the_first():
    one, other = graphs.random(32, draw()), graphs.random(32, draw(1))
    found = graphs.mated(one, other, draw(2))
    assert torch.equal(found != 0, one != 0)
    assert not torch.equal(found, one)
    assert torch.allclose(graphs.mated(one, one, draw(2)).float(), one.float(), atol=2e-3)
