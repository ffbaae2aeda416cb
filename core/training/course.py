"""A training under way: the network, its average, Adam's moments; kept on disk and brought back."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

import torch
from jaxtyping import Float
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from core import disk

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


def started(network: nn.Module) -> Course:
    """Step 0 of a network: of its weights those learn that ask for a slope."""
    average = deepcopy(network).requires_grad_(False)
    learns = learning(network)
    first, second = ({n: torch.zeros_like(p) for n, p in learns.items()} for _ in range(2))
    return Course(network, average, first, second)


def learning(network: nn.Module) -> dict[str, nn.Parameter]:
    """The weights that learn."""
    return {n: p for n, p in network.named_parameters() if p.requires_grad}


def _following(course: Course) -> dict[str, Tensor]:
    """The average's part for each weight that learns."""
    known = dict(course.average.named_parameters())
    return {name: known[name] for name in course.first}


@torch.no_grad()
def descend(
    course: Course, loss: Float[Tensor, ""], *, rate: float, clip: float, average: float
) -> None:
    """One step of Adam on the slope clipped to length `clip`; then the average follows."""
    learns, follows = learning(course.network), _following(course)
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
        "network": learning(course.network),
        "average": _following(course),
        "first": course.first,
        "second": course.second,
    }
