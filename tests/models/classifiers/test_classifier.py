"""A classifier gives what the network it was made of gives, no deeper than asked, to each its own."""

import gc
import threading
import weakref

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from core.models import Card, Classifier, InputError, LayerInfo, UnknownLayerError
from core.models.classifiers.layers import BEFORE

DEPTHS = ["stem", "blocks.1", "blocks.3", "blocks.5", "classifier"]


def far(a, b):
    """The largest difference, over the largest value."""
    return ((a.cpu() - b.cpu()).abs().max() / b.abs().max()).item()


def read(network, x):
    """What forward hooks on every layer's module see."""
    found, hooks = {}, []
    modules = dict(network.named_modules())

    def taken(path):
        return lambda module, inputs, output: found.__setitem__(path, output.clone())

    for path in modules:
        hooks.append(modules[path].register_forward_hook(taken(path)))
    network(x * 2 - 1)
    for hook in hooks:
        hook.remove()
    return found


class Counting(TorchDispatchMode):
    """Counts convolutions and products, and refuses whatever waits for the device."""

    def __init__(self):
        super().__init__()
        self.products = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.overloadpacket._qualified_op_name
        assert name not in ("aten::_local_scalar_dense", "aten::nonzero"), name
        self.products += name in ("aten::convolution", "aten::addmm")
        return func(*args, **(kwargs or {}))


def test_logits_are_those_of_the_network_with_its_norms_apart(network, plain, x):
    unfolded = plain(network.name)(x * 2 - 1)
    assert far(network.activations(x.to(network.device), network.output), unfolded) < 2e-5


def test_every_layer_is_what_a_forward_hook_on_timms_network_sees(lite0, plain, x):
    seen = read(plain("lite0"), x)
    layers = [layer for layer in lite0.layers.values() if layer.kind != BEFORE]
    found = lite0.activations(x.to(lite0.device), *(layer.name for layer in layers))
    for layer, activation in zip(layers, found, strict=True):
        assert far(activation, seen[layer.module]) < 5e-5, layer.name


def test_a_relu6_map_clips_the_layer_before_it(lite0, x):
    maps = [layer for layer in lite0.layers.values() if layer.before]
    assert len(maps) == 33
    for layer in maps:
        before, after = lite0.activations(x.to(lite0.device), layer.before, layer.name)
        assert torch.equal(before.clamp(0, 6), after), layer.name


@pytest.mark.parametrize("layer", DEPTHS)
def test_slopes_are_those_of_timms_network(lite0, plain, x, layer):
    ours, theirs = (x.to(d).requires_grad_() for d in (lite0.device, "cpu"))
    score = lite0.activations(ours, layer).square().mean()
    (slope,) = torch.autograd.grad(score, ours)
    (wanted,) = torch.autograd.grad(
        sliced(plain("lite0"), layer)(theirs * 2 - 1).square().mean(), theirs
    )
    assert far(slope, wanted) < 1e-3


def sliced(network, layer):
    """Timm's network up to a layer, cut by hand."""
    if layer == "classifier":
        return network
    blocks = () if layer == "stem" else network.blocks[: int(layer.removeprefix("blocks.")) + 1]
    return nn.Sequential(network.conv_stem, network.bn1, *blocks)


@pytest.mark.parametrize("layer", DEPTHS)
def test_nothing_deeper_than_the_layer_is_computed(lite0, plain, x, layer):
    upto = sliced(plain("lite0"), layer)
    wanted = sum(isinstance(part, nn.Conv2d | nn.Linear) for part in upto.modules())
    with Counting() as counted:
        lite0.activations(x.to(lite0.device), layer, "stem")
    assert counted.products == wanted


@pytest.mark.parametrize("layer", DEPTHS)
def test_a_step_costs_what_a_hand_sliced_network_costs(lite0, plain, x, layer):
    def flops(score, x):
        x = x.requires_grad_()
        with FlopCounterMode(display=False) as counted:
            torch.autograd.grad(score(x).sum(), x)
        return counted.get_total_flops()

    upto = sliced(plain("lite0"), layer)
    ours = flops(lambda x: lite0.activations(x, layer), x.to(lite0.device))
    assert ours == pytest.approx(flops(lambda x: upto(x * 2 - 1), x.clone()), rel=0.03)


@pytest.mark.parametrize("layer", DEPTHS)
def test_one_thread_and_two_find_the_same_bytes(lite0, layer):
    x = torch.rand(1, 3, 128, 128, generator=torch.Generator().manual_seed(3)).to(lite0.device)

    def found(threads):
        torch.set_num_threads(threads)
        p = x.clone().requires_grad_()
        read = lite0.activations(p, layer)
        return read, torch.autograd.grad(read[:, 7].sum(), p)[0]

    before = torch.get_num_threads()
    try:
        for one, two in zip(found(1), found(2), strict=True):
            assert torch.equal(one, two)
    finally:
        torch.set_num_threads(before)


def test_nothing_waits_for_the_device(lite0, x):
    x = x.to(lite0.device).requires_grad_()
    with Counting():
        torch.autograd.grad(lite0.activations(x, "blocks.2").mean(), x)


def test_two_threads_each_get_what_they_get_alone(lite0):
    jobs = [((2, 3, 96, 96), "blocks.3"), ((1, 3, 128, 64), "blocks.5")]

    def climbed(job):
        shape, layer = job
        x = torch.rand(shape, generator=torch.Generator().manual_seed(1)).to(lite0.device)
        for _ in range(12):
            x = x.detach().requires_grad_()
            a, b = lite0.activations(x, layer, "blocks.0.0.bn1")
            (slope,) = torch.autograd.grad(a[:, 3].mean() + b[:, 5].mean(), x)
            x = x + 0.01 * slope / slope.std()
        return x

    alone = [climbed(job) for job in jobs]
    together = [None, None]
    both = threading.Barrier(2)

    def work(i):
        both.wait()
        together[i] = climbed(jobs[i])

    threads = [threading.Thread(target=work, args=(i,)) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(torch.equal(a, b) for a, b in zip(alone, together, strict=True))


def test_several_layers_come_in_the_order_asked_for(lite0, x):
    x = x.to(lite0.device)
    late, early, again = lite0.activations(x, "blocks.2", "stem", "blocks.2")
    assert torch.equal(late, lite0.activations(x, "blocks.2"))
    assert torch.equal(early, lite0.activations(x, "stem"))
    assert late is again


def test_what_a_reading_took_is_freed_with_it(lite0, x):
    gc.disable()
    try:
        taken = lite0.activations(x.to(lite0.device).requires_grad_(), "blocks.3", "stem")
        gone = [weakref.ref(t) for t in taken]
        del taken
        assert [ref() for ref in gone] == [None, None]
    finally:
        gc.enable()


def test_a_pass_that_breaks_off_leaves_nothing_open(lite0, x):
    hooks = sum(len(m._forward_hooks) for m in lite0.module.modules())

    def broken(module, inputs):
        raise RuntimeError("out of memory")

    handle = lite0.module.blocks[2].register_forward_pre_hook(broken)
    with pytest.raises(RuntimeError, match="out of memory"):
        lite0.activations(x.to(lite0.device), "blocks.4")
    handle.remove()
    assert lite0._thread.reading is None
    assert sum(len(m._forward_hooks) for m in lite0.module.modules()) == hooks
    assert lite0.activations(x.to(lite0.device), "blocks.4").shape == (2, 112, 6, 6)


def test_nothing_in_it_learns_or_overwrites(network):
    assert not any(p.requires_grad for p in network.module.parameters())
    assert not any(part.training for part in network.module.modules())
    assert not any(getattr(part, "inplace", False) for part in network.module.modules())
    assert not any(isinstance(part, nn.BatchNorm2d) for part in network.module.modules())


def test_maps_lie_channels_last(lite0, x):
    a = lite0.activations(x.to(lite0.device), "blocks.3")
    assert a.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("size", [(97, 131), (32, 32), (33, 400), (224, 224)])
def test_any_size_from_the_smallest_on_is_read(lite0, plain, size):
    x = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(0))
    found = lite0.activations(x.to(lite0.device), "classifier")
    assert far(found, plain("lite0")(x * 2 - 1)) < 2e-5


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ((1, 3, 31, 64), "64 x 31 px; EfficientNet-Lite0 needs at least 32 px a side"),
        ((1, 3, 64, 0), "0 x 64 px"),
        ((3, 64, 64), r"\(n, 3, height, width\)"),
        ((1, 1, 64, 64), r"this is \(1, 1, 64, 64\) of float32"),
    ],
)
def test_a_picture_it_cannot_take_is_answered_in_a_sentence(lite0, shape, said):
    with pytest.raises(InputError, match=said):
        lite0.activations(torch.zeros(shape, device=lite0.device), "stem")


def test_bytes_are_not_mistaken_for_a_picture(lite0):
    with pytest.raises(InputError, match="of uint8"):
        lite0.activations(torch.zeros(1, 3, 64, 64, dtype=torch.uint8), "stem")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("block.2", r"EfficientNet-Lite0 has no layer 'block.2': did you mean blocks.2, "),
        (
            "mixed4c",
            r"choose blocks.0, blocks.1, blocks.2, blocks.3, blocks.4, blocks.5, blocks.6\.",
        ),
    ],
)
def test_an_unknown_layer_is_answered_with_its_neighbours(lite0, x, name, said):
    for ask in (lite0.layer, lambda name: lite0.activations(x, "stem", name)):
        with pytest.raises(UnknownLayerError, match=said):
            ask(name)


def test_no_layer_at_all_is_refused(lite0, x):
    with pytest.raises(UnknownLayerError, match="No layer was asked for"):
        lite0.activations(x)


class Twice(nn.Module):
    """A network that calls one module twice."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x):
        return self.act(self.conv(self.act(self.conv(x)) + 1))


@pytest.fixture
def twice():
    names = ["conv#0", "act#0", "conv#1", "act#1"]
    layers = {n: LayerInfo(n, 3, 1, 3, "", n.partition("#")[0]) for n in names}
    return Classifier(
        Twice(), layers, name="twice", title="Twice", size=8, smallest=1, output="act#1",
        labels=("a", "b", "c"), card=Card("", "", "", ""), fingerprint="0",
    )  # fmt: skip


def test_a_module_called_twice_is_two_layers(twice):
    x = torch.rand(1, 3, 8, 8)
    second, first, end = twice.activations(x, "conv#1", "conv#0", "act#1")
    assert torch.equal(first, twice.module.conv(x * 2 - 1))
    assert torch.equal(second, twice.module.conv(first.relu() + 1))
    assert torch.equal(end, second.relu())


def test_the_first_call_alone_computes_no_second(twice):
    with Counting() as counted:
        twice.activations(torch.rand(1, 3, 8, 8), "act#0")
    assert counted.products == 1
