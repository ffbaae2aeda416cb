"""What a step learns from: which pictures, in which views, and what is said of them."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from core.priors import views
from core.training.photographs import UNKNOWN, Photographs

BATCH = 48
SHARES = {"tiny64": 22, "nette128": 6, "caltech128": 8, "one128": 12}  # other sets share evenly
ENOUGH = 20  # pictures of a class, for its label to be told from the other such classes alone
SMALLEST, ASPECT, CONTRAST, BRIGHTNESS = 0.6, 0.12, 0.2, 0.1  # of the views

Answers = tuple[Int64[Tensor, "n k"], Float[Tensor, "n k"]]


@dataclass(frozen=True)
class Batch:
    """Views, labels (-1: none), and the standard network's best classes and probabilities."""

    x: Float[Tensor, "n 3 side side"]
    labels: Int64[Tensor, " n"]
    classes: Int64[Tensor, "n k"]
    probabilities: Float[Tensor, "n k"]


def batch(
    sets: Mapping[str, Photographs],
    answers: Mapping[str, Answers],
    step: int,
    *,
    seed: int,
    side: int,
    device: torch.device,
) -> Batch:
    """The batch of one step, drawn from (seed, step)."""
    noise = views.generator(seed, step, "views")
    parts = []
    for name, count in shares(sets).items():
        chosen = sampled(len(sets[name]), count, step=step, key=(seed, name))
        x = sets[name].pixels[chosen].to(device).float() / 255
        said = (answer[chosen] for answer in answers[name])
        parts.append((view(x, noise, side=side), sets[name].labels[chosen], *said))
    return Batch(*(torch.cat(part).to(device) for part in zip(*parts, strict=True)))


def shares(sets: Mapping[str, Photographs]) -> dict[str, int]:
    """Pictures a batch from each set."""
    known = {name: SHARES[name] for name in sets if name in SHARES}
    return known or dict.fromkeys(sets, max(1, BATCH // len(sets)))


def sampled(
    n: int, count: int, *, step: int, key: tuple[int | str, ...]
) -> Int64[Tensor, " count"]:
    """Which of n pictures a step takes: each once before any comes again, in a new order."""
    first, found = step * count, []
    while count:
        turn, at = divmod(first, n)
        order = torch.randperm(n, generator=views.generator(*key, turn))
        found.append(order[at : at + count])
        first, count = first + len(found[-1]), count - len(found[-1])
    return torch.cat(found)


def view(
    x: Float[Tensor, "n 3 h w"], noise: torch.Generator, *, side: int
) -> Float[Tensor, "n 3 side side"]:
    """Random crops, mirrored or not, of random contrast and brightness; hue says what it is."""
    n = len(x)
    area = SMALLEST + (1 - SMALLEST) * torch.rand(n, generator=noise)
    aspect = (ASPECT * views.uniform(n, noise)).exp()
    wide, tall = (area * aspect).sqrt().clamp(max=1), (area / aspect).sqrt().clamp(max=1)
    right, down = (1 - wide) * views.uniform(n, noise), (1 - tall) * views.uniform(n, noise)
    mirror = torch.randint(0, 2, (n,), generator=noise) * 2 - 1
    nought = torch.zeros(n)
    crops = torch.stack((wide * mirror, nought, right, nought, tall, down), 1).view(n, 2, 3)
    contrast = (1 + CONTRAST * views.uniform(n, noise))[:, None, None, None].to(x.device)
    brightness = (BRIGHTNESS * views.uniform(n, noise))[:, None, None, None].to(x.device)
    seen = views.look(x, crops, side=side)
    mean = seen.mean((1, 2, 3), keepdim=True)
    return ((seen - mean) * contrast + mean + brightness).clamp(0, 1)


def known_classes(sets: Mapping[str, Photographs], classes: int) -> Bool[Tensor, " class"]:
    """Which classes have enough pictures."""
    labels = torch.cat([found.labels for found in sets.values()])
    return labels[labels != UNKNOWN].bincount(minlength=classes) >= ENOUGH


def losses(
    logits: Float[Tensor, "n class"],
    batch: Batch,
    known: Bool[Tensor, " class"],
    *,
    told: float = 0.5,
) -> tuple[Float[Tensor, " n"], Float[Tensor, " n"]]:
    """Each picture's loss against the standard network's answer and against its label, weighted.

    A label of a class with many pictures counts `told`, in [0, 1], and is told from the
    other such classes; one of a class with few counts a fifth, among them all.
    """
    distilled = -(batch.probabilities * logits.log_softmax(1).gather(1, batch.classes)).sum(1)
    labelled = batch.labels != UNKNOWN
    common = labelled & known[batch.labels.clamp(min=0)]
    own = logits.masked_fill(common[:, None] & ~known, -1e4)
    label = F.cross_entropy(own, batch.labels, ignore_index=UNKNOWN, reduction="none")
    weight = told * common + 0.2 * (labelled & ~common)
    return (1 - weight) * distilled, weight * label
