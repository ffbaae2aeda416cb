"""Tensors kept on disk between starts; losing them costs time and nothing else."""

import hashlib
import os
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from core import disk

Notes = dict[str, str]


def folder() -> Path:
    """$LAB_CACHE, else $XDG_CACHE_HOME/ascent, else ~/.cache/ascent."""
    if wanted := os.environ.get("LAB_CACHE"):
        return Path(wanted)
    if home := os.environ.get("XDG_CACHE_HOME"):
        return Path(home) / "ascent"
    try:
        return Path.home() / ".cache" / "ascent"
    except RuntimeError:  # a user without a home, as in some containers
        return Path(tempfile.gettempdir()) / "ascent"


def fingerprint(kind: str, tensors: Mapping[str, Tensor]) -> str:
    """16 hex digits that stand for the tensors and what kind of thing they make."""
    seen = hashlib.sha256(kind.encode())
    for name in sorted(tensors):
        values = np.ascontiguousarray(tensors[name].detach().cpu().numpy())
        seen.update(f"{name}{values.shape}{values.dtype}".encode())
        seen.update(values)  # type: ignore[arg-type]
    return seen.hexdigest()[:16]


def recall(key: str, kind: str) -> tuple[dict[str, Tensor], Notes] | None:
    """What was kept under this key, with its notes; None if nothing whole was."""
    try:
        with safe_open(folder() / f"{key}.safetensors", framework="pt") as file:
            notes = file.metadata() or {}
            # a copy: a product's last bit depends on how its weights lie, and a file's lie askew
            tensors = {n: file.get_tensor(n).clone() for n in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError):
        return None
    return (tensors, notes) if notes.get("fingerprint") == fingerprint(kind, tensors) else None


def keep(key: str, kind: str, tensors: Mapping[str, Tensor], **notes: str) -> None:
    """Keep tensors under this key; a disk that is full or read-only is a warning."""
    notes["fingerprint"] = fingerprint(kind, tensors)
    data = save({name: t.contiguous() for name, t in tensors.items()}, metadata=notes)
    path = folder() / f"{key}.safetensors"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        disk.write(path, data)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        warnings.warn(
            f"{path} could not be kept ({why}): the next start takes a little longer. "
            "Free some space, or name another folder in LAB_CACHE.",
            stacklevel=2,
        )


def is_kept(key: str) -> bool:
    """Whether something stands under this key, whole or not."""
    return (folder() / f"{key}.safetensors").is_file()


def noted(note: str) -> set[str]:
    """What the notes of all that is kept say under this name."""
    found = set()
    for path in folder().glob("*.safetensors"):
        try:
            with safe_open(path, framework="pt") as file:
                found.add((file.metadata() or {}).get(note, ""))
        except (OSError, SafetensorError):
            continue
    return found - {""}
