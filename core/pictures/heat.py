"""Numbers as colours: matrices whose cells can be told apart, and where on a picture something is."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

WARM, COLD = (1.0, 0.57, 0.28), (0.49, 0.72, 0.96)  # above and below nothing, which is dark
GROUND = 0.07

Rgb = Float[Tensor, "3 h w"]


def signed(values: Float[Tensor, "h w"], most: Tensor | None = None) -> Rgb:
    """Warm above 0, cold below, by the square root of the size; `most` is full, or the largest."""
    most = values.abs().amax() if most is None else most
    depth = (values / (most + 1e-12)).clamp(-1, 1)
    strength = depth.abs().sqrt()
    warm, cold = (values.new_tensor(c)[:, None, None] for c in (WARM, COLD))
    return GROUND + (1 - GROUND) * strength * torch.where(depth > 0, warm, cold)


def enlarged(x: Rgb, by: int) -> Float[Tensor, "3 H W"]:
    """Every pixel as a square of so many."""
    return x.repeat_interleave(by, 1).repeat_interleave(by, 2)


def over(x: Rgb, strength: Float[Tensor, "1 1 _ _"], most: float | None = None) -> Rgb:
    """A picture in dark grey, and warm where the strength is; `most` is full, or the largest."""
    size = (x.shape[1], x.shape[2])
    found = F.interpolate(strength, size, mode="bilinear", antialias=True)[0]
    found = (found / ((found.amax() if most is None else most) + 1e-20)).clamp(0, 1)
    grey = 0.45 * x.mean(0, keepdim=True)
    return torch.lerp(grey.expand_as(x), x.new_tensor(WARM)[:, None, None].expand_as(x), found)
