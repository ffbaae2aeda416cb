"""A small computation whose last bits say what kind of machine this is."""

import hashlib
import io
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from core import models

SEED, SIDE, STEPS = 7, 48, 4
RATE, FIRST, SECOND, TINY = 0.05, 0.9, 0.999, 1e-8  # of Adam


Drawn = Callable[..., Tensor]
"""A tensor of these sides, drawn by the seed."""


def canary() -> str:
    """The sha256 of all that probes compute with, in small; on one thread, where networks are."""
    return _on_one_thread(_computed)


def _on_one_thread(compute: Callable[[Drawn], str]) -> str:
    """What this computes from numbers that are drawn by the seed."""
    chance = torch.Generator().manual_seed(SEED)
    device, before = models.device(), torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return compute(lambda *size: (0.1 * torch.randn(size, generator=chance)).to(device))
    finally:
        torch.set_num_threads(before)


def _computed(drawn: Drawn) -> str:
    found = hashlib.sha256()
    stem, depth, mix = drawn(16, 3, 3, 3), drawn(96, 1, 5, 5), drawn(96, 16, 1, 1)
    out, p = drawn(96, 10), drawn(1, 3, SIDE, SIDE // 2 + 1, 2)
    m, v = torch.zeros_like(p), torch.zeros_like(p)
    for step in range(1, STEPS + 1):
        p = p.detach().requires_grad_()
        x = torch.fft.irfft2(torch.view_as_complex(p), s=(SIDE, SIDE), norm="ortho").sigmoid()
        x = F.interpolate(x, size=(64, 64), mode="bilinear", align_corners=False)
        y = F.relu6(F.conv2d(x, stem, stride=2, padding=1))
        y = F.silu(F.conv2d(F.conv2d(y, mix), depth, padding=2, groups=96))
        gram = y.flatten(2) @ y.flatten(2).mT
        loss = (y.mean((2, 3)) @ out).exp().sum() + gram.square().mean().sqrt() + x.sum()
        (slope,) = torch.autograd.grad(loss, p)
        m, v = FIRST * m + (1 - FIRST) * slope, SECOND * v + (1 - SECOND) * slope**2
        mean, spread = m / (1 - FIRST**step), v / (1 - SECOND**step)
        p = p.detach() - RATE * mean / (spread.sqrt() + TINY)
        for value in (x, y, gram, loss, p):
            found.update(value.detach().cpu().contiguous().numpy().tobytes())
    found.update(_photograph())
    return found.hexdigest()


def trained() -> str:
    """The sha256 of a small network after a few steps of its training, on one thread.

    Slopes of weights are added up in another order than those of pictures, and training makes
    more of the last bit than anything else: machines that agree on `canary` may part here.
    """
    return _on_one_thread(_trained)


def _trained(drawn: Drawn) -> str:
    found = hashlib.sha256()
    weights = [
        drawn(*size) for size in ((16, 3, 9, 9), (32, 16, 3, 3), (32, 32, 3, 3), (3, 32, 9, 9))
    ]
    for _ in range(STEPS):
        weights = [w.detach().requires_grad_() for w in weights]
        x, sides = drawn(1, 3, SIDE, SIDE), (1, 2, 1, 1)
        for w, stride in zip(weights, sides, strict=True):
            x = F.conv2d(x, w, stride=stride, padding=w.shape[-1] // 2)
            x = F.relu(F.instance_norm(x))
        slopes = torch.autograd.grad(
            x.square().mean() + x.flatten(2).mean(2).square().sum(), weights
        )
        weights = [w - RATE * s / (s.abs() + TINY) for w, s in zip(weights, slopes, strict=True)]
        for value in weights:
            found.update(value.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()


def _photograph() -> bytes:
    """What the reader of JPEG files makes of one that its writer wrote."""
    pixels = np.arange(32 * 40 * 3, dtype=np.uint16).reshape(32, 40, 3) * 37 % 251
    file = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(file, "JPEG", quality=85)
    return np.array(Image.open(file)).tobytes()
