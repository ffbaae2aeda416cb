"""The layer table says what is there, and how far each layer sees."""

import pytest
import torch

from core.models.catalogue import CATALOGUE
from core.models.classifiers import efficientnet, layers


@pytest.fixture(scope="module", params=["lite0", "lite2"])
def even(request):
    """The architecture with every weight alike and positive: no slope is zero by accident."""
    architecture = CATALOGUE[request.param].architecture
    shapes = efficientnet.network(architecture, _meta(architecture)).state_dict()
    weights = {
        name: torch.full(t.shape, 0.9 / t[0].numel()) if t.ndim > 1 else torch.zeros(t.shape)
        for name, t in shapes.items()
    }
    module = efficientnet.network(architecture, weights).eval()
    return module, layers.table(module, efficientnet.kinds(module))


def _meta(architecture):
    network = efficientnet._without_norms(efficientnet.empty(architecture))
    return network.state_dict()


@pytest.mark.parametrize("side", ["wide", "tall"])
def test_a_position_depends_on_its_receptive_field_and_on_nothing_else(even, side):
    module, table = even
    found = {}
    for layer in table.values():
        module.get_submodule(layer.module).register_forward_hook(
            lambda m, i, y, name=layer.name: found.__setitem__(name, y)
        )
    long = 1600
    x = torch.full((1, 3, 32, long) if side == "wide" else (1, 3, long, 32), 0.5)
    module(x.requires_grad_())
    for layer in table.values():
        if layer.receptive_field is None:
            continue
        y = found[layer.name].amax((0, 1)).amax(0 if side == "wide" else 1)
        (slope,) = torch.autograd.grad(y[len(y) // 2], x, retain_graph=True)
        reached = slope.abs().sum((0, 1)).sum(0 if side == "wide" else 1).nonzero().flatten()
        assert (reached[-1] - reached[0] + 1).item() == layer.receptive_field, layer.name


def test_channels_and_strides_are_those_of_the_maps(network):
    side = 8 * network.smallest
    x = torch.rand(1, 3, side, side, device=network.device)
    for layer, a in zip(
        network.layers.values(), network.activations(x, *network.layers), strict=True
    ):
        size = (side // layer.stride,) * 2 if layer.stride else ()
        assert a.shape == (1, layer.channels, *size), layer.name


def test_maps_called_relu6_lie_between_0_and_6(lite0, x):
    for layer, a in zip(
        lite0.layers.values(), lite0.activations(x.to(lite0.device), *lite0.layers), strict=True
    ):
        inside = a.min() >= 0 and a.max() <= 6
        assert inside == ("ReLU6" in layer.kind), layer.name


def test_layers_stand_in_the_order_in_which_they_are_computed(network):
    order = []
    handles = [
        network.module.get_submodule(layer.module).register_forward_hook(
            lambda m, i, y, name=layer.name: order.append(name)
        )
        for layer in network.layers.values()
    ]
    network.activations(torch.rand(1, 3, 64, 64, device=network.device), network.output)
    for handle in handles:
        handle.remove()
    # the last layer ends the pass before a second hook on it is heard
    assert order == list(network.layers)[:-1]


def test_the_stages_and_the_maps_inside_blocks_are_named_apart(lite0):
    kinds = {name: layer.kind for name, layer in lite0.layers.items()}
    assert kinds["stem"] == "stem ReLU6 map"
    assert kinds["blocks.3"] == "stage output"
    assert kinds["blocks.3.1"] == "block output"
    assert kinds["blocks.3.1.bn1"] == "expanded ReLU6 map"
    assert kinds["blocks.3.1.bn2"] == "depthwise ReLU6 map"
    assert kinds["blocks.0.0.bn1"] == "depthwise ReLU6 map"
    assert kinds["classifier"] == "logits"
