"""What has a network never seen?

An autoencoder that learned from cats and dogs alone draws again what it is shown. What
it has never seen it cannot draw: a rabbit comes back as some cat, a sticker is wiped
off, noise comes back clean. Where the picture and what came back differ by more than
they usually do is where the picture is unusual. Beside the map stands the truth, every
pixel that was changed. The control does the same with principal components, which
know critters too, but draw whatever is a sum of them.

Sakurada and Yairi, Anomaly Detection Using Autoencoders with Nonlinear Dimensionality
Reduction, 2014, https://doi.org/10.1145/2689746.2689747. Departures: the error is smoothed,
and divided by what is usual at each pixel.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from core.latents import changes, unusual
from core.latents.unseen import Unseen, unseen
from core.latents.unusual import Usual
from core.metrics.ranking import auroc
from core.models import Generator
from core.pictures import heat
from core.priors import octaves, views
from core.probe import (
    CONTROL,
    PICTURE,
    Choice,
    Frame,
    Live,
    Network,
    Panel,
    Range,
    Seed,
    State,
    Switch,
)
from core.worlds import critters

title = "Unusual"
question = "What has a network never seen?"
method = "anomalies by an autoencoder's error"
source = "https://doi.org/10.1145/2689746.2689747"
limits = (
    "What comes back well may still be new: the wider the latent, the more a network draws that it "
    "has never seen."
)
endless = True  # a file ends after one breath
still: Mapping[str, bool] = {"breathing": False}
pace = 24.0
uses: Mapping[str, str] = {"components": "critters-pca"}

BREATH = 144  # frames from nothing to all of the change and back
SIDE, DRAWN = 256, 128  # px: of the pictures that are decoded, and of those beside them
GIVEN, MAP, TRUTH = "given", "map", "truth"  # names of panels
FULL = 8.0  # times the usual error that the map shows in full


@dataclass(frozen=True)
class Settings:
    """Which critter, and what becomes of it before it is read."""

    network: Annotated[str, Network(family="generator", world="critters")] = "critters-vae"
    subject: Annotated[
        str,
        Choice(
            (
                "rabbit", "sticker", "noise", "grey patches", "shuffled pixels", "nothing",
            ),
            live=True,
            help="what becomes of the critter: nothing, to see what is usual",
        ),
    ] = "rabbit"  # fmt: skip
    amount: Annotated[float, Range(0, 1, live=True, help="how much of it")] = 1.0
    numbers: Annotated[
        int,
        Range(1, 128, live=True, help="how many numbers of the latent pass: fewer, fewer things"),
    ] = 128
    critter: Annotated[
        int, Range(0, 63, live=True, help="which one: the network has seen none of them")
    ] = 5
    breathing: Annotated[
        bool, Switch(live=True, help="it comes and goes; off: it stands where you put it")
    ] = True
    seed: Annotated[
        int, Seed(help="another seed: another place of a sticker, other noise, another order")
    ] = 0
    control: Annotated[bool, Switch(help="the same through principal components")] = True


def length(settings: Settings, resources: Mapping[str, Any]) -> int:
    """Frames of one breath: where a file ends."""
    return BREATH


def caption(settings: Settings, numbers: Mapping[str, Any], resources: Mapping[str, Any]) -> str:
    """How unusual the picture is, and whether the map finds what was changed."""
    share = numbers["less unusual"]
    said = f"Its error is {numbers['times usual']:.1f} times the usual one: larger than that of "
    said += f"{100 * share:.0f} % of {unusual.COUNT} cats and dogs"
    if "found" in numbers:
        said += f". The map parts changed pixels from the others in {100 * numbers['found']:.0f} %"
        if "control found" in numbers:
            said += f", that of principal components in {100 * numbers['control found']:.0f} %"
    return f"{said}."


@torch.no_grad()
def changed(before: Unseen, subject: str, amount: float, *, seed: int) -> Float[Tensor, "1 3 h w"]:
    """A critter after so much of a change."""
    if subject == "rabbit":
        assert before.factors is not None
        return _rabbit(before.factors, before.x.shape[3], amount)
    return changes.CHANGES[subject](before.x, amount, views.generator(seed, subject))


def _rabbit(factors: critters.Factors, side: int, amount: float) -> Float[Tensor, "1 3 h w"]:
    """The same critter as a rabbit, or on the true way there."""
    there = critters.intervene(factors, "species", "rabbit")
    walk, blend = critters.walk(factors, there, 257)
    at = round(256 * amount)
    one = {name: column[at : at + 1] for name, column in walk.items()}
    return critters.render(one, side, blend=blend[at : at + 1], parts=False, landmarks=False).image


def run(
    network: Generator, components: Generator, live: Live[Settings], state: State | None = None
) -> Iterator[Frame]:
    """Frames of breaths; what is changed is seen at the next one."""
    step = int(state["step"]) if state else 0
    usual: Mapping[str, Usual] = {}
    numbers, number, before = -1, -1, None
    while True:
        now = live.now
        if before is None or now.critter != number:
            number, before = now.critter, unseen(network, now.critter)
        if now.numbers != numbers:
            numbers = now.numbers
            passing = min(numbers, network.latent)
            usual = {
                name: unusual.usual(one, passing)
                for name, one in ((PICTURE, network), (CONTROL, components))
            }
        yield _frame(step, now, before, {PICTURE: network, CONTROL: components}, usual)
        step += 1


@torch.no_grad()
def _frame(
    step: int,
    now: Settings,
    before: Unseen,
    generators: Mapping[str, Generator],
    usual: Mapping[str, Usual],
) -> Frame:
    breath = (1 - math.cos(2 * math.pi * (step % BREATH) / BREATH)) / 2 if now.breathing else 1.0
    x = changed(before, now.subject, now.amount * breath, seed=now.seed)
    mask = unusual.changed(before.x[0], x[0])
    passing = min(now.numbers, generators[PICTURE].latent)
    panels: dict[str, Panel] = {}
    numbers: dict[str, Tensor] = {}
    for name, generator in generators.items():
        if name == CONTROL and not now.control:
            continue
        made = unusual.returned(generator, x, passing)
        found = usual[name].map(x, made)
        panels[name] = octaves.panel(made, SIDE)
        whose = "control " if name == CONTROL else ""
        numbers |= {
            f"{whose}{word}": value for word, value in _read(found, mask, usual[name]).items()
        }
        if name == PICTURE:
            panels[MAP] = heat.over(x[0], found[None], FULL)
    panels[GIVEN] = octaves.panel(x, DRAWN)
    panels[TRUTH] = heat.over(x[0], mask.float()[None, None])
    return Frame(
        step=step,
        panels=panels,
        numbers={name: value.float() for name, value in numbers.items()},
        state=lambda: {"step": step + 1},
    )


def _read(
    found: Float[Tensor, "1 h w"], mask: Bool[Tensor, "h w"], usual: Usual
) -> dict[str, Tensor]:
    """What a map says of its picture, and how well it finds the pixels that were changed."""
    total = unusual.score(found)[0]
    said = {"times usual": total, "less unusual": torch.tensor(usual.share_below(total))}
    if mask.any() and not mask.all():
        said["found"] = torch.tensor(auroc(found[0], mask))
    return said
