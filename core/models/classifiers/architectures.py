"""How each architecture becomes a module, and what there is to see in it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from torch import nn

from core.models.classifiers import efficientnet, layers, traced, vgg, watching
from core.models.classifiers.layers import LayerInfo
from core.networks import digits
from core.networks.state_dict import StateDict


@dataclass(frozen=True)
class Inside:
    """What there is to see in a network.

    output: the layer with the logits; "" without one. smallest: the least side
    in px. fixed: it reads pictures of its native size alone.
    """

    layers: dict[str, LayerInfo]
    output: str
    smallest: int
    fixed: bool = False


@dataclass(frozen=True)
class Architecture:
    """`network` takes folded weights; `inside` the module and its native size."""

    network: Callable[[StateDict], nn.Module]
    inside: Callable[[nn.Module, int], Inside]


def of(name: str) -> Architecture:
    """By name: `tf_efficientnet_lite0`, `vgg16-trunk`, or any with its library before it."""
    if "/" in name:
        return Architecture(partial(traced.network, name), _traced)
    if name == "vgg16-trunk":
        return Architecture(vgg.network, _trunk)
    if name in digits.KINDS:
        return Architecture(partial(digits.network, name), _digits)
    return Architecture(partial(efficientnet.network, name), _efficientnet)


def _efficientnet(module: nn.Module, size: int) -> Inside:
    return _chain(layers.table(module, efficientnet.kinds(module)), "classifier")


def _trunk(module: nn.Module, size: int) -> Inside:
    return _chain(layers.table(module, vgg.kinds(module)), "")


def _digits(module: nn.Module, size: int) -> Inside:
    found = _chain(layers.table(module, digits.kinds(module)), "classifier")
    return replace(found, smallest=digits.SMALLEST, fixed=digits.is_fixed(module))


def _chain(table: dict[str, LayerInfo], output: str) -> Inside:
    smallest = max(layer.stride or 1 for layer in table.values())  # one position, deepest
    return Inside(table, output, smallest)


def _traced(module: nn.Module, size: int) -> Inside:
    return Inside(*watching.inside(module, size))
