"""Classifiers by the names that timm and torchvision give them: `torchvision/resnet18`."""

import difflib
import os
import re
from collections.abc import Callable
from typing import Any

from core.models.catalogue import Entry, Online
from core.models.classifiers import labels, libraries
from core.models.errors import UnknownNetworkError
from core.models.model import Card

SUGGESTED = (
    "torchvision/resnet18",
    "torchvision/googlenet",
    "torchvision/resnet50",
    "torchvision/convnext_tiny",
    "torchvision/vgg16",
)  # what a page offers; any other goes by its name
LIBRARIES = "timm", "torchvision"
_HASHED = re.compile(r"-([0-9a-f]{8,64})\.pth$")
_UNKNOWN = "not stated by its library"


def entry(name: str) -> Entry:
    """What a library says of one of its networks; raises UnknownNetworkError."""
    library, _, model = name.partition("/")
    return {"timm": _timm, "torchvision": _torchvision}[library](name, model)


def default(architecture: str) -> Entry:
    """What a library says of an architecture, with weights or without any."""
    library, _, model = architecture.partition("/")
    if library not in LIBRARIES:
        raise UnknownNetworkError(
            f"{architecture!r} is no architecture: it begins with {' or '.join(LIBRARIES)}, as in "
            "torchvision/resnet18."
        )
    if library == "timm":
        return _unpublished(architecture, model)
    return entry(architecture)


def _unpublished(architecture: str, model: str) -> Entry:
    """An architecture of timm, which may have no published weights."""
    timm = libraries.timm()
    if not timm.is_model(model):
        raise UnknownNetworkError(_near(architecture, [f"timm/{n}" for n in timm.list_models()]))
    config = timm.get_pretrained_cfg(model) or timm.models.PretrainedCfg()
    return _of_timm(architecture, model, config)


def _torchvision(name: str, model: str) -> Entry:
    models = libraries.torchvision().models
    known = models.list_models(module=models)
    architecture, _, wanted = model.partition(".")
    if architecture not in known:
        raise UnknownNetworkError(_near(name, [f"torchvision/{one}" for one in known]))
    choices = models.get_model_weights(architecture)
    found = next((w for w in choices if w.name == wanted), None) if wanted else choices["DEFAULT"]
    if found is None:
        names = ", ".join(f"{architecture}.{w.name}" for w in choices)
        raise UnknownNetworkError(f"torchvision has no weights {model!r}: choose {names}.")
    seen, meta = found.transforms(), found.meta
    reached = next(iter(meta.get("_metrics", {}).values()), {}).get("acc@1")
    hashed = _HASHED.search(found.url)
    return Entry(
        title=f"{architecture} (torchvision)",
        architecture=f"torchvision/{architecture}",
        size=seen.crop_size[0],
        source=Online(
            found.url, hashed[1] if hashed else "", round(meta.get("_file_size", 0)), pickled=True
        ),
        labels=_named(meta["categories"]),
        mean=tuple(seen.mean),
        deviation=tuple(seen.std),
        card=Card(
            origin=f"torchvision's {architecture}, weights {found.name}: {found.url}.",
            licence="BSD-3-Clause for torchvision; its weights may be bound by their data's terms",
            training_data=f"See {meta.get('recipe', 'the documentation of torchvision')}.",
            accuracy=f"{reached:g} % of ImageNet's validation set, as torchvision states; "
            "not measured here."
            if reached
            else "Not measured here.",
        ),
    )


def _named(categories: list[str]) -> Callable[[], tuple[str, ...]]:
    if len(categories) == labels.IMAGENET:
        return labels.imagenet
    return lambda: labels.apart(categories)


def _timm(name: str, model: str) -> Entry:
    timm = libraries.timm()
    architecture = model.partition(".")[0]
    known = timm.list_pretrained()
    tagged = [one for one in known if one.partition(".")[0] == architecture]
    if model not in tagged and not (model == architecture and tagged):
        raise UnknownNetworkError(_near(name, [f"timm/{one}" for one in tagged or known]))
    config = timm.get_pretrained_cfg(model)
    if config is None or not config.hf_hub_id or not config.num_classes:
        raise UnknownNetworkError(
            f"timm publishes no classifier {model!r} as safetensors: choose another, such as "
            "timm/resnet18.a1_in1k."
        )
    return _of_timm(f"timm/{architecture}", model, config)


def _of_timm(architecture: str, model: str, config: Any) -> Entry:
    hub = os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"
    return Entry(
        title=f"{model} (timm)",
        architecture=architecture,
        size=config.input_size[-1],
        source=Online(f"{hub}/{config.hf_hub_id}/resolve/main/model.safetensors"),
        labels=lambda: _class_names(config),
        mean=tuple(config.mean),
        deviation=tuple(config.std),
        card=Card(
            origin=f"timm's {model}: {config.hf_hub_id} on the Hugging Face Hub.",
            licence=config.license or _UNKNOWN,
            training_data=f"{_UNKNOWN.capitalize()}; the tag {config.tag!r} tells what timm knows.",
            accuracy="Not measured here.",
        ),
    )


def _class_names(config: Any) -> tuple[str, ...]:
    """The classes that timm knows a network to have."""
    data = libraries.timm().data
    subset = data.infer_imagenet_subset(config)
    if subset == "imagenet-1k" and config.num_classes == labels.IMAGENET:
        return labels.imagenet()
    if subset and data.ImageNetInfo(subset).num_classes() == config.num_classes:
        return labels.apart(data.ImageNetInfo(subset).label_descriptions())
    return labels.numbered(config.num_classes)


def _near(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(close)}?" if close else f"choose {', '.join(known[:5])}, ..."
    return f"There is no network {name!r}: {hint}"
