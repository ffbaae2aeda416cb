"""Two networks of ours that read digits: one of four convolutions, and a linear model.

Both take three channels in [0, 1] and look at their mean. The small network
reads pictures of any size from 8 px on; the linear model has a weight for every
pixel of 28 x 28, and nothing else.
"""

from collections import OrderedDict

import torch
from torch import Tensor, nn

from core.networks.state_dict import StateDict

NATIVE, SMALLEST, CLASSES = 28, 8, 10  # px, px, digits
SMALL, LINEAR = "digits", "digits-linear"
CHANNELS = 16, 32, 48, 64


class Grey(nn.Module):
    """The mean of the colours."""

    def forward(self, x: Tensor) -> Tensor:
        """(n, 3, height, width) to (n, 1, height, width)."""
        return x.mean(1, keepdim=True)


def small() -> nn.Module:
    """Four convolutions, a pool after the first two, the mean over positions, a classifier."""
    parts: OrderedDict[str, nn.Module] = OrderedDict(grey=Grey())
    into = 1
    for number, out in enumerate(CHANNELS, 1):
        parts[f"conv{number}"] = nn.Conv2d(into, out, 5 if number == 1 else 3, padding="same")
        parts[f"relu{number}"] = nn.ReLU()
        if number <= 2:
            parts[f"pool{number}"] = nn.MaxPool2d(2)
        into = out
    parts["mean"], parts["flat"] = nn.AdaptiveAvgPool2d(1), nn.Flatten()
    parts["classifier"] = nn.Linear(into, CLASSES)
    return nn.Sequential(parts)


def linear() -> nn.Module:
    """A logit for each digit: one weight a pixel, and a bias."""
    parts = OrderedDict[str, nn.Module](
        grey=Grey(), flat=nn.Flatten(), classifier=nn.Linear(NATIVE * NATIVE, CLASSES)
    )
    return nn.Sequential(parts)


KINDS = {SMALL: small, LINEAR: linear}
SAID = {SMALL: "a small network that reads digits", LINEAR: "a linear model of digits"}


def network(name: str, weights: StateDict) -> nn.Module:
    """The network of that name with these weights."""
    with torch.device("meta"):
        module = KINDS[name]()
    module.load_state_dict(dict(weights), assign=True)
    return module.eval().requires_grad_(False)


def kinds(module: nn.Module) -> dict[str, tuple[str, str]]:
    """(name, kind) of what there is to see: convolutions, what their ReLUs leave, logits."""
    found = {}
    for name, _ in module.named_children():
        if name.startswith("conv"):
            found[name] = (name, "pre-activation")
        elif name.startswith("relu"):
            found[name] = (name, "stage output")
    return found | {"classifier": ("classifier", "logits")}


def is_fixed(module: nn.Module) -> bool:
    """Whether it has a weight for each pixel, so that pictures are brought to 28 px."""
    return not any(isinstance(part, nn.AdaptiveAvgPool2d) for part in module.children())


def is_grey(module: nn.Module) -> bool:
    """Whether all that a network sees of a picture is the mean of its colours."""
    return any(isinstance(part, Grey) for part in module.modules())
