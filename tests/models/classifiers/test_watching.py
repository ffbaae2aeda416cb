"""What is found in a classifier of timm or torchvision is what is there, and folding changes nothing."""

from functools import cache

import pytest
import torch
from torch import nn

from core.models.classifiers import architectures, classifier, traced, watching
from core.models.classifiers.layers import BEFORE

SMALL = {  # architecture: its stages, their strides, how their maps lie
    "timm/test_resnet": (["conv1", *(f"layer{i}" for i in (1, 2, 3, 4))], [2, 4, 8, 16, 32], "map"),
    "timm/test_efficientnet": ([f"blocks.{i}" for i in range(5)], [2, 4, 8, 16, 32], "map"),
    "timm/test_convnext": ([f"stages.{i}" for i in range(4)], [4, 8, 16, 32], "map"),
    "timm/test_vit": ([f"blocks.{i}" for i in range(6)], [16] * 6, "tokens"),
}


@cache
def saved(architecture):
    """Weights with norms that do something."""
    draw = torch.Generator().manual_seed(0)
    found = traced.plain(architecture).state_dict()
    for name, t in found.items():
        if name.endswith("running_var"):
            found[name] = torch.rand(t.shape, generator=draw) + 0.5
        elif name.endswith(("running_mean", "bias")):
            found[name] = 0.1 * torch.randn(t.shape, generator=draw)
    return found


@cache
def built(architecture):
    module = traced.network(architecture, traced.folded(architecture, saved(architecture)))
    return module, watching.inside(module, traced._size(module))


@pytest.fixture(params=SMALL)
def architecture(request):
    return request.param


def test_logits_are_those_of_the_library(architecture):
    plain = traced.plain(architecture)
    plain.load_state_dict(saved(architecture))
    module, _ = built(architecture)
    x = torch.rand(1, 3, 160, 160, generator=torch.Generator().manual_seed(1))
    ours, theirs = module(x), plain(x)
    assert (ours - theirs).abs().max() < 1e-4 * theirs.abs().max()
    assert not any(isinstance(part, nn.BatchNorm2d) for part in module.modules())


def test_stages_are_found_with_their_strides(architecture):
    _, (layers, output, _, _) = built(architecture)
    stages = [info for info in layers.values() if info.kind == "stage output"]
    names, strides, how = SMALL[architecture]
    assert [info.name for info in stages] == names
    assert [info.stride for info in stages] == strides
    assert {info.arranged for info in stages} == {how}
    assert layers[output].kind == "logits"


def network_of(architecture):
    module, (layers, output, smallest, fixed) = built(architecture)
    return classifier.Classifier(
        module, layers, name="n", title="N", size=160, smallest=smallest, output=output,
        labels=(), card=classifier.Card("", "", "", ""), fingerprint="0", fixed=fixed,
    )  # fmt: skip


def test_every_layer_is_a_map_of_its_channels_and_stride(architecture):
    network = network_of(architecture)
    x = torch.rand(2, 3, 160, 160)
    found = network.activations(x, *network.layers)
    for info, a in zip(network.layers.values(), found, strict=True):
        side = 160 // info.stride if info.stride else None
        wanted = (2, info.channels, side, side) if side else (2, info.channels)
        assert a.shape == wanted, info.name


def test_what_is_read_is_what_the_module_gave(architecture):
    network, seen = network_of(architecture), {}
    x = torch.rand(1, 3, 160, 160)
    calls, _ = watching.watched(network.module, network.normalised(x))
    for call, name in zip(calls, watching._names(calls), strict=True):
        seen[name] = call.output
    found = network.activations(x, *network.layers)
    for info, a in zip(network.layers.values(), found, strict=True):
        wanted = seen[info.name]
        if info.arranged == "tokens":
            wanted = wanted[:, -100:].mT.reshape(1, -1, 10, 10)
        assert torch.equal(a, wanted), info.name


def test_a_network_of_one_size_reads_every_size():
    network = network_of("timm/test_vit")
    assert network.fixed
    x = torch.rand(1, 3, 96, 120, requires_grad=True)
    a = network.activations(x, "blocks.3")
    assert a.shape[2:] == (10, 10)
    assert torch.autograd.grad(a.sum(), x)[0].abs().sum() > 0
    assert not network_of("timm/test_resnet").fixed


def test_a_relu_knows_the_convolution_that_it_clips():
    network = network_of("timm/test_resnet")
    maps = [info for info in network.layers.values() if info.before]
    assert maps
    for info in maps:
        assert network.layer(info.before).kind == BEFORE
        before, after = network.activations(torch.rand(1, 3, 64, 64), info.before, info.name)
        assert torch.equal(before.relu(), after)


class Odd(nn.Module):
    """Writes over one map, calls one activation twice, and reads another convolution apart."""

    def __init__(self):
        super().__init__()
        self.one, self.norm, self.act = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU()
        self.two, self.other = nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4)
        self.fc = nn.Linear(4, 10)

    def forward(self, x):
        y = self.act(self.norm(self.one(x)))
        z = self.two(y)
        y = self.act(self.other(z) + z)
        y *= 2
        return self.fc(y.mean((2, 3)))


def test_what_is_written_over_is_no_layer_and_a_conv_read_twice_is_not_folded():
    module = Odd().eval()
    layers, output, _, _ = watching.inside(module, 48)
    assert output == "fc"
    assert not [name for name in layers if name.startswith("act")]
    calls = traced._pairs(module, torch.zeros(1, 3, 16, 16))
    assert ("one", "norm") in calls


def test_a_network_without_logits_is_refused():
    with pytest.raises(ValueError, match="the lab reads classifiers"):
        watching.inside(nn.Conv2d(3, 4, 3), 32)


def test_an_architecture_is_found_by_its_name():
    assert architectures.of("timm/test_resnet").network.args == ("timm/test_resnet",)
    assert architectures.of("tf_efficientnet_lite0").network.args == ("tf_efficientnet_lite0",)
