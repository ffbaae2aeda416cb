"""The trunk of VGG16 (Simonyan and Zisserman 2015): thirteen convolutions, no norm, no classifier."""

import io
from collections import OrderedDict

import torch
from torch import Tensor, nn

from core.models.classifiers.layers import BEFORE
from core.networks.state_dict import StateDict

BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))  # channels, convolutions


def network(weights: StateDict) -> nn.Module:
    """The network; its children have the names that the field knows: conv3_3, relu3_3, pool3.

    Channels are as many as the weights have. Pools round up, as HED's do.
    """
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    for block, (_, convolutions) in enumerate(BLOCKS, 1):
        for number in range(1, convolutions + 1):
            at = f"{block}_{number}"
            out, into, *_ = weights[f"conv{at}.weight"].shape
            with torch.device("meta"):
                parts[f"conv{at}"] = nn.Conv2d(into, out, 3, padding=1)
            parts[f"relu{at}"] = nn.ReLU()
        if block < len(BLOCKS):
            parts[f"pool{block}"] = nn.MaxPool2d(2, ceil_mode=True)
    module = nn.Sequential(parts)
    module.load_state_dict(dict(weights), assign=True)
    return module.eval().requires_grad_(False)


def kinds(network: nn.Module) -> dict[str, tuple[str, str]]:
    """(name, kind) of each convolution and ReLU; the last ReLU before a pool ends a stage."""
    ends = {f"relu{block}_{convolutions}" for block, (_, convolutions) in enumerate(BLOCKS, 1)}
    found = {}
    for name, _ in network.named_children():
        if name.startswith("conv"):
            found[name] = (name, BEFORE)
        elif name.startswith("relu"):
            found[name] = (name, "stage output" if name in ends else "ReLU map")
    return found


def from_keras(data: bytes) -> dict[str, Tensor]:
    """The weights in a Keras file: HWIO to OIHW, and BGR to RGB in the first convolution."""
    import h5py

    found = {}
    with h5py.File(io.BytesIO(data), "r") as file:
        for block, (_, convolutions) in enumerate(BLOCKS, 1):
            for number in range(convolutions):
                of = f"block{block}/layers/conv2d{f'_{number}' if number else ''}/vars"
                kernel, bias = (torch.from_numpy(file[f"{of}/{i}"][()]) for i in (0, 1))  # type: ignore[index]
                name = f"conv{block}_{number + 1}"
                found[f"{name}.weight"] = kernel.permute(3, 2, 0, 1).float().contiguous()
                found[f"{name}.bias"] = bias.float()
    found["conv1_1.weight"] = found["conv1_1.weight"].flip(1)
    return found
