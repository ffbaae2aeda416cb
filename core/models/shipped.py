"""The networks that this project trained itself, as files that ship with it."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from core.models.catalogue import WEIGHTS
from core.models.errors import MissingWeightsError
from core.networks import shipping


def is_here(name: str) -> bool:
    """Whether the file of that name is in this copy of the lab."""
    return (WEIGHTS / f"{name}.safetensors").is_file()


def read(name: str, title: str) -> tuple[dict[str, Tensor], Mapping[str, Any]]:
    """The weights in fp32, and what the file says of them; raises MissingWeightsError."""
    path = WEIGHTS / f"{name}.safetensors"
    try:
        return shipping.unpack(path.read_bytes())
    except OSError:
        raise MissingWeightsError(
            f"The file {path.name} of {title} is not in this copy of the lab: fetch the "
            f"repository again, whole, or train it: python -m core train {name} -o {path}"
        ) from None
