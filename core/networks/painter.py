"""A small network that paints: a picture in, the same picture in one style out, in one pass.

Johnson, Alahi and Fei-Fei, Perceptual Losses for Real-Time Style Transfer, ECCV
2016, with the reflection padding and the instance norm of its successors (Ulyanov
et al. 2017), in a light form: 12, 24 and 48 channels for their 32, 64 and 128,
and residual blocks of depthwise and 1 x 1 convolutions. 46 thousand parameters
for 1.7 million.

The parameters are one flat tensor, so that a run keeps, copies and moves them as
it does a picture. A convolution's slope is added up row by row: torch's own is
split among the threads, and what is trained on two would differ from one.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor
from torch.nn.grad import conv2d_input

from core import pictures

WIDTHS = (12, 24, 48)
BLOCKS = 3
EDGE, KERNEL = 5, 3  # px: of the first and last convolution, and of those between
SMALLEST = 16  # px: less than this has nothing to mirror at its edges
STRIDE = 4  # sides are brought to multiples of it and cut back
TINY = 1e-5  # added to a channel's variance
MOST = 2 * 10**6  # bytes of a file
MARK = b"painter1"  # what a picture of parameters begins with
WEIGHTS = Path(__file__).resolve().parents[2] / "assets" / "weights"
SHIPPED = ("mosaic",)  # styles of which a painter ships

Parameters = Float[Tensor, "1 p"]
Pictures = Float[Tensor, "n 3 h w"]


class PainterError(ValueError):
    """A file that is no painter, or a picture that it cannot paint; the message says why."""


def _shapes() -> dict[str, tuple[int, ...]]:
    """Every tensor by name, in the order of the flat one; a norm is its scale and shift."""
    few, some, many = WIDTHS
    found: dict[str, tuple[int, ...]] = {}

    def convolution(name: str, into: int, out: int, kernel: int) -> None:
        found[name] = (out, into, kernel, kernel)
        found[f"{name}.norm"] = (2, out)

    convolution("first", 3, few, EDGE)
    convolution("down1", few, some, KERNEL)
    convolution("down2", some, many, KERNEL)
    for block in range(BLOCKS):
        for half in "ab":
            convolution(f"block{block}{half}.depth", 1, many, KERNEL)
            convolution(f"block{block}{half}.mix", many, many, 1)
    convolution("up1", many, some, KERNEL)
    convolution("up2", some, few, KERNEL)
    found["last"] = (3, few, EDGE, EDGE)
    found["last.shift"] = (3,)
    return found


SHAPES = _shapes()
SIZES = {name: math.prod(shape) for name, shape in SHAPES.items()}
COUNT = sum(SIZES.values())


def initial_parameters(seed: int) -> Parameters:
    """Parameters to begin with, norms that change nothing.

    A weight's deviation is 1 / √(3 inputs), torch's usual: after it comes a norm, so
    its size only says how fast Adam turns it. With He's √(2 / inputs) it came as far twice as late (one run of each).
    """
    random = torch.Generator().manual_seed(seed)
    parts = []
    for name, shape in SHAPES.items():
        if name.endswith(".norm"):
            parts.append(torch.tensor([1.0, 0.0]).repeat_interleave(shape[1]))
        elif name.endswith(".shift"):
            parts.append(torch.zeros(SIZES[name]))
        else:
            spread = 1 / math.sqrt(3 * math.prod(shape[1:]))
            parts.append(spread * torch.randn(SIZES[name], generator=random))
    return torch.cat(parts)[None]


def parts(p: Parameters) -> dict[str, Tensor]:
    """The tensors of the flat one, by name; slopes flow back to it."""
    found = p[0].split(list(SIZES.values()))
    return {name: one.view(SHAPES[name]) for name, one in zip(SHAPES, found, strict=True)}


def painted(p: Parameters, x: Pictures) -> Pictures:
    """The pictures, [0, 1], in the style of these parameters, at their own size.

    Raises PainterError below SMALLEST.
    """
    height, width = x.shape[2:]
    if min(height, width) < SMALLEST:
        raise PainterError(
            f"This picture is {width} x {height} px; the painter needs at least {SMALLEST} px "
            "a side. Make it larger."
        )
    net = parts(p)
    y = F.pad(x - 0.5, (0, -width % STRIDE, 0, -height % STRIDE), mode="reflect")
    y = _bent(net, "first", y)
    y = _bent(net, "down1", y, stride=2)
    y = _bent(net, "down2", y, stride=2)
    for block in range(BLOCKS):
        z = _separable(net, f"block{block}a", y).relu()
        y = y + _separable(net, f"block{block}b", z)
    for name in ("up1", "up2"):
        y = _bent(net, name, y.repeat_interleave(2, 2).repeat_interleave(2, 3))
    y = _convolved(y, net["last"])[:, :, :height, :width]
    return torch.sigmoid(y + _everywhere(net["last.shift"], y))


def _bent(net: Mapping[str, Tensor], name: str, x: Tensor, *, stride: int = 1) -> Tensor:
    return _normed(net, name, _convolved(x, net[name], stride=stride)).relu()


def _separable(net: Mapping[str, Tensor], name: str, x: Tensor) -> Tensor:
    """A depthwise convolution and one of 1 x 1, each with its norm."""
    y = _convolved(x, net[f"{name}.depth"], groups=x.shape[1])
    y = _normed(net, f"{name}.depth", y).relu()
    mixed = y.permute(0, 2, 3, 1) @ net[f"{name}.mix"][:, :, 0, 0].T
    return _normed(net, f"{name}.mix", mixed.permute(0, 3, 1, 2))


def _normed(net: Mapping[str, Tensor], name: str, x: Tensor) -> Tensor:
    """Each picture's channels at mean 0 and deviation 1, then at their learned ones."""
    scale, shift = net[f"{name}.norm"]
    mean = x.mean(3, keepdim=True).mean(2, keepdim=True)
    centred = x - mean
    spread = centred.square().mean(3, keepdim=True).mean(2, keepdim=True)
    y = centred * (spread + TINY).rsqrt()
    return y * _everywhere(scale, y) + _everywhere(shift, y)


def _everywhere(values: Tensor, x: Tensor) -> Tensor:
    """A value a channel at each position; its slope is added up a side at a time."""
    return values.view(-1, 1, 1).expand(-1, -1, x.shape[3]).expand(-1, x.shape[2], -1).expand_as(x)


def _convolved(x: Tensor, weight: Tensor, *, stride: int = 1, groups: int = 1) -> Tensor:
    reach = weight.shape[2] // 2
    padded = F.pad(x, (reach,) * 4, mode="reflect")
    found = _Convolution.apply(padded, weight, stride, groups)
    assert isinstance(found, Tensor)
    return found


class _Convolution(torch.autograd.Function):
    """A convolution whose slope rounds the same on any number of threads."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, stride: int, groups: int) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.stride, ctx.groups = stride, groups
        return F.conv2d(x, weight, stride=stride, groups=groups)

    @staticmethod
    def backward(ctx: Any, *up: Tensor) -> tuple[Tensor | None, Tensor, None, None]:
        x, weight = ctx.saved_tensors
        (slope,) = up
        back = None
        if ctx.needs_input_grad[0]:
            back = _input_slope(x, weight, slope, ctx.stride, ctx.groups)
        return back, _weight_slope(x, weight, slope, ctx.stride, ctx.groups), None, None


def _input_slope(x: Tensor, weight: Tensor, slope: Tensor, stride: int, groups: int) -> Tensor:
    """The slope spread out again, under the kernel turned about: a convolution of stride 1.

    torch's own way back through a stride rounds otherwise on two threads than on one.
    """
    if groups > 1:
        return conv2d_input(list(x.shape), weight, slope, groups=groups)
    reach = weight.shape[2] - 1
    tall, wide = (stride * (side - 1) + 1 for side in slope.shape[2:])
    spread = slope
    if stride > 1:
        spread = slope.new_zeros(*slope.shape[:2], tall, wide)
        spread[:, :, ::stride, ::stride] = slope
    below, right = x.shape[2] - tall - reach, x.shape[3] - wide - reach
    padded = F.pad(spread, (reach, reach + right, reach, reach + below))
    return F.conv2d(padded, weight.flip(2, 3).transpose(0, 1))


def _weight_slope(x: Tensor, weight: Tensor, slope: Tensor, stride: int, groups: int) -> Tensor:
    """One place of the kernel after another: what the output there owes to the input."""
    n, out, height, width = slope.shape
    kernel = weight.shape[2]
    tall, wide = stride * (height - 1) + 1, stride * (width - 1) + 1
    rows = slope.permute(0, 2, 1, 3).reshape(n * height, out, width)
    found = []
    for down in range(kernel):
        for across in range(kernel):
            seen = x[:, :, down : down + tall : stride, across : across + wide : stride]
            if groups == 1:
                columns = seen.permute(0, 2, 3, 1).reshape(n * height, width, x.shape[1])
                found.append(torch.bmm(rows, columns).sum(0))
            else:
                found.append((seen * slope).sum(3).sum(2).sum(0)[:, None])
    return torch.stack(found, 2).view_as(weight)


def pack(p: Parameters, **notes: str) -> bytes:
    """A safetensors file of these parameters in fp16; notes say what it was trained on."""
    tensors = {n: one.detach().cpu().half().contiguous() for n, one in parts(p).items()}
    return save(tensors, metadata={"format": "painter", **notes})


def unpack(file: bytes) -> Parameters:
    """The parameters in such a file. Raises PainterError if it is none."""
    if len(file) > MOST:
        raise PainterError(f"This file is larger than the {MOST // 10**6} MB of a painter.")
    try:
        stored = load(file)
    except SafetensorError as error:
        raise PainterError(f"This file holds no painter ({error}). Save it anew.") from None
    for name, shape in SHAPES.items():
        if name not in stored or tuple(stored[name].shape) != shape:
            raise PainterError(f"This file is no painter of this lab: {name} {shape} is missing.")
    if more := stored.keys() - SHAPES.keys():
        raise PainterError(f"This file is no painter of this lab: it has {min(more)[:40]!r} too.")
    p = torch.cat([stored[name].float().flatten() for name in SHAPES])[None]
    if not p.isfinite().all():
        raise PainterError("This painter holds numbers that are not finite. Train it anew.")
    return p


def pictured(p: Parameters) -> Float[Tensor, "3 side side"]:
    """The parameters in fp16 as a picture, two values of it to a parameter."""
    raw = MARK + p[0].detach().cpu().half().numpy().astype("<f2").tobytes()
    side = math.ceil(math.sqrt(len(raw) / 3))
    pixels = np.frombuffer(raw.ljust(3 * side * side, b"\0"), np.uint8)
    return torch.from_numpy(pixels.astype(np.float32)).view(3, side, side) / 255


def read_from(x: Float[Tensor, "3 _ _"]) -> Parameters:
    """The parameters in such a picture; raises PainterError if it is another one."""
    raw = pictures.to_uint8(x).cpu().numpy().tobytes()
    held = np.frombuffer(raw[len(MARK) : len(MARK) + 2 * COUNT], "<f2")
    if not raw.startswith(MARK) or len(held) < COUNT:
        raise PainterError("This picture holds no painter: bring a file that was kept here.")
    return torch.from_numpy(held.astype(np.float32))[None]


def shipped(style: str) -> Parameters:
    """The painter of a style that ships with the lab."""
    return read(WEIGHTS / f"painter-{style}.safetensors")


def read(path: Path) -> Parameters:
    """The painter in a file; raises PainterError with what is wrong with it."""
    try:
        with path.open("rb") as file:
            return unpack(file.read(MOST + 1))
    except OSError as error:
        raise PainterError(f"There is no painter in {path}: {error.strerror}.") from None
