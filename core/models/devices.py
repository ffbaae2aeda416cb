"""Where networks live: chosen once, at the edge."""

import functools
import os

import torch

from core.models.errors import DeviceError


@functools.cache
def device() -> torch.device:
    """LAB_DEVICE, or the first of CUDA, MPS and CPU that is here."""
    here = {name: is_here() for name, is_here in _HERE.items()}
    wanted = os.environ.get("LAB_DEVICE", "").strip().lower()
    if not wanted:
        return torch.device(next(name for name, found in here.items() if found))
    if not here.get(wanted.partition(":")[0]):
        choices = ", ".join(name for name, found in here.items() if found)
        raise DeviceError(
            f"LAB_DEVICE = {wanted!r} is not here: choose {choices}, or leave it out."
        )
    return torch.device(wanted)


_HERE = {
    "cuda": torch.cuda.is_available,
    "mps": torch.backends.mps.is_available,
    "cpu": lambda: True,
}
