"""Networks by name, each loaded once, whoever asks and however many at a time."""

import difflib
import threading
from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar

from torch import Tensor

from core.backbones import cache, efficientnet, labels, layers, twins, weights
from core.backbones.backbone import Backbone, Card
from core.backbones.catalogue import CATALOGUE, Entry
from core.backbones.devices import device
from core.backbones.errors import UnknownNetworkError

T = TypeVar("T")


def names() -> tuple[str, ...]:
    """The networks that can be asked for."""
    return tuple(CATALOGUE)


def load(name: str) -> Backbone:
    """A trained network, on `device()`.

    Raises UnknownNetworkError, and MissingWeightsError with the line that
    fetches them.
    """
    entry = _entry(name)
    return _LOADED.get(name, lambda: _trained(name, entry))


def random(name: str, seed: int) -> Backbone:
    """The twin of a trained network with weights drawn anew: the control beside every picture.

    Its norms are calibrated on the shipped photographs, so that its activations
    are as large as the trained network's; `fair` says whether that succeeded.
    """
    entry = _entry(name)
    return _LOADED.get((name, seed), lambda: _random(name, entry, seed))


class _Once:
    """Things by key, each made by the first who asks; the others wait for that one alone."""

    def __init__(self) -> None:
        self._made: dict[Hashable, Any] = {}
        self._making: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """What stands under this key; if `make` raises, the next who asks tries again."""
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            if key not in self._made:
                self._made[key] = make()
            return self._made[key]


_LOADED = _Once()  # the one thing that is shared by all: weights that nobody changes


def _entry(name: str) -> Entry:
    if name not in CATALOGUE:
        close = difflib.get_close_matches(name, CATALOGUE, n=3)
        hint = f"did you mean {', '.join(close)}?" if close else f"choose {', '.join(CATALOGUE)}."
        raise UnknownNetworkError(f"There is no network {name!r}: {hint}")
    return CATALOGUE[name]


def _trained(name: str, entry: Entry) -> Backbone:
    found = weights.trained(name, entry)
    return _backbone(entry, found, name=name, title=entry.title, card=entry.card, fair=True)


def _random(name: str, entry: Entry, seed: int) -> Backbone:
    twin = twins.drawn(load(name), entry.architecture, seed)
    card = Card(
        origin=f"The architecture of {entry.title}, its weights drawn at random with seed {seed}.",
        licence="none needed: these weights are random numbers",
        training_data=twin.calibration,
        accuracy="Chance: 1 in 1000.",
    )
    title = f"{entry.title} with random weights"
    return _backbone(
        entry, twin.weights, name=f"{name}-random-{seed}", title=title, card=card, fair=twin.fair
    )


def _backbone(
    entry: Entry, found: Mapping[str, Tensor], *, name: str, title: str, card: Card, fair: bool
) -> Backbone:
    module = efficientnet.network(entry.architecture, found)
    table = layers.table(module, efficientnet.kinds(module))
    return Backbone(
        module,
        table,
        name=name,
        title=title,
        size=entry.size,
        smallest=max(layer.stride or 1 for layer in table.values()),  # one position, deepest
        output="classifier",
        labels=labels.imagenet(),
        card=card,
        fingerprint=cache.fingerprint(entry.architecture, found),
        device=device(),
        fair=fair,
    )
