"""Pretrained networks by name: frozen, truncated at the layer asked for, read by many at once.

network = backbones.load("lite0")
a = network.activations(x, "blocks.3")  # x: (n, 3, height, width) in [0, 1]
"""

from core.backbones.backbone import Backbone, Card
from core.backbones.devices import device
from core.backbones.errors import (
    DamagedWeightsError,
    DeviceError,
    InputError,
    MissingWeightsError,
    UnknownLayerError,
    UnknownNetworkError,
)
from core.backbones.layers import LayerInfo
from core.backbones.loading import load, names, random

__all__ = [
    "Backbone",
    "Card",
    "DamagedWeightsError",
    "DeviceError",
    "InputError",
    "LayerInfo",
    "MissingWeightsError",
    "UnknownLayerError",
    "UnknownNetworkError",
    "device",
    "load",
    "names",
    "random",
]
