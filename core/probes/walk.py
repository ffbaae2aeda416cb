"""What lies between two pictures?

Two critters that a network has never seen are read as two points of its latent space,
and the way from one to the other is drawn. Beside it stands the truth: every factor of
the world goes from one to the other, and the critter is painted anew. The control fades
one picture into the other, pixel by pixel.

A straight line goes through the middle of the space, where almost no picture lies: in
many dimensions nearly all are at nearly the same distance from the mean. The great
circle stays at that distance.

White, Sampling Generative Networks, 2016, https://arxiv.org/abs/1609.04468. Departures:
distances are those of the latents that the encoder gives, not of the prior; and the
true way is known.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from jaxtyping import Float
from torch import Tensor

from core.latents import manifold, scatter, spaces, walks
from core.latents.scatter import EDGE, SHOWN
from core.latents.unseen import Unseen, unseen
from core.metrics import fidelity
from core.models import Generator
from core.priors import octaves
from core.probe import (
    CONTROL,
    PICTURE,
    Choice,
    Frame,
    Live,
    Marks,
    Network,
    Panel,
    Range,
    State,
    Switch,
)
from core.worlds import critters

title = "Walk"
question = "What lies between two pictures?"
method = "walks through a latent space"
source = "https://arxiv.org/abs/1609.04468"
limits = (
    "Far from where pictures lie the decoder still draws something: that it looks like a critter "
    "does not say that it is one of the world."
)
endless = True  # a file ends after one breath
still: Mapping[str, bool] = {"walking": False}
pace = 24.0

BREATH = 120  # frames there and back
POINTS = 65  # of a walk
SIDE, DRAWN = 256, 128  # px: of the pictures that are decoded, and of the true one
TRUTH, CLOUD, GAUGE = "truth", "cloud", "distance"


@dataclass(frozen=True)
class Settings:
    """From where to where, and on which way."""

    network: Annotated[str, Network(family="generator")] = "critters-vae"
    way: Annotated[
        str, Choice(tuple(walks.WALKS), live=True, help="a straight line, or on the sphere")
    ] = "linear"
    first: Annotated[int, Range(0, 63, live=True, help="the picture where the walk begins")] = 2
    second: Annotated[int, Range(0, 63, live=True, help="the picture where it ends")] = 5
    along: Annotated[
        float, Range(0, 1, live=True, help="where it stands; while it walks: how far it goes")
    ] = 1.0
    walking: Annotated[
        bool, Switch(live=True, help="there and back; off: it stands where you put it")
    ] = True
    control: Annotated[bool, Switch(help="one picture fades into the other")] = True


def length(settings: Settings, resources: Mapping[str, Any]) -> int:
    """Frames of one breath: where a file ends."""
    return BREATH


def caption(settings: Settings, numbers: Mapping[str, Any], resources: Mapping[str, Any]) -> str:
    """Where the walk is, in a sentence."""
    said = f"{100 * numbers['t']:.0f} % of the way, {_WAYS[settings.way]}: "
    said += f"{100 * numbers['nearer']:.0f} % of all pictures lie nearer to the mean"
    if "error" in numbers:
        said += f". It is {numbers['error']:.0f} of 255 levels from the true critter"
        if "control error" in numbers:
            said += f", the fade {numbers['control error']:.0f}"
    return f"{said}."


_WAYS = {
    "linear": "in a straight line",
    "spherical": "on the great circle",
    "norm-preserving": "in a line that keeps its distance",
}


@dataclass(frozen=True)
class Path:
    """A walk with all that is seen beside it.

    points: its latents. truth: factors and blends of the true walk, where there is one. cloud,
    flat: what is known, and the walk, as both are seen along and across. distances: the gauge along every way.
    """

    ends: tuple[Unseen, Unseen]
    points: Float[Tensor, "steps latent"]
    truth: tuple[critters.Factors, Float[Tensor, "steps kinds"]] | None
    cloud: Float[Tensor, "n 3"]
    flat: Float[Tensor, "steps 3"]
    distances: Mapping[str, Float[Tensor, " steps"]]


@torch.no_grad()
def path(generator: Generator, first: int, second: int, way: str) -> Path:
    """The walk from one picture to another; where both are one it stands."""
    ends = unseen(generator, first), unseen(generator, second)
    a, b = (end.z[0].cpu() for end in ends)
    alone = torch.equal(a, b)
    points = {
        name: a.expand(POINTS, -1) if alone else walk(a, b, POINTS)
        for name, walk in walks.WALKS.items()
    }
    known = spaces.known(generator).z
    axes = scatter.axes(known, b - a)
    seen = spaces.seen(generator)
    one, other = (end.factors for end in ends)
    return Path(
        ends,
        points[way],
        truth=critters.walk(one, other, POINTS) if one and other else None,
        cloud=axes.place(known[:SHOWN]),
        flat=axes.place(points[way]),
        distances={name: manifold.gauge(z, seen) for name, z in points.items()},
    )


def run(network: Generator, live: Live[Settings], state: State | None = None) -> Iterator[Frame]:
    """Frames of breaths; what is changed is seen at the next one."""
    step = int(state["step"]) if state else 0
    made: tuple[Any, ...] = ()
    found: Path | None = None
    while True:
        now = live.now
        wanted = (now.first, now.second, now.way)
        if found is None or wanted != made:
            made, found = wanted, path(network, *wanted)
        yield _frame(step, now, network, found)
        step += 1


@torch.no_grad()
def _frame(step: int, now: Settings, generator: Generator, found: Path) -> Frame:
    breath = (1 - math.cos(2 * math.pi * (step % BREATH) / BREATH)) / 2 if now.walking else 1.0
    at = round(now.along * breath * (POINTS - 1))
    t = at / (POINTS - 1)
    z = found.points[at : at + 1]
    x = generator.decode(z.to(generator.device)).cpu()
    one, other = found.ends
    pictures = {PICTURE: x}
    if now.control:
        pictures[CONTROL] = torch.lerp(one.x, other.x, t)
    panels: dict[str, Panel] = {
        name: octaves.panel(picture, SIDE) for name, picture in pictures.items()
    }
    numbers = {"t": torch.tensor(t), "nearer": found.distances[now.way][at]}
    if found.truth:
        factors, blend = found.truth
        there = {name: column[at : at + 1] for name, column in factors.items()}
        truth = {
            side: critters.render(
                there, side, blend=blend[at : at + 1], parts=False, landmarks=False
            ).image
            for side in (DRAWN, generator.side)
        }
        panels[TRUTH] = truth[DRAWN][0]
        for name, picture in pictures.items():
            whose = "control " if name == CONTROL else ""
            squares = fidelity.mean_squares(picture, truth[generator.side])[0]
            numbers[f"{whose}error"] = 255 * squares.sqrt()
    panels |= _distances(found, t, now.way) | _cloud(found, at)
    return Frame(
        step=step,
        panels=panels,
        numbers={name: value.float() for name, value in numbers.items()},
        state=lambda: {"step": step + 1},
    )


def _distances(found: Path, t: float, way: str) -> dict[str, Panel]:
    """The share of all pictures that lie nearer to the mean, along every way, and where it is."""
    along = torch.linspace(0, 1, POINTS)
    order = [way, *(name for name in found.distances if name != way)]
    curves = torch.stack([torch.stack((along, found.distances[name]), 1) for name in order])
    here = torch.tensor([[t, float(found.distances[way][round(t * (POINTS - 1))])]])
    return {
        GAUGE: Marks("paths", curves, classes=torch.tensor([0, 2, 3]), names=("", "", *order[1:])),
        "here": Marks("points", here, classes=torch.tensor([0]), over=GAUGE),
    }


def _cloud(found: Path, at: int) -> dict[str, Panel]:
    """All that is known, seen along the walk and across it; the walk, and where it is."""
    behind = torch.full((len(found.cloud),), -1)
    so_far = found.flat[None, : at + 1]
    return {
        CLOUD: Marks("points", found.cloud, classes=behind, low=-EDGE, high=EDGE),
        "walk": Marks("paths", so_far, classes=torch.tensor([0]), over=CLOUD, low=-EDGE, high=EDGE),
    }
