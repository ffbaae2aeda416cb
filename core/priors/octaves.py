"""The sizes of a dream, from coarse to fine, and how a picture goes from one to the next."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

SMALLEST = 32  # px: no octave is smaller
Picture = Float[Tensor, "1 3 _ _"]


def sizes(
    height: int, width: int, *, longer: int, octaves: int, ratio: float
) -> list[tuple[int, int]]:
    """Height and width of every octave, coarse to fine, in multiples of 16 px.

    Multiples of 16 keep TensorFlow's padding from shifting the maps between octaves.
    """
    fit = longer / max(height, width)
    scales = [fit / ratio**i for i in reversed(range(octaves))]
    return [(_multiple(height * s), _multiple(width * s)) for s in scales]


def _multiple(side: float) -> int:
    return max(SMALLEST, int(side + 0.5) // 16 * 16)


def resize(x: Float[Tensor, "n c _ _"], size: tuple[int, int]) -> Float[Tensor, "n c _ _"]:
    """Bicubic, antialiased where it shrinks."""
    if x.shape[-2:] == size:
        return x
    return F.interpolate(x, size=size, mode="bicubic", align_corners=False, antialias=True)


def panel(x: Float[Tensor, "1 3 _ _"], side: int) -> Float[Tensor, "3 side side"]:
    """One picture as it is shown: so many px a side, in [0, 1], on the CPU."""
    return resize(x.cpu(), (side, side))[0].clamp(0, 1)


def sized(x: Float[Tensor, "3 _ _"], longer: int) -> Picture:
    """A picture whose longer side has so many px, in multiples of 16."""
    size = sizes(*x.shape[1:], longer=longer, octaves=1, ratio=1)[0]
    return resize(x[None], size).clamp(0, 1)


def grown(x: Picture, photograph: Picture, size: tuple[int, int]) -> Picture:
    """The photograph at the next octave's size, with what was dreamt so far laid over it."""
    before = (x.shape[2], x.shape[3])
    detail = resize(x - resize(photograph, before), size)
    return (resize(photograph, size) + detail).clamp_(0, 1)


def zoomed(x: Picture, percent: float, centre: Float[Tensor, " 2"] | None = None) -> Picture:
    """The picture larger by this much about a point, across and down in [-1, 1]; or its middle."""
    seen = torch.eye(2, 3) / (1 + percent / 100)
    seen = seen.to(x)
    if centre is not None:
        seen = torch.cat([seen[:, :2], ((1 - seen[0, 0]) * centre.to(x))[:, None]], 1)
    grid = F.affine_grid(seen[None], list(x.shape), align_corners=False)
    found = F.grid_sample(x, grid, mode="bicubic", padding_mode="reflection", align_corners=False)
    return found.clamp_(0, 1)


def composited(x: Picture, photograph: Picture, mask: Float[Tensor, "1 _ _"] | None) -> Picture:
    """X where the mask is 1; where it is 0, to the bit, the photograph at this size."""
    if mask is None:
        return x
    size = (x.shape[2], x.shape[3])
    still = resize(photograph, size).clamp_(0, 1) if photograph.shape != x.shape else photograph
    return still + F.interpolate(mask[None], size, mode="bilinear", antialias=True) * (x - still)
