"""Models by name: frozen, shared, each with a card. Classifiers are truncated at the layer asked for.

network = models.load("lite0")
a = network.activations(x, "blocks.3")  # x: (n, 3, height, width) in [0, 1]
"""

from core.models import terminal
from core.models.classifiers.classifier import Classifier
from core.models.classifiers.layers import LayerInfo
from core.models.classifiers.own import bring
from core.models.devices import device
from core.models.errors import (
    DamagedWeightsError,
    DeviceError,
    InputError,
    MissingWeightsError,
    NoClassesError,
    NoEncoderError,
    UnfitWeightsError,
    UnknownLayerError,
    UnknownNetworkError,
    UnreachableError,
)
from core.models.loading import (
    Offer,
    classifier,
    family_of,
    fetch,
    hold,
    is_here,
    load,
    names,
    offers,
    progress,
    random,
    titles,
)
from core.models.model import FAMILIES, Card, Denoiser, Generator, Known, Model

__all__ = [
    "FAMILIES",
    "Card",
    "Classifier",
    "DamagedWeightsError",
    "Denoiser",
    "DeviceError",
    "Generator",
    "InputError",
    "Known",
    "LayerInfo",
    "MissingWeightsError",
    "Model",
    "NoClassesError",
    "NoEncoderError",
    "Offer",
    "UnfitWeightsError",
    "UnknownLayerError",
    "UnknownNetworkError",
    "UnreachableError",
    "bring",
    "classifier",
    "device",
    "family_of",
    "fetch",
    "hold",
    "is_here",
    "load",
    "names",
    "offers",
    "progress",
    "random",
    "terminal",
    "titles",
]
