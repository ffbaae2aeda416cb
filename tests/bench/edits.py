"""Edits of critters in a latent space, judged by the factors that a reader finds in the pictures.

Two peers, written here from their papers. InterFaceGAN (Shen et al. 2020,
https://arxiv.org/abs/1907.10786): the normal of a linear SVM, and steps along it.
Departure: labels are the truth, so all latents are learned from, and not the surest alone.
GANSpace (Haerkoenen et al. 2020, https://arxiv.org/abs/2004.02546): a principal component
of the latents; a person would choose it by eye, here the one that correlates best does.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from core.latents import directions, manifold, spaces
from core.latents.directions import Hyperplane
from core.latents.unseen import portrait
from core.metrics import leakage, neighbours
from core.metrics.samples import SamplesError
from core.models import Generator
from core.models.reader import Reader
from core.worlds import critters

SEED, COUNT = 101, 100  # of the critters that are edited; no training drew them
FAR = 2.0  # deviations of the known distances, from the frontier to where an edit ends
RANDOM = 4  # random directions for each attribute
REAL = 512  # known critters among which an edited one is to lie

FACTORS = tuple(critters.FACTORS)
LINE = [FACTORS.index(name) for name in critters.EDITED]  # leakage: of what moves along a line
CIRCLES = [i for i, name in enumerate(FACTORS) if critters.FACTORS[name].kind == "circular"]

Latents = Float[Tensor, "n latent"]
Readings = Float[Tensor, "n factor"]


@dataclass(frozen=True)
class Judge:
    """Who edits, who reads, and what is edited. before: what is read in z, drawn again."""

    generator: Generator
    reader: Reader
    factors: critters.Factors
    z: Latents
    before: Readings
    spread: Float[Tensor, " factor"]
    real: Float[Tensor, "m feature"]


@dataclass(frozen=True)
class Asked:
    """What an edit is to do: to the other side of the boundary, upwards or not.

    truth: the factors that the critters should have then.
    """

    attribute: str
    boundary: float
    upwards: Bool[Tensor, " n"]
    truth: critters.Factors

    @property
    def sign(self) -> Float[Tensor, "n 1"]:
        """1 upwards, -1 downwards."""
        return 2.0 * self.upwards[:, None] - 1


@dataclass(frozen=True)
class Found:
    """What came of an edit, a number for each critter.

    crossed: its own factor is on the other side; alone: every other stayed as well; stayed: the
    share of the others that did; inside: the picture lies among real ones. moved: the mean change of each factor, in deviations, towards
    the side that was asked.
    """

    crossed: Bool[Tensor, " n"]
    alone: Bool[Tensor, " n"]
    stayed: Float[Tensor, " n"]
    inside: Bool[Tensor, " n"]
    moved: Float[Tensor, " factor"]


@torch.no_grad()
def judge(generator: Generator, reader: Reader) -> Judge:
    """The judge of a generator's edits."""
    factors = critters.sample(COUNT, seed=SEED)
    known = critters.sample(len(spaces.known(generator).z), seed=critters.KNOWN)
    z = generator.encode(portrait(factors, generator.side))
    real = portrait({name: column[:REAL] for name, column in known.items()}, generator.side)
    return Judge(
        generator,
        reader,
        factors,
        z,
        readings(reader, generator.decode(z)),
        columns(known).std(0),
        reader.features(real),
    )


def readings(reader: Reader, x: Float[Tensor, "n 3 h w"]) -> Readings:
    """Every factor that the reader finds, a column each."""
    return columns(reader.read(x))


def columns(factors: critters.Factors) -> Readings:
    """The factors side by side, in the order of FACTORS."""
    return torch.stack([factors[name].float() for name in FACTORS], 1)


def asked(judge: Judge, attribute: str) -> Asked:
    """To the other side; a continuous factor goes as far in truth as in the latents, or to its limit."""
    row, now = critters.FACTORS[attribute], judge.factors[attribute]
    known = spaces.known(judge.generator).values[attribute]
    if row.kind == "categorical":
        to = 1 - now
        return Asked(attribute, 0.5, now < 0.5, critters.intervene(judge.factors, attribute, to))
    boundary = float(known.mean())
    upwards = now < boundary
    way = FAR * float(known.std()) * (2.0 * upwards - 1)
    to = (boundary + way).clamp(row.low, row.high)
    return Asked(attribute, boundary, upwards, critters.intervene(judge.factors, attribute, to))


def edited(
    judge: Judge,
    wish: Asked,
    plane: Hyperplane,
    along: Float[Tensor, " latent"] | None = None,
    far: float = FAR,
) -> Latents:
    """The latents across the frontier, so many deviations of the known distances behind it."""
    far *= float(directions.distance(spaces.known(judge.generator).z, plane).std())
    over, under = (directions.move(judge.z, plane, to, along=along) for to in (far, -far))
    return torch.where(wish.upwards[:, None], over, under)


def stepped(
    judge: Judge, wish: Asked, like: Latents, direction: Float[Tensor, " latent"]
) -> Latents:
    """The latents as far along another direction as those of `like` have come."""
    length = (like - judge.z).norm(dim=1, keepdim=True)
    return judge.z + wish.sign * length * direction / direction.norm()


def random(plane: Hyperplane, seed: int) -> Float[Tensor, "k latent"]:
    """Random directions, each turned to the side of the larger label."""
    drawn = manifold.null_directions(plane.normal, RANDOM, seed=seed)
    return drawn * (drawn @ plane.normal).sign()[:, None]


@torch.no_grad()
def found(judge: Judge, wish: Asked, z: Latents) -> Found:
    """What came of an edit in the latents, beside the pictures of the latents as they were."""
    x = judge.generator.decode(z)
    return _found(judge, wish, judge.before, readings(judge.reader, x), judge.reader.features(x))


@torch.no_grad()
def true(judge: Judge, wish: Asked) -> Found:
    """The same of the true edit, which the world draws: what is amiss is the reader's."""
    before, after = (portrait(one, judge.generator.side) for one in (judge.factors, wish.truth))
    features = judge.reader.features(after)
    return _found(
        judge, wish, readings(judge.reader, before), readings(judge.reader, after), features
    )


@torch.no_grad()
def redrawn(judge: Judge, wish: Asked) -> Found:
    """The same of the true edit, encoded and drawn again: what is amiss is no direction's."""
    x = portrait(wish.truth, judge.generator.side)
    return found(judge, wish, judge.generator.encode(x.to(judge.z.device)))


def _found(
    judge: Judge, wish: Asked, before: Readings, after: Readings, features: Float[Tensor, "n d"]
) -> Found:
    """A change that belongs to the edit, as a dog's ears droop, is no leakage: it is awaited."""
    target = FACTORS.index(wish.attribute)
    due = columns(wish.truth) - columns(judge.factors)
    due[:, target] = 0
    awaited = before + due
    inside = neighbours.inside(features, judge.real)
    changes = leakage.changes(awaited, after, judge.spread, circular=CIRCLES)
    rule: dict[str, Any] = {
        "target": target,
        "boundary": wish.boundary,
        "upwards": wish.upwards,
        "inside": torch.ones_like(inside),  # a figure of its own
    }
    crossed = torch.where(
        wish.upwards, after[:, target] > wish.boundary, after[:, target] < wish.boundary
    )
    alone = leakage.succeeded(awaited, after, judge.spread, **rule, circular=CIRCLES)
    others = torch.arange(len(FACTORS)) != target
    stayed = (changes[:, others].abs() <= leakage.TOLERANCE).float().mean(1)
    return Found(crossed, alone, stayed, inside, (wish.sign * changes).mean(0))


def leak(attributes: Sequence[str], edits: Sequence[Found]) -> float:
    """The leakage of edits, each of an attribute; infinite where they do not move their own."""
    matrix = torch.stack([one.moved[LINE] for one in edits])
    try:
        return leakage.leakage(matrix, [critters.EDITED.index(name) for name in attributes])
    except SamplesError:
        return math.inf


def share(of: Sequence[Tensor]) -> float:
    """The share of all edits of which that is true, or the mean of their shares."""
    return float(torch.cat(list(of)).float().mean())


def boundary(z: Latents, upper: Bool[Tensor, " n"]) -> Float[Tensor, " latent"]:
    """InterFaceGAN's direction: the normal of a linear SVM, of length 1."""
    from sklearn.svm import SVC

    machine: Any = SVC(kernel="linear").fit(z.numpy(), upper.numpy())
    normal = torch.tensor(machine.coef_[0]).to(z)
    return normal / normal.norm()


def component(z: Latents, values: Float[Tensor, " n"]) -> Float[Tensor, " latent"]:
    """GANSpace's direction: of the principal components the one that goes best with the values."""
    rows = z.double().numpy() - z.double().numpy().mean(0)
    _, _, axes = np.linalg.svd(rows, full_matrices=False)
    along = rows @ axes.T
    fits = [np.corrcoef(one, values.double().numpy())[0, 1] for one in along.T]
    best = int(np.abs(fits).argmax())
    return torch.from_numpy(axes[best] * np.sign(fits[best])).to(z)
