"""The form in which our networks ship: weights in fp16 or int8, and what there is to say of them.

In int8 each row of a matrix, or channel of a convolution, has a scale of its own in fp16:
half the bytes, and an error of a row's largest weight / 254 at most. Biases and norms stay in fp16.

What is said goes into the file as one JSON text, so that the same weights and words
are the same bytes (the order of several entries is not fixed).
"""

import json
from collections.abc import Mapping
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from core.networks.state_dict import StateDict

MOST = 9 * 10**6  # bytes of a file that ships
SAID = "said"  # the one entry of the metadata
SCALE = ".scale"  # of the rows of a matrix in int8, beside its name
LEVELS = 127


class ShippingError(ValueError):
    """Weights that cannot be shipped, or a file that holds none; the message says why."""


def halved(weights: StateDict) -> dict[str, Tensor]:
    """The weights in fp32, each as near as fp16 can be: what is read from the file."""
    return {name: t.half().float() for name, t in weights.items()}


def eighths(weights: StateDict) -> dict[str, Tensor]:
    """The weights in fp32, each as near as int8 (matrices) or fp16 (all else) can be."""
    return _whole(_eighths(weights))


def pack(weights: StateDict, said: Mapping[str, Any], *, in_int8: bool = False) -> bytes:
    """The file; raises ShippingError where fp16 cannot hold a weight or the file is too large."""
    found = (_eighths if in_int8 else _halves)(weights)
    for name, t in found.items():
        if not t.isfinite().all():
            raise ShippingError(f"{name} holds numbers that fp16 cannot: train it at a lower rate.")
    file = save(found, metadata={SAID: json.dumps(said)})
    if len(file) > MOST:
        raise ShippingError(
            f"This network is {len(file) / 1e6:.1f} MB; at most {MOST / 1e6:g} MB ship. "
            "Make it narrower."
        )
    return file


def unpack(file: bytes) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The weights in fp32, and what is said of them; raises ShippingError for another file."""
    try:
        weights = _whole(load(file))
        size = int.from_bytes(file[:8], "little")
        said = json.loads(json.loads(file[8 : 8 + size])["__metadata__"][SAID])
    except (SafetensorError, KeyError, ValueError) as error:
        raise ShippingError(f"This file holds no network of the lab ({error}).") from None
    return weights, said


def _halves(weights: StateDict) -> dict[str, Tensor]:
    return {name: t.detach().cpu().half().contiguous() for name, t in weights.items()}


def _eighths(weights: StateDict) -> dict[str, Tensor]:
    found = _halves({name: t for name, t in weights.items() if t.ndim < 2})
    for name, t in weights.items():
        if t.ndim < 2:
            continue
        rows = t.detach().cpu().float().flatten(1)
        scale = (rows.abs().amax(1) / LEVELS).half()
        least = torch.finfo(torch.half).tiny  # of a row of zeros
        levels = (rows / scale.float().clamp(min=least)[:, None]).round()
        found[name] = levels.clamp(-LEVELS, LEVELS).to(torch.int8).view(t.shape).contiguous()
        found[f"{name}{SCALE}"] = scale
    return found


def _whole(found: StateDict) -> dict[str, Tensor]:
    """In fp32, scales multiplied in."""
    return {
        name: t.float() * found[f"{name}{SCALE}"].float().view(-1, *[1] * (t.ndim - 1))
        if t.dtype == torch.int8
        else t.float()
        for name, t in found.items()
        if not name.endswith(SCALE)
    }
