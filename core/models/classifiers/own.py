"""Weights of one's own, as safetensors, for an architecture of timm or torchvision.

A file `resnet18@mine.safetensors` in the cache's folder `networks` is the network
`resnet18@mine`: timm's resnet18. In `networks/torchvision` it would be
torchvision's, `torchvision/resnet18@mine`. The file's metadata may say more:
`architecture` (`torchvision/resnet18`), and `labels`, a JSON list.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor

from core.models import cache
from core.models.catalogue import Entry, Own
from core.models.classifiers import labels, online
from core.models.errors import UnfitWeightsError, UnknownNetworkError
from core.models.model import Card

NAME = re.compile(r"(?:(timm|torchvision)/)?(\w[\w.-]*)@(\w[\w.-]*)")
_PICKLES = b"PK\x03\x04", b"\x80"
_SUFFIXES = ".pth", ".pt", ".bin", ".ckpt", ".pkl"


def folder() -> Path:
    """Where one's own networks lie."""
    return cache.folder() / "networks"


def names() -> list[str]:
    """The networks that lie there or were brought."""
    found = {
        path.relative_to(folder()).with_suffix("").as_posix()
        for path in folder().rglob("*.safetensors")
    }
    return sorted(name for name in {*found, *_BROUGHT} if NAME.fullmatch(name))


_BROUGHT: dict[str, Path] = {}  # files from elsewhere, by the name that they have got here


def bring(path: Path | str) -> str:
    """Make a file from anywhere a network of this process, and return its name.

    Raises UnfitWeightsError with the reason.
    """
    path = Path(path)
    architecture = _metadata(path).get("architecture") or path.stem.partition("@")[0]
    if "/" not in architecture:
        architecture = f"timm/{architecture}"
    online.default(architecture)
    called = re.sub(r"[^\w.-]+", "-", path.stem.rpartition("@")[2]).strip("-.") or "mine"
    name = f"{architecture}@{called}"
    _BROUGHT[name] = path.resolve()
    return name


def entry(name: str) -> Entry:
    """The network in a file of that name; raises UnknownNetworkError and UnfitWeightsError."""
    found = NAME.fullmatch(name)
    path = _BROUGHT.get(name) or folder() / f"{name}.safetensors"
    if not found or not path.is_file():
        raise UnknownNetworkError(
            f"There is no network {name!r}: weights of your own go into {folder()}, "
            "as ARCHITECTURE@NAME.safetensors."
        )
    library, model, called = found.groups()
    told = _metadata(path)
    architecture = told.get("architecture") or f"{library or 'timm'}/{model}"
    usual = online.default(architecture if "/" in architecture else f"timm/{architecture}")
    return Entry(
        title=f"{usual.architecture.partition('/')[2]}, {called}",
        architecture=usual.architecture,
        size=usual.size,
        source=Own(path),
        labels=lambda: _labels(told, usual),
        mean=usual.mean,
        deviation=usual.deviation,
        card=Card(
            origin=f"{path.name}, a file of yours for {usual.architecture}, read as its library "
            "reads its own weights.",
            licence="yours to know",
            training_data="Yours to know.",
            accuracy="Not measured here.",
        ),
    )


def _labels(told: Mapping[str, str], usual: Entry) -> tuple[str, ...]:
    try:
        named = json.loads(told.get("labels", "null"))
    except ValueError:
        named = None
    return labels.apart(map(str, named)) if isinstance(named, list) else usual.labels()


def _metadata(path: Path) -> dict[str, str]:
    """The metadata of a file; raises UnfitWeightsError if it is no safetensors file."""
    try:
        with path.open("rb") as file:
            begins = file.read(4)
    except OSError as error:
        raise UnfitWeightsError(
            f"{path} cannot be read ({(error.strerror or str(error)).lower()}): "
            "name a .safetensors file."
        ) from None
    if path.suffix in _SUFFIXES or begins.startswith(_PICKLES):
        raise UnfitWeightsError(
            f"{path.name} is a pickle, which may run code when it is opened: the lab reads "
            "safetensors only. Where you trust it, save its state dict with "
            "safetensors.torch.save_file, and bring that."
        )
    try:
        with safe_open(path, framework="pt") as file:
            return file.metadata() or {}
    except (OSError, SafetensorError) as error:
        raise UnfitWeightsError(
            f"{path.name} is no whole safetensors file ({error}): copy it again."
        ) from None


def saved(source: Own) -> dict[str, Tensor]:
    """The tensors in the file."""
    _metadata(source.path)
    with safe_open(source.path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
