"""Drag a landmark of a critter: the latent follows, and the true answer is known.

A reader says where a landmark of a picture is: it reads the factors, and these say where
everything is. All of it is differentiable, so a latent can be moved until the landmark of
its picture lies where it is asked to lie. The loss is, in pixels and deviations,

    |landmark - asked|^2 / NEAR^2 + hold mean_i ((factor_i - start_i) / sigma_i)^2
        + pull mean |z - z_0|^2

The true answer is the critter whose factors change least, in their deviations, so that
the landmark lies there: min |u|^2 subject to landmark(f_0 + sigma u) = asked, by
Gauss-Newton steps; a factor that comes to its limit stays there.

Pan et al., Drag Your GAN, 2023, https://arxiv.org/abs/2305.10973, follow features
instead, as nobody reads their pictures.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from core.latents.inversion import climbed
from core.models import Generator
from core.models.reader import Reader
from core.steps import ascent
from core.worlds import critters

NEAR = 8.0  # px of a distance that counts 1
RATE = 0.05  # of Adam, in numbers of the latent a step
SOLVED, NEARLY = 6, 0.02  # Gauss-Newton steps of the true answer at most; px that are enough

MOVES = tuple(name for name, row in critters.FACTORS.items() if row.kind == "continuous")


@dataclass(frozen=True)
class Read:
    """What a picture shows. factors: of MOVES, in their deviations; at: the landmarks, in px."""

    factors: Float[Tensor, "n factor"]
    at: Float[Tensor, "n 7 2"]


def read(reader: Reader, x: Float[Tensor, "n 3 h w"]) -> Read:
    """What the reader finds in pictures; slopes flow to them."""
    found, words = reader.readings(x)
    blend = F.pad(words["species"], (0, len(critters.SPECIES) - words["species"].shape[1]))
    at = critters.landmarks(found, x.shape[3], blend=blend)
    sigma = deviations(reader).to(at)
    return Read(torch.stack([found[name] for name in MOVES], 1) / sigma, at)


def deviations(reader: Reader) -> Float[Tensor, " factor"]:
    """The standard deviation of each factor of MOVES, among those that the reader learned from."""
    known = {head.name: head.deviation for head in reader.heads}
    return torch.tensor([known[name] for name in MOVES])


@dataclass(frozen=True)
class Goal:
    """What is asked: that `landmark`, a place in critters.LANDMARKS, comes to lie at `asked`, in px."""

    landmark: int
    asked: Float[Tensor, " 2"]
    hold: float
    pull: float


@dataclass(frozen=True)
class Dragged:
    """A latent on its way, with what Adam remembers. made: its picture; read: what it shows."""

    z: Float[Tensor, "1 latent"]
    moments: ascent.Moments
    made: Float[Tensor, "1 3 h w"]
    read: Read


def step(
    generator: Generator,
    reader: Reader,
    z: Float[Tensor, "1 latent"],
    moments: ascent.Moments,
    goal: Goal,
    *,
    start: Float[Tensor, "1 latent"],
    before: Read,
    count: int,
) -> Dragged:
    """One step of the latent towards the goal; what is given back is seen before that step.

    start, before: where the drag began, and what was read there. count: steps so far.
    """
    seen: list[Read] = []

    def loss(z: Tensor, made: Tensor) -> tuple[Tensor, Tensor]:
        found = read(reader, made)
        seen.append(Read(found.factors.detach(), found.at.detach()))
        apart = (found.at[:, goal.landmark] - goal.asked.to(found.at)).square().sum(1) / NEAR**2
        others = (found.factors - before.factors).square().mean(1)
        return apart, apart + goal.hold * others

    now, slope = climbed(z, generator.decode, loss, start, step=count, pull=goal.pull)
    on, moments = ascent.adam(now.z, slope, moments, step=count, learning_rate=RATE)
    return Dragged(on, moments, now.x, seen[0])


def true_answer(
    factors: critters.Factors, landmark: int, asked: Float[Tensor, " 2"], sigma: Tensor, side: int
) -> critters.Factors:
    """The critter whose factors of MOVES change least so that its landmark lies where it is asked.

    sigma: `deviations`. asked: in px of a picture of this side. Where the limits do not let it
    come there it is as near as those steps bring it.
    """
    start = torch.stack([factors[name].float() for name in MOVES], 1)
    rows = [critters.FACTORS[name] for name in MOVES]
    low, high = (torch.tensor([getattr(row, end) for row in rows]) for end in ("low", "high"))
    moved, free = start, torch.ones_like(start)
    for _ in range(SOLVED):
        place, slopes = _sloped(factors, moved, landmark, side)
        if (asked.to(place) - place).norm() < NEARLY:
            break
        J = slopes * sigma * free  # (2, factor): px a deviation
        change = (moved - start)[0] / sigma
        wanted = asked.to(J) - place + J @ change
        to = start + sigma * torch.where(free > 0, torch.linalg.pinv(J) @ wanted, change)
        moved = to.clamp(low, high)
        free = free * (to == moved)  # what has come to its limit stays there
    return {**factors, **{name: moved[:, i] for i, name in enumerate(MOVES)}}


def _sloped(
    factors: critters.Factors, values: Float[Tensor, "1 factor"], landmark: int, side: int
) -> tuple[Float[Tensor, " 2"], Float[Tensor, "2 factor"]]:
    """Where the landmark lies, and its slopes: of x in the first of two equal rows, of y in the other."""
    with torch.enable_grad():
        both = values.detach().expand(2, -1).clone().requires_grad_()
        twice: Mapping[str, Tensor] = {name: column.expand(2) for name, column in factors.items()}
        moved = {**twice, **{name: both[:, i] for i, name in enumerate(MOVES)}}
        at = critters.landmarks(moved, side)[:, landmark]
        (slopes,) = torch.autograd.grad(at[0, 0] + at[1, 1], both)
    return at[0].detach(), slopes
