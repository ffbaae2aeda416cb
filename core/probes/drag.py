"""Can a picture be dragged by its ear?

A landmark of a critter is taken and pulled somewhere else. The network that draws the
critter is held still; its latent climbs until a reader finds the landmark there, and
nobody tells it what else should happen to the picture. The truth stands beside it: the
critter whose factors change least so that its landmark lies there. The control moves the
latent as far in a random direction.

Pan, Tewari, Leimkuehler, Liu, Meka and Theobalt, Drag Your GAN, 2023,
https://arxiv.org/abs/2305.10973. Departures: a reader of the factors says where the landmark
is, in place of followed features, and the true answer is known.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from jaxtyping import Float
from torch import Tensor

from core.latents import dragging, manifold
from core.latents.dragging import Goal, Read
from core.latents.unseen import portrait, unseen
from core.models import Generator
from core.models.reader import Reader
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
    Point,
    Range,
    Seed,
    State,
    Switch,
)
from core.steps import ascent
from core.worlds import critters

title = "Drag"
question = "Can a picture be dragged by its ear?"
method = "latents that follow a dragged landmark"
source = "https://arxiv.org/abs/2305.10973"
limits = (
    "The reader that is climbed also measures. A judge that is not climbed finds the landmark within "
    "2 px in 67 of 100 drags; it finds the true answers in 73."
)
endless = True  # a file ends after one breath
still: Mapping[str, bool] = {"breathing": False}
pace = 12.0
uses: Mapping[str, str] = {"judge": "critters-reader"}

BREATH = 144  # frames from where the landmark was to where it is asked, and back
SIDE, DRAWN = 256, 128  # px: of the picture that is decoded, and of those beside it
TRUTH, BEFORE, CHANGES = "truth", "before", "changes"  # names of panels
SHOWN, WIDE = 8, 3.0  # factors whose changes are shown; deviations of a bar
EDGE = 64.0  # px: places are those of a picture of 64 px, x from the left and y from below


@dataclass(frozen=True)
class Settings:
    """Whose landmark is dragged, where to, and what holds the rest."""

    network: Annotated[str, Network(family="generator", world="critters")] = "critters-vae"
    landmark: Annotated[
        str, Choice(critters.LANDMARKS, live=True, help="what is taken and pulled")
    ] = "tip of the left ear"
    to: Annotated[
        tuple[float, ...],
        Point(0, EDGE, over=PICTURE, live=True, help="where it is asked to go"),
    ] = (9.0, 46.0)
    hold: Annotated[
        float,
        Range(0, 1, live=True, help="how dearly every other change is paid: 0 is not at all"),
    ] = 0.2
    critter: Annotated[
        int, Range(0, 63, live=True, help="which one: the network has seen none of them")
    ] = 5
    breathing: Annotated[
        bool, Switch(live=True, help="there and back; off: it is pulled to where you put it")
    ] = True
    seed: Annotated[int, Seed(help="another seed, another random direction")] = 0
    control: Annotated[bool, Switch(help="as far in a random direction")] = True


PULL = 0.01  # what a squared distance of 1 a number from the start costs


def length(settings: Settings, resources: Mapping[str, Any]) -> int:
    """Frames of one breath: where a file ends."""
    return BREATH


def caption(settings: Settings, numbers: Mapping[str, Any], resources: Mapping[str, Any]) -> str:
    """How near the landmark has come, and what else moved, in a sentence."""
    said = f"The {settings.landmark} is {numbers['px']:.1f} px from where it is asked"
    if numbers["true px"] >= 0.5:
        said += f", and the world itself comes no nearer than {numbers['true px']:.1f}"
    said += f". The other factors are {numbers['astray']:.2f} deviations from the true answer"
    if "control astray" in numbers:
        said += f"; as far at random, {numbers['control astray']:.2f} from where they were"
    return f"{said}."


@dataclass(frozen=True)
class Start:
    """Where a drag begins: the critter, its latent, its picture, and what the reader finds in it."""

    factors: critters.Factors
    z: Float[Tensor, "1 latent"]
    x: Float[Tensor, "1 3 h w"]
    read: Read


@torch.no_grad()
def started(generator: Generator, judge: Reader, number: int) -> Start:
    """The critter of this number."""
    found = unseen(generator, number)
    assert found.factors is not None
    z = generator.encode(found.x.to(generator.device))
    x = generator.decode(z)
    return Start(found.factors, z, x, dragging.read(judge, x))


def run(
    network: Generator, judge: Reader, live: Live[Settings], state: State | None = None
) -> Iterator[Frame]:
    """Frames of breaths; each is one step of the latent towards where the landmark is asked now."""
    now = live.now
    number, start = now.critter, started(network, judge, now.critter)
    step, count, z = 0, 0, start.z
    moments = ascent.start(z)
    if state:
        step, count = int(state["step"]), int(state["count"])
        z = _tensor(state, "z").to(z)
        moments = {name: _tensor(state, name).to(z) for name in ascent.MOMENTS}
    while True:
        now = live.now
        if now.critter != number:
            number, start = now.critter, started(network, judge, now.critter)
            count, z = 0, start.z
            moments = ascent.start(z)
        goal, asked = _goal(now, start, step)
        moved = dragging.step(
            network, judge, z, moments, goal, start=start.z, before=start.read, count=count
        )
        z, moments = moved.z, moved.moments
        step, count = step + 1, count + 1
        yield _frame(step, count, now, network, judge, start, moved, goal, asked)


def _tensor(state: State, name: str) -> Tensor:
    found = state[name]
    assert isinstance(found, Tensor)
    return found


def _goal(now: Settings, start: Start, step: int) -> tuple[Goal, Float[Tensor, " 2"]]:
    """What is asked of the decoded picture, and of the world: both landmarks go the same way."""
    breath = (1 - math.cos(2 * math.pi * (step % BREATH) / BREATH)) / 2 if now.breathing else 1.0
    landmark = critters.LANDMARKS.index(now.landmark)
    side = start.x.shape[3]
    true = critters.landmarks(start.factors, side)[0, landmark]
    to = torch.tensor([now.to[0], EDGE - now.to[1]]) * (side / EDGE)
    asked = torch.lerp(true, to, breath)
    return Goal(landmark, asked.to(start.z), now.hold, PULL), asked


@torch.no_grad()
def _frame(
    step: int,
    count: int,
    now: Settings,
    generator: Generator,
    judge: Reader,
    start: Start,
    moved: dragging.Dragged,
    goal: Goal,
    asked: Float[Tensor, " 2"],
) -> Frame:
    sigma, side = dragging.deviations(judge), start.x.shape[3]
    truth = dragging.true_answer(start.factors, goal.landmark, asked, sigma, side)
    true = torch.stack([(truth[n] - start.factors[n])[0] for n in dragging.MOVES]) / sigma
    change = (moved.read.factors - start.read.factors)[0].cpu()
    at = moved.read.at[0, goal.landmark].cpu()
    there = critters.landmarks(truth, side)[0, goal.landmark]
    numbers = {
        "px": (at - asked).norm(),
        "true px": (there - asked).norm(),
        "astray": (change - true).abs().mean(),
    }
    panels: dict[str, Panel] = {PICTURE: octaves.panel(moved.made, SIDE)}
    if now.control:
        away = (moved.z - start.z)[0]
        z = start.z + manifold.null_directions(away, 1, seed=now.seed)
        x = generator.decode(z)
        other = dragging.read(judge, x).factors - start.read.factors
        panels[CONTROL] = octaves.panel(x, SIDE)
        numbers["control astray"] = other.abs().mean().cpu()
    panels[TRUTH] = portrait(truth, DRAWN)[0]
    panels[BEFORE] = octaves.panel(start.x, DRAWN)
    panels |= {
        CHANGES: _changes(change, true),
        "landmark": _spot(at, 0, PICTURE, side),
        "true landmark": _spot(there, 0, TRUTH, side),
        "asked of truth": _spot(asked, 3, TRUTH, side),
    }
    kept = {"z": moved.z, **moved.moments}
    return Frame(
        step=step - 1,
        panels=panels,
        numbers={name: value.float() for name, value in numbers.items()},
        state=lambda: {"step": step, "count": count, **{n: t.clone() for n, t in kept.items()}},
    )


def _spot(at: Float[Tensor, " 2"], kind: int, over: str, side: int) -> Marks:
    """A landmark on a picture; of marks y grows upwards."""
    share = torch.stack((at[0], side - at[1])) / side
    return Marks("points", share[None], classes=torch.tensor([kind]), over=over)


def _changes(change: Float[Tensor, " factor"], true: Float[Tensor, " factor"]) -> Marks:
    """How far the factors that moved most have moved, each beside its true change."""
    most = (change.abs() + true.abs()).argsort(descending=True)[: SHOWN // 2]
    names, values, kinds = [], [], []
    for i in most.tolist():
        word = critters.FACTORS[dragging.MOVES[i]].title
        names += [word, "in truth"]
        values += [change[i], true[i]]
        kinds += [0, 3]
    bars = torch.stack(values).mul(100).round() / 100
    return Marks(
        "bars", bars, classes=torch.tensor(kinds), names=tuple(names), low=-WIDE, high=WIDE
    )
