"""Latents as settings say them: the first components by hand, the rest by seed."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from core.models.model import Generator
from core.settings import Attribute, Kind, Latent, SettingError


def check(generator: Generator, kind: Kind, name: str, value: Any) -> None:
    """Raise where a latent is longer than the generator's, or an attribute is not its own."""
    if isinstance(kind, Latent) and len(value) > generator.latent:
        raise SettingError(
            f"{name} has {len(value)} numbers: {generator.title} takes up to {generator.latent}."
        )
    if isinstance(kind, Attribute) and value not in generator.attributes:
        known = ", ".join(generator.attributes) or "none"
        raise SettingError(
            f"{generator.title} has no attribute {value[:40]!r}: choose from {known}."
        )


def filled(first: tuple[float, ...], latent: int, seed: int) -> Float[Tensor, " latent"]:
    """A latent that begins with these components; the others N(0, 1), drawn by seed."""
    draw = torch.Generator().manual_seed(seed)
    z = torch.randn(latent, generator=draw)
    z[: len(first)] = torch.tensor(first)
    return z
