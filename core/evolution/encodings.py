"""What a genome may be, and what a run does with a network: how many, how large, in which colours."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from core.evolution import graphs, pixels
from core.models import Classifier
from core.networks import digits

FOUNDERS = 256  # queries with which evolution begins: pictures at random
FEW = 100  # classes: a network with more is asked about smaller batches
MANY, HANDFUL = 64, 16  # children a generation
LARGEST = 64  # px, where nobody chose
BYTES = 24 * 2**20  # of all elites' genomes: a run keeps several states


class EvolutionError(ValueError):
    """An evolution that cannot be; the message names the limit and the remedy."""


@dataclass(frozen=True)
class Encoding:
    """How genomes are drawn at random, changed, mated, and shown."""

    random: Callable[[int, torch.Generator], Tensor]
    mutated: Callable[..., Tensor]
    mated: Callable[[Tensor, Tensor, torch.Generator], Tensor]
    rendered: Callable[..., Tensor]
    sexual: bool  # whether every child has two parents

    def one(self) -> Tensor:
        """A genome of the kind, in a batch of its own."""
        return self.random(1, torch.Generator().manual_seed(0))


@dataclass(frozen=True)
class Plan:
    """How many classes and children a generation, and how pictures are drawn.

    founding: the generations at random with which it begins.
    """

    classes: int
    batch: int
    side: int
    grey: bool
    founding: int

    def must_fit(self, code: Encoding) -> None:
        """Raise EvolutionError where the elites' genomes would take too much memory."""
        needed = self.classes * code.one().nbytes
        if needed > BYTES:
            raise EvolutionError(
                f"{self.classes} pictures of {self.side} px, kept pixel by pixel, take "
                f"{needed // 2**20} MB; a run has {BYTES // 2**20}. Choose a smaller size, or graphs."
            )


def plan(network: Classifier, *, batch: int = 0, side: int = 0) -> Plan:
    """For a network, where 0 leaves the choice to it; raises its sentence if it knows no classes."""
    network.classifier()
    classes = len(network.labels)
    batch = batch or (MANY if classes <= FEW else HANDFUL)
    return Plan(
        classes=classes,
        batch=batch,
        side=max(side or min(LARGEST, network.size), network.smallest),
        grey=digits.is_grey(network.module),
        founding=-(-FOUNDERS // batch),
    )


def _graphs(plan: Plan) -> Encoding:
    rendered = partial(graphs.rendered, grey=plan.grey)
    return Encoding(graphs.random, graphs.mutated, graphs.mated, rendered, sexual=False)


def _pixels(plan: Plan) -> Encoding:
    random = partial(pixels.random, side=plan.side, grey=plan.grey)
    return Encoding(random, pixels.mutated, pixels.mated, pixels.rendered, sexual=True)


ENCODINGS: dict[str, Callable[[Plan], Encoding]] = {"graphs": _graphs, "pixels": _pixels}
