"""The small digit network and the linear digit model: scikit-learn's digits, and views of them.

Both learn from the same views, drawn from (seed, step): turned, moved, scaled,
of less contrast, with noise. Of the 1797 scans 397 are held out; a hundred of
these, ten of each digit, ship with the lab. What is written is rounded to fp16
first, and its card says what that reached on the scans that it never saw.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from safetensors.torch import save
from torch import Tensor, nn

from core import disk, pictures
from core.networks import digits as networks
from core.priors import views
from core.worlds import digits

HELD_OUT, BATCH, EVERY, MOST = (
    397,
    128,
    100,
    10**5,
)  # scans, pictures a step, steps to a report, steps
TURN, ZOOM, SHIFT = 15, 0.15, 0.14  # degrees; share of the size; of half a side
CONTRAST, NOISE = 0.4, 0.08  # the least there is of it, and the largest deviation
BETAS, EPSILON = (0.9, 0.999), 1e-8
ORIGIN = (
    "Optical Recognition of Handwritten Digits (Alpaydin and Kaynak 1998, UCI), as scikit-learn "
    "ships it: 1797 scans of 8 x 8, CC BY 4.0."
)


class RecipeError(ValueError):
    """A training that cannot be; the message names the limit."""


@dataclass(frozen=True)
class Recipe:
    """How long, how fast, and how much weights cost (of the linear model, so that they are smooth)."""

    steps: int = 1500
    learning_rate: float = 2e-3
    decay: float = 0.0
    seed: int = 0


RECIPES = {
    networks.SMALL: Recipe(),
    networks.LINEAR: Recipe(steps=3000, learning_rate=1e-2, decay=3e-3),
}


@dataclass(frozen=True)
class Report:
    """What the training has come to: the mean loss since the last report, in nats."""

    step: int
    loss: float
    held_out: float  # share of the held-out scans that is right


@dataclass(frozen=True)
class Scans:
    """Small pictures in [0, 1] with what they show."""

    small: Float[Tensor, "n 8 8"]
    labels: Int64[Tensor, " n"]

    def __getitem__(self, rows: Tensor) -> "Scans":
        return Scans(self.small[rows], self.labels[rows])


def read(seed: int = 0) -> tuple[Scans, Scans]:
    """The scans to learn from, and those that are held out."""
    from sklearn.datasets import load_digits

    data: Any = load_digits()
    small = torch.from_numpy(data.images).float() / 16
    whole = Scans(small, torch.from_numpy(data.target).long())
    order = torch.randperm(len(small), generator=views.generator(seed, "held out"))
    return whole[order[HELD_OUT:]], whole[order[:HELD_OUT]]


def shipped(held_out: Scans) -> Float[Tensor, "100 8 8"]:
    """The first ten of each digit among those that are held out, a row for each digit."""
    first = [torch.nonzero(held_out.labels == k)[: digits.EACH, 0] for k in range(digits.CLASSES)]
    return held_out.small[torch.cat(first)]


def view(x: Float[Tensor, "n 3 h w"], noise: torch.Generator) -> Float[Tensor, "n 3 h w"]:
    """Each picture turned, moved, scaled, of less contrast, with noise."""
    n = len(x)
    angle = views.uniform(n, noise) * math.radians(TURN)
    zoom = 1 + ZOOM * views.uniform(n, noise)
    right, down = (SHIFT * views.uniform(n, noise) for _ in range(2))
    rows = (zoom * angle.cos(), -zoom * angle.sin(), right, zoom * angle.sin(), zoom * angle.cos())
    grid = F.affine_grid(
        torch.stack((*rows, down), 1).view(-1, 2, 3), list(x.shape), align_corners=False
    )
    seen = F.grid_sample(x, grid, align_corners=False)
    contrast = (CONTRAST + (1 - CONTRAST) * torch.rand(n, generator=noise)).view(-1, 1, 1, 1)
    level = torch.rand(n, generator=noise).view(-1, 1, 1, 1)
    grain = NOISE * torch.rand(n, generator=noise).view(-1, 1, 1, 1)
    grey = seen * contrast + level * (1 - contrast)
    grey = grey + grain * torch.randn(n, 1, *x.shape[2:], generator=noise)
    return grey.clamp(0, 1)


def train(name: str, *, out: Path, recipe: Recipe | None = None) -> Iterator[Report]:
    """Train the network of that name into `out`, its card beside it; a report every 100 steps."""
    recipe = recipe or RECIPES[name]
    learn, held_out = read()
    module = _initialised(networks.KINDS[name](), recipe.seed)
    report, curve = None, []
    for report in _steps(module, learn, held_out, recipe):
        curve.append(asdict(report))
        yield report
    weights = {key: value.half().contiguous() for key, value in module.state_dict().items()}
    read_back = networks.network(name, {key: value.float() for key, value in weights.items()})
    file = save(weights, metadata={"network": name})
    card = {
        "network": name,
        "recipe": asdict(recipe),
        "data": ORIGIN,
        "learned from": len(learn.labels),
        "held out": accuracy(read_back, held_out),
        "bytes": len(file),
        "curve": curve,
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    disk.write(out, file)
    disk.write(out.with_suffix(".json"), json.dumps(card, indent=1).encode())


def write_sheet(path: Path = digits.SHEET) -> None:
    """The hundred digits that ship, as one picture."""
    disk.write(path, pictures.png(digits.sheet(shipped(read()[1]))))


def _initialised(module: nn.Module, seed: int) -> nn.Module:
    """Weights as He et al. 2015 draw them, no biases."""
    random = views.generator(seed, "weights")
    for p in module.parameters():
        spread = math.sqrt(2 / p[0].numel()) if p.ndim > 1 else 0.0
        p.data = spread * torch.randn(p.shape, generator=random)
    return module


def _steps(module: nn.Module, learn: Scans, held_out: Scans, recipe: Recipe) -> Iterator[Report]:
    learns = list(module.parameters())
    moments = [(torch.zeros_like(p), torch.zeros_like(p)) for p in learns]
    x, total = digits.enlarged(learn.small), 0.0
    for step in range(1, recipe.steps + 1):
        noise = views.generator(recipe.seed, step, "digits")
        rows = torch.randint(len(x), (BATCH,), generator=noise)
        loss = F.cross_entropy(module(view(x[rows], noise)), learn.labels[rows])
        cost = sum(p.square().sum() for p in learns if p.ndim > 1)
        slopes = torch.autograd.grad(loss + recipe.decay * cost, learns)
        rate = recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * step / recipe.steps))
        with torch.no_grad():
            for p, slope, (first, second) in zip(learns, slopes, moments, strict=True):
                first.lerp_(slope, 1 - BETAS[0])
                second.lerp_(slope.square(), 1 - BETAS[1])
                spread = (second / (1 - BETAS[1] ** step)).sqrt_().add_(EPSILON)
                p.addcdiv_(first, spread, value=-rate / (1 - BETAS[0] ** step))
        total += loss.item()
        if step % EVERY == 0 or step == recipe.steps:
            since = (step - 1) % EVERY + 1
            yield Report(step, total / since, accuracy(module, held_out)["right"])
            total = 0.0


@torch.no_grad()
def accuracy(module: nn.Module, scans: Scans) -> Mapping[str, Any]:
    """How many of the scans the network reads right, as they are and at half contrast."""
    x = digits.enlarged(scans.small)

    def right(x: Tensor) -> int:
        return int((module(x).argmax(1) == scans.labels).sum())

    found = {"pictures": len(x), "number right": right(x), "at half contrast": right(0.25 + x / 2)}
    return found | {"right": found["number right"] / len(x)}


def recipe_for(name: str, *, steps: int | None, seed: int) -> Recipe:
    """The recipe of that network with what was asked for; raises RecipeError."""
    if steps is not None and not 1 <= steps <= MOST:
        raise RecipeError(f"steps = {steps} is out of range: choose 1 to {MOST}.")
    return replace(RECIPES[name], steps=steps or RECIPES[name].steps, seed=seed)
