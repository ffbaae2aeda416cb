"""What edits of several attributes do to each other: free, and with others locked.

An edit moves a latent by a step that is one deviation of the attribute's linear
read-out. What comes of it is measured on pictures: known critters are moved, drawn
and read again, one critter at a time, so that a page stays live while it is done.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from core.latents import projection, spaces
from core.latents.errors import LatentError
from core.metrics import leakage
from core.metrics.samples import SamplesError
from core.models import Generator

COUNT = 36  # known critters, or digits, that are measured
FREE, HELD = 0, 1  # the first place of what is measured


@dataclass(frozen=True)
class Step:
    """One deviation of an edit.

    kept: the share of the normal that the locks leave. held: those that are locked; none where
    nothing of the edit would be left.
    """

    direction: Float[Tensor, " latent"]
    length: float
    kept: float
    held: tuple[str, ...]

    @property
    def whole(self) -> Float[Tensor, " latent"]:
        """The step itself."""
        return self.length * self.direction


def step(
    generator: Generator, world: str, method: str, edit: str, locked: Collection[str] = ()
) -> Step:
    """A step across the frontier of `edit`, orthogonal to those of what is locked beside it."""
    names = tuple(name for name in locked if name != edit)
    normals = {
        name: spaces.frontier(generator, world, method, name).normal for name in (edit, *names)
    }
    found, held = projection.orthogonal(normals, edit, locked=()), ()
    with suppress(LatentError):  # nothing is left of it: then it is free
        found, held = projection.orthogonal(normals, edit, locked=names), names
    deviation = float((spaces.known(generator, world).z @ normals[edit]).std())
    return Step(found.direction, deviation / found.kept, found.kept, held)


def beside(
    generator: Generator, world: str, method: str, edit: str, locked: Collection[str], count: int
) -> tuple[str, ...]:
    """The attributes to look at beside an edit: those locked, then those that move most with it.

    What moves is said by the linear read-outs along the free normal, so that an order stays
    while locks come and go.
    """
    normal = spaces.frontier(generator, world, method, edit).normal
    moved = (normal.double() @ spaces.readout(generator).weights).abs()
    every = list(spaces.known(generator).values)
    order = [every[i] for i in moved.argsort(descending=True).tolist() if every[i] != edit]
    first = [name for name in order if name in locked][:count]
    rest = [name for name in order if name not in first]
    return tuple(sorted((*first, *rest[: count - len(first)]), key=order.index))


@dataclass(frozen=True)
class Compared:
    """Edits that are to be compared, and what is locked beside each of them."""

    world: str
    method: str
    names: tuple[str, ...]
    locked: tuple[str, ...]


@dataclass(frozen=True)
class Edits:
    """The first of those that are compared. steps: [FREE] alone, [HELD] with the locks held."""

    cosines: Float64[Tensor, "edit edit"]
    steps: Float[Tensor, "2 edit latent"]


def edits(generator: Generator, wish: Compared, count: int | None = None) -> Edits:
    """The first `count` edits that are compared, or all: a frontier may take a while to find."""
    names = wish.names[:count]
    normals = {
        name: spaces.frontier(generator, wish.world, wish.method, name).normal for name in names
    }
    steps = [
        torch.stack([step(generator, wish.world, wish.method, n, held).whole for n in names])
        for held in ((), wish.locked)
    ]
    return Edits(projection.cosines(normals), torch.stack(steps))


@dataclass(frozen=True)
class Leaks:
    """What was measured so far. sums: of the changes of every attribute, over `count` critters."""

    count: int
    sums: Float[Tensor, "2 edit attribute"]

    @property
    def matrices(self) -> Float[Tensor, "2 edit attribute"]:
        """The mean change of every attribute by every edit, in deviations; 0 before the first."""
        return self.sums / max(1, self.count)


def nothing(generator: Generator, wish: Compared) -> Leaks:
    """Before the first critter."""
    return Leaks(0, torch.zeros(2, len(wish.names), len(generator.attributes)))


@torch.no_grad()
def further(generator: Generator, compared: Edits, so_far: Leaks) -> Leaks:
    """With one more critter: it is drawn as it is and after each edit, and read again."""
    if so_far.count >= COUNT:
        return so_far
    z = spaces.known(generator).z[so_far.count : so_far.count + 1]
    flat = compared.steps.flatten(0, 1)
    moved = torch.cat((z, z + flat)).to(generator.device)
    read = spaces.read(generator, generator.decode(moved)).cpu()
    before = read[:1].expand(len(flat), -1)
    found = leakage.changes(before, read[1:], torch.ones(read.shape[1]))
    return Leaks(so_far.count + 1, so_far.sums + found.reshape(so_far.sums.shape))


def among(
    matrices: Float[Tensor, "sides edit attribute"],
    names: Sequence[str],
    every: Mapping[str, Tensor],
) -> Float[Tensor, "sides edit edit"]:
    """The columns of the attributes that are edited, in their order."""
    order = list(every)
    return matrices[..., [order.index(name) for name in names]]


def share(row: Float[Tensor, " attribute"], target: int) -> float | None:
    """The mean size of what should not move, over what should; None where that stands still."""
    try:
        return leakage.leakage(row[None], [target])
    except SamplesError:
        return None
