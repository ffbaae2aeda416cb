"""Any classifier of timm or torchvision: what is inside is found by watching one pass.

An architecture is called `timm/resnet18` or `torchvision/resnet18`.
"""

import re
import warnings
from collections import Counter
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from core.models.classifiers import libraries
from core.models.classifiers.watching import is_container, watched
from core.models.errors import UnfitWeightsError
from core.networks.state_dict import StateDict

SAME = 1e-3  # largest change of a logit, over the largest logit, that folding may make


def plain(architecture: str, classes: int = 0) -> nn.Module:
    """The network as its library builds it, its values of no meaning; 0: as many classes as usual."""
    library, _, name = architecture.partition("/")
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the libraries' own, about how they draw
        module = _MAKERS[library](name, {"num_classes": classes} if classes else {})
    return _still(module)


def _timm(name: str, options: dict[str, Any]) -> nn.Module:
    return libraries.timm().create_model(name, pretrained=False, **options)


def _torchvision(name: str, options: dict[str, Any]) -> nn.Module:
    return libraries.torchvision().models.get_model(
        name, weights=None, **_AS_TRAINED.get(name, {}), **options
    )


_MAKERS = {"timm": _timm, "torchvision": _torchvision}
_AS_TRAINED = {  # as torchvision builds them where it loads its own weights
    "googlenet": {"transform_input": True, "init_weights": False, "aux_logits": False},
    "inception_v3": {"transform_input": True, "init_weights": False, "aux_logits": False},
}
_AUXILIARY = re.compile(r"(aux1|aux2|AuxLogits)\.")
_DENSE = re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.([12]\.)")  # DenseNet's older names


def _still(module: nn.Module) -> nn.Module:
    for part in module.modules():
        if getattr(part, "inplace", False):
            part.inplace = False  # type: ignore[assignment]
    return module.eval().requires_grad_(False)


def folded(architecture: str, saved: StateDict) -> dict[str, Tensor]:
    """Saved weights with every norm multiplied into its convolution, where that changes nothing.

    Raises UnfitWeightsError where a tensor is missing, left over or of another shape.
    """
    module = _filled(architecture, saved)
    before = {name: t.clone() for name, t in module.state_dict().items()}
    x = torch.rand(1, 3, *[_size(module)] * 2, generator=torch.Generator().manual_seed(0))
    wanted = module(x)
    after = _without_norms(module.double(), _pairs(module.double(), x.double())).float()
    same = isinstance(wanted, Tensor) and (after(x) - wanted).abs().max() <= (
        SAME * wanted.abs().max()
    )
    return after.state_dict() if same else before


def _filled(architecture: str, saved: StateDict) -> nn.Module:
    dense = architecture.startswith("torchvision/densenet")
    given = {
        _DENSE.sub(r"\1\2", name) if dense else name: t.float() if t.is_floating_point() else t
        for name, t in saved.items()
        if not (architecture.startswith("torchvision/") and _AUXILIARY.match(name))
    }
    module = _sized(architecture, given)
    _check(architecture, module.state_dict(), given)
    module.load_state_dict(given, strict=False)  # but for the counters of norms, all are there
    return module


def _sized(architecture: str, weights: StateDict) -> nn.Module:
    """The network with as many classes as the weights have."""
    module = plain(architecture)
    head = _head(module)
    rows = weights[f"{head}.weight"].shape[0] if weights.get(f"{head}.weight") is not None else 0
    usual = module.get_submodule(head).weight.shape[0]  # type: ignore[union-attr, index]
    return module if rows in (0, usual) else plain(architecture, rows)


def _head(module: nn.Module) -> str:
    """The module that holds the classes: the last with a matrix of weights."""
    told = getattr(module, "default_cfg", {}).get("classifier")
    if isinstance(told, str) and told:
        return told
    return [n for n, part in module.named_modules() if isinstance(part, nn.Linear | nn.Conv2d)][-1]


def _check(architecture: str, wanted: StateDict, given: StateDict) -> None:
    counters = {n for n in wanted if n.endswith("num_batches_tracked")}
    missing = [n for n in wanted if n not in given and n not in counters]
    extra = [n for n in given if n not in wanted]
    remedy = "Save the state dict of that architecture under its own names, or name another."
    if missing:
        raise UnfitWeightsError(
            f"This file lacks {len(missing)} of the tensors of {architecture}: {_some(missing)}. "
            f"{remedy}"
        )
    if extra:
        raise UnfitWeightsError(
            f"This file holds, beside those of {architecture}, {_some(extra)}. {remedy}"
        )
    for name, t in given.items():
        if t.shape != wanted[name].shape:
            raise UnfitWeightsError(
                f"{name} is {tuple(t.shape)} in this file and {tuple(wanted[name].shape)} in "
                f"{architecture}. {remedy}"
            )
        if t.is_floating_point() and not t.isfinite().all():
            raise UnfitWeightsError(
                f"{name} holds values that are not finite numbers: the training has failed. "
                "Take an earlier checkpoint."
            )


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")


def network(architecture: str, weights: StateDict) -> nn.Module:
    """The network with folded weights; a norm that they still hold is left where it is."""
    module = _sized(architecture, weights)
    x = torch.zeros(1, 3, *[_size(module)] * 2)
    pairs = [
        (conv, norm) for conv, norm in _pairs(module, x) if f"{norm}.running_var" not in weights
    ]
    module = _without_norms(module, pairs)
    module.load_state_dict(dict(weights), assign=True)
    return _still(module)


def _size(module: nn.Module) -> int:
    """The side at which to watch a pass."""
    told = getattr(module, "default_cfg", {}).get("input_size")
    if told:
        return told[-1]
    return getattr(module, "image_size", 224)


def _pairs(module: nn.Module, x: Tensor) -> list[tuple[str, str]]:
    """Each convolution whose output goes into a norm and nowhere else, with the norm."""
    calls, _ = watched(module, x)
    readers = Counter(id(call.input) for call in calls if _reads(call.part))
    times = Counter(call.path for call in calls)
    by_output = {id(c.output): c for c in calls if isinstance(c.part, nn.Conv2d)}
    found = []
    for call in calls:
        conv = by_output.get(id(call.input))
        if isinstance(call.part, nn.BatchNorm2d) and conv and call.part.affine:
            alone = readers[id(call.input)] == times[conv.path] == times[call.path] == 1
            if alone and conv.part.out_channels == call.part.num_features:  # type: ignore[union-attr]
                found.append((conv.path, call.path))
    return found


def _reads(part: nn.Module) -> bool:
    return isinstance(part, nn.BatchNorm2d) or not is_container(part)


def _without_norms(module: nn.Module, pairs: list[tuple[str, str]]) -> nn.Module:
    for conv, norm in pairs:
        was = module.get_submodule(norm)
        folded = fuse_conv_bn_eval(module.get_submodule(conv), was)  # type: ignore[type-var, arg-type]
        _put(module, conv, folded)
        _put(module, norm, getattr(was, "act", nn.Identity()))  # timm's norms also activate
    return module.eval().requires_grad_(False)


def _put(module: nn.Module, path: str, part: nn.Module) -> None:
    owner, _, name = path.rpartition(".")
    setattr(module.get_submodule(owner), name, part)
