"""Pretrained networks by name: frozen, truncated at the layer asked for, read by many at once.

network = backbones.load("lite0")
a = network.activations(x, "blocks.3")  # x: (n, 3, height, width) in [0, 1]
"""

from core.backbones import asked
from core.backbones.backbone import Backbone, Card
from core.backbones.devices import device
from core.backbones.errors import (
    DamagedWeightsError,
    DeviceError,
    InputError,
    MissingWeightsError,
    NoClassesError,
    UnfitWeightsError,
    UnknownLayerError,
    UnknownNetworkError,
    UnreachableError,
)
from core.backbones.layers import LayerInfo
from core.backbones.loading import Offer, fetch, is_here, load, names, offers, progress, random
from core.backbones.own import bring

__all__ = [
    "Backbone",
    "Card",
    "DamagedWeightsError",
    "DeviceError",
    "InputError",
    "LayerInfo",
    "MissingWeightsError",
    "NoClassesError",
    "Offer",
    "UnfitWeightsError",
    "UnknownLayerError",
    "UnknownNetworkError",
    "UnreachableError",
    "asked",
    "bring",
    "device",
    "fetch",
    "is_here",
    "load",
    "names",
    "offers",
    "progress",
    "random",
]
