"""A network that finds the picture in a noisy one: a small U-Net that is told time and condition.

Pixels of a block go into channels first (64 px and blocks of 4: 48 channels of 16 px), so
that most of the work is done where the maps are small. Residual blocks on two or three
sizes, joined across by skips; attention where the maps are small enough. What is known of
time and condition scales and shifts every channel of every block:

    h <- h (1 + gamma(c)) + beta(c)

which is FiLM (Perez et al. 2018, https://arxiv.org/abs/1709.07871). The twin of planes is told
its condition another way: as constant planes beside the picture.

It gives x_0, the picture (or the noise, where the form says so). Layers and their names are
those of UNet2DModel of diffusers, so an export is a copy of the weights; but the condition
comes in by `condition`, which diffusers has not.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from core.networks.norm import Steered, Unnormed
from core.networks.state_dict import StateDict

GROUPS, HEAD = 8, 32  # of the norms; channels of a head of attention
SLOWEST = 10_000  # times: the longest wave of the embedding, over 2 pi

Pictures = Float[Tensor, "n channels side side"]
Condition = Float[Tensor, "n told"]
Maps = Float[Tensor, "n width h w"]
Out = Float[Tensor, "n out h w"]
Other = Float[Tensor, "n width rows columns"]
Embedding = Float[Tensor, "n embedding"]


@dataclass(frozen=True)
class Form:
    """How large a denoiser is.

    side, channels: of its pictures, px. block: px a side that go into channels. widths: channels of
    each size, the largest maps first. deep: residual blocks of a size on the way down (one more on the
    way up). attends: for each size, whether its blocks attend. told: numbers of a condition; 0: none.
    planes: whether the condition comes as planes of the input. predicts: "x_0" or "epsilon". norms:
    False for none, where what a place becomes shall depend on its neighbourhood alone: a group norm
    looks at the whole map.
    """

    side: int = 64
    channels: int = 3
    block: int = 4
    widths: tuple[int, ...] = (96, 128, 160)
    deep: int = 1
    attends: tuple[bool, ...] = (False, True, True)
    told: int = 0
    planes: bool = False
    predicts: str = "x_0"
    norms: bool = True

    @property
    def inside(self) -> int:
        """Channels of what the convolutions meet."""
        return self.channels * self.block**2

    @property
    def embedding(self) -> int:
        """Numbers of what the blocks are told of time and condition."""
        return 4 * self.widths[0]


def _norm(width: int, *, norms: bool) -> nn.Module:
    return Steered(GROUPS, width) if norms else Unnormed()


class Residual(nn.Module):
    """Two convolutions beside a short way; between them, scale and shift by what is known."""

    def __init__(self, into: int, out: int, embedding: int, *, norms: bool) -> None:
        super().__init__()
        self.norm1 = _norm(into, norms=norms)
        self.conv1 = nn.Conv2d(into, out, 3, padding=1)
        self.time_emb_proj = nn.Linear(embedding, 2 * out)
        self.norm2 = _norm(out, norms=norms)
        self.conv2 = nn.Conv2d(out, out, 3, padding=1)
        self.conv_shortcut = nn.Conv2d(into, out, 1) if into != out else None

