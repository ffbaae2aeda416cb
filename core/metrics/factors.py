"""Factors of a world as numbers that a fit can take.

A factor is a tensor of one value a picture: whole numbers are classes, others a
quantity. A circular quantity is in turns, and 0 and 1 are the same.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Float64, Int64, Shaped
from torch import Tensor

from core.metrics.samples import SamplesError, match, samples

Factor = Shaped[Tensor, " m"]


def is_categorical(values: Factor) -> bool:
    """Whether the values are classes: whole numbers or true and false."""
    return not values.is_floating_point()


def checked(values: Factor, z: Float[Tensor, "n latent"], name: str) -> Float64[Tensor, " n"]:
    """The values, of which there are as many as latents; raises SamplesError where all are one."""
    found = samples(values, f"values of {name}")[:, 0]
    match(z, found, f"Latents and values of {name}")
    if (found == found[0]).all():
        raise SamplesError(
            f"{name} has one value only, {found[0]:g}: give pictures where it varies."
        )
    return found


def classes(values: Shaped[Tensor, " n"]) -> Int64[Tensor, " n"]:
    """Numbers 0, 1, ... in place of the values that occur."""
    return values.unique(return_inverse=True)[1]


def columns(
    values: Shaped[Tensor, " n"], *, categorical: bool, circular: bool
) -> Float[Tensor, "n column"]:
    """A factor as numbers that an affine map can give.

    A quantity is one column, a circular one its sine and cosine; classes have one for each
    that occurs, and one only where there are two.
    """
    if categorical:
        found = F.one_hot(classes(values)).float()
        return found[:, 1:] if found.shape[1] == 2 else found
    if circular:
        angle = 2 * torch.pi * values
        return torch.stack((angle.sin(), angle.cos()), 1)
    return values[:, None]


def bins(
    values: Float64[Tensor, " n"], count: int, *, categorical: bool = False, circular: bool = False
) -> Int64[Tensor, " n"]:
    """Numbers of bins: of equal width from the least value to the largest, or around the circle."""
    if categorical:
        return classes(values)
    if circular:
        return ((values % 1) * count).long().clamp(max=count - 1)
    low, high = values.aminmax()
    if low == high:
        return torch.zeros_like(values, dtype=torch.int64)
    return ((values - low) / (high - low) * count).long().clamp(max=count - 1)
