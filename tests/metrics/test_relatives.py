"""The nearest relative of a unit is what a regression by hand finds."""

import torch

from core import models
from core.metrics import relatives
from core.objectives import channel, direction, layer


def drained(steps):
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def test_the_ridge_is_a_least_squares_with_rows_added():
    x = torch.randn(4, 3, 50, generator=torch.Generator().manual_seed(0))
    x = x - x.mean((0, 2))[:, None]
    y = torch.randn(4, 50, generator=torch.Generator().manual_seed(1))
    weights, predicted = relatives.ridge(x, x @ x.mT, y)
    rows, values = x.transpose(0, 1).flatten(1).T, (y - y.mean()).flatten()
    added = torch.diag((relatives.RIDGE * rows.square().sum(0)).sqrt())

    def solved(rows, values):
        more = torch.cat([rows, added]), torch.cat([values, torch.zeros(3)])
        return torch.linalg.lstsq(more[0], more[1][:, None]).solution[:, 0]

    assert torch.allclose(weights, solved(rows, values), atol=1e-4)
    left = torch.arange(200) // 50 != 2
    assert torch.allclose(predicted[2], x[2].T @ solved(rows[left], values[left]), atol=1e-4)


def test_a_unit_by_position_has_the_units_mean():
    network = models.load("lite0")
    x = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    wanted = network.activations(x, "blocks.2")[0]
    vector = torch.arange(wanted.shape[0]) / 10
    for objective, by_hand in (
        (channel("blocks.2", 7), wanted[7]),
        (layer("blocks.2"), wanted.square().mean(0)),
        (direction("blocks.2", vector), (wanted * vector[:, None, None]).sum(0)),
    ):
        found = relatives.by_position(objective, network, x)
        assert torch.allclose(found, by_hand, rtol=1e-3, atol=1e-3)


def test_two_layers_meet_at_the_finer_one():
    network = models.load("lite0")
    x = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    both = channel("blocks.1", 0) + channel("blocks.3", 0)
    found = relatives.by_position(both, network, x)
    assert found.shape == network.activations(x, "blocks.1").shape[-2:]


def test_a_layer_is_read_from_the_same_depth_of_the_other_network():
    network, other = models.load("lite0"), models.load("lite2")
    found = drained(relatives.nearest(layer("blocks.2"), network, other))
    assert found.stage == "blocks.2"
    assert found.alike > 0.8
    unit = drained(relatives.nearest(channel("blocks.1", 1), network, other))
    assert unit.stage == "blocks.1"
    assert unit.alike > 0.9


def test_a_correlation_is_torchs():
    a, b = torch.rand(2, 100, generator=torch.Generator().manual_seed(0))
    assert (
        abs(relatives.correlation(a, b) - float(torch.corrcoef(torch.stack([a, b]))[0, 1])) < 1e-5
    )
    assert relatives.correlation(a, torch.ones(100)) == 0
