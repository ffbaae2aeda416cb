"""EfficientNet-Lite (Tan and Le 2019, without squeeze-and-excitation): timm's, norms folded."""

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from core.models.classifiers import libraries
from core.models.classifiers.layers import BEFORE
from core.networks.state_dict import StateDict

_CLIPPED = {"conv_pw": "expanded ReLU6 map", "conv_dw": "depthwise ReLU6 map"}


def empty(architecture: str) -> nn.Module:
    """The network as timm builds it, without values: no time and no random numbers go into them."""
    timm = libraries.timm()
    with torch.device("meta"):
        return timm.create_model(architecture).eval().requires_grad_(False)


def in_order(architecture: str, saved: StateDict) -> dict[str, Tensor]:
    """Weights saved by another library under other names, in the same order, under timm's names."""
    return dict(zip(empty(architecture).state_dict(), saved.values(), strict=True))


def folded(architecture: str, weights: StateDict) -> dict[str, Tensor]:
    """Weights with every norm multiplied into its convolution, in float64: the same everywhere."""
    network = empty(architecture)
    network.load_state_dict(dict(weights), assign=True)
    return _without_norms(network.double()).float().state_dict()


def network(architecture: str, weights: StateDict) -> nn.Module:
    """The network without norms, with folded weights."""
    module = _without_norms(empty(architecture))
    module.load_state_dict(dict(weights), assign=True)
    return module


def _without_norms(network: nn.Module) -> nn.Module:
    """Fold each norm into the convolution before it; timm's norm also holds the activation."""
    for owner in network.modules():
        for conv, norm in _pairs(owner):
            norm_and_act = getattr(owner, norm)
            setattr(owner, conv, fuse_conv_bn_eval(getattr(owner, conv), norm_and_act))
            setattr(owner, norm, norm_and_act.act)
    return network.requires_grad_(False)


def _pairs(owner: nn.Module) -> tuple[tuple[str, str], ...]:
    if hasattr(owner, "conv_stem"):
        return (("conv_stem", "bn1"), ("conv_head", "bn2"))
    if hasattr(owner, "conv_pwl"):
        return (("conv_pw", "bn1"), ("conv_dw", "bn2"), ("conv_pwl", "bn3"))
    return (("conv_dw", "bn1"), ("conv_pw", "bn2")) if hasattr(owner, "conv_dw") else ()


def kinds(network: nn.Module) -> dict[str, tuple[str, str]]:
    """(name, kind) of each module whose output is worth a look, by its dotted name.

    The last block of a stage is the stage's output and not named again.
    """
    found = {"conv_stem": ("conv_stem", BEFORE), "bn1": ("stem", "stem ReLU6 map")}
    for stage, blocks in network.get_submodule("blocks").named_children():
        path, last = f"blocks.{stage}", len(list(blocks.children())) - 1
        for number, block in enumerate(blocks.children()):
            inside = f"{path}.{number}"
            for conv, norm in _pairs(block):
                if norm != _pairs(block)[-1][1]:  # the last is linear: the block's output
                    found[f"{inside}.{conv}"] = (f"{inside}.{conv}", BEFORE)
                    found[f"{inside}.{norm}"] = (f"{inside}.{norm}", _CLIPPED[conv])
            if number < last:
                found[inside] = (inside, "block output")
        found[path] = (path, "stage output")
    return found | {
        "conv_head": ("conv_head", BEFORE),
        "bn2": ("head", "head ReLU6 map"),
        "classifier": ("classifier", "logits"),
    }
