"""What does a layer make of this photograph?

The network stays as it is; the photograph climbs towards whatever the layer
already sees in it, from coarse to fine. After the last octave the dream goes on
at full size, slowly zooming, until somebody pauses it.

Mordvintsev, Olah and Tyka, Inceptionism, 2015,
https://research.google/blog/inceptionism-going-deeper-into-neural-networks.
Departures: the slope is smoothed by three Gaussian blurs instead of tiles, and
the picture keeps moving after the last octave.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from core import ascent, objectives
from core.backbones import Backbone
from core.priors import views
from core.probe import (
    Frame,
    Layer,
    Live,
    Network,
    Picture,
    Range,
    Seed,
    State,
    Switch,
)

title = "Dream"
question = "What does a layer make of this photograph?"
source = "https://research.google/blog/inceptionism-going-deeper-into-neural-networks"
limits = "It does not show what the network thinks of the photograph: another start, another dream."
endless = True  # a file ends after the last octave

SMALLEST = 32  # px: no octave is smaller
KNEE, MARGIN = 0.06, 0.004  # where `within` begins to press, and what it keeps free
Picture4 = Float[Tensor, "1 3 _ _"]


@dataclass(frozen=True)
class Settings:
    """Which layer dreams, of what, and how strongly."""

    network: Annotated[str, Network()] = "lite0"
    picture: Annotated[str, Picture(help="the photograph that dreams")] = "cat"
    layer: Annotated[
        str, Layer(of="network", live=True, help="early layers weave, late ones grow eyes")
    ] = "blocks.4"
    step_size: Annotated[
        float,
        Range(0, 10, unit="8-bit levels", live=True, help="how far a pixel moves in the mean"),
    ] = 2.8
    smoothness: Annotated[
        float, Range(0, 4, unit="px", live=True, help="blur of the slope: larger shapes")
    ] = 1.0
    jitter: Annotated[
        int, Range(0, 64, unit="px", live=True, help="random shift at each step: hides the stride")
    ] = 16
    zoom: Annotated[
        float,
        Range(0, 5, unit="% a step", live=True, help="after the last octave: how fast it zooms"),
    ] = 0.6
    octaves: Annotated[int, Range(1, 8, help="sizes, from coarse to fine")] = 4
    ratio: Annotated[float, Range(1.1, 2, help="of one octave's side to the next")] = 1.35
    steps: Annotated[int, Range(1, 100, unit="steps an octave", help="before the next size")] = 12
    size: Annotated[int, Range(64, 1024, unit="px", help="longer side of the picture")] = 320
    seed: Annotated[int, Seed()] = 0
    control: Annotated[bool, Switch(help="the same steps on the same network, weights random")] = (
        True
    )


def length(settings: Settings) -> int:
    """Frames until the last octave is done: where an export ends. The dream itself does not."""
    return settings.octaves * settings.steps


def caption(settings: Settings, numbers: Mapping[str, Any]) -> str:
    """What is seen, in a sentence."""
    return f"Whatever {settings.layer} already found a hint of grows, step by step."


def scored(settings: Settings, network: Backbone) -> list[objectives.Objective]:
    """What the picture is worth (see core.probe)."""
    return [objectives.layer(settings.layer)]


def sizes(height: int, width: int, settings: Settings) -> list[tuple[int, int]]:
    """Height and width of every octave, coarse to fine, in multiples of 16 px.

    Multiples of 16 keep TensorFlow's padding from shifting the maps between octaves.
    """
    fit = settings.size / max(height, width)
    scales = [fit / settings.ratio**i for i in reversed(range(settings.octaves))]
    return [(_multiple(height * s), _multiple(width * s)) for s in scales]


def _multiple(side: float) -> int:
    return max(SMALLEST, int(side + 0.5) // 16 * 16)


def resize(x: Picture4, size: tuple[int, int]) -> Picture4:
    """Bicubic, antialiased where it shrinks."""
    if x.shape[-2:] == size:
        return x
    return F.interpolate(x, size=size, mode="bicubic", align_corners=False, antialias=True)


def smoothed(slope: Picture4, sigma: float) -> Picture4:
    """The sum of Gaussian blurs of sigma, twice and half of it, by the slope's spectrum.

    Periodic, as the jitter is: nothing in it depends on sigma but numbers.
    """
    height, width = slope.shape[-2:]
    down = torch.fft.fftfreq(height, device=slope.device)[:, None]
    across = torch.fft.rfftfreq(width, device=slope.device)[None]
    power = -2 * torch.pi**2 * sigma**2 * (down**2 + across**2)
    passed = power.exp() + (4 * power).exp() + (power / 4).exp()
    return torch.fft.irfft2(torch.fft.rfft2(slope) * passed, s=(height, width))


def zoomed(x: Picture4, percent: float) -> Picture4:
    """The middle of the picture, larger by this much."""
    views_of = views.whole(1) / (1 + percent / 100)
    grid = F.affine_grid(views_of.to(x), list(x.shape), align_corners=False)
    found = F.grid_sample(x, grid, mode="bicubic", padding_mode="reflection", align_corners=False)
    return found.clamp(0, 1)


def within(x: Tensor) -> Tensor:
    """X pressed softly into (0, 1): the middle is left alone, nothing clips at 8 bits."""
    over = (x - 0.5).abs() - (0.5 - KNEE)
    room = KNEE - MARGIN
    pressed = 0.5 - KNEE + room * torch.tanh(over / room)
    return torch.where(over > 0, 0.5 + (x - 0.5).sign() * pressed, x)


def settled(x: Picture4, photograph: Picture4, *, share: float = 0.1) -> Picture4:
    """X with each colour's mean and deviation drawn a little towards the photograph's.

    Without it an endless dream ends in neon.
    """
    mean, spread = (of((2, 3), keepdim=True) for of in (x.mean, x.std))
    goal_mean, goal_spread = (of((2, 3), keepdim=True) for of in (photograph.mean, photograph.std))
    goal = (x - mean) / (spread + 1e-5) * goal_spread.clamp(0.12, 0.2) + goal_mean
    return within(x + share * (goal - x))


def run(
    network: Backbone,
    picture: Float[Tensor, "3 height width"],
    live: Live[Settings],
    control: Backbone | None = None,
    state: State | None = None,
) -> Iterator[Frame]:
    """One frame a step, without end; the control dreams in step."""
    start = live.now
    photograph = picture[None]
    octaves = sizes(picture.shape[1], picture.shape[2], start)
    sides = {"picture": network} | ({"control": control} if control else {})
    x = {name: _kept(state, name, resize(photograph, octaves[0]).clamp(0, 1)) for name in sides}
    score = {name: _kept(state, f"{name} score", photograph.new_zeros(())) for name in sides}
    step = int(state["step"]) if state else 0

    while True:
        now = live.now
        octave, turn = divmod(step, start.steps)
        late = octave >= len(octaves)
        for name, backbone in sides.items():
            if late:
                x[name] = settled(zoomed(x[name], now.zoom), photograph)
            elif octave and turn == 0:
                x[name] = _grown(x[name], photograph, octaves[octave - 1], octaves[octave])
            if late and name == "control" and step % 2:
                continue  # two full-size steps do not fit into one frame's time
            sigma = now.smoothness * (1.0 if late else 0.5 + turn / start.steps)
            x[name], score[name] = _climb(x[name], backbone, now, sigma=sigma, step=step)
        yield _frame(step, dict(x), dict(score))
        step += 1


def _climb(
    x: Picture4, network: Backbone, now: Settings, *, sigma: float, step: int
) -> tuple[Picture4, Tensor]:
    """One step uphill for the layer's mean square, from a shifted picture."""
    drawn = random.Random(f"{now.seed}/{step}")
    shift = [drawn.randint(-now.jitter, now.jitter) for _ in range(2)]
    seen = ascent.slope(
        x,
        objectives.layer(now.layer),
        network,
        picture=lambda p: torch.roll(p, shift, (2, 3)),
    )
    smooth = smoothed(seen.slope, sigma)
    moved = ascent.normalised(x, smooth, size=now.step_size / 255)
    return within(moved), seen.score[0]


def _grown(
    x: Picture4, photograph: Picture4, before: tuple[int, int], after: tuple[int, int]
) -> Picture4:
    """The photograph at the next octave's size, with what was dreamt so far laid over it."""
    detail = x - resize(photograph, before)
    return (resize(photograph, after) + resize(detail, after)).clamp(0, 1)


def _kept(state: State | None, name: str, new: Tensor) -> Tensor:
    return torch.as_tensor(state[name]).clone() if state else new


def _frame(step: int, x: dict[str, Tensor], score: dict[str, Tensor]) -> Frame:
    def state() -> State:
        kept = {name: value.clone() for name, value in x.items()}
        return {"step": step + 1, **kept, **{f"{n} score": s.clone() for n, s in score.items()}}

    numbers = {("activation" if n == "picture" else f"{n} activation"): s for n, s in score.items()}
    return Frame(
        step=step,
        panels={name: value[0] for name, value in x.items()},
        numbers=numbers,
        state=state,
    )
