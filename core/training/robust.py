"""A robust twin of a network: fine-tuned on pictures that are attacked while it learns.

The norms are folded into the convolutions first, so the attack sees the network
that is deployed; the classifier stays as it is, so both twins share their head
and what their features mean. Each step moves every picture once uphill in a
ball of L2, from a random start (Wong, Rice and Kolter, Fast is better than free,
2020), and learns there from the label and from what the standard network says
of the clean picture: that keeps the classes of which there are few pictures.
The largest ball grows over a stage, and in its last third an attack may take
several steps. Departures: L2 in place of L-infinity, a single step as long as the
radius, and a radius of its own for each picture.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from core import disk, models
from core.attacks import BALLS, uphill
from core.models import Classifier
from core.models.catalogue import CATALOGUE
from core.models.classifiers import efficientnet
from core.networks import difference
from core.priors import views
from core.training import batches, course, evaluation, photographs, teacher
from core.training.batches import Answers, Batch
from core.training.course import Course
from core.training.photographs import Photographs

SCRATCH = Path("build/training")
FROZEN = "classifier."  # what does not learn
EVERY, KEEP, CHECK = 25, 50, 250  # steps from report to report, checkpoint, held-out numbers
FEW = 128  # pictures of each held-out set, for numbers in between
LEAST = 0.3  # of the largest radius, for the picture that is attacked the least
SEVERAL = 2 / 3  # of a stage, after which an attack may take more than one step
SIDE = 96  # px, at which radii are given; the same strength is longer on a larger side
LOSSLESS = 0.01  # how far int8 may move the probability of the best class, in the mean


@dataclass(frozen=True)
class Recipe:
    """One stage, as long as `steps`, or, without them, as `seconds`."""

    steps: int | None = None
    seconds: float | None = None
    side: int = 96
    radius: tuple[float, float] = (0.25, 0.7)  # L2 over [0, 1] at 96 px, from and to
    ramp: float = 0.6  # of the stage, until the last radius is reached
    attack_steps: int = 1  # in the last third of the stage; before it one
    told: float = 0.5  # how much the label counts beside the standard network's answer
    learning_rate: float = 3e-4
    last_rate: float = 0.3  # of the peak, at the end of the stage
    warm_up: int = 200  # steps
    average: float = 0.998
    clip: float = 2.0
    seed: int = 0  # another one for every stage: another order of the pictures


@dataclass(frozen=True)
class Report:
    """What a stage has come to; losses are means since the last report, in nats."""

    step: int
    pictures: int
    seconds: float
    progress: float
    radius: float
    losses: Mapping[str, float] = field(default_factory=dict)
    held_out: Mapping[str, float] = field(default_factory=dict)


def train(
    folder: Path,
    *,
    recipe: Recipe,
    out: Path,
    start: Path | None = None,
    of: str = "lite0",
    scratch: Path = SCRATCH,
) -> Iterator[Report]:
    """One stage, from the standard network or from the file of the stage before, into `out`.

    A stage that was cut short goes on from its last checkpoint in `scratch`. A
    report every 25 steps, with held-out numbers every 250 and at the end; then the
    file, and its card beside it.
    """
    standard = models.classifier(of)
    trained, held_out = photographs.read(folder, standard.labels)
    known = batches.known_classes(trained, len(standard.labels)).to(standard.device)
    answers = {name: _answers(standard, found, scratch) for name, found in trained.items()}
    stage = initial_course(standard, start.read_bytes() if start else None)
    checkpoint = scratch / f"{of}-robust.safetensors"
    mark = _mark(recipe, standard, start)
    _resume(stage, checkpoint, mark)
    for found in _steps(stage, recipe, trained, answers, known, standard):
        due = found.progress >= 1 or found.step % CHECK == 0
        numbers = check(standard, stage.average, held_out, known, side=recipe.side) if due else {}
        report = replace(found, held_out=numbers)
        if due:
            stage.curve.append(asdict(report))
        if report.progress < 1 and report.step % KEEP == 0:
            curve = json.dumps(stage.curve)
            notes = {"step": str(stage.step), "seconds": repr(stage.seconds), "curve": curve}
            course.keep(stage, checkpoint, mark=mark, **notes)
        yield report
    file, apart = packed(standard, stage.average, held_out, side=recipe.side)
    card = _card(standard, trained, stage, recipe, start) | {
        "trained classes": known.nonzero()[:, 0].tolist(),
        "mean change of the best probability by int8": apart,
        "bytes": len(file),
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    disk.write(out, file)
    disk.write(out.with_suffix(".json"), json.dumps(card, indent=1).encode())
    checkpoint.unlink(missing_ok=True)


def twin(standard: Classifier, file: bytes | None = None, *, strength: float = 1.0) -> nn.Module:
    """A network of its own: the standard weights, and `strength` times a shipped difference."""
    weights = {name: t.detach().clone() for name, t in standard.module.state_dict().items()}
    if file is not None:
        weights = difference.unpack(weights, file, strength=strength)
    network = efficientnet.network(CATALOGUE[standard.name].architecture, weights)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def initial_course(standard: Classifier, file: bytes | None) -> Course:
    """A stage at step 0, from a shipped difference or from the standard weights."""
    network = twin(standard, file)
    for name, p in network.named_parameters():
        p.requires_grad_(not name.startswith(FROZEN))
    return course.started(network)


def _steps(
    stage: Course,
    recipe: Recipe,
    sets: Mapping[str, Photographs],
    answers: Mapping[str, Answers],
    known: Bool[Tensor, " class"],
    standard: Classifier,
) -> Iterator[Report]:
    pictures = sum(batches.shares(sets).values())
    total, count = torch.zeros(2, device=standard.device), 0
    began = time.monotonic() - stage.seconds
    while True:
        done = progress(stage, recipe)
        if done >= 1 or stage.step % EVERY == 0:
            distilled, label = (total / max(count, 1)).tolist()
            total, count = torch.zeros_like(total), 0
            yield Report(
                stage.step, stage.step * pictures, stage.seconds, done, radius_at(done, recipe),
                {"distilled": distilled, "label": label},
            )  # fmt: skip
        if done >= 1:
            return
        batch = batches.batch(
            sets, answers, stage.step, seed=recipe.seed, side=recipe.side, device=standard.device
        )
        total += step(stage, batch, known, recipe=recipe, look=standard.normalised)
        count += 1
        stage.seconds = time.monotonic() - began


def step(
    stage: Course,
    batch: Batch,
    known: Bool[Tensor, " class"],
    *,
    recipe: Recipe,
    look: Callable[[Tensor], Tensor],
) -> Float[Tensor, "2"]:
    """Attack the pictures, learn from them as they are then; both losses, in the mean."""
    noise = views.generator(recipe.seed, stage.step, "attack")
    done = progress(stage, recipe)

    def losses(x: Tensor) -> Float[Tensor, "2 n"]:
        logits = stage.network(look(x))
        return torch.stack(batches.losses(logits, batch, known, told=recipe.told))

    size = LEAST + (1 - LEAST) * torch.rand(len(batch.x), generator=noise).to(batch.x.device)
    radius = radius_at(done, recipe) * size
    ball = BALLS["L2"]
    change = ball.scattered(batch.x, radius, noise)
    times = recipe.attack_steps if done >= SEVERAL else 1
    for _ in range(times):
        slope = uphill.slope(lambda x: losses(x).sum(0), batch.x + change)
        length = radius / times**0.5  # two that turn by a right angle still reach the edge
        change = uphill.steepest_step(ball, batch.x, change, slope, size=length, radius=radius)
    found = losses(batch.x + change).mean(1)
    rate = rate_at(stage.step, done, recipe)
    course.descend(stage, found.sum(), rate=rate, clip=recipe.clip, average=recipe.average)
    return found.detach()


def progress(stage: Course, recipe: Recipe) -> float:
    """How much of the stage is done, in [0, 1]."""
    if recipe.steps is not None:
        return min(1.0, stage.step / recipe.steps) if recipe.steps else 1.0
    return min(1.0, stage.seconds / recipe.seconds) if recipe.seconds else 1.0


def radius_at(done: float, recipe: Recipe) -> float:
    """The largest radius at this point of the stage, on its side."""
    low, high = recipe.radius
    return (low + (high - low) * min(1.0, done / recipe.ramp)) * recipe.side / SIDE


def rate_at(step: int, done: float, recipe: Recipe) -> float:
    """The learning rate: a warm-up, then a straight line down."""
    fall = 1 - (1 - recipe.last_rate) * done
    return recipe.learning_rate * min(1.0, (step + 1) / recipe.warm_up) * fall


def _answers(standard: Classifier, found: Photographs, scratch: Path) -> Answers:
    classes, probabilities = zip(*teacher.predictions(standard, found, scratch), strict=True)
    return torch.cat(classes), torch.cat(probabilities)


def _mark(recipe: Recipe, standard: Classifier, start: Path | None) -> str:
    """What a checkpoint must have been made for; more seconds may be given when it goes on."""
    begins = hashlib.sha256(start.read_bytes()).hexdigest() if start else None
    return json.dumps([asdict(replace(recipe, seconds=None)), begins, standard.fingerprint])


def _resume(stage: Course, checkpoint: Path, mark: str) -> None:
    notes = course.resume(stage, checkpoint, mark=mark)
    if notes:
        stage.step, stage.seconds = int(notes["step"]), float(notes["seconds"])
        stage.curve = json.loads(notes["curve"])


def check(
    standard: Classifier,
    network: nn.Module,
    held_out: Mapping[str, Photographs],
    known: Bool[Tensor, " class"],
    *,
    side: int,
) -> dict[str, float]:
    """A few held-out numbers, cheap enough for every few minutes."""
    found = {}
    for question in evaluation.questions(held_out, known, most=FEW, full=False):
        others = question.best > 1
        size = 128 if others else side
        numbers = evaluation.accuracies(
            _logits(standard, network), question, side=size, device=standard.device, steps=5,
            radii=() if others else (0.5 * side / SIDE,),
        )  # fmt: skip
        numbers = {n: v for n, v in numbers.items() if n == "clean" or n.startswith("L2")}
        found |= {f"{question.name} @{size}, {n}": value for n, value in numbers.items()}
    return found


def packed(
    standard: Classifier, network: nn.Module, held_out: Mapping[str, Photographs], *, side: int
) -> tuple[bytes, float]:
    """The shipped file, and how far int8 moves the probability of the best class, in the mean."""
    base, tuned = standard.module.state_dict(), network.state_dict()
    file = difference.pack(base, tuned)
    again = twin(standard, file)
    moves = [torch.zeros(1)]
    with torch.no_grad():
        for found in held_out.values():
            x = evaluation.sized(evaluation.spread(found, FEW), side, standard.device)
            for part in standard.normalised(x).split(evaluation.AT_ONCE):
                before, after = network(part).softmax(1), again(part).softmax(1)
                best = before.argmax(1, keepdim=True)
                moves.append((before - after).gather(1, best)[:, 0].abs().cpu())
    apart = float(torch.cat(moves).mean())
    return file if apart <= LOSSLESS else difference.pack(base, tuned, eight_bit=False), apart


def _card(
    standard: Classifier,
    trained: Mapping[str, Photographs],
    stage: Course,
    recipe: Recipe,
    start: Path | None,
) -> dict[str, Any]:
    before = json.loads(start.with_suffix(".json").read_text())["stages"] if start else []
    this = {
        "recipe": asdict(recipe),
        "shares": batches.shares(trained),
        "steps": stage.step,
        "seconds": stage.seconds,
        "curve": stage.curve,
    }
    return {
        "network": f"{standard.title}, fine-tuned on attacked pictures",
        "difference to": {"fingerprint": standard.fingerprint, "origin": standard.card.origin},
        "licence": standard.card.licence,
        "pictures": {
            name: {"count": len(found), "origin": photographs.ORIGINS.get(name, "a folder")}
            for name, found in trained.items()
        },
        "stages": [*before, this],
    }


STRENGTHS, SIDES, RADII = (0.0, 0.25, 0.5, 0.75, 1.0), (96, 128), (0.25, 0.5, 1.0)


def evaluate(folder: Path, file: Path, **choices: Any) -> dict[str, Any]:
    """What the card says under "measured": the rows, and how they were made."""
    return {
        "attack": "PGD-10, L2 over [0, 1] at the row's side, steps of a quarter of the radius; "
        "three restarts at strengths 0 and 1, one between",
        "pictures": "held out from the training; whole, bilinear to the side",
        "rows": list(rows(folder, file, **choices)),
    }


def rows(
    folder: Path,
    file: Path,
    *,
    of: str = "lite0",
    strengths: Sequence[float] = STRENGTHS,
    sides: Sequence[int] = SIDES,
    most: int = 400,
) -> Iterator[dict[str, Any]]:
    """A table of pictures held out: a row for each strength of the twin, question and side.

    The standard network is strength 0. It and the whole twin are attacked with
    three restarts at three radii, what lies between with one at .5; and both in
    a targeted way, in rows of their own.
    """
    standard = models.classifier(of)
    trained, held_out = photographs.read(folder, standard.labels)
    known = batches.known_classes(trained, len(standard.labels))
    data = file.read_bytes()
    for strength in strengths:
        network = _logits(standard, twin(standard, data, strength=strength))
        whole = strength in (0, 1)
        radii, restarts = (RADII, 3) if whole else ((0.5,), 1)
        for question in evaluation.questions(held_out, known, most=most):
            for side in sides:
                numbers = evaluation.accuracies(
                    network,
                    question,
                    side=side,
                    device=standard.device,
                    radii=radii,
                    restarts=restarts,
                )
                about = {"question": question.name, "side": side, "n": len(question.pictures)}
                yield {"strength": strength, **about, **numbers}
        for name, found in held_out.items() if whole else ():
            few = evaluation.spread(found, 40)
            hits = evaluation.targeted(network, few, side=128, device=standard.device, radius=2.0)
            about = {"question": f"{name}, targeted L2 2", "side": 128, "n": len(few)}
            yield {"strength": strength, **about, "hits": hits}


def _logits(standard: Classifier, network: nn.Module) -> evaluation.Network:
    return lambda x: network(standard.normalised(x))
