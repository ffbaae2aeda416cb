"""Pretrained networks by name: frozen, truncated at the layer asked for, read by many at once.

network = models.load("lite0")
a = network.activations(x, "blocks.3")  # x: (n, 3, height, width) in [0, 1]
"""

from core.models import terminal
from core.models.classifiers.classifier import Card, Classifier
from core.models.classifiers.layers import LayerInfo
from core.models.classifiers.own import bring
from core.models.devices import device
from core.models.errors import (
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
from core.models.loading import Offer, fetch, is_here, load, names, offers, progress, random

__all__ = [
    "Card",
    "Classifier",
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
    "bring",
    "device",
    "fetch",
    "is_here",
    "load",
    "names",
    "offers",
    "progress",
    "random",
    "terminal",
]
