"""Random twins: the same architecture, weights drawn anew, activations of the trained size.

A network of fresh weights dies in its ReLU6s or explodes, and a picture made
with it is blank: an unfair control. So each convolution is followed through the
network on the shipped photographs, and each channel shifted and scaled to have
the mean and deviation that a channel of the trained network has there. Three
numbers a convolution (or the classifier) are taken from the trained network: the mean of its
channels' means, their spread, and the typical deviation inside a channel. Which
channel gets which mean is drawn.
"""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from core import pictures
from core.backbones import cache, efficientnet
from core.backbones.backbone import Backbone

RECIPE = 2  # counts up when the calibration changes, so that older twins are left alone
MOST = 12  # photographs
BOUNDS = 0.5, 2.0  # of the trained deviation, at each stage


@dataclass(frozen=True)
class Twin:
    """Folded weights, whether they make a fair control, and a sentence about it."""

    weights: dict[str, Tensor]
    fair: bool
    calibration: str


def drawn(trained: Backbone, architecture: str, seed: int) -> Twin:
    """The random twin of a trained network: out of the cache, or drawn and calibrated."""
    shelf = list(pictures.shipped().values())[:MOST]
    seen = hashlib.sha256(b"".join(path.read_bytes() for path in shelf)).hexdigest()[:8]
    key = f"{trained.name}-random-{seed}-{trained.fingerprint}-{seen}-{RECIPE}"
    kept = cache.recall(key, architecture)
    if kept:
        weights, notes = kept
        return Twin(weights, notes["fair"] == "yes", notes["calibration"])
    twin = _drawn(trained, architecture, seed, [pictures.read(path) for path in shelf])
    fair = "yes" if twin.fair else "no"
    cache.keep(key, architecture, twin.weights, fair=fair, calibration=twin.calibration)
    return twin


def _drawn(trained: Backbone, architecture: str, seed: int, photographs: list[Tensor]) -> Twin:
    random = torch.Generator().manual_seed(seed)
    known = {name: values.cpu() for name, values in trained.module.state_dict().items()}
    weights = {name: _fresh(values, random) for name, values in known.items()}
    if not photographs:
        return Twin(weights, False, "None; unfair: there was no photograph to calibrate it on.")
    x = torch.stack([pictures.square(picture, trained.size) for picture in photographs])
    x = trained.normalised(x.to(trained.device)).cpu()
    stages = [layer.module for layer in trained.layers.values() if layer.kind == "stage output"]

    # modules of our own: no hook of these touches anybody's reading
    moments: list[Moments] = []
    original = efficientnet.network(architecture, known)
    wanted = _deviations(original, x, stages, lambda _, y: moments.append(_moments(y)))
    twin, due = efficientnet.network(architecture, weights), iter(moments)
    reached = _deviations(twin, x, stages, lambda part, y: _calibrate(part, y, next(due), random))

    ratios = [a / b for a, b in zip(reached, wanted, strict=True)]
    fair = all(BOUNDS[0] <= ratio <= BOUNDS[1] for ratio in ratios)  # False for nan
    said = (
        f"None; norms calibrated on {len(photographs)} photographs to {min(ratios):.2f} to "
        f"{max(ratios):.2f} times the trained deviation{'' if fair else ': an unfair control'}."
    )
    return Twin(twin.state_dict(), fair, said)


def _fresh(values: Tensor, random: torch.Generator) -> Tensor:
    """Gaussian weights, as large as He et al. 2015 make them, and no biases."""
    if values.ndim == 1:
        return torch.zeros_like(values)
    inputs = values[0].numel()
    return torch.randn(values.shape, generator=random) * math.sqrt(2 / inputs)


@dataclass(frozen=True)
class Moments:
    """A convolution's outputs: mean and spread of its channels' means, deviation inside one."""

    mean: float
    spread: float
    deviation: float


def _by_channel(y: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance of each channel over pictures and positions."""
    rows = y.transpose(0, 1).flatten(1)
    return rows.mean(1), rows.var(1, unbiased=False)


def _moments(y: Tensor) -> Moments:
    means, variances = _by_channel(y)
    return Moments(means.mean().item(), means.std().item(), variances.mean().sqrt().item())


def _calibrate(
    part: nn.Conv2d | nn.Linear, y: Tensor, wanted: Moments, random: torch.Generator
) -> Tensor:
    """Change the part's weights so that its outputs y get the wanted moments; what y then is."""
    means, variances = _by_channel(y)
    if isinstance(part, nn.Linear):  # one value a photograph: too few for a scale of its own
        variances = variances.mean().expand_as(variances)
    drawn = wanted.mean + wanted.spread * torch.randn(means.shape, generator=random)
    # a channel that hardly varies is not blown up
    scale = wanted.deviation / (variances + 1e-3 * variances.mean()).sqrt()
    assert part.bias is not None
    part.weight.mul_(scale.view(-1, *[1] * (part.weight.ndim - 1)))
    part.bias.sub_(means).mul_(scale).add_(drawn)
    shape = (-1, *[1] * (y.ndim - 2))
    return (y - means.view(shape)) * scale.view(shape) + drawn.view(shape)


@torch.no_grad()
def _deviations(
    network: nn.Module,
    x: Tensor,
    stages: list[str],
    follow: Callable[[nn.Conv2d | nn.Linear, Tensor], Tensor | None],
) -> list[float]:
    """The deviation of each stage's output; `follow` sees, and may replace, each convolution's."""
    found: list[float] = []

    def after_part(part: Any, inputs: tuple[Tensor, ...], y: Tensor) -> Tensor | None:
        return follow(part, y)

    def after_stage(stage: nn.Module, inputs: tuple[Tensor, ...], y: Tensor) -> None:
        found.append(y.std().item())

    for part in network.modules():
        if isinstance(part, nn.Conv2d | nn.Linear):
            part.register_forward_hook(after_part)
    for stage in stages:
        network.get_submodule(stage).register_forward_hook(after_stage)
    network(x)
    return found
