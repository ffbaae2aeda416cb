"""The form in which our networks ship: weights in fp16, and what there is to say of them.

What is said goes into the file as one JSON text, so that the same weights and words
are the same bytes (the order of several entries is not fixed).
"""

import json
from collections.abc import Mapping
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from core.networks.state_dict import StateDict

MOST = 9 * 10**6  # bytes of a file that ships
SAID = "said"  # the one entry of the metadata


class ShippingError(ValueError):
    """Weights that cannot be shipped, or a file that holds none; the message says why."""


def halved(weights: StateDict) -> dict[str, Tensor]:
    """The weights in fp32, each as near as fp16 can be: what is read from the file."""
    return {name: t.half().float() for name, t in weights.items()}


def pack(weights: StateDict, said: Mapping[str, Any]) -> bytes:
    """The file; raises ShippingError where fp16 cannot hold a weight or the file is too large."""
    halves = {name: t.detach().cpu().half().contiguous() for name, t in weights.items()}
    for name, t in halves.items():
        if not t.isfinite().all():
            raise ShippingError(f"{name} holds numbers that fp16 cannot: train it at a lower rate.")
    file = save(halves, metadata={SAID: json.dumps(said)})
    if len(file) > MOST:
        raise ShippingError(
            f"This network is {len(file) / 1e6:.1f} MB; at most {MOST / 1e6:g} MB ship. "
            "Make it narrower."
        )
    return file


def unpack(file: bytes) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The weights in fp32, and what is said of them; raises ShippingError for another file."""
    try:
        weights = {name: t.float() for name, t in load(file).items()}
        size = int.from_bytes(file[:8], "little")
        said = json.loads(json.loads(file[8 : 8 + size])["__metadata__"][SAID])
    except (SafetensorError, KeyError, ValueError) as error:
        raise ShippingError(f"This file holds no network of the lab ({error}).") from None
    return weights, said
