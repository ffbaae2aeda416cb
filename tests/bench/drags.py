"""Drags of critters, judged by the reader that they climb and by another judge."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import torch
from jaxtyping import Float
from torch import Tensor

from core.latents import dragging, manifold, spaces
from core.latents.dragging import Goal
from core.latents.unseen import COUNT, portrait, unseen
from core.metrics import ridge
from core.metrics.ridge import Affine
from core.models import Generator
from core.models.reader import Reader
from core.probes import drag
from core.steps import ascent
from core.worlds import critters

SEED, STEPS, HOLD = 0, 40, 0.2
LEAST, MOST = 3.0, 6.0  # px of a drag
REACHED = 0.5  # px from where it is asked, within which the world itself can come


@dataclass(frozen=True)
class Wish:
    """A landmark of a critter, by number, and where it is asked to go, which the world can do.

    truth: the critter that the world makes of it. refused: wishes before this one that the world
    could not fulfil, since the last that it could.
    """

    critter: int
    landmark: int
    asked: Float[Tensor, " 2"]
    truth: critters.Factors
    refused: int


@dataclass(frozen=True)
class Dragged:
    """px: from where it is asked, by the reader; others: by the other judge.

    in_truth: what that judge says of the true answer, which the world draws. astray, at_random: the mean |change - true change| of a factor, in deviations, of the drag and
    of as long a step at random.
    """

    px: float
    others: float
    in_truth: float
    astray: float
    at_random: float


def wishes(generator: Generator, reader: Reader, count: int) -> list[Wish]:
    """So many drags within the world's reach, drawn by seed."""
    return list(islice(_within_reach(generator, reader), count))


def _within_reach(generator: Generator, reader: Reader) -> Iterator[Wish]:
    draw, sigma, refused = torch.Generator().manual_seed(SEED), dragging.deviations(reader), 0
    while True:
        number, landmark = (
            int(torch.randint(most, (), generator=draw))
            for most in (COUNT, len(critters.LANDMARKS))
        )
        factors = unseen(generator, number).factors
        assert factors is not None
        from_here = critters.landmarks(factors, generator.side)[0, landmark]
        asked = from_here + _way(draw)
        truth = dragging.true_answer(factors, landmark, asked, sigma, generator.side)
        there = critters.landmarks(truth, generator.side)[0, landmark]
        if (there - asked).norm() <= REACHED:
            yield Wish(number, landmark, asked, truth, refused)
            refused = 0
        else:
            refused += 1


def _way(draw: torch.Generator) -> Float[Tensor, " 2"]:
    """LEAST to MOST px in any direction."""
    share, turn = torch.rand(2, generator=draw).tolist()
    length, angle = LEAST + (MOST - LEAST) * share, 2 * math.pi * turn
    return length * torch.tensor([math.cos(angle), math.sin(angle)])


def dragged(generator: Generator, reader: Reader, judge: Affine, wish: Wish) -> Dragged:
    """The drag as the page does it, without its breath."""
    start = drag.started(generator, reader, wish.critter)
    goal = Goal(wish.landmark, wish.asked.to(start.z), HOLD, drag.PULL)
    z, moments = start.z, ascent.start(start.z)
    for count in range(STEPS):
        on = dragging.step(
            generator, reader, z, moments, goal, start=start.z, before=start.read, count=count
        )
        z, moments = on.z, on.moments
    other = start.z + manifold.null_directions((z - start.z)[0], 1, seed=wish.critter)
    true = _line(wish.truth, reader) - _line(start.factors, reader)
    with torch.no_grad():
        made = generator.decode(z)
        read, at_random = (dragging.read(reader, x) for x in (made, generator.decode(other)))
        places = [
            landmarks(generator, judge, x) for x in (made, portrait(wish.truth, generator.side))
        ]
    changes = (one.factors - start.read.factors - true for one in (read, at_random))
    px = (float((at[0, wish.landmark] - wish.asked).norm()) for at in (read.at, *places))
    return Dragged(*px, *(float(change.abs().mean()) for change in changes))


def _line(factors: critters.Factors, reader: Reader) -> Float[Tensor, "1 factor"]:
    """The factors of dragging.MOVES, in their deviations."""
    values = torch.stack([factors[name] for name in dragging.MOVES], 1)
    return values / dragging.deviations(reader)


def judge(generator: Generator) -> Affine:
    """From the generator's own latents to the landmarks: a judge that no ascent has seen."""
    z = spaces.known(generator).z
    factors = critters.sample(len(z), seed=critters.KNOWN)
    return ridge.fit(z, critters.landmarks(factors, generator.side).flatten(1))


def landmarks(
    generator: Generator, judge: Affine, x: Float[Tensor, "n 3 h w"]
) -> Float[Tensor, "n 7 2"]:
    """Where the judge finds the landmarks of pictures."""
    found = ridge.predicted(generator.encode(x.to(generator.device)).cpu(), judge)
    return found.view(len(x), len(critters.LANDMARKS), 2)
