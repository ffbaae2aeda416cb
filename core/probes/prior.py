"""What does a network draw when nobody asks?

A variational autoencoder is told to write critters as if they were noise: every number of
a latent N(0, 1), none saying anything of another. Then noise should be critters, too.
It is not: the latents of critters fill a small part of the noise, and what is drawn from
the rest is no animal. A flow learns where they lie, and leads noise there; the same noise is
drawn behind the flow and, as the control, without it. Beside them stands what each number
says: its KL in nats, a critter in which it swings, and all latents, seen along it.

Kingma and Welling, Auto-Encoding Variational Bayes, 2014, https://arxiv.org/abs/1312.6114;
Dai and Wipf, Diagnosing and Enhancing VAE Models, 2019, https://arxiv.org/abs/1903.05789, whose
second stage the flow is.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from jaxtyping import Float
from torch import Tensor

from core.latents import scatter, spaces, unusual, walks
from core.latents.scatter import EDGE, SHOWN, Axes
from core.latents.unseen import unseen
from core.latents.unusual import Usual
from core.models import Generator
from core.models.generators import flowed
from core.models.generators.flowed import Flowed
from core.models.generators.trained import Trained
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
from core.worlds import critters

title = "Prior"
question = "What does a network draw when nobody asks?"
method = "samples of a VAE, and of a flow behind it"
source = "https://arxiv.org/abs/1903.05789"
limits = (
    "How unusual a picture is, is told by the same network: it is the error with which the picture "
    "comes back."
)
endless = True  # a file ends after one round of four pictures
still: Mapping[str, bool] = {"walking": False}
pace = 24.0
uses: Mapping[str, str] = {"behind": "critters-vae-flow"}

ROUND, STOPS = 144, 3  # frames until the noise of the start is back; other noises on the way
SIDE, DRAWN = 256, 128  # px: of what is drawn, and of the critter beside it
SEEN = 64  # critters by which the numbers of a latent are measured
FLOW = "flow"
SWING = 3.0  # deviations to either side
UNIT, NATS, CLOUD = "number", "nats", "cloud"  # names of panels


@dataclass(frozen=True)
class Settings:
    """Which network, what noise, and which of its numbers is looked at."""

    network: Annotated[str, Network(family="generator", world="critters")] = "critters-vae"
    spread: Annotated[
        float,
        Range(0, 2, live=True, help="of the noise: 1 is the prior's own, less is nearer to the mean"),
    ] = 1.0  # fmt: skip
    repair: Annotated[
        str,
        Choice((FLOW, "one Gaussian"), live=True, help="what leads noise to where critters lie"),
    ] = FLOW
    unit: Annotated[
        int,
        Range(1, 128, live=True, help="which number swings in the critter; 1 says the most"),
    ] = 1
    critter: Annotated[
        int, Range(0, 63, live=True, help="which critter: the network has seen none of them")
    ] = 5
    walking: Annotated[
        bool, Switch(live=True, help="from noise to noise; off: it stands at the first")
    ] = True
    seed: Annotated[int, Seed(help="another seed, other noise")] = 0
    control: Annotated[bool, Switch(help="the same noise without the flow")] = True


def length(settings: Settings, resources: Mapping[str, Any]) -> int:
    """Frames of one round: where a file ends."""
    return ROUND


def caption(settings: Settings, numbers: Mapping[str, Any], resources: Mapping[str, Any]) -> str:
    """How unusual what is drawn is, and what the number says, in a sentence."""
    led = (
        "the flow" if settings.repair == FLOW and settings.network == flowed.OF else "one Gaussian"
    )
    said = f"Noise led by {led} comes back with {numbers['times usual']:.1f} times the usual error"
    if "control times usual" in numbers:
        said += f", noise alone with {numbers['control times usual']:.1f} times"
    said += f". Number {numbers['unit']:.0f} of {numbers['count']:.0f}"
    if "nats" in numbers:
        said += f" says {numbers['nats']:.2f} nats of a picture"
    said += (
        f"; what the network draws of critters has {100 * numbers['kept']:.0f} % of their variance"
    )
    return f"{said}."


@dataclass(frozen=True)
class Known:
    """What is measured of a network once. nats: each number's mean KL, of one that has Gaussians.

    kept: the variance of what comes back, over that of the pictures.
    """

    nats: Float[Tensor, " latent"] | None
    kept: float
    usual: Usual


@torch.no_grad()
def measured(network: Generator) -> Known:
    """Of SEEN known critters."""
    factors = {n: f[:SEEN] for n, f in critters.sample(SEEN, seed=critters.KNOWN).items()}
    x = critters.render(factors, network.side, parts=False, landmarks=False).image
    made = network.decode(network.encode(x.to(network.device))).cpu()
    kept = float(made.var(0).mean() / x.var(0).mean())
    nats = None
    if isinstance(network, Trained) and network.module.form.spread:
        mean, deviation = (part.cpu() for part in network.gaussians(x.to(network.device)))
        nats = ((mean.square() + deviation.square() - 1) / 2 - deviation.log()).mean(0)
    return Known(nats, kept, unusual.usual(network, network.latent))


def noise(latent: int, seed: int, step: int) -> Float[Tensor, "1 latent"]:
    """Where the walk through noise is: on great circles from one noise to the next, and back."""
    ends = torch.randn(STOPS + 1, latent, generator=views.generator(seed, "prior"))
    long = ROUND // (STOPS + 1)
    at, share = divmod(step % ROUND, long)
    a, b = ends[at], ends[(at + 1) % (STOPS + 1)]
    return walks.spherical(a, b, long + 1)[share : share + 1]


def run(
    network: Generator, behind: Flowed, live: Live[Settings], state: State | None = None
) -> Iterator[Frame]:
    """Frames of rounds; what is changed is seen at the next one."""
    step = int(state["step"]) if state else 0
    known = measured(network)
    unit, axes = -1, None
    while True:
        now = live.now
        if axes is None or now.unit != unit:
            unit, axes = now.unit, _axes(network, min(now.unit, network.latent) - 1)
        yield _frame(step, now, network, behind, known, axes)
        step += 1


def _axes(network: Generator, unit: int) -> Axes:
    along = torch.zeros(network.latent)
    along[unit] = 1.0
    return scatter.axes(spaces.known(network).z, along)


@torch.no_grad()
def _frame(
    step: int, now: Settings, network: Generator, behind: Flowed, known: Known, axes: Axes
) -> Frame:
    u = now.spread * noise(network.latent, now.seed, step if now.walking else 0)
    ways = {PICTURE: repaired(u, now.repair, network, behind)}
    if now.control:
        ways[CONTROL] = u
    panels: dict[str, Panel] = {}
    numbers = {"kept": torch.tensor(known.kept), "count": torch.tensor(network.latent)}
    for name, z in ways.items():
        x = network.decode(z.to(network.device))
        panels[name] = octaves.panel(x, SIDE)
        found = known.usual.map(x.cpu(), unusual.returned(network, x, network.latent))
        whose = "control " if name == CONTROL else ""
        numbers[f"{whose}times usual"] = unusual.score(found)[0]
    unit = min(now.unit, network.latent) - 1
    numbers["unit"] = torch.tensor(unit + 1)
    z = unseen(network, now.critter).z.clone()
    z[0, unit] = SWING * math.sin(2 * math.pi * (step % ROUND) / ROUND)
    panels[UNIT] = octaves.panel(network.decode(z), DRAWN)
    if known.nats is not None:
        numbers["nats"] = known.nats[unit]
        panels[NATS] = _nats(known.nats, unit)
    return Frame(
        step=step,
        panels=panels | _cloud(network, axes, ways),
        numbers={name: value.float() for name, value in numbers.items()},
        state=lambda: {"step": step + 1},
    )


def repaired(
    u: Float[Tensor, "n latent"], repair: str, network: Generator, behind: Flowed
) -> Float[Tensor, "n latent"]:
    """Noise led to where the latents of critters lie: by the flow, where one ships, or by one Gaussian."""
    if repair == FLOW and network.name == flowed.OF:
        return behind.led(u.to(behind.device)).cpu()
    seen = spaces.seen(network)
    return (seen.mean + u.double() @ seen.root.T).float()


def _nats(nats: Float[Tensor, " latent"], unit: int) -> Marks:
    """What each number says, the one that swings marked."""
    kinds = torch.full((len(nats),), -1)
    kinds[unit] = 0
    return Marks("bars", nats, classes=kinds, low=0, high=float(nats.max().clamp(min=1.0)))


def _cloud(
    network: Generator, axes: Axes, ways: Mapping[str, Float[Tensor, "1 latent"]]
) -> dict[str, Panel]:
    """The latents of critters, seen along the number that swings; and where the noise is now."""
    cloud = axes.place(spaces.known(network).z[:SHOWN])
    here = torch.cat([axes.place(z) for z in ways.values()])
    kinds = torch.tensor([0 if name == PICTURE else 1 for name in ways])
    behind = torch.full((len(cloud),), -1)
    return {
        CLOUD: Marks("points", cloud, classes=behind, low=-EDGE, high=EDGE),
        "here": Marks("points", here, classes=kinds, over=CLOUD, low=-EDGE, high=EDGE),
    }
