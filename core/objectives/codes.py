"""A code, what a layer holds of one photograph, and how near another picture's is to it."""

import torch
from jaxtyping import Float
from torch import Tensor

TINY = 1e-12  # in place of a code of zeros

Activation = Float[Tensor, "n channel *position"]
Code = Float[Tensor, "m channel *position"]  # of one photograph, or one a picture


def total(x: Tensor) -> Float[Tensor, " _"]:
    """Sums a picture, channel by channel: they round as one thread does at any count."""
    return x.flatten(2).sum(2).sum(1) if x.ndim > 2 else x.sum(1)


def distance(a: Activation, code: Code) -> Float[Tensor, " n"]:
    """|a - code|² / |code|²: 0 for the same code, 1 for none (Mahendran and Vedaldi 2015)."""
    return total((a - code).square()) / total(code.square()).clamp(min=TINY)


def error(a: Activation, code: Code) -> Float[Tensor, " n"]:
    """The relative error |a - code| / |code|."""
    return distance(a, code).sqrt()


def where(a: Activation, code: Code) -> Float[Tensor, "n 1 h w"]:
    """The squared distance at each position; of a layer without positions, one for all."""
    apart = (a - code).square()
    return apart.sum(1, keepdim=True) if a.ndim == 4 else apart.sum(1)[:, None, None, None]


def likeness(a: Activation, code: Code, power: float) -> Float[Tensor, " n"]:
    """The dot product with the code, of each position times max(.1, cosine)^power, over |code|².

    It has no end: twice the activation is twice as much, which makes a
    caricature. Olah et al., lucid's feature inversion caricatures, 2018; theirs
    is not divided by the code's size.
    """
    a, code = (x.flatten(2) if x.ndim > 2 else x[..., None] for x in (a, code))
    along = (a * code).sum(1)
    sizes = (a.square().sum(1) * code.square().sum(1) + TINY).sqrt()
    spoken = along * (along / sizes).clamp(min=0.1).pow(power)
    return spoken.sum(1) / total(code.square()).clamp(min=TINY)


def cosine(a: Activation, code: Code) -> Float[Tensor, " n"]:
    """Of the angle between the two, all positions together: 1 for the same direction."""
    sizes = total(a.square()) * total(code.square())
    return total(a * code) / sizes.clamp(min=TINY).sqrt()


def rolled(x: Float[Tensor, "n 3 h w"], px: int | tuple[int, int]) -> Float[Tensor, "n 3 h w"]:
    """The pictures rolled down and across; what leaves at one side comes in at the other."""
    down, across = (px, px) if isinstance(px, int) else px
    return torch.roll(x, (down, across), (2, 3))
