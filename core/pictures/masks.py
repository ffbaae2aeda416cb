"""Where a picture may change: 1 there, 0 where it stays; ready-made, or painted by a visitor."""

import torch
from jaxtyping import Float
from torch import Tensor

SIDE = 256  # px of a ready-made mask, which is stretched to its picture
SOFT = 0.05  # half the width of its edge, of the side

Mask = Float[Tensor, "1 h w"]


class MaskError(ValueError):
    """A mask that cannot be used; the message names the remedy."""


def names() -> tuple[str, ...]:
    """The ready-made masks."""
    return tuple(_INSIDE)


def load(name: str) -> Mask:
    """A ready-made mask by name; raises MaskError with the names that there are."""
    if name not in _INSIDE:
        raise MaskError(
            f"There is no mask {name[:40]!r}: choose {', '.join(names())}, or paint one."
        )
    place = (torch.arange(SIDE) + 0.5) / SIDE
    inside = _INSIDE[name](place[:, None], place[None])  # of the side, from the edge inwards
    return (inside / (2 * SOFT) + 0.5).clamp(0, 1).expand(1, SIDE, SIDE).contiguous()


_MIDDLE = 0.34  # radius of the middle; the border begins there
_INSIDE = {
    "left": lambda down, across: 0.5 - across + 0 * down,
    "right": lambda down, across: across - 0.5 + 0 * down,
    "top": lambda down, across: 0.5 - down + 0 * across,
    "bottom": lambda down, across: down - 0.5 + 0 * across,
    "middle": lambda down, across: _MIDDLE - ((down - 0.5) ** 2 + (across - 0.5) ** 2).sqrt(),
    "border": lambda down, across: ((down - 0.5) ** 2 + (across - 0.5) ** 2).sqrt() - _MIDDLE,
}


def thumbnail(name: str, side: int = 64) -> Float[Tensor, "3 side side"]:
    """A ready-made mask as a small picture: white may change."""
    small = torch.nn.functional.interpolate(load(name)[None], (side, side), mode="area")[0]
    return small.expand(3, side, side)


def of_picture(x: Float[Tensor, "3 h w"]) -> Mask:
    """A picture as a mask: white changes, black stays; raises MaskError if nothing may change."""
    found = x.mean(0, keepdim=True)
    if not bool((found > 0.5 / 255).any()):
        raise MaskError("This mask is empty: paint white where the picture may change.")
    return found


def middle(mask: Mask) -> Float[Tensor, " 2"]:
    """Where its middle lies, across and down in [-1, 1]."""
    _, height, width = mask.shape
    weight = mask[0] / mask.sum()
    across = (weight.sum(0) * torch.linspace(-1, 1, width, device=mask.device)).sum()
    down = (weight.sum(1) * torch.linspace(-1, 1, height, device=mask.device)).sum()
    return torch.stack([across, down])
