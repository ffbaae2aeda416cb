"""How often a network is right, and still right under attack, on pictures held out.

A picture counts as right under attack if it is right as it is and no restart of
projected gradient (PGD) changes that. Balls are nested, so a picture that a
small ball lost is lost in a larger one and not attacked again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from core import attacks
from core.attacks import Network, Task
from core.priors import views
from core.training.photographs import Photographs

AT_ONCE, BINS = 64, 15


@dataclass(frozen=True)
class Question:
    """Is the class of these pictures among the `best` of the classes `among`?"""

    name: str
    pictures: Photographs
    among: Bool[Tensor, " class"]
    best: int = 1


def questions(
    held_out: Mapping[str, Photographs],
    known: Bool[Tensor, " class"],
    *,
    most: int,
    full: bool = True,
) -> Iterator[Question]:
    """What can be asked of these pictures, of `most` pictures of each set.

    known: the classes with many pictures to learn from. A set of such classes is
    asked for one of its own and, where `full`, for one of all; the rest for five
    of all, the known classes apart.
    """
    known = known.cpu()
    for name, found in held_out.items():
        own = torch.zeros_like(known)
        own[found.labels] = True
        few, every = spread(found, most), torch.ones_like(known)
        if bool((own & ~known).any()):
            for which, said in ((known, "trained classes"), (~known, "other classes")):
                part = Photographs(few.pixels[which[few.labels]], few.labels[which[few.labels]])
                if len(part):
                    yield Question(f"{name}, {said}, top 5", part, every, best=5)
        else:
            yield Question(f"{name}, {int(own.sum())}-way", few, own)
            if full and not bool(own.all()):
                yield Question(f"{name}, {len(every)}-way", few, every)


def spread(found: Photographs, most: int) -> Photographs:
    """At most so many pictures, evenly over the set."""
    chosen = torch.linspace(0, len(found) - 1, min(most, len(found))).long()
    return Photographs(found.pixels[chosen], found.labels[chosen])


def sized(found: Photographs, side: int, device: torch.device) -> Float[Tensor, "n 3 side side"]:
    """Whole pictures at another side, bilinear: lite0 is right oftener so than after bicubic."""
    x = found.pixels.to(device).float() / 255
    if x.shape[-1] == side:
        return x
    return F.interpolate(x, (side, side), mode="bilinear", antialias=True)


def accuracies(
    network: Network,
    question: Question,
    *,
    side: int,
    device: torch.device,
    radii: Sequence[float] = (),
    steps: int = 10,
    restarts: int = 1,
) -> dict[str, float]:
    """The share of right answers: "clean", and "L2 r" for each radius r, from small to large.

    Also the mean confidence and the calibration error (Guo et al. 2017, 15 bins)
    of the clean answers.
    """
    batches = range(0, len(question.pictures), AT_ONCE)
    parts = [_part(question.pictures, first) for first in batches]
    logits_of = _restricted(network, question.among.to(device))
    right: dict[str, list[Tensor]] = {"clean": [], **{f"L2 {r:g}": [] for r in radii}}
    sure = []
    for number, part in enumerate(parts):
        x, labels = sized(part, side, device), part.labels.to(device)
        with torch.no_grad():
            sure.append(logits_of(x).softmax(1).max(1))
        holds = _right(logits_of, x, labels, question.best)
        right["clean"].append(holds)
        for radius in radii:
            for restart in range(restarts):
                noise = views.generator("held out", number, f"{radius:g}", restart)
                holds = _withstood(
                    logits_of, x, labels, holds, best=question.best, radius=radius, steps=steps,
                    noise=noise,
                )  # fmt: skip
            right[f"L2 {radius:g}"].append(holds)
    shares = {name: float(torch.cat(found).float().mean()) for name, found in right.items()}
    confidence = torch.cat([values for values, _ in sure]).cpu()
    first = torch.cat([best for _, best in sure]).cpu() == question.pictures.labels
    return shares | {
        "confidence": float(confidence.mean()),
        "calibration error": calibration_error(confidence, first),
    }


def calibration_error(confidence: Float[Tensor, " n"], right: Bool[Tensor, " n"]) -> float:
    """How far confidence and accuracy lie apart, in the mean over bins of confidence."""
    bins = (confidence * BINS).long().clamp(max=BINS - 1)
    apart = torch.zeros(BINS).index_add_(0, bins, confidence - right.float())
    return float(apart.abs().sum() / len(confidence))


def targeted(
    network: Network, pictures: Photographs, *, side: int, device: torch.device, radius: float,
    steps: int = 40,
) -> float:  # fmt: skip
    """The share of pictures that an attack in this ball brings to a class drawn at random."""
    classes = 1000
    drawn = torch.randint(1, classes, (len(pictures),), generator=views.generator("targets"))
    wanted = (pictures.labels + drawn) % classes  # never the true one
    hits = []
    for first in range(0, len(pictures), AT_ONCE):
        x = sized(_part(pictures, first), side, device)
        target = wanted[first : first + AT_ONCE].to(device)
        noise = views.generator("targeted", first)
        task = _task(network, x, pictures.labels[first : first + AT_ONCE], radius, steps)
        x = _attacked(replace(task, targets=target), noise)
        hits.append(_right(network, x, target, 1))
    return float(torch.cat(hits).float().mean())


def _withstood(
    network: Network,
    x: Tensor,
    labels: Int64[Tensor, " n"],
    holds: Bool[Tensor, " n"],
    *,
    best: int,
    radius: float,
    steps: int,
    noise: torch.Generator,
) -> Bool[Tensor, " n"]:
    """Which of the pictures that hold still do after one more attack."""
    left = holds.nonzero()[:, 0]
    if not len(left):
        return holds
    of = labels[left]
    x = _attacked(_task(network, x[left], of, radius, steps), noise)
    after = holds.clone()
    after[left] = _right(network, x, of, best)
    return after


def _task(network: Network, x: Tensor, labels: Tensor, radius: float, steps: int) -> Task:
    """Projected gradient in L2, steps of a quarter of the radius, on pictures of any values."""
    each = torch.full((len(x),), radius, device=x.device)
    return Task(network, x, labels.to(x.device), each, norm="L2", steps=steps, on_grid=False)


def _attacked(task: Task, noise: torch.Generator) -> Tensor:
    """The pictures after an attack from a random start."""
    return attacks.done(attacks.ATTACKS["PGD"], task, attacks.scattered(task, noise))


@torch.no_grad()
def _right(network: Network, x: Tensor, labels: Tensor, best: int) -> Bool[Tensor, " n"]:
    return (network(x).topk(best).indices == labels[:, None]).any(1)


def _restricted(network: Network, among: Bool[Tensor, " class"]) -> Network:
    return lambda x: network(x).masked_fill(~among, -1e4)


def _part(found: Photographs, first: int) -> Photographs:
    rows = slice(first, first + AT_ONCE)
    return Photographs(found.pixels[rows], found.labels[rows])
