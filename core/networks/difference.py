"""Tuned weights as a small difference to the weights that they were tuned from.

What did not move is not stored (a frozen head, say). A difference is int8 with
a scale for each output channel, or fp16; what has one axis (biases) is fp32, as
it is small. Because the difference is added `strength` times, one file holds
every network on the segment from the base (0) to the tuned network (1).
"""

from collections.abc import Mapping

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from core.networks.state_dict import StateDict

LEVELS = 127
SCALE = "/scale"  # follows the name of a tensor that is stored as int8


class DifferenceError(ValueError):
    """A file that is no difference to these weights."""


def pack(base: StateDict, tuned: StateDict, *, eight_bit: bool = True) -> bytes:
    """The file that brings `tuned` back from `base`; both have the same names and shapes.

    eight_bit: off by at most half a level, 1/254 of the channel's largest change.
    Without it, fp16.
    """
    _same(base, {name: tuple(t.shape) for name, t in tuned.items()})
    stored: dict[str, Tensor] = {}
    for name in sorted(base):
        change = tuned[name].detach().cpu().float() - base[name].detach().cpu().float()
        if change.any():
            stored |= _stored(name, change, eight_bit=eight_bit)
    return save(stored, metadata={"format": "difference"})


def unpack(base: StateDict, file: bytes, *, strength: float = 1.0) -> dict[str, Tensor]:
    """The base with `strength` times the difference added, where the base lives.

    Raises DifferenceError for a file of other weights.
    """
    try:
        stored = load(file)
    except SafetensorError as error:
        raise DifferenceError(f"This file holds no weights ({error}). Fetch it anew.") from None
    changes = {n: _change(stored, n) for n in stored if not n.endswith(SCALE)}
    _same(base, {name: tuple(t.shape) for name, t in changes.items()})
    return {
        name: t + strength * changes[name].to(t) if name in changes else t.clone()
        for name, t in base.items()
    }


def _stored(name: str, change: Tensor, *, eight_bit: bool) -> dict[str, Tensor]:
    if change.ndim < 2:
        return {name: change.contiguous()}
    if not eight_bit:
        return {name: change.half().contiguous()}
    scale = change.flatten(1).abs().amax(1) / LEVELS
    levels = change / _per_channel(scale.clamp(min=torch.finfo(torch.float32).tiny), change)
    return {name: levels.round().to(torch.int8).contiguous(), name + SCALE: scale}


def _change(stored: StateDict, name: str) -> Tensor:
    change = stored[name].float()
    scale = stored.get(name + SCALE)
    return change if scale is None else change * _per_channel(scale, change)


def _per_channel(scale: Tensor, change: Tensor) -> Tensor:
    return scale.view(-1, *[1] * (change.ndim - 1))


def _same(base: StateDict, shapes: Mapping[str, tuple[int, ...]]) -> None:
    for name, shape in shapes.items():
        if name not in base or tuple(base[name].shape) != shape:
            raise DifferenceError(
                f"{name} {shape} does not fit these weights: the difference is to another network."
            )
