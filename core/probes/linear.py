"""Is it a property of deep networks?

A linear model of digits has one weight a pixel, and is fooled in the same way:
every pixel is moved by the same small step, towards the sign of its weight.
Because the model is a sum, what that does to it can be worked out by hand, as
long as no pixel is cut off at black or white: epsilon times the sum of all
weights' sizes. The small digit network is attacked by the same step beside it.

Goodfellow, Shlens and Szegedy, Explaining and Harnessing Adversarial Examples,
ICLR 2015, https://arxiv.org/abs/1412.6572, section 3. Departures: whole 8-bit
levels, and of the logits the difference between two classes.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Float64
from torch import Tensor

from core import pictures
from core.models import Classifier
from core.networks.digits import LINEAR, SMALL
from core.pictures import heat
from core.priors import views
from core.probe import Choice, Frame, Live, Range, Seed, State, Switch
from core.worlds import digits

title = "Linear"
question = "Is it a property of deep networks?"
method = "an attack that can be checked by hand"
source = "https://arxiv.org/abs/1412.6572"
limits = (
    "The sum is exact for the linear model alone: of the network it says what the first small "
    "step does, not where a larger one ends."
)
endless = True  # a file ends after one breath
still: Mapping[str, bool] = {"breathing": False}
uses = {"linear": LINEAR, "network": SMALL}

BREATH = 96  # frames from nothing to the whole of epsilon and back
TIMES, GAP = 8, 8  # px: of a pixel of a digit, and between two parts of the picture


@dataclass(frozen=True)
class Settings:
    """Which digit is to be read as which other, and by how small a step."""

    epsilon: Annotated[
        int, Range(0, 96, unit="levels of 255", live=True, help="how far every pixel moves")
    ] = 24
    sample: Annotated[
        int, Range(0, 99, live=True, help="which of the held-out digits: ten of each, 0 to 9")
    ] = 31
    target: Annotated[
        int, Range(0, 9, live=True, help="the digit that it is to become; its own: the nearest")
    ] = 8
    direction: Annotated[
        str,
        Choice(
            ("sign", "random", "across"),  # of DIRECTIONS
            live=True,
            help="the sign of each weight, signs at random, or as far at right angles to them",
        ),
    ] = "sign"
    contrast: Annotated[
        float,
        Range(0.1, 1, live=True, help="of the digit; where black and white are near, pixels clip"),
    ] = 0.6
    breathing: Annotated[
        bool, Switch(live=True, help="epsilon goes up and down; off: it stands where you put it")
    ] = True
    seed: Annotated[int, Seed(help="another seed, other random signs")] = 0
    control: Annotated[bool, Switch(help="the same step in every pixel, its signs at random")] = (
        True
    )


def length(settings: Settings, resources: Mapping[str, Any]) -> int:
    """Frames of one breath: where a file ends."""
    return BREATH


def caption(settings: Settings, numbers: Mapping[str, Any], resources: Mapping[str, Any]) -> str:
    """What is seen, in a sentence."""
    own, target = (int(numbers[name]) for name in ("digit", "target"))
    levels = numbers["epsilon"]
    read, network = (int(numbers[name]) for name in ("read as", "network read as"))
    both = f"the linear model reads {read}, the network {network}"
    said = f"Every pixel of a {own} moves by {levels:.0f} of 255 levels towards {target}: {both}."
    if "control read as" in numbers:
        said += f" By as much in random directions, the linear model reads {int(numbers['control read as'])}."
    return said


@dataclass(frozen=True)
class Reader:
    """A classifier near a picture: logits, and the slope of one of them over another.

    For the linear model the slope is its weights, whatever the picture.
    """

    network: Classifier

    def logits(self, x: Float64[Tensor, "h w"]) -> Float64[Tensor, " k"]:
        """Of one grey picture."""
        rgb = x.float().expand(1, 3, -1, -1)
        return self.network.activations(rgb, self.network.output)[0].double()

    def slope(self, x: Float64[Tensor, "h w"], own: int, target: Tensor) -> Float64[Tensor, "h w"]:
        """Of the target's logit less the own one."""
        grey = x.float().requires_grad_()
        logits = self.network.activations(grey.expand(1, 3, -1, -1), self.network.output)[0]
        margin = logits.gather(0, target[None])[0] - logits[own]
        return torch.autograd.grad(margin, grey)[0].double()


@dataclass(frozen=True)
class Linear(Reader):
    """The same, as the sum that it is, in float64."""

    @property
    def weights(self) -> tuple[Float64[Tensor, "k h w"], Float64[Tensor, " k"]]:
        """A weight for each class and pixel, and the biases."""
        held = self.network.module.state_dict()
        w, b = held["classifier.weight"].double(), held["classifier.bias"].double()
        return w.view(-1, digits.SIDE, digits.SIDE), b

    def logits(self, x: Float64[Tensor, "h w"]) -> Float64[Tensor, " k"]:
        """A sum over the pixels for each class."""
        w, b = self.weights
        return (w * x).sum((1, 2)) + b

    def slope(self, x: Float64[Tensor, "h w"], own: int, target: Tensor) -> Float64[Tensor, "h w"]:
        """The target's weights less the own ones."""
        w, _ = self.weights
        return w.index_select(0, target[None])[0] - w[own]


@dataclass(frozen=True)
class Attacked:
    """A picture before and after every pixel moved by `size` along `step`, and what that did.

    margin: the target's logit less the own one, before and after. predicted: what
    the step along the slope comes to if nothing clips; clipped: what was lost there.
    """

    before: Float64[Tensor, "h w"]
    slope: Float64[Tensor, "h w"]
    step: Float64[Tensor, "h w"]
    after: Float64[Tensor, "h w"]
    margins: tuple[Tensor, Tensor]
    predicted: Tensor
    clipped: Tensor
    logits: Tensor


def attacked(
    reader: Reader,
    x: Float64[Tensor, "h w"],
    direction: str,
    size: float,
    own: int,
    target: Tensor,
    seed: int,
) -> Attacked:
    """One step of `size` in every pixel; then pixels are cut off at 0 and 1."""
    slope = reader.slope(x, own, target)
    step = DIRECTIONS[direction](slope, views.generator(seed, direction))
    moved = x + size * step
    after = moved.clamp(0, 1)
    first, last = reader.logits(x), reader.logits(after)
    before, then = (one.gather(0, target[None])[0] - one[own] for one in (first, last))
    return Attacked(
        before=x,
        slope=slope,
        step=step,
        after=after,
        margins=(before, then),
        predicted=size * (slope * step).sum(),
        clipped=(slope * (moved - after)).sum(),
        logits=last,
    )


def posed(now: Settings, held_out: Float64[Tensor, "100 h w"]) -> Float64[Tensor, "h w"]:
    """The digit before any step."""
    return on_grid(0.5 + now.contrast * (held_out[now.sample] - 0.5))


def on_grid(x: Float64[Tensor, "h w"]) -> Float64[Tensor, "h w"]:
    """The nearest 8-bit picture."""
    return (x.clamp(0, 1) * 255).round() / 255


def across(slope: Float64[Tensor, "h w"], noise: torch.Generator) -> Float64[Tensor, "h w"]:
    """Signs in pairs, so that what one pixel adds to a sum with these weights another takes away.

    Pixels in the order of the weights' sizes, two and two; the rest that is left
    is smaller than the largest weight.
    """
    order = slope.abs().flatten().argsort(stable=True)
    signs = torch.randint(0, 2, (slope.numel() // 2,), generator=noise).double() * 2 - 1
    pairs = torch.stack((signs, -signs), 1).flatten().to(slope.device)
    along = torch.zeros_like(slope).flatten().scatter(0, order, pairs)
    return along.view_as(slope) * signed(slope)


def signed(slope: Tensor) -> Tensor:
    """Its sign; 1 where a weight is 0, so that every pixel moves."""
    return torch.where(slope < 0, -1.0, 1.0).to(slope.dtype)


def at_random(slope: Float64[Tensor, "h w"], noise: torch.Generator) -> Float64[Tensor, "h w"]:
    """Signs that know nothing of the weights."""
    signs = torch.randint(0, 2, tuple(slope.shape), generator=noise).double() * 2 - 1
    return signs.to(slope.device)


DIRECTIONS = {"sign": lambda slope, noise: signed(slope), "random": at_random, "across": across}


def run(
    linear: Classifier, network: Classifier, live: Live[Settings], state: State | None = None
) -> Iterator[Frame]:
    """A frame for each epsilon; of the linear model and of the network, the control in step."""
    start = live.now
    readers = {"": Linear(linear), "network ": Reader(network)}
    held_out = digits.held_out()[:, 0].to(network.device).double()
    step = int(state["step"]) if state else 0
    phase = int(state["phase"]) if state else 0
    while True:
        now = live.now
        levels = _levels(now, phase)
        phase += now.breathing
        x = posed(now, held_out)
        own = digits.digit(now.sample)
        target = _target(readers[""], x, own, now.target)
        sides = {"picture": now.direction} | ({"control": "random"} if start.control else {})
        found = {
            side: {
                name: attacked(reader, x, direction, levels / 255, own, target, start.seed)
                for name, reader in readers.items()
            }
            for side, direction in sides.items()
        }
        facts = {"digit": float(own), "target": target.float(), "epsilon": float(levels)}
        yield _frame(step, phase, found, {k: torch.as_tensor(v) for k, v in facts.items()})
        step += 1


def _levels(now: Settings, phase: int) -> int:
    """Epsilon of this frame."""
    if not now.breathing:
        return now.epsilon
    return round(now.epsilon * (0.5 - 0.5 * math.cos(2 * math.pi * phase / BREATH)))


def _target(reader: Reader, x: Tensor, own: int, wanted: int) -> Tensor:
    """The class that is climbed: the one that is asked for, or, of its own, the nearest other."""
    if wanted != own:
        return torch.tensor(wanted, device=x.device)
    logits = reader.logits(x)
    return logits.index_fill(0, torch.tensor([own], device=x.device), -torch.inf).argmax()


def _frame(
    step: int,
    phase: int,
    found: Mapping[str, Mapping[str, Attacked]],
    facts: Mapping[str, Tensor],
) -> Frame:
    numbers: dict[str, Tensor] = {}
    for side, readers in found.items():
        for name, one in readers.items():
            whose = f"{'control ' if side == 'control' else ''}{name}"
            numbers |= {
                f"{whose}margin": one.margins[1],
                f"{whose}margin before": one.margins[0],
                f"{whose}predicted change": one.predicted,
                f"{whose}clipped": one.clipped,
                f"{whose}change": one.margins[1] - one.margins[0],
                f"{whose}sum of weights": one.slope.abs().sum(),
                f"{whose}read as": one.logits.argmax().float(),
            }
    numbers |= facts
    return Frame(
        step=step,
        panels={side: _shown(readers) for side, readers in found.items()},
        numbers=numbers,
        state=lambda: {"step": step + 1, "phase": phase},
    )


COLD = (0.31, 0.56, 0.92)  # of negative weights; of positive ones heat.WARM


def _shown(readers: Mapping[str, Attacked]) -> Float[Tensor, "3 height width"]:
    """A row for each model: the digit, its weights, the step, and the digit after it."""
    rows = []
    for one in readers.values():
        weights = _weights(one.slope)
        parts = (_grey(one.before), weights, _grey(0.5 + 0.5 * one.step), _grey(one.after))
        rows.append(torch.cat([_large(part) for part in parts], 2))
    return torch.cat(rows, 1)[:, :-GAP, :-GAP]


def _grey(x: Tensor) -> Tensor:
    return x.float().expand(3, -1, -1)


def _weights(slope: Tensor) -> Tensor:
    """Weights as colours: warm speaks for the target, cold against it."""
    share = (slope / slope.abs().max().clamp(min=1e-12)).float()[None]
    warm, cold = (torch.tensor(c, device=slope.device)[:, None, None] for c in (heat.WARM, COLD))
    return (share.clamp(min=0) * warm + (-share).clamp(min=0) * cold).clamp(0, 1)


def _large(x: Float[Tensor, "3 h w"]) -> Float[Tensor, "3 H W"]:
    return F.pad(heat.enlarged(x, TIMES), (0, GAP, 0, GAP), value=pictures.HAIRLINE)
