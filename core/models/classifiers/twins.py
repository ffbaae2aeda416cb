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
from core.models import cache
from core.models.classifiers import architectures
from core.models.classifiers.classifier import Classifier
from core.models.classifiers.layers import LayerInfo

RECIPE = 2  # counts up when the calibration changes, so that older twins are left alone
MOST, FEWER = 12, 4  # photographs; fewer for a network of more than LARGE bytes, as each takes long
LARGE = 40 * 10**6
BOUNDS = 0.5, 2.0  # of the trained deviation, at each stage


@dataclass(frozen=True)
class Twin:
    """Folded weights, whether they make a fair control, and a sentence about it."""

    weights: dict[str, Tensor]
    fair: bool
    calibration: str


def random_twin(trained: Classifier, architecture: str, seed: int) -> Twin:
    """The random twin of a trained network: out of the cache, or drawn and calibrated."""
    most = FEWER if trained.nbytes > LARGE else MOST
    shelf = list(pictures.shipped().values())[:most]
    seen = hashlib.sha256(b"".join(path.read_bytes() for path in shelf)).hexdigest()[:8]
    key = f"{trained.name}-random-{seed}-{trained.fingerprint}-{seen}-{RECIPE}"
    kept = cache.recall(key, architecture)
    if kept:
        weights, notes = kept
        return Twin(weights, notes["fair"] == "yes", notes["calibration"])
    twin = _calibrated_twin(trained, architecture, seed, [pictures.read(path) for path in shelf])
    fair = "yes" if twin.fair else "no"
    cache.keep(key, architecture, twin.weights, fair=fair, calibration=twin.calibration)
    return twin


def _calibrated_twin(
    trained: Classifier, architecture: str, seed: int, photographs: list[Tensor]
) -> Twin:
    random = torch.Generator().manual_seed(seed)
    known = {name: values.cpu() for name, values in trained.module.state_dict().items()}
    weights = _fresh(trained.module, known, random)
    if not photographs:
        return Twin(weights, False, "None; unfair: there was no photograph to calibrate it on.")
    x = torch.stack([pictures.square(picture, trained.size) for picture in photographs])
    x = trained.normalised(x.to(trained.device)).cpu()
    layers = list(trained.layers.values())
    watched = [layer for layer in layers if _is_watched(trained.module, layer)] or layers[-1:]

    # modules of our own: no hook of these touches anybody's reading
    moments: list[Moments] = []
    network = architectures.of(architecture).network
    original = network(known)
    wanted = _deviations(original, x, watched, lambda part, y: moments.append(_moments(part, y)))
    twin, due = network(weights), iter(moments)
    reached = _deviations(
        twin, x, watched, lambda part, y: _calibrate(part, y, next(due), random), wanted
    )

    stages = [layer.kind == "stage output" for layer in watched]
    ratios = [
        a / b
        for a, b, is_one in zip(reached, wanted, stages, strict=True)
        if is_one or not any(stages)  # a linear model has logits alone
    ]
    fair = bool(ratios) and all(
        BOUNDS[0] <= ratio <= BOUNDS[1] for ratio in ratios
    )  # False for nan
    said = (
        f"None; norms calibrated on {len(photographs)} photographs to {min(ratios):.2f} to "
        f"{max(ratios):.2f} times the trained deviation{'' if fair else ': an unfair control'}."
    )
    return Twin(twin.state_dict(), fair, said)


def _fresh(
    module: nn.Module, known: dict[str, Tensor], random: torch.Generator
) -> dict[str, Tensor]:
    """Values drawn anew, by the part that they belong to."""
    parts = dict(module.named_modules())
    return {
        name: _drawn_anew(parts[name.rpartition(".")[0]], name, values, random)
        for name, values in known.items()
    }


def _drawn_anew(part: nn.Module, name: str, values: Tensor, random: torch.Generator) -> Tensor:
    """Of convolutions Gaussian, as large as He et al. 2015 make them, and no biases.

    Norms begin as they do before a training; what is neither (positions, scales
    of a layer) keeps its mean and deviation.
    """
    last = name.rpartition(".")[2]
    if isinstance(part, nn.Conv2d | nn.Linear):
        if values.ndim == 1:
            return torch.zeros_like(values)
        inputs = values[0].numel()
        return torch.randn(values.shape, generator=random) * math.sqrt(2 / inputs)
    if not values.is_floating_point() or last.startswith("running_"):
        return values.clone()
    if "norm" in type(part).__name__.lower():
        return torch.ones_like(values) if last == "weight" else torch.zeros_like(values)
    spread = values.std(unbiased=False)
    return values.mean() + spread * torch.randn(values.shape, generator=random)


@dataclass(frozen=True)
class Moments:
    """A convolution's outputs: mean and spread of its channels' means, deviation inside one."""

    mean: float
    spread: float
    deviation: float


def _by_channel(part: nn.Module, y: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance of each channel over pictures and positions."""
    rows = y.movedim(-1 if isinstance(part, nn.Linear) else 1, 0).flatten(1)
    return rows.mean(1), rows.var(1, unbiased=False)


def _moments(part: nn.Module, y: Tensor) -> Moments:
    means, variances = _by_channel(part, y)
    return Moments(means.mean().item(), means.std().item(), variances.mean().sqrt().item())


def _calibrate(
    part: nn.Conv2d | nn.Linear, y: Tensor, wanted: Moments, random: torch.Generator
) -> Tensor:
    """Change the part's weights so that its outputs y get the wanted moments; what y then is."""
    means, variances = _by_channel(part, y)
    if (
        isinstance(part, nn.Linear) and y.ndim == 2
    ):  # one value a photograph: too few for a scale of its own
        variances = variances.mean().expand_as(variances)
    drawn = wanted.mean + wanted.spread * torch.randn(means.shape, generator=random)
    # a channel that hardly varies is not blown up
    scale = wanted.deviation / (variances + 1e-3 * variances.mean()).sqrt()
    part.weight.mul_(scale.view(-1, *[1] * (part.weight.ndim - 1)))
    shape = (-1,) if isinstance(part, nn.Linear) else (-1, 1, 1)
    if part.bias is None:  # its mean cannot be moved
        return y * scale.view(shape)
    part.bias.sub_(means).mul_(scale).add_(drawn)
    return (y - means.view(shape)) * scale.view(shape) + drawn.view(shape)


def _is_watched(module: nn.Module, layer: LayerInfo) -> bool:
    """Whether it ends a stage, or is the only map of a ReLU behind a convolution."""
    clips = type(module.get_submodule(layer.module)) is nn.ReLU and layer.before
    return layer.kind == "stage output" or bool(clips and layer.name == layer.module)


@torch.no_grad()
def _deviations(
    network: nn.Module,
    x: Tensor,
    watched: list[LayerInfo],
    follow: Callable[[nn.Conv2d | nn.Linear, Tensor], Tensor | None],
    wanted: list[float] | None = None,
) -> list[float]:
    """The deviation of each layer's output; `follow` sees, and may replace, each convolution's.

    A ReLU's map is brought to the wanted deviation by the convolution before it:
    what a ReLU leaves of a map is not told by its moments.
    """
    found: list[float] = []

    def after_part(part: Any, inputs: tuple[Tensor, ...], y: Tensor) -> Tensor | None:
        return follow(part, y)

    def after_layer(part: nn.Module, inputs: tuple[Tensor, ...], y: Tensor) -> Tensor | None:
        info = watched[len(found)]
        if wanted and info.before and type(part) is nn.ReLU and y.std() > 0:
            y = _rescale(network.get_submodule(info.before), y, wanted[len(found)] / y.std())
        found.append(y.std().item())
        return y

    for part in network.modules():
        if isinstance(part, nn.Conv2d | nn.Linear):
            part.register_forward_hook(after_part)
    for layer in watched:
        network.get_submodule(layer.module).register_forward_hook(after_layer)
    network(x)
    return found


def _rescale(part: Any, y: Tensor, factor: Tensor) -> Tensor:
    """Make the part before a ReLU, and so the ReLU's output y, larger by a factor."""
    for values in (part.weight, part.bias):
        if values is not None:
            values.mul_(factor)
    return y * factor
