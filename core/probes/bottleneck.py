"""How few numbers make a picture?

An autoencoder writes a critter that it has never seen as a row of numbers, the one that
says most first, and draws it again from them. Here only the first few pass, one byte
each. Beside it stand as many principal components, which are the best that sums of
pictures can do, and the picture as a JPEG of as many bytes, or the smallest that a JPEG
can be. The weights of the networks are not counted, and neither are the tables with which
every JPEG begins. A VAE says less than its numbers could: its Gaussians are wide, and what they
leave open can be won back in coding. So four VAEs, of beta .3 to 16, stand where bits-back
coding would put them.

Hinton and Salakhutdinov, Reducing the Dimensionality of Data with Neural Networks, 2006,
https://doi.org/10.1126/science.1127647; Townsend, Bird and Barber, Practical Lossless
Compression with Latent Variables Using Bits Back Coding, 2019, https://arxiv.org/abs/1901.04866.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from jaxtyping import Float
from torch import Tensor

from core.latents import bottleneck
from core.latents.unseen import unseen
from core.metrics import fidelity, rates
from core.models import Generator
from core.models.generators.trained import Trained
from core.priors import octaves
from core.probe import (
    CONTROL,
    PICTURE,
    Frame,
    Live,
    Marks,
    Network,
    Panel,
    Range,
    State,
    Switch,
)

title = "Bottleneck"
question = "How few numbers make a picture?"
method = "autoencoders beside principal components"
source = "https://doi.org/10.1126/science.1127647"
limits = (
    "Its numbers say so much because the network knows one small world and nothing else; a JPEG "
    "can hold any picture."
)
endless = True  # a file ends after one breath
still: Mapping[str, bool] = {"breathing": False}
pace = 24.0
uses: Mapping[str, str] = {
    "components": "critters-pca",
    "beta_03": "critters-vae-beta-0.3",
    "beta_1": "critters-vae",
    "beta_4": "critters-vae-beta-4",
    "beta_16": "critters-vae-beta-16",
}

BREATH = 144  # frames from one number to all of them and back
SIDE, DRAWN = 256, 128  # px: of the pictures that are decoded, and of those beside them
GIVEN, JPEG, RATE = "given", "JPEG", "rate"  # names of panels
BITS_BACK = "VAEs, bits back"
BYTES, DECIBELS = (1, 2048), (8, 40)  # at the edges of the curves' panel


@dataclass(frozen=True)
class Settings:
    """Which critter, and how many numbers of it pass."""

    network: Annotated[str, Network(family="generator", world="critters or digits")] = (
        "critters-vae"
    )
    numbers: Annotated[
        int, Range(1, 128, live=True, help="how many numbers pass; while it breathes: at most")
    ] = 128
    critter: Annotated[
        int, Range(0, 63, live=True, help="which one: the network has seen none of them")
    ] = 5
    breathing: Annotated[
        bool, Switch(live=True, help="from one number to all; off: as many as you say")
    ] = True
    control: Annotated[bool, Switch(help="as many principal components")] = True


def length(settings: Settings, resources: Mapping[str, Any]) -> int:
    """Frames of one breath: where a file ends."""
    return BREATH


def caption(settings: Settings, numbers: Mapping[str, Any], resources: Mapping[str, Any]) -> str:
    """How much passes, and what is left of it, in a sentence."""
    count = round(numbers["bytes"])
    said = f"{count} {'number' if count == 1 else 'numbers'}, a byte each: "
    said += f"{_decibels(numbers['error']):.1f} dB"
    if "control error" in numbers:
        said += f"; as many principal components {_decibels(numbers['control error']):.1f} dB"
    cost = round(numbers["JPEG bytes"])
    said += f"; a JPEG of {cost} bytes {_decibels(numbers['JPEG error']):.1f} dB"
    if "KL bytes" in numbers:
        said += f". Bits back would save all but {numbers['KL bytes']:.0f} bytes of its latent"
    return f"{said}."


def _decibels(levels: float) -> float:
    """PSNR of an error in 8-bit levels."""
    return 20 * math.log10(255 / max(levels, 1e-6))


@dataclass(frozen=True)
class Given:
    """A picture that nobody has learned from, as every way writes it.

    codes: its latents, of the network and of the control. curves: bytes and error, as they are
    shown, of each, of JPEG, and of the VAEs by bits back where they know its world. told: bytes by
    bits back, of a network that is a VAE.
    """

    x: Float[Tensor, "1 3 h w"]
    codes: Mapping[str, tuple[Generator, Float[Tensor, "1 latent"]]]
    jpegs: list[rates.Priced]
    curves: list[Tensor]  # (points, 2), each as many as it has
    told: Tensor | None


@torch.no_grad()
def given(
    network: Generator, components: Generator, vaes: Sequence[Generator], number: int
) -> Given:
    """The picture of this number, and what is known of it before a number passes."""
    x = unseen(network, number).x
    linear = components if components.of == network.of else network  # digits: it is their PCA
    codes, curves = {}, []
    for name, generator in ((PICTURE, network), (CONTROL, linear)):
        z = generator.encode(x.to(generator.device))
        codes[name] = generator, z
        counts = bottleneck.counts(generator.latent)
        kept = torch.cat([bottleneck.passed(z, k) for k in counts])
        errors = fidelity.mean_squares(
            generator.decode(kept).cpu(), x.expand(len(counts), -1, -1, -1)
        )
        curves.append(_placed(torch.tensor(counts).float(), errors))
    jpegs = rates.jpegs(x[0])
    prices = torch.tensor([float(one.bytes) for one in jpegs])
    curves.append(_placed(prices, torch.tensor([one.error for one in jpegs])))
    if network.of == components.of:
        found = [bottleneck.bits_back(one, x) for one in vaes if isinstance(one, Trained)]
        costs, squares = (torch.stack(part) for part in zip(*found, strict=True))
        curves.append(_placed(costs, squares))
    told = None
    if isinstance(network, Trained) and network.module.form.spread:
        told = bottleneck.bits_back(network, x)[0]
    return Given(x, codes, jpegs, curves, told)


def _placed(cost: Float[Tensor, " n"], error: Float[Tensor, " n"]) -> Float[Tensor, "n 2"]:
    """Where bytes and mean squared errors lie in the panel: both on logarithmic scales."""
    low, high = (math.log2(end) for end in BYTES)
    x = (cost.log2() - low) / (high - low)
    y = (-10 * error.clamp(min=1e-9).log10() - DECIBELS[0]) / (DECIBELS[1] - DECIBELS[0])
    return torch.stack((x, y), 1).clamp(0, 1)


def run(
    network: Generator,
    components: Generator,
    beta_03: Generator,
    beta_1: Generator,
    beta_4: Generator,
    beta_16: Generator,
    live: Live[Settings],
    state: State | None = None,
) -> Iterator[Frame]:
    """Frames of breaths; what is changed is seen at the next one."""
    step = int(state["step"]) if state else 0
    vaes = beta_03, beta_1, beta_4, beta_16
    number, found = -1, None
    while True:
        now = live.now
        if found is None or now.critter != number:
            number, found = now.critter, given(network, components, vaes, now.critter)
        yield _frame(step, now, found)
        step += 1


@torch.no_grad()
def _frame(step: int, now: Settings, found: Given) -> Frame:
    breath = (1 - math.cos(2 * math.pi * (step % BREATH) / BREATH)) / 2 if now.breathing else 1.0
    network = found.codes[PICTURE][0]
    k = min(now.numbers, network.latent) ** breath
    cost = bottleneck.price(k, network.latent)
    panels: dict[str, Panel] = {}
    numbers: dict[str, Tensor] = {"bytes": torch.tensor(cost)}
    if found.told is not None:
        numbers["KL bytes"] = found.told
    here = []
    for name, (generator, z) in found.codes.items():
        if name == CONTROL and not now.control:
            continue
        x = generator.decode(bottleneck.passed(z, k)).cpu()
        error = fidelity.mean_squares(x, found.x)
        panels[name] = octaves.panel(x, SIDE)
        numbers["control error" if name == CONTROL else "error"] = 255 * error[0].sqrt()
        here.append(_placed(torch.tensor([k]), error))
    jpeg = rates.at_most(found.jpegs, cost)
    numbers |= {
        "JPEG bytes": torch.tensor(jpeg.bytes),
        "JPEG error": torch.tensor(255 * jpeg.error**0.5),
    }
    here.append(_placed(torch.tensor([float(jpeg.bytes)]), torch.tensor([jpeg.error])))
    panels |= {GIVEN: octaves.panel(found.x, DRAWN), JPEG: octaves.panel(jpeg.x[None], DRAWN)}
    return Frame(
        step=step,
        panels=panels | _curves(found, torch.cat(here), with_control=now.control),
        numbers={name: value.float() for name, value in numbers.items()},
        state=lambda: {"step": step + 1},
    )


def _curves(found: Given, here: Float[Tensor, "n 2"], *, with_control: bool) -> dict[str, Panel]:
    """What is left of the picture against what it costs, of every way; and where each is now."""
    ours, theirs, jpeg, *vaes = found.curves
    shown = [(0, ours), (1, theirs), (3, jpeg), *((2, one) for one in vaes)]
    if not with_control:
        del shown[1]
    longest = max(len(points) for _, points in shown)
    paths = torch.stack([_filled(points, longest) for _, points in shown])
    classes = torch.tensor([kind for kind, _ in shown])
    # five, as four would be a name for each path and none for its kind
    said = ("", "", BITS_BACK if vaes else "", "JPEG", "")
    return {
        RATE: Marks("paths", paths, classes=classes, names=said),
        "here": Marks("points", here, classes=classes[: len(here)], over=RATE),
    }


def _filled(points: Float[Tensor, "n 2"], length: int) -> Float[Tensor, "length 2"]:
    """A path of that many points: the last one stands again and again."""
    return torch.cat((points, points[-1:].expand(length - len(points), -1)))
