"""Can a network take off what it was never shown?

A denoising autoencoder was shown disturbed critters, with noise on them and grey
patches over them, and was asked for the clean ones. It cannot know what is under a
patch: it draws what is likely there. Shown noise alone it draws a critter all the
same. The control is its twin, of as many numbers, that never saw a disturbed picture.
What comes out may go in again: each pass leads nearer to what the network takes for a
picture. Beside it stands the critter as it was, so that every guess can be checked.

Vincent, Larochelle, Bengio and Manzagol, Extracting and Composing Robust Features with
Denoising Autoencoders, 2008, https://doi.org/10.1145/1390156.1390294; Alain and Bengio,
What Regularized Auto-Encoders Learn from the Data-Generating Distribution, 2014,
https://arxiv.org/abs/1211.4246. Departure: small parts of a critter counted more in training.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from jaxtyping import Float
from torch import Tensor

from core.latents import changes, unusual
from core.latents.unseen import Unseen, unseen
from core.latents.unusual import Usual
from core.metrics import fidelity
from core.models import Generator
from core.priors import octaves, views
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
    State,
    Switch,
)

title = "Restore"
question = "Can it draw what it cannot see?"
method = "denoising autoencoders"
source = "https://doi.org/10.1145/1390156.1390294"
limits = (
    "It draws what is likely in its own small world: what it puts under a patch is a guess, and "
    "looks as sure as what it saw."
)
endless = True  # a file ends after one breath
still: Mapping[str, bool] = {"breathing": False}
pace = 24.0
uses: Mapping[str, str] = {"plain": "critters-ae-32"}

BREATH = 144  # frames from a clean picture to the most noise and back
SIDE, DRAWN = 256, 128  # px: of the pictures that are decoded, and of those beside them
GIVEN, TRUTH, CURVE = "given", "truth", "quality"  # names of panels
MEDIAN = "median"  # the filter that is held against both
CRITTER, ALONE, SHUFFLED = "a critter", "noise alone", "shuffled pixels"
WINDOW = 5  # px a side, of whose values the median filter takes the middle one
LEVELS = 9  # of noise, at which the curves are measured
DECIBELS = (8.0, 28.0)  # at the edges of the curves' panel
NOISE = "noise"  # what draws the noise and the patches


@dataclass(frozen=True)
class Settings:
    """What is disturbed, and how often it passes through the network."""

    network: Annotated[str, Network(family="generator", world="critters")] = "critters-ae-denoising"
    subject: Annotated[
        str,
        Choice((CRITTER, ALONE, SHUFFLED), live=True, help="what it is shown"),
    ] = CRITTER
    noise: Annotated[
        float,
        Range(0, 1, live=True, help="1: a deviation of half the range of a pixel; it breathes up to this"),
    ] = 0.5  # fmt: skip
    patches: Annotated[
        int, Range(0, 6, live=True, unit="patches", help="grey rectangles over it")
    ] = 2
    passes: Annotated[
        int,
        Range(1, 16, live=True, help="how often it goes through: what comes out goes in again"),
    ] = 1
    critter: Annotated[
        int, Range(0, 63, live=True, help="which one: the network has seen none of them")
    ] = 5
    breathing: Annotated[
        bool, Switch(live=True, help="the noise comes and goes; off: it stands where you put it")
    ] = True
    seed: Annotated[int, Seed(help="another seed, other noise and other patches")] = 0
    control: Annotated[bool, Switch(help="the same through a twin that never saw noise")] = True


def length(settings: Settings, resources: Mapping[str, Any]) -> int:
    """Frames of one breath: where a file ends."""
    return BREATH


def caption(settings: Settings, numbers: Mapping[str, Any], resources: Mapping[str, Any]) -> str:
    """How near to the clean picture everything has come, in a sentence."""
    if "quality" not in numbers:
        said = f"What it draws comes back with {numbers['times usual']:.2f} times the usual error"
        if "control times usual" in numbers:
            said += f", what its twin draws with {numbers['control times usual']:.2f} times"
        return f"{said}: to them it is an ordinary critter. None was in the picture."
    said = f"The picture is {numbers['given quality']:.1f} dB from the clean one; it comes back at "
    said += f"{numbers['quality']:.1f} dB"
    if "control quality" in numbers:
        said += f", from the twin that never saw noise at {numbers['control quality']:.1f}"
    return (
        f"{said}, from a median of {WINDOW} x {WINDOW} pixels at {numbers['median quality']:.1f}."
    )


@torch.no_grad()
def disturbed(x: Float[Tensor, "1 3 h w"], now: Settings, noise: float) -> Float[Tensor, "1 3 h w"]:
    """What the network is shown: so much noise on the subject, and patches over it."""
    if now.subject == ALONE:
        x = torch.full_like(x, 0.5)
    if now.subject == SHUFFLED:
        x = changes.shuffled(x, 1.0, views.generator(now.seed, SHUFFLED))
    seen = changes.noise(x, noise, views.generator(now.seed, NOISE))
    return changes.patches(seen, 1.0, views.generator(now.seed, "patches"), now.patches)


@torch.no_grad()
def passed(
    generator: Generator, x: Float[Tensor, "n 3 h w"], passes: int
) -> Float[Tensor, "n 3 h w"]:
    """The pictures after they went through the network so many times."""
    for _ in range(passes):
        x = unusual.returned(generator, x, generator.latent)
    return x


def median(x: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 3 h w"]:
    """Each value replaced by the middle one of its neighbourhood, the picture mirrored at its edge."""
    wide = torch.nn.functional.pad(x, [WINDOW // 2] * 4, mode="reflect")
    around = wide.unfold(2, WINDOW, 1).unfold(3, WINDOW, 1)
    return around.flatten(4).median(-1).values


def run(
    network: Generator, plain: Generator, live: Live[Settings], state: State | None = None
) -> Iterator[Frame]:
    """Frames of breaths; what is changed is seen at the next one."""
    step = int(state["step"]) if state else 0
    sides = {PICTURE: network, CONTROL: plain}
    usual = {name: unusual.usual(one, one.latent) for name, one in sides.items()}
    number, found, wanted, curves = -1, None, None, None
    while True:
        now = live.now
        if found is None or now.critter != number:
            number, found = now.critter, unseen(network, now.critter)
        asked = (now.critter, now.patches, now.passes, now.seed)
        if curves is None or asked != wanted:
            wanted, curves = asked, measured(found, now, sides)
        yield _frame(step, now, found, sides, usual, curves)
        step += 1


def measured(
    found: Unseen, now: Settings, sides: Mapping[str, Generator]
) -> Mapping[str, Float[Tensor, " level"]]:
    """PSNR in dB of what comes back, at LEVELS levels of noise from 0 to 1, of each side and a median."""
    shown = Settings(patches=now.patches, seed=now.seed)
    quality: dict[str, list[Tensor]] = {name: [] for name in (*sides, MEDIAN)}
    for level in torch.linspace(0, 1, LEVELS).tolist():  # one by one: a batch rounds by its threads
        x = disturbed(found.x, shown, level)
        ways = {name: passed(one, x, now.passes) for name, one in sides.items()} | {
            MEDIAN: median(x)
        }
        for name, made in ways.items():
            quality[name].append(fidelity.psnr(made, found.x))
    return {name: torch.cat(values) for name, values in quality.items()}


@torch.no_grad()
def _frame(
    step: int,
    now: Settings,
    found: Unseen,
    sides: Mapping[str, Generator],
    usual: Mapping[str, Usual],
    curves: Mapping[str, Float[Tensor, " level"]],
) -> Frame:
    breath = (1 - math.cos(2 * math.pi * (step % BREATH) / BREATH)) / 2 if now.breathing else 1.0
    noise = now.noise * breath
    x = disturbed(found.x, now, noise)
    made = {
        n: passed(one, x, now.passes) for n, one in sides.items() if n == PICTURE or now.control
    }
    panels: dict[str, Panel] = {name: octaves.panel(y, SIDE) for name, y in made.items()}
    panels[GIVEN] = octaves.panel(x, DRAWN)
    numbers = {"noise": torch.tensor(noise)}
    for name, y in made.items():
        whose = "control " if name == CONTROL else ""
        again = unusual.returned(sides[name], y, sides[name].latent)
        numbers[f"{whose}times usual"] = unusual.score(usual[name].map(y, again))[0]
    if now.subject == CRITTER:
        made |= {GIVEN: x, MEDIAN: median(x)}
        words = {PICTURE: "", CONTROL: "control ", GIVEN: "given ", MEDIAN: "median "}
        quality = {name: fidelity.psnr(y, found.x)[0] for name, y in made.items()}
        numbers |= {f"{words[name]}quality": value for name, value in quality.items()}
        panels[TRUTH] = octaves.panel(found.x, DRAWN)
        panels |= _curves(curves, noise, {n: q for n, q in quality.items() if n != GIVEN})
    return Frame(
        step=step,
        panels=panels,
        numbers={name: value.float() for name, value in numbers.items()},
        state=lambda: {"step": step + 1},
    )


def _curves(
    curves: Mapping[str, Float[Tensor, " level"]], noise: float, here: Mapping[str, Tensor]
) -> dict[str, Panel]:
    """How well each side does against the noise; and where each is now."""
    kinds = {PICTURE: 0, CONTROL: 1, MEDIAN: 3}
    levels = torch.linspace(0, 1, LEVELS)
    paths = torch.stack([torch.stack((levels, _placed(curves[name])), 1) for name in here])
    points = torch.stack([torch.stack((torch.tensor(noise), _placed(q))) for q in here.values()])
    classes = torch.tensor([kinds[name] for name in here])
    return {
        CURVE: Marks("paths", paths, classes=classes, names=("", "", "", "median")),
        "here": Marks("points", points, classes=classes, over=CURVE),
    }


def _placed(quality: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    low, high = DECIBELS
    return ((quality - low) / (high - low)).clamp(0, 1)
