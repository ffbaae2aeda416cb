"""What does it see in you?

A network that can draw nothing but critters, or faces, or emoji, is shown any picture, a
photograph of yours among them. Its encoder answers with a point of the latent space; a
GAN, which reads nothing, with the nearest of what it draws. From there the point climbs
until what is drawn from it is as near to the picture as it can be. What holds it back is
the distance from the first answer: without it, the point leaves the place where its
pictures lie, and what it draws is nearer to yours and no critter any more. The control
climbs the same hill from noise.

Zhu, Shen, Zhao and Zhou, In-Domain GAN Inversion for Real Image Editing, ECCV 2020,
https://arxiv.org/abs/2004.00049. Departures: a VAE in place of a GAN, and squares of pixels
alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from jaxtyping import Float
from torch import Tensor

from core import pictures
from core.latents import inversion, manifold, spaces
from core.models import Generator
from core.pictures import heat
from core.priors import octaves, views
from core.probe import (
    CONTROL,
    PICTURE,
    Frame,
    Live,
    Network,
    Panel,
    Picture,
    Range,
    Seed,
    State,
    Switch,
)
from core.steps import ascent

title = "Yours"
question = "What does it see in you?"
method = "inversion: a picture into a latent"
source = "https://arxiv.org/abs/2004.00049"
limits = (
    "It draws what it learned and nothing else: what it makes of a photograph says what it lacks."
)

SIDE, DRAWN = 256, 128  # px: of the picture that is decoded, and of those beside it
FULL = 0.08  # squared error that the map of errors shows in full
GIVEN, ERROR, ANSWER = "given", "map", "answer"  # names of panels


@dataclass(frozen=True)
class Settings:
    """What is looked at, and how the latent climbs."""

    network: Annotated[str, Network(family="generator")] = "critters-vae"
    picture: Annotated[str, Picture(help="the picture that it is to draw")] = "cat"
    pull: Annotated[
        float,
        Range(
            0, 0.1, live=True,
            help="what it costs to leave the first answer: 0 is nothing",
        ),
    ] = 0.002  # fmt: skip
    rate: Annotated[float, Range(0.005, 0.2, log=True, live=True, help="how far a step may go")] = (
        0.03
    )
    steps: Annotated[int, Range(8, 500, help="of the ascent")] = 150
    seed: Annotated[int, Seed(help="another seed, other noise where the control begins")] = 0
    control: Annotated[bool, Switch(help="the same ascent from noise")] = True


def length(settings: Settings, resources: Mapping[str, Any]) -> int:
    """The first answer, and every step after it."""
    return settings.steps + 1


def caption(settings: Settings, numbers: Mapping[str, Any], resources: Mapping[str, Any]) -> str:
    """How near it has come, and whether it is still a critter, in a sentence."""
    said = f"{numbers['error']:.0f} of 255 levels from the picture, the first answer "
    said += f"{numbers['first error']:.0f}"
    if "control error" in numbers:
        said += f", from noise {numbers['control error']:.0f}"
    return f"{said}. {100 * numbers['nearer']:.0f} % of what it knows lies nearer to the mean."


def run(
    network: Generator,
    picture: Float[Tensor, "3 h w"],
    live: Live[Settings],
    state: State | None = None,
) -> Iterator[Frame]:
    """A frame for the first answer, and one for every step after it."""
    x = pictures.square(picture.cpu(), network.side)[None]
    loss = inversion.likeness(x.to(network.device))
    with torch.no_grad():
        answer = inversion.answer(network, x)
        first = network.decode(answer)
    noise = torch.randn(answer.shape, generator=views.generator(live.now.seed, "yours"))
    starts = {PICTURE: answer, CONTROL: noise.to(answer)}
    if not live.now.control:
        del starts[CONTROL]
    step = int(state["step"]) if state else 0
    latents, moments = dict(starts), {name: ascent.start(z) for name, z in starts.items()}
    if state:
        latents = {name: _kept(state, name, "z").to(z) for name, z in starts.items()}
        moments = {
            name: {one: _kept(state, name, one).to(z) for one in ascent.MOMENTS}
            for name, z in starts.items()
        }
    while step <= live.now.steps:
        now, seen = live.now, {}
        for name, start in starts.items():
            seen[name], slope = inversion.climbed(
                latents[name], network.decode, loss, start, step=step, pull=now.pull
            )
            latents[name], moments[name] = ascent.adam(
                latents[name], slope, moments[name], step=step, learning_rate=now.rate
            )
        step += 1
        yield _frame(step, network, x, first, seen, latents, moments)


def _kept(state: State, name: str, what: str) -> Tensor:
    found = state[f"{name} {what}"]
    assert isinstance(found, Tensor)
    return found


@torch.no_grad()
def _frame(
    step: int,
    network: Generator,
    x: Float[Tensor, "1 3 h w"],
    first: Float[Tensor, "1 3 h w"],
    seen: Mapping[str, inversion.Ascended],
    latents: Mapping[str, Float[Tensor, "1 latent"]],
    moments: Mapping[str, ascent.Moments],
) -> Frame:
    panels: dict[str, Panel] = {}
    numbers: dict[str, Tensor] = {}
    for name, found in seen.items():
        whose = "control " if name == CONTROL else ""
        panels[name] = octaves.panel(found.x, SIDE)
        numbers[f"{whose}error"] = 255 * found.error[0].sqrt()
        numbers[f"{whose}nearer"] = manifold.gauge(found.z, spaces.seen(network))[0]
    squares = (seen[PICTURE].x.cpu() - x).square().mean(1, keepdim=True)
    numbers["first error"] = 255 * (first.cpu() - x).square().mean().sqrt()
    panels |= {
        GIVEN: octaves.panel(x, DRAWN),
        ANSWER: octaves.panel(first, DRAWN),
        ERROR: heat.over(x[0], squares, FULL),
    }
    kept = {f"{name} z": z for name, z in latents.items()}
    kept |= {f"{name} {one}": t for name, m in moments.items() for one, t in m.items()}
    return Frame(
        step=step - 1,
        panels=panels,
        numbers={name: value.float() for name, value in numbers.items()},
        state=lambda: {"step": step, **{name: t.clone() for name, t in kept.items()}},
    )
