"""Weights to begin with, drawn by seed."""

import math

import torch
from torch import nn

Weighted = nn.Conv2d | nn.ConvTranspose2d | nn.Linear


@torch.no_grad()
def draw(module: nn.Module, seed: int) -> None:
    """Weights as He et al. 2015 draw them, no biases, norms that change nothing."""
    noise = torch.Generator().manual_seed(seed)
    for part in module.modules():
        if isinstance(part, Weighted):
            spread = math.sqrt(2 / _inputs(part))
            part.weight.copy_(spread * torch.randn(part.weight.shape, generator=noise))
            if part.bias is not None:
                part.bias.zero_()


def _inputs(part: Weighted) -> int:
    """How many numbers are added up in an output: of a transposed one, what a stride leaves."""
    if isinstance(part, nn.ConvTranspose2d):
        taps = math.prod(k // s for k, s in zip(part.kernel_size, part.stride, strict=True))
        return part.in_channels * taps
    return part.weight[0].numel()
