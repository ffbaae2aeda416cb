"""Pictures pixel by pixel: the direct encoding. A genome is the picture itself, in 8-bit levels."""

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from core.evolution.operators import polynomial, sbx

Genomes = UInt8[Tensor, "n colour side side"]

RATE, ETA_MUTATION = 0.1, 15.0  # of each value (Nguyen et al.)
CROSSED, ETA_CROSSOVER = 0.5, 10.0


def random(n: int, draw: torch.Generator, *, side: int, grey: bool) -> Genomes:
    """Even noise."""
    shape = (n, 1 if grey else 3, side, side)
    return torch.randint(0, 256, shape, generator=draw, dtype=torch.uint8)


def mutated(genomes: Genomes, draw: torch.Generator, *, strength: float | Tensor) -> Genomes:
    """Children whose values are moved, each at RATE times `strength`; rounded to whole levels."""
    levels = genomes.float()
    u = torch.rand(2, *levels.shape, generator=draw)
    moved = polynomial(levels, u[0], eta=ETA_MUTATION, low=0.0, high=255.0)
    return torch.where(u[1] < RATE * strength, moved, levels).round_().to(torch.uint8)


def mated(one: Genomes, other: Genomes, draw: torch.Generator) -> Genomes:
    """Children of two parents: half of the values crossed, the others the first parent's."""
    a, b = one.float(), other.float()
    u = torch.rand(2, *a.shape, generator=draw)
    crossed = sbx(a, b, u[0], eta=ETA_CROSSOVER, low=0.0, high=255.0)
    return torch.where(u[1] < CROSSED, crossed, a).round_().to(torch.uint8)


def rendered(genomes: Genomes, side: int) -> Float[Tensor, "n 3 side side"]:
    """The pictures in [0, 1], as large as they are; another side is refused where it enters."""
    assert genomes.shape[-1] == side
    return (genomes.float() / 255).expand(-1, 3, -1, -1)
