"""The one door for pickles: their hash has been checked, and only tensors pass."""

from io import BytesIO
from pathlib import Path
from typing import Any

import torch


def read(file: Path | BytesIO) -> dict[str, Any]:
    """The tensors in a file of torch.save, on the CPU; nothing in it is executed."""
    return torch.load(file, map_location="cpu", weights_only=True)  # noqa: TID251
