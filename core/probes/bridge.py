"""Do two networks see the same world?

One network reads a critter as a point of its latent space, another one draws points of its
own. They were trained apart, so that the same point means something else to each. Yet a
linear map, learned from pairs of latents of the same pictures, may lead from one space into
the other: what the second network then draws is held against what it draws of its own latent.

How little that proves stands beside it: a map learned from pairs whose partners were shuffled
gives the mean animal; principal components of raw pixels, and an encoder with random weights,
are mapped too. All are judged by M / R on pictures that no map has seen: the error through
the map over the error through the second network's own latents.

Asperti and Tonelli, Comparing the Latent Space of Generative Models, 2022,
https://arxiv.org/abs/2207.06812. Departures: ridge regression with its penalty by leaving
one out; and the nulls.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from core import models
from core.latents import bridges
from core.latents.bridges import Bridge
from core.latents.unseen import unseen
from core.metrics import fidelity, ridge
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
    Seed,
    SettingError,
    State,
    Switch,
)

title = "Bridge"
question = "Do two networks see the same world?"
method = "linear maps between latent spaces"
source = "https://arxiv.org/abs/2207.06812"
limits = "A good linear map proves little by itself: see how well it does from raw pixels."
endless = True  # a file ends after one breath
still: Mapping[str, bool] = {"breathing": False}
pace = 24.0

BREATH = 120  # frames from few pairs to many, and back
SIDE = 256  # px of the pictures that are shown
LEAST, MOST = bridges.SIZES[0], bridges.SIZES[-1]
WORST = 40.0  # M / R at the upper edge of the curve
LOW, HIGH = -0.05, 1.05  # of the curve's panel: what is at 0 or 1 is seen whole
OWN, READ, CURVE = "own", "read", "curve"  # names of panels
NAMES = {  # before the numbers of each row of the sums
    bridges.MAP: "",
    bridges.SHUFFLED: "control ",
    bridges.MEAN: "mean ",
    bridges.PIXELS: "pixels ",
    bridges.UNTRAINED: "untrained ",
}
WORDS = ("", "", "mean latent", "pixels", "random weights")  # the first two are known by colour


@dataclass(frozen=True)
class Settings:
    """From which space into which, and from how much."""

    network: Annotated[
        str, Network(family="generator", world="critters or digits", help="the one that reads")
    ] = "critters-vae"
    other: Annotated[
        str, Network(family="generator", world="critters or digits", help="the one that draws")
    ] = "critters-vae-narrow"
    pairs: Annotated[
        int,
        Range(
            LEAST, MOST, log=True, live=True,
            help="of latents of the same picture; while it breathes: the most",
        ),
    ] = MOST  # fmt: skip
    whose: Annotated[
        str,
        Choice(tuple(bridges.WHOSE), live=True, help="whose pictures the map is learned from"),
    ] = bridges.ALL
    critter: Annotated[
        int, Range(0, 63, live=True, help="which one: no network and no map has seen it")
    ] = 2
    breathing: Annotated[
        bool, Switch(live=True, help="from few pairs to many; off: as many as you say")
    ] = True
    seed: Annotated[int, Seed(help="another seed, other pairs")] = 0
    control: Annotated[bool, Switch(help="the same map from shuffled pairs")] = True


def length(settings: Settings, resources: Mapping[str, Any]) -> int:
    """Frames of one breath: where a file ends."""
    return BREATH


def caption(settings: Settings, numbers: Mapping[str, Any], resources: Mapping[str, Any]) -> str:
    """How well the map does, in a sentence."""
    said = (
        f"{numbers['pairs']:.0f} pairs: {numbers['error']:.0f} of 255 levels from what was read; "
        f"own latent {numbers['own error']:.0f}"
    )
    if "control error" in numbers:
        said += f", shuffled pairs {numbers['control error']:.0f}"
    if "ratio" in numbers:
        said += f". M / R on {numbers['judged']:.0f} other pictures is {numbers['ratio']:.2f}"
        for name, words in _BESIDE.items():
            if name in numbers:
                said += f", {words} {numbers[name]:.1f}"
    if settings.whose != bridges.ALL and not numbers["picked"]:
        said += f". These networks know nothing of {settings.whose}: all pictures are taken"
    return f"{said}."


_BESIDE = {
    "control ratio": "shuffled",
    "pixels ratio": "from pixels",
    "untrained ratio": "from random weights",
}


def checked(network: Generator, other: Generator) -> None:
    """Raise SettingError, with those that fit, where the two are of different worlds."""
    if network.of == other.of:
        return
    fit = ", ".join(models.titles("generator", network.of).values())
    raise SettingError(
        f"{network.title} reads {network.of}, and {other.title} draws {other.of}: no picture "
        f"has a latent in both. Let the other be one of {fit}."
    )


@dataclass(frozen=True)
class Reading:
    """A picture as both networks read it. shown: the larger side of what they draw."""

    number: int
    z: Float[Tensor, "1 source"]
    x: Float[Tensor, "1 3 h w"]
    own: Float[Tensor, "1 3 h w"]


@torch.no_grad()
def reading(network: Generator, other: Generator, number: int) -> Reading:
    """The picture of this number: its latent to be mapped, and what the other draws of its own."""
    z = network.encode(unseen(network, number).x.to(network.device)).cpu()
    x = unseen(other, number).x
    own = other.decode(other.encode(x.to(other.device))).cpu()
    return Reading(number, z, x, own)


def run(
    network: Generator, other: Generator, live: Live[Settings], state: State | None = None
) -> Iterator[Frame]:
    """Frames of breaths, and at each of them a piece of the judgement until all of it is there."""
    checked(network, other)
    step = int(state["step"]) if state else 0
    done = int(state["done"]) if state else 0
    sums = torch.as_tensor(state["sums"]).cpu() if state else bridges.unjudged()
    judged = list(bridges.WHOSE)[int(state["whose"])] if state else live.now.whose
    seen: Reading | None = None
    while True:
        now = live.now
        if seen is None or now.critter != seen.number:
            seen = reading(network, other, now.critter)
        bridge = Bridge(network, other, now.whose, now.seed)
        if now.whose != judged:
            judged, done, sums = now.whose, 0, bridges.unjudged()
        sums = bridges.advanced(bridge, sums, done)
        done = min(done + 1, len(bridges.agenda(bridge)))
        yield _frame(step, now, bridge, seen, sums, done)
        step += 1


@torch.no_grad()
def _frame(
    step: int, now: Settings, bridge: Bridge, seen: Reading, sums: bridges.Sums, done: int
) -> Frame:
    pairs = paired(now, step, len(bridges.support(bridge)))
    kinds = {PICTURE: bridges.MAP} | ({CONTROL: bridges.SHUFFLED} if now.control else {})
    pictures = {name: _through(bridge, kind, pairs, seen) for name, kind in kinds.items()}
    pictures |= {OWN: seen.own, READ: seen.x}
    panels: dict[str, Panel] = {name: octaves.panel(x, SIDE) for name, x in pictures.items()}
    whose = {PICTURE: "", CONTROL: "control ", OWN: "own "}
    numbers = {
        f"{whose[name]}error": 255 * fidelity.mean_squares(seen.x, x)[0].sqrt()
        for name, x in pictures.items()
        if name in whose
    }
    ratios = bridges.ratios(bridge, sums)
    numbers |= {"pairs": torch.tensor(pairs), "picked": torch.tensor(bridges.is_picked(bridge))}
    numbers |= _ratios(bridge, ratios, pairs)
    numbers["judged"] = torch.tensor(bridges.judged(bridge, done))
    panels |= _curve(bridge, ratios, pairs)
    chosen, kept = list(bridges.WHOSE).index(now.whose), sums.clone()
    return Frame(
        step=step,
        panels=panels,
        numbers={name: value.float() for name, value in numbers.items()},
        state=lambda: {"step": step + 1, "done": done, "sums": kept.clone(), "whose": chosen},
    )


def _through(bridge: Bridge, kind: int, pairs: int, seen: Reading) -> Float[Tensor, "1 3 h w"]:
    """What the other network makes of the latent that a map gives; alone, so that no bit hangs on more."""
    z = ridge.predicted(seen.z, bridges.learned(bridge, kind, pairs))
    return bridge.other.decode(z.to(bridge.other.device)).cpu()


def paired(now: Settings, step: int, there: int) -> int:
    """How many pairs the map is learned from at a step: even steps of a breath are even factors."""
    most = min(now.pairs, there)
    if not now.breathing:
        return most
    share = (1 - math.cos(2 * math.pi * (step % BREATH) / BREATH)) / 2
    return round(LEAST * (most / LEAST) ** share)


def _ratios(
    bridge: Bridge, ratios: Float64[Tensor, "kinds judged"], pairs: int
) -> dict[str, Tensor]:
    """M / R of every kind at so many pairs, as far as it is judged."""
    found = {name: bridges.between(bridge, ratios[kind], pairs) for kind, name in NAMES.items()}
    return {
        f"{name}ratio": torch.tensor(value) for name, value in found.items() if math.isfinite(value)
    }


def _curve(bridge: Bridge, ratios: Float64[Tensor, "kinds judged"], pairs: int) -> dict[str, Panel]:
    """M / R over the pairs, both by their logarithms, of every kind; and where the map is now."""
    x = torch.tensor([_across(size) for size in bridges.sizes(bridge)])
    paths, classes = [torch.tensor([[0.0, 0.0], [1.0, 0.0]])], [-1]  # M / R = 1: nothing is lost
    for kind in reversed(NAMES):  # what is live is drawn over all others
        there = ratios[kind].isfinite()
        if there.any():
            paths.append(torch.stack((x, _up(ratios[kind])), 1)[there])
            classes.append(kind)
    longest = max(len(path) for path in paths)
    values = torch.stack([torch.cat((p, p[-1:].expand(longest - len(p), 2))) for p in paths])
    panels: dict[str, Panel] = {
        CURVE: Marks(
            "paths", values, classes=torch.tensor(classes), names=WORDS, low=LOW, high=HIGH
        )
    }
    now = bridges.between(bridge, ratios[bridges.MAP], pairs)
    if math.isfinite(now):
        at, up = _across(pairs), float(_up(torch.tensor(now)))
        needle = torch.tensor([[[at, 0.0], [at, up]]])
        panels["here"] = Marks(
            "paths", needle, classes=torch.tensor([0]), over=CURVE, low=LOW, high=HIGH
        )
    return panels


def _across(pairs: int) -> float:
    return math.log(pairs / LEAST) / math.log(MOST / LEAST)


def _up(ratio: Tensor) -> Tensor:
    return (ratio.log() / math.log(WORST)).clamp(0, 1).float()
