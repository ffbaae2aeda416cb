"""Portraits of critters to learn from: drawn once, kept in the cache as bytes.

A block of 4096 is one file, named by the world's version and the seed, so a recipe
that goes on finds the very pictures that it began with. What is held out has a seed
of its own.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass

import torch
from jaxtyping import UInt8
from torch import Tensor

from core.models import cache
from core.training.report import Report
from core.worlds import critters

SIDE, BLOCK, AT_ONCE = 64, 4096, 256  # px; portraits of a file; drawn between two reports
LEARNED, HELD_OUT = 1, 2  # seeds


@dataclass(frozen=True)
class Portraits:
    """Pictures, the part of every pixel (critters.PARTS), and the factors that made them."""

    pixels: UInt8[Tensor, "n 3 64 64"]
    parts: UInt8[Tensor, "n 64 64"]
    factors: critters.Factors

    def __len__(self) -> int:
        return len(self.pixels)


def read(seed: int, count: int) -> Generator[Report, None, Portraits]:
    """The portraits of a seed, in the end; a report now and then while they are drawn."""
    pixels = torch.empty(count, 3, SIDE, SIDE, dtype=torch.uint8)
    parts = torch.empty(count, SIDE, SIDE, dtype=torch.uint8)
    factors = critters.sample(count, seed=seed)
    for first in range(0, count, BLOCK):
        rows = slice(first, min(first + BLOCK, count))
        key = f"portraits-{critters.VERSION}-{seed}-{rows.start}-{rows.stop}"
        kept = cache.recall(key, "portraits")
        if kept:
            pixels[rows], parts[rows] = kept[0]["pixels"], _unpacked(kept[0]["parts"])
        else:
            for done in _render(factors, rows, pixels, parts):
                yield Report("drawing", done, count)
            found = {"pixels": pixels[rows], "parts": _packed(parts[rows])}
            cache.keep(key, "portraits", found)
    return Portraits(pixels, parts, factors)


def _render(factors: critters.Factors, rows: slice, pixels: Tensor, parts: Tensor) -> Iterator[int]:
    for first in range(rows.start, rows.stop, AT_ONCE):
        some = slice(first, min(first + AT_ONCE, rows.stop))
        scene = critters.render({n: f[some] for n, f in factors.items()}, SIDE, landmarks=False)
        assert scene.parts is not None
        pixels[some] = (scene.image * 255).round().to(torch.uint8)
        parts[some] = scene.parts
        yield some.stop


def _packed(parts: Tensor) -> UInt8[Tensor, "n 64 32"]:
    """Two parts a byte: there are twelve."""
    return parts[:, :, ::2] | (parts[:, :, 1::2] << 4)


def _unpacked(packed: Tensor) -> UInt8[Tensor, "n 64 64"]:
    return torch.stack((packed & 15, packed >> 4), 3).flatten(2)


def pictures(x: UInt8[Tensor, "n 3 64 64"]) -> Tensor:
    """Bytes as pictures in [0, 1], as our convolutions read them fastest."""
    return x.to(torch.float32).div_(255).contiguous(memory_format=torch.channels_last)
