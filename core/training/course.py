"""A stage under way: the network, its average, Adam's moments; kept on disk and brought back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from jaxtyping import Float
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from core import disk
from core.models import Classifier
from core.models.catalogue import CATALOGUE
from core.models.classifiers import efficientnet
from core.networks import difference

FROZEN = "classifier."
BETAS, EPSILON = (0.9, 0.99), 1e-8


@dataclass
class Course:
    """The network that learns, the average that it becomes, and how far it has come."""

    network: nn.Module
    average: nn.Module
    first: dict[str, Tensor]
    second: dict[str, Tensor]
    step: int = 0
    seconds: float = 0.0
    curve: list[dict] = field(default_factory=list)


def twin(standard: Classifier, file: bytes | None = None, *, strength: float = 1.0) -> nn.Module:
    """A network of its own: the standard weights, and `strength` times a shipped difference."""
    weights = {name: t.detach().clone() for name, t in standard.module.state_dict().items()}
    if file is not None:
        weights = difference.unpack(weights, file, strength=strength)
    network = efficientnet.network(CATALOGUE[standard.name].architecture, weights)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def initial_course(standard: Classifier, file: bytes | None) -> Course:
    """A stage at step 0, from a shipped difference or from the standard weights."""
    network, average = twin(standard, file), twin(standard, file)
    learns = tuned(network)
    for p in learns.values():
        p.requires_grad_(True)
    first, second = ({n: torch.zeros_like(p) for n, p in learns.items()} for _ in range(2))
    return Course(network, average, first, second)


def tuned(network: nn.Module) -> dict[str, nn.Parameter]:
    """The weights that learn: all but the classifier's."""
    return {n: p for n, p in network.named_parameters() if not n.startswith(FROZEN)}


@torch.no_grad()
def descend(
    course: Course, loss: Float[Tensor, ""], *, rate: float, clip: float, average: float
) -> None:
    """One step of Adam on the slope clipped to length `clip`; then the average follows."""
    learns, follows = tuned(course.network), tuned(course.average)
    slopes = dict(zip(learns, torch.autograd.grad(loss, list(learns.values())), strict=True))
    length = torch.stack([slope.norm() for slope in slopes.values()]).norm()
    shrink = (clip / length.clamp(min=1e-12)).clamp(max=1)
    course.step += 1
    n = course.step
    kept = min(average, n / (9 + n))  # short at first: the start is forgotten
    for name, slope in slopes.items():
        first, second = course.first[name], course.second[name]
        first.lerp_(slope * shrink, 1 - BETAS[0])
        second.lerp_((slope * shrink).square(), 1 - BETAS[1])
        spread = (second / (1 - BETAS[1] ** n)).sqrt_().add_(EPSILON)
        learns[name].addcdiv_(first, spread, value=-rate / (1 - BETAS[0] ** n))
        follows[name].lerp_(learns[name], 1 - kept)


def keep(course: Course, path: Path, **notes: str) -> None:
    """Write everything that the next step needs."""
    tensors = {
        f"{part}/{name}": t.detach().contiguous()
        for part, found in _parts(course).items()
        for name, t in found.items()
    }
    disk.write(path, save(tensors, metadata=notes))


@torch.no_grad()
def resume(course: Course, path: Path, *, mark: str) -> dict[str, str] | None:
    """Bring back what was kept under the same `mark`, and give its notes; None if nothing was."""
    try:
        with safe_open(path, framework="pt") as file:
            notes = file.metadata() or {}
            if notes.get("mark") != mark:
                return None
            for part, found in _parts(course).items():
                for name, t in found.items():
                    t.copy_(file.get_tensor(f"{part}/{name}"))
    except (OSError, SafetensorError):
        return None
    return notes


def _parts(course: Course) -> Mapping[str, Mapping[str, Tensor]]:
    return {
        "network": tuned(course.network),
        "average": tuned(course.average),
        "first": course.first,
        "second": course.second,
    }
