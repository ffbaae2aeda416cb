"""Models by name, each loaded once, whoever asks and however many at a time."""

import difflib
import math
import threading
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from torch import Tensor, nn

from core.models import cache, fetching, reader, shipped
from core.models.catalogue import CATALOGUE, Difference, Entry, Online, Wheel
from core.models.classifiers import architectures, labels, online, own, robust, twins, weights
from core.models.classifiers.architectures import Inside
from core.models.classifiers.classifier import Classifier
from core.models.denoisers import public
from core.models.denoisers import trained as denoisers
from core.models.devices import device
from core.models.errors import UnknownNetworkError
from core.models.fetching import Report, silent
from core.models.generators import eigen, faces, flowed, trained
from core.models.model import Card, Generator, Model

T = TypeVar("T")
MOST = 2 * 2**30  # bytes of weights that are held, unless `hold` says how many


GENERATORS: Mapping[str, Callable[[], Generator]] = {
    eigen.NAME: eigen.load,
    eigen.CRITTERS: eigen.critters,
    **trained.LOADERS,
    flowed.NAME: flowed.load,
}
FETCHED = {faces.NAME: faces}  # modules of generators that come from a package of their own
READERS: Mapping[str, Callable[[], Model]] = {reader.NAME: reader.load}
DENOISERS: Mapping[str, Callable[[], Model]] = {**denoisers.LOADERS}
OURS: Mapping[str, Callable[[], Model]] = {**GENERATORS, **READERS, **DENOISERS}
TITLES = {
    reader.NAME: reader.TITLE,
    faces.NAME: faces.TITLE,
    eigen.NAME: eigen.TITLE,
    eigen.CRITTERS: eigen.CRITTERS_TITLE,
    **trained.TITLES,
    flowed.NAME: flowed.TITLE,
    **denoisers.TITLES,
}


def names(family: str = "classifier") -> tuple[str, ...]:
    """The models of a family that the lab knows by itself."""
    known = {
        "classifier": tuple(CATALOGUE),
        "generator": (*trained.names(), *flowed.names(), *FETCHED, *eigen.names()),
        "reader": tuple(name for name in READERS if shipped.is_here(name)),
        "denoiser": (*denoisers.names(), *public.names()),
    }
    return known.get(family, ())


def titles(family: str, world: str = "") -> dict[str, str]:
    """What people call the models of a family that the lab knows by itself, by name.

    world: of generators, what their pictures are of, one or several joined by " or "; "": of anything.
    """
    if family == "classifier":
        return {name: entry.title for name, entry in CATALOGUE.items()}
    return {
        name: TITLES.get(name) or public.title(name) for name in names(family) if _fits(name, world)
    }


def _fits(generator: str, world: str) -> bool:
    return not world or _world(generator) in world.split(" or ")


def _world(generator: str) -> str:
    return generator.partition("-")[0]


def family_of(name: str) -> str:
    """What a model of that name can do; what is no other is a classifier."""
    if name in READERS:
        return "reader"
    if name in DENOISERS or public.is_one(name):
        return "denoiser"
    return "generator" if name in GENERATORS or name in FETCHED else "classifier"


@dataclass(frozen=True)
class Offer:
    """A network that can be chosen: whether it is on this computer, and how large if not.

    world: what a generator's pictures are of.
    """

    name: str
    title: str
    here: bool
    megabytes: int = 0
    world: str = ""


def offers(family: str = "classifier") -> list[Offer]:
    """What is here, then what could be fetched: of online networks those that people ask for most."""
    if family != "classifier":
        found = [_offered(name, title) for name, title in titles(family).items()]
        return sorted(found, key=lambda offer: not offer.here)
    known = [*CATALOGUE, *own.names(), *online.SUGGESTED, *cached()]
    found = [_offer(name) for name in dict.fromkeys(known)]
    return sorted((o for o in found if o), key=lambda offer: not offer.here)


def _offered(name: str, title: str) -> Offer:
    """A model that is no classifier."""
    here = is_here(name)
    return Offer(name, title, here, 0 if here else FETCHED[name].SOURCE.megabytes, _world(name))


def cached() -> list[str]:
    """Online networks that were fetched before and are not among those that are suggested."""
    kept = cache.noted("network")
    return sorted(name for name in kept if name.partition("/")[0] in online.LIBRARIES)


def _offer(name: str) -> Offer | None:
    try:
        entry = _entry(name)
    except (LookupError, ValueError):  # a file that lies there and is no network
        return None
    size = entry.source.megabytes if isinstance(entry.source, Wheel | Online) else 0
    return Offer(name, entry.title, weights.is_here(name, entry), size)


def is_here(name: str) -> bool:
    """Whether a model loads without fetching; raises UnknownNetworkError."""
    if name in FETCHED:
        return name in _LOADED or FETCHED[name].is_here()
    if name in OURS:
        return name in names(family_of(name))
    if public.is_one(name):
        return name in _LOADED or public.is_here(name)
    return name in _LOADED or weights.is_here(name, _entry(name))


def progress(name: str) -> str:
    """What is being fetched of a network now, as a sentence; empty if nothing is."""
    return _PROGRESS.of(name)


def fetch(name: str, report: Report = silent) -> None:
    """Bring a network's weights to this computer, if they are not here.

    Raises the sentence of whatever is missing.
    """
    if not is_here(name):
        load(name, report=report)


def load(name: str, family: str = "", world: str = "", *, report: Report = silent) -> Model:
    """A trained model, on `device()`; fetched first where it must be.

    Raises UnknownNetworkError, also where it is none of the family that is wanted, or draws
    another world, and MissingWeightsError with what to do.
    """
    mine = family_of(name)
    if family and family != mine:
        known = ", ".join(names(family)) or "none yet"
        raise UnknownNetworkError(f"{name} is a {mine}, not a {family}: choose {known}.")
    if not _fits(name, world):
        known = ", ".join(titles(family, world)) or "none yet"
        raise UnknownNetworkError(f"{name} draws {_world(name)}, not {world}: choose {known}.")
    if name in FETCHED:
        return _LOADED.get(name, lambda: _fetched(name, report))
    if name in OURS:
        return _LOADED.get(name, OURS[name])
    if public.is_one(name):
        return _LOADED.get(name, lambda: _public(name, report))
    return classifier(name, report)


def _fetched(name: str, report: Report) -> Generator:
    try:
        return FETCHED[name].load(_PROGRESS.report(name, TITLES[name], report))
    finally:
        _PROGRESS.done(name)


def _public(name: str, report: Report) -> Model:
    try:
        return public.load(name, _PROGRESS.report(name, public.title(name), report))
    finally:
        _PROGRESS.done(name)


def classifier(name: str, report: Report = silent) -> Classifier:
    """A trained classifier; raises as `load` does."""
    entry = _entry(name)
    return _LOADED.get(name, lambda: _trained(name, entry, report))


def random(name: str, seed: int) -> Classifier:
    """The twin of a trained network with weights drawn anew: the control beside every picture.

    Its norms are calibrated on the shipped photographs, so that its activations
    are as large as the trained network's; `fair` says whether that succeeded. A
    robust twin shares the random one of the network that it comes from.
    """
    entry = _entry(name)
    if isinstance(entry.source, Difference):
        return random(entry.source.of, seed)
    return _LOADED.get((name, seed), lambda: _random(name, entry, seed))


def hold(most: int) -> None:
    """Hold up to this many bytes of weights; what was asked for longest ago goes first."""
    _LOADED.hold(most)


class _Once:
    """Things by key, each made by the first who asks; the others wait for that one alone.

    What was not asked for lately is given up where more than `most` bytes are held;
    whoever uses it keeps it.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._made: dict[Hashable, Any] = {}  # in the order in which they were asked for last
        self._making: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def __contains__(self, key: Hashable) -> bool:
        return key in self._made

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """What stands under this key; if `make` raises, the next who asks tries again."""
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            made = self._made.get(key)
            if made is None:
                made = make()
        with self._lock:
            self._made.pop(key, None)
            self._made[key] = made
            self._give_up()
        return made

    def hold(self, most: int) -> None:
        """Hold up to this many bytes from now on."""
        with self._lock:
            self._most = most
            self._give_up()

    def _give_up(self) -> None:
        for old in list(self._made)[:-2]:  # a network and its twin stay
            if sum(one.nbytes for one in self._made.values()) <= self._most:
                break
            del self._made[old]


_LOADED = _Once()  # the one thing that is shared by all: weights that nobody changes
_PROGRESS = fetching.Progress()


def _entry(name: str) -> Entry:
    if robust.is_one(name):
        return robust.entry(name)
    if name in CATALOGUE:
        return CATALOGUE[name]
    if "@" in name:
        return own.entry(name)
    if name.partition("/")[0] in online.LIBRARIES:
        return online.entry(name)
    close = difflib.get_close_matches(name, CATALOGUE, n=3)
    hint = (
        f"did you mean {', '.join(close)}?"
        if close
        else f"choose {', '.join(CATALOGUE)}, or a classifier by its library, as "
        "torchvision/resnet18 or timm/resnet18.a1_in1k."
    )
    raise UnknownNetworkError(f"There is no network {name[:80]!r}: {hint}")


def _trained(name: str, entry: Entry, report: Report = silent) -> Classifier:
    try:
        told = _PROGRESS.report(name, entry.title, report)
        found = weights.trained(name, entry, told)
    finally:
        _PROGRESS.done(name)
    module = architectures.of(entry.architecture).network(found)
    inside = architectures.of(entry.architecture).inside(module, entry.size)
    return _classifier(
        entry, found, module, inside, name=name, title=entry.title, card=entry.card, fair=True,
        drawn=partial(random, name),
    )  # fmt: skip


def _random(name: str, entry: Entry, seed: int) -> Classifier:
    trained = classifier(name)
    twin = twins.random_twin(trained, entry.architecture, seed)
    card = Card(
        origin=f"The architecture of {entry.title}, its weights drawn at random with seed {seed}.",
        licence="none needed: these weights are random numbers",
        training_data=twin.calibration,
        accuracy=f"Chance: 1 in {len(trained.labels)}." if trained.labels else "It has no classes.",
    )
    module = architectures.of(entry.architecture).network(twin.weights)
    inside = Inside(trained.layers, trained.output, trained.smallest, trained.fixed)
    title = f"{entry.title} with random weights"
    return _classifier(
        entry, twin.weights, module, inside,
        name=f"{name}-random-{seed}", title=title, card=card, fair=twin.fair,
    )  # fmt: skip


def _classifier(
    entry: Entry,
    found: Mapping[str, Tensor],
    module: nn.Module,
    inside: Inside,
    *,
    name: str,
    title: str,
    card: Card,
    fair: bool,
    drawn: Callable[[int], Classifier] | None = None,
) -> Classifier:
    return Classifier(
        module,
        inside.layers,
        name=name,
        title=title,
        size=entry.size,
        smallest=inside.smallest,
        output=inside.output,
        labels=_labels(entry, inside),
        card=card,
        fingerprint=cache.fingerprint(entry.architecture, found),
        device=device(),
        mean=entry.mean,
        deviation=entry.deviation,
        fair=fair,
        fixed=inside.fixed,
        first=_first(entry, inside),
        drawn=drawn,
    )


def _labels(entry: Entry, inside: Inside) -> tuple[str, ...]:
    """The classes by name; numbers where the network has others than were named."""
    count = inside.layers[inside.output].channels if inside.output else 0
    named = entry.labels()
    return named if len(named) == count else labels.numbered(count)


def _first(entry: Entry, inside: Inside) -> tuple[str, int]:
    """The layer and unit to show where nobody chose: a stage a little past the middle."""
    layer, unit = entry.first
    if layer not in inside.layers:
        known = [n for n, info in inside.layers.items() if info.kind == "stage output"]
        known = known or list(inside.layers)
        layer = known[math.ceil(0.6 * len(known)) - 1]
    return layer, min(unit, inside.layers[layer].channels - 1)
