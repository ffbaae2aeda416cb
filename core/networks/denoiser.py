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

    def forward(self, x: Maps, known: Embedding) -> Out:
        """The maps after the block."""
        h = self.conv1(F.silu(self.norm1(x)))
        gamma, beta = self.time_emb_proj(F.silu(known)).chunk(2, 1)
        h = self.conv2(F.silu(self.norm2(h, gamma, beta)))
        return h + (self.conv_shortcut(x) if self.conv_shortcut else x)


class Attention(nn.Module):
    """Every place looks at every other (Vaswani et al. 2017), beside a short way."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.group_norm = Steered(GROUPS, width)
        self.to_q, self.to_k, self.to_v = (nn.Linear(width, width) for _ in range(3))
        self.to_out = nn.ModuleList([nn.Linear(width, width)])

    def forward(self, x: Maps) -> Maps:
        """The maps after the block."""
        n, width, h, w = x.shape
        places = self.group_norm(x).flatten(2).transpose(1, 2)
        q, k, v = (
            part(places).view(n, h * w, -1, HEAD).transpose(1, 2)
            for part in (self.to_q, self.to_k, self.to_v)
        )
        if self.training:  # by hand: the slope of torch's own takes three times as long here
            found = (q @ k.transpose(2, 3) / math.sqrt(HEAD)).softmax(3) @ v
        else:
            found = F.scaled_dot_product_attention(q, k, v)
        found = found.transpose(1, 2).reshape(n, h * w, width)
        return x + self.to_out[0](found).transpose(1, 2).reshape(x.shape)


class Resized(nn.Module):
    """Half the size by a stride, or twice the size by the nearest place; then a convolution."""

    def __init__(self, width: int, stride: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, stride=stride, padding=1)

    def forward(self, x: Maps) -> Other:
        """The maps at their new size."""
        if self.conv.stride == (1, 1):
            x = F.interpolate(x, scale_factor=2.0, mode="nearest")
        return self.conv(x)


class Size(nn.Module):
    """The blocks at one size, and the way to the next."""

    def __init__(
        self, form: Form, into: list[int], out: int, *, attends: bool, down: bool, up: bool
    ) -> None:
        super().__init__()
        self.resnets = nn.ModuleList(
            [Residual(one, out, form.embedding, norms=form.norms) for one in into]
        )
        self.attentions = nn.ModuleList([Attention(out) for _ in into] if attends else [])
        self.downsamplers = nn.ModuleList([Resized(out, 2)] if down else [])
        self.upsamplers = nn.ModuleList([Resized(out, 1)] if up else [])

    def block(self, number: int, x: Maps, known: Embedding) -> Out:
        """One residual block with its attention."""
        x = self.resnets[number](x, known)
        return self.attentions[number](x) if self.attentions else x


class Middle(nn.Module):
    """What joins the way down and the way up."""

    def __init__(self, form: Form, width: int, *, attends: bool) -> None:
        super().__init__()
        self.resnets = nn.ModuleList(
            [Residual(width, width, form.embedding, norms=form.norms) for _ in range(2)]
        )
        self.attentions = nn.ModuleList([Attention(width)] if attends else [])

    def forward(self, x: Maps, known: Embedding) -> Maps:
        """The maps after it."""
        x = self.resnets[0](x, known)
        for attention in self.attentions:
            x = attention(x)
        return self.resnets[1](x, known)


class Waves(nn.Module):
    """A time as sines and cosines, then as what the blocks are told."""

    def __init__(self, width: int, embedding: int) -> None:
        super().__init__()
        self.linear_1 = nn.Linear(width, embedding)
        self.linear_2 = nn.Linear(embedding, embedding)

    def forward(self, t: Float[Tensor, " n"]) -> Embedding:
        """What is told of these times."""
        half = self.linear_1.in_features // 2
        turns = torch.exp(-math.log(SLOWEST) * torch.arange(half, device=t.device) / half)
        angles = t.float()[:, None] * turns
        return self.linear_2(F.silu(self.linear_1(torch.cat((angles.cos(), angles.sin()), 1))))


class Denoiser(nn.Module):
    """The network: the guess of the picture in x_t, at a time, of a condition."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.form = form
        first, embedding, last = form.widths[0], form.embedding, len(form.widths) - 1
        beside = 2 * form.told if form.planes else 0
        self.conv_in = nn.Conv2d(form.inside + beside, first, 3, padding=1)
        self.time_embedding = Waves(first, embedding)
        if form.told and not form.planes:
            self.condition = nn.ModuleList(
                [nn.Linear(2 * form.told, embedding), nn.Linear(embedding, embedding)]
            )
        skips, down, width = [first], [], first
        for size, (out, attends) in enumerate(zip(form.widths, form.attends, strict=True)):
            into = [width] + [out] * (form.deep - 1)
            down.append(Size(form, into, out, attends=attends, down=size < last, up=False))
            skips += [out] * (form.deep + (size < last))
            width = out
        self.down_blocks = nn.ModuleList(down)
        self.mid_block = Middle(form, width, attends=form.attends[-1])
        up = []
        for size, (out, attends) in enumerate(
            zip(reversed(form.widths), reversed(form.attends), strict=True)
        ):
            into = []
            for _ in range(form.deep + 1):
                into.append(width + skips.pop())
                width = out
            up.append(Size(form, into, out, attends=attends, down=False, up=size < last))
        self.up_blocks = nn.ModuleList(up)
        self.conv_norm_out = _norm(first, norms=form.norms)
        self.conv_out = nn.Conv2d(first, form.inside, 3, padding=1)

    def forward(
        self,
        x_t: Pictures,
        t: Float[Tensor, " n"],
        told: Condition | None = None,
        known: Condition | None = None,
    ) -> Pictures:
        """What it predicts of noisy pictures, each at its time in [0, 999].

        told: the condition, and `known` what of it is asked for (1) and what is left open (0).
        """
        x, embedding = F.pixel_unshuffle(x_t, self.form.block), self.time_embedding(t)
        if self.form.told:
            assert told is not None
            assert known is not None
            asked = torch.cat((told * known, known), 1)
            if self.form.planes:
                plane = asked[:, :, None, None].expand(-1, -1, *x.shape[2:])
                x = torch.cat((x, plane), 1)
            else:
                first, second = self.condition
                embedding = embedding + second(F.silu(first(asked)))
        return F.pixel_shuffle(self._inside(x, embedding), self.form.block)

    def _inside(self, x: Maps, known: Embedding) -> Out:
        x = self.conv_in(x)
        skips = [x]
        for size in self.down_blocks:
            assert isinstance(size, Size)
            for number in range(len(size.resnets)):
                x = size.block(number, x, known)
                skips.append(x)
            for smaller in size.downsamplers:
                x = smaller(x)
                skips.append(x)
        x = self.mid_block(x, known)
        for size in self.up_blocks:
            assert isinstance(size, Size)
            for number in range(len(size.resnets)):
                x = size.block(number, torch.cat((x, skips.pop()), 1), known)
            for larger in size.upsamplers:
                x = larger(x)
        return self.conv_out(F.silu(self.conv_norm_out(x)))


def calm(module: Denoiser) -> None:
    """Let each block begin as its short way alone, and the network with the picture of nothing."""
    for part in module.modules():
        last = {Residual: "conv2", Attention: "to_out", Denoiser: "conv_out"}.get(type(part))
        if last:
            for parameter in getattr(part, last).parameters():
                nn.init.zeros_(parameter)


def form(said: Mapping[str, Any]) -> Form:
    """A form as a file says it."""
    lists = {name: tuple(said[name]) for name in ("widths", "attends")}
    return Form(**{**said, **lists})


def network(form: Form, weights: StateDict) -> Denoiser:
    """A denoiser of these weights, held still; raises RuntimeError where they do not fit."""
    module = Denoiser(form)
    module.load_state_dict(weights)
    return module.eval().requires_grad_(False)
