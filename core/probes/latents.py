"""What does a latent space know?

An encoder reads a critter, a cat or a dog of which every factor is known, as a point
in a latent space; a decoder draws the point again. Two thousand other critters lie in
the same space, and between those with glasses and those without runs a frontier. The
point is moved along its normal, away from it and across it, and is drawn as it
goes. Beside it stands the truth: the same critter, drawn anew by the world with that one
factor changed. The control moves as far in a random direction.

Shen, Gu, Tang and Zhou, Interpreting the Latent Space of GANs for Semantic Face
Editing, CVPR 2020, https://arxiv.org/abs/1907.10786. Departures: a variational
autoencoder in place of a GAN, and factors that are known in place of labels from a
classifier; those that must not move are projected out all at once.
"""

import math
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from core.latents import directions, leaks, manifold, scatter, spaces
from core.latents.directions import Hyperplane
from core.latents.leaks import FREE, HELD, Compared, Edits, Leaks
from core.latents.scatter import EDGE, SHOWN, Axes
from core.latents.spaces import INDEPENDENT
from core.latents.unseen import portrait, unseen
from core.models import Generator
from core.priors import octaves
from core.probe import (
    CONTROL,
    PICTURE,
    Attribute,
    Attributes,
    Choice,
    Frame,
    Live,
    Marks,
    Network,
    Panel,
    Range,
    Seed,
    State,
    Switch,
)
from core.worlds import critters

title = "Latents"
question = "What does a latent space know?"
method = "edits along directions of a latent space"
source = "https://arxiv.org/abs/1907.10786"
limits = "Here the world that made the pictures draws the truth: for photographs nobody has it."
endless = True  # a file ends after one breath
still: Mapping[str, bool] = {"breathing": False}
pace = 24.0

BREATH = 120  # frames to one side, to the other and back
SIDE, DRAWN = 256, 128  # px: of the pictures that are decoded, and of the true one
TRUTH, CLOUD = "truth", "cloud"  # names of panels
COSINES, LEAKAGE, LOCKED = "cosines", "leakage", "locked leakage"
READ = 7  # attributes beside the edited one whose changes are shown
COMPARED = 5  # attributes beside the edited one in a matrix
ALL = "all others"
WIDE = 3.0  # deviations of a bar


@dataclass(frozen=True)
class Settings:
    """Which critter, and how it is moved."""

    network: Annotated[str, Network(family="generator")] = "critters-vae"
    edit: Annotated[
        str, Attribute(of="network", live=True, help="the factor that is to change")
    ] = "glasses"
    amount: Annotated[
        float,
        Range(
            -4, 4, live=True, unit="deviations",
            help="how far along the normal, in standard deviations of all critters",
        ),
    ] = 3.0  # fmt: skip
    critter: Annotated[
        int, Range(0, 63, live=True, help="which one: the network has seen none of them")
    ] = 5
    hold: Annotated[
        tuple[str, ...],
        Attributes(
            of="network", every=ALL, live=True,
            help="what may not move: the direction is made orthogonal to its normal",
        ),
    ] = ()  # fmt: skip
    method: Annotated[
        str,
        Choice(tuple(directions.METHODS), live=True, help="how the frontier is drawn"),
    ] = "ridge"
    world: Annotated[
        str,
        Choice(
            (INDEPENDENT, "tied-0.8"), live=True,
            help="whose critters show the direction: tied: most dark ones wear glasses, and so on",
        ),
    ] = INDEPENDENT  # fmt: skip
    breathing: Annotated[
        bool, Switch(live=True, help="to one side and the other; off: it stands where you put it")
    ] = True
    seed: Annotated[int, Seed(help="another seed, another random direction")] = 0
    control: Annotated[bool, Switch(help="as far in a random direction")] = True


def length(settings: Settings, resources: Mapping[str, Any]) -> int:
    """Frames of one breath: where a file ends."""
    return BREATH


def caption(settings: Settings, numbers: Mapping[str, Any], resources: Mapping[str, Any]) -> str:
    """What the edit did, in a sentence."""
    said = (
        f"{spaces.title(settings.edit)}: {numbers['moved']:+.1f} deviations along the direction. "
        f"{numbers['achieved']:+.1f} can be read from the picture"
    )
    if "asked" in numbers:
        said += f", {numbers['asked']:+.1f} from the truth"
    said += f"; the other attributes move by {numbers['others']:.2f} on average"
    if "control achieved" in numbers:
        said += f", in a random direction by {numbers['control others']:.2f}"
    if "held moves" in numbers:
        said += f"; what is held by {numbers['held moves']:.2f}"
    elif set(settings.hold) - {settings.edit}:
        said += ". Nothing is held: this attribute is a mix of what is locked"
    return f"{said}."


@dataclass(frozen=True)
class Start:
    """What is moved. factors: a critter's, where it is one; read: every attribute, in deviations."""

    factors: critters.Factors | None
    z: Float[Tensor, "1 latent"]
    read: Float[Tensor, "1 attributes"]


@torch.no_grad()
def started(generator: Generator, number: int) -> Start:
    """The picture of this number, as the encoder reads it."""
    found = unseen(generator, number)
    return Start(found.factors, found.z, spaces.read(generator, generator.decode(found.z)))


@dataclass(frozen=True)
class Way:
    """Where an edit leads.

    kept: the share of the normal that the locks leave. step: one deviation of the attribute's
    read-out, along `direction`. held: what is locked. along: the other attributes whose changes
    are shown. deviation: of the edited attribute. axes: the frontier's normal and what is across
    it; cloud: what is known, seen in them, and on which side each point is. compared: the edits
    whose leakage is measured.
    """

    plane: Hyperplane
    direction: Float[Tensor, " latent"]
    kept: float
    step: float
    held: tuple[str, ...]
    along: tuple[str, ...]
    deviation: float
    axes: Axes
    cloud: Float[Tensor, "n 3"]
    sides: Int64[Tensor, " n"]
    compared: Compared


def way(generator: Generator, now: Settings) -> Way:
    """The direction of now, with what is locked projected out."""
    known, locked = spaces.known(generator, now.world), _locked(generator, now)
    found = leaks.step(generator, now.world, now.method, now.edit, locked)
    plane = spaces.frontier(generator, now.world, now.method, now.edit)
    axes = scatter.axes(known.z, plane.normal)

    def beside(count: int) -> tuple[str, ...]:
        return leaks.beside(generator, now.world, now.method, now.edit, locked, count)

    names = (now.edit, *beside(COMPARED))
    every = tuple(generator.attributes) if now.hold == (ALL,) else locked
    return Way(
        plane,
        found.direction,
        found.kept,
        found.length,
        found.held,
        along=beside(READ),
        deviation=float(known.values[now.edit].std()),
        axes=axes,
        cloud=axes.place(known.z[:SHOWN]),
        sides=known.sides(now.edit)[:SHOWN].long(),
        compared=Compared(now.world, now.method, names, every),
    )


def _locked(generator: Generator, now: Settings) -> tuple[str, ...]:
    """The names of all that is locked; the edited attribute is never."""
    names = generator.attributes if now.hold == (ALL,) else now.hold
    return tuple(name for name in names if name != now.edit)


def run(network: Generator, live: Live[Settings], state: State | None = None) -> Iterator[Frame]:
    """Frames of breaths; what is changed is seen at the next one."""
    step = int(state["step"]) if state else 0
    made, number, start, found = 0, -1, None, None
    measured: Measured | None = None
    while True:
        now = live.now
        if start is None or now.critter != number:
            number, start = now.critter, started(network, now.critter)
        wanted = _asked(now)
        if found is None or wanted != made:
            made, found, measured = wanted, way(network, now), None
            if state and state.get("asked") == wanted:
                measured = _kept(network, found.compared, state)
            state = None  # of the frame before the first one alone
        measured = _measured(network, found.compared, measured)
        yield _frame(step, now, network, start, found, measured)
        step += 1


@dataclass(frozen=True)
class Measured:
    """How far the matrices are: the edits that are known, and what was measured of them."""

    edits: Edits
    leaks: Leaks


def _measured(generator: Generator, wish: Compared, so_far: Measured | None) -> Measured:
    """A frame further: one more edit, and once all are known one more critter."""
    if so_far is None:
        return Measured(leaks.edits(generator, wish, 1), leaks.nothing(generator, wish))
    known = len(so_far.edits.cosines)
    if known < len(wish.names):
        return replace(so_far, edits=leaks.edits(generator, wish, known + 1))
    return replace(so_far, leaks=leaks.further(generator, so_far.edits, so_far.leaks))


def _kept(generator: Generator, wish: Compared, state: State) -> Measured:
    sums = state["sums"]
    assert isinstance(sums, Tensor)
    found = Leaks(int(state["count"]), sums.cpu())
    return Measured(leaks.edits(generator, wish, int(state["edits"])), found)


def _asked(now: Settings) -> int:
    """A number for what the directions depend on, the same in every process."""
    return zlib.crc32(repr((now.edit, now.hold, now.method, now.world)).encode())


@torch.no_grad()
def _frame(
    step: int, now: Settings, generator: Generator, start: Start, found: Way, measured: Measured
) -> Frame:
    breath = math.sin(2 * math.pi * (step % BREATH) / BREATH) if now.breathing else 1.0
    moved = now.amount * breath
    ways = {PICTURE: found.direction}
    if now.control:
        ways[CONTROL] = manifold.null_directions(found.direction, 1, seed=now.seed)[0]
    panels: dict[str, Panel] = {}
    numbers: dict[str, Tensor] = {"moved": torch.tensor(moved), "kept": torch.tensor(found.kept)}
    for name, direction in ways.items():
        z = start.z + moved * found.step * direction.to(start.z)
        x = generator.decode(z)
        change = (spaces.read(generator, x) - start.read)[0]
        panels[name] = octaves.panel(x, SIDE)
        numbers |= _judged(change, z, generator, now.edit, "control " if name == CONTROL else "")
        if name == PICTURE:
            crossed = float(directions.distance(z.cpu(), found.plane)[0]) > 0
            if start.factors is not None:
                truth, asked = _truth(start.factors, found, now.edit, moved, crossed=crossed)
                panels[TRUTH], numbers["asked"] = truth, asked
            panels["changes"], more = _changes(change, list(generator.attributes), now.edit, found)
            numbers |= more
            panels |= _cloud(found, start.z.cpu(), z.cpu(), now.edit)
    matrices, more = _matrices(generator, now.edit, found, measured)
    asked = _asked(now)
    return Frame(
        step=step,
        panels=panels | matrices,
        numbers={name: value.float() for name, value in (numbers | more).items()},
        state=lambda: {
            "step": step + 1,
            "asked": asked,
            "edits": len(measured.edits.cosines),
            "count": measured.leaks.count,
            "sums": measured.leaks.sums.clone(),
        },
    )


def _judged(
    change: Float[Tensor, " attributes"],
    z: Float[Tensor, "1 latent"],
    generator: Generator,
    edit: str,
    whose: str,
) -> dict[str, Tensor]:
    """How far the edited attribute has come, the mean size of all other changes, and the gauge."""
    at, size = list(generator.attributes).index(edit), change.abs()
    return {
        f"{whose}achieved": change[at],
        f"{whose}others": (size.sum() - size[at]) / (len(size) - 1),
        f"{whose}nearer": manifold.gauge(z, spaces.seen(generator))[0],
    }


def _truth(
    factors: critters.Factors, found: Way, edit: str, moved: float, *, crossed: bool
) -> tuple[Float[Tensor, "3 h w"], Tensor]:
    """The critter as it should be now, and by how many deviations its factor has changed."""
    truth = spaces.true_edit(factors, edit, by=moved * found.deviation, crossed=crossed)
    asked = (truth[edit].float() - factors[edit].float())[0] / found.deviation
    return portrait(truth, DRAWN)[0], asked


def _changes(
    change: Float[Tensor, " attributes"], names: list[str], edit: str, found: Way
) -> tuple[Marks, dict[str, Tensor]]:
    """How each attribute that is shown has changed, the edited one first; how far what is held."""
    shown = [edit, *found.along]
    values = torch.stack([change[names.index(name)] for name in shown]).mul(100).round() / 100
    words = tuple(
        f"{name.replace('_', ' ').capitalize()}, held" if name in found.held else spaces.title(name)
        for name in shown
    )
    classes = torch.tensor([0] + [-1] * (len(shown) - 1))
    bars = Marks("bars", values, classes=classes, names=words, low=-WIDE, high=WIDE)
    if not found.held:
        return bars, {}
    held = torch.stack([change[names.index(name)] for name in found.held])
    return bars, {"held moves": held.abs().mean()}


def _matrices(
    generator: Generator, edit: str, found: Way, measured: Measured
) -> tuple[dict[str, Panel], dict[str, Tensor]]:
    """The normals' cosines, and what every edit moves, free and with the locks held."""
    names, every = found.compared.names, generator.attributes
    means = measured.leaks.matrices
    among = leaks.among(means, names, every)
    cosines, known = torch.zeros(len(names), len(names)), len(measured.edits.cosines)
    cosines[:known, :known] = measured.edits.cosines.float()
    values = {COSINES: cosines, LEAKAGE: among[FREE], LOCKED: among[HELD]}
    at = list(every).index(edit)
    panels: dict[str, Panel] = {
        name: Marks("grid", one.clone(), names=names, low=-1, high=1)
        for name, one in values.items()
    }
    shares = {
        "leakage": leaks.share(means[FREE, 0], at),
        "leakage held": leaks.share(means[HELD, 0], at),
    }
    numbers = {name: torch.tensor(one) for name, one in shares.items() if one is not None}
    return panels, numbers | {"measured": torch.tensor(measured.leaks.count)}


def _cloud(
    found: Way, start: Float[Tensor, "1 latent"], z: Float[Tensor, "1 latent"], edit: str
) -> dict[str, Panel]:
    """All that is known, seen along the normal and across it; the way of this one."""
    axes, plane = found.axes, found.plane
    frontier = float(-directions.distance(axes.mean[None], plane)[0] / axes.spread[0])
    line = torch.tensor([[[frontier, -EDGE], [frontier, EDGE]]])
    way = axes.place(torch.cat((start, z)))[None]
    return {
        CLOUD: _marks("points", found.cloud, 2 + found.sides, ("", "", *_sides(edit))),
        "frontier": _marks("paths", line, torch.tensor([-1]), ("frontier",), over=CLOUD),
        "way": _marks("paths", way, torch.tensor([0]), ("way",), over=CLOUD),
    }


def _sides(edit: str) -> tuple[str, ...]:
    row = critters.FACTORS.get(edit)
    return row.words[:2] if row and row.kind == "categorical" else ("less", "more")


def _marks(
    form: str, values: Tensor, classes: Tensor, names: tuple[str, ...], over: str = ""
) -> Marks:
    return Marks(form, values, classes=classes, names=names, over=over, low=-EDGE, high=EDGE)
