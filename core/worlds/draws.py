"""Random numbers of a world, by seed.

Each factor of each block of 64 pictures has random numbers of its own, from a hash
of version, seed, block and name: more pictures or one more factor leave the others
as they are.
"""

from collections.abc import Sequence
from hashlib import blake2b

import torch
from jaxtyping import Float, Int
from torch import Tensor

from core.worlds.factors import Factor, FactorError

BLOCK = 64
MOST = 1_000_000  # pictures at once
EDGE = 1e-12  # a uniform number keeps so far from 0 and 1, where inverses are infinite

Uniform = Float[Tensor, " n"]


def check(n: int, seed: int) -> None:
    """FactorError where so many cannot be drawn, or not from this seed."""
    if not 1 <= n <= MOST:
        raise FactorError(f"n = {n} pictures is out of range: choose 1 to {MOST:,}.")
    if not 0 <= seed < 2**63:
        raise FactorError(f"seed = {seed} is out of range: choose 0 to 2^63 - 1.")


def uniform(n: int, seed: int, name: str, version: str) -> Uniform:
    """Uniform numbers in (0, 1), float64: whole blocks, then cut to n."""
    blocks = [_block(f"{version}/{seed}/{block}/{name}") for block in range(-(-n // BLOCK))]
    return torch.cat(blocks)[:n]


def branch(key: str) -> int:
    """A seed for what bears this name."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big") >> 1


def _block(key: str) -> Float[Tensor, "64"]:
    noise = torch.Generator().manual_seed(branch(key))
    drawn = torch.rand(BLOCK, generator=noise, dtype=torch.float64)
    return drawn.clamp(EDGE, 1 - EDGE)


def drawn(row: Factor, u: Uniform) -> Tensor:
    """A factor by its inverse distribution."""
    if row.kind == "categorical":
        return steps(u, row.odds)
    low, high = row.span or (row.low, row.high)
    found = (low + (high - low) * u).clamp(row.low, row.high).float()
    # a circle is open at its end, and float32 may round up to it
    return found % (row.high - row.low) if row.kind == "circular" else found


def steps(u: Uniform, odds: Sequence[float]) -> Int[Tensor, " n"]:
    """Which of some things with these odds."""
    edges = torch.tensor(odds, dtype=torch.float64).cumsum(0)[:-1]
    return torch.bucketize(u, edges, right=True)
