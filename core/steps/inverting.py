"""From what a layer holds back to a picture: what a step climbs down, and what is measured.

Three things may be asked for. "one code": the picture whose code is the
photograph's. "all shifts": the same, with picture and photograph rolled alike by
another shift at each step; that reads the photograph's code at every shift and
so is told more than one code. "caricature": more of the code than the photograph
has. Numbers of the one say nothing about the others.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from core import pictures
from core.models import Classifier
from core.objectives import PICTURE, by_layer, codes, penalties
from core.objectives.composing import PENALTIES
from core.priors import fourier, views
from core.steps import ascent, descent

MODES = ("one code", "all shifts", "caricature")
SCHEDULES = ("recipe", "L-BFGS", "Adam", "Mahendran-Vedaldi")
ROUGH, EXTREME = (PENALTIES[name][1] for name in ("roughness", "extremes"))
COST = 0.01  # of a photograph's roughness at weight 1: as much as an error of 10 %
ADAM, FIRST, RATE = 0.05, 1.0, 10.0  # how far: a step of Adam, L-BFGS's first, momentum's
NOISE, CONTRAST = 0.05, 1.2  # of pixels at the start; of a caricature, which has no end
ROLL = 3  # px that both pictures move by, to see whether it was the grid that was fitted

Mine = dict[str, Tensor]
Rgb = Float[Tensor, "1 3 side side"]


@dataclass(frozen=True)
class Inversion:
    """One picture to be made: for which network and layer, of what, and how."""

    network: Classifier
    layer: str
    photograph: Rgb
    code: Tensor
    mode: str
    schedule: str
    decay: float = 0.0
    seed: int = 0

    def picture(self, p: Tensor) -> Rgb:
        """The picture of the parameters."""
        side = self.photograph.shape[-1]
        if self.schedule == "Mahendran-Vedaldi":
            return p
        decay = self.decay or fourier.DECAY
        if self.mode != "caricature":
            return fourier.free(p, height=side, width=side, decay=decay)
        size = {"height": side, "width": side}
        return fourier.picture(p, **size, decay=decay, contrast=CONTRAST)


@dataclass(frozen=True)
class Push:
    """The live part of a step."""

    smoothness: float
    extremes: float
    jitter: int
    power: float
    pace: float


def scheduled(mode: str, schedule: str) -> str:
    """The schedule that is meant: only one code is the same loss at every step."""
    if mode != "one code":
        return "Adam"
    return "L-BFGS" if schedule == "recipe" else schedule


@torch.no_grad()
def inversion(
    network: Classifier, layer: str, photograph: Rgb, *, mode: str, schedule: str, decay: float,
    seed: int,
) -> Inversion:  # fmt: skip
    """An inversion with its code read."""
    code = network.activations(photograph, layer)
    schedule = scheduled(mode, schedule)
    return Inversion(network, layer, photograph, code, mode, schedule, decay, seed)


def initial_state(one: Inversion) -> Mine:
    """Noise and its error, and what the schedule remembers."""
    side, device = one.photograph.shape[-1], one.photograph.device
    draw = views.generator(one.seed, "start")
    if one.schedule == "Mahendran-Vedaldi":
        p = (0.5 + NOISE * torch.randn((1, 3, side, side), generator=draw)).to(device)
        mine = descent.momentum_start(p)
    else:
        p = fourier.start(side, side, [draw]).to(device)
        mine = descent.lbfgs_start(p, 3) if one.schedule == "L-BFGS" else ascent.start(p)
    with torch.no_grad():
        x = one.picture(p).clamp(0, 1)
        error = codes.error(one.network.activations(x, one.layer), one.code)[0]
    return {**mine, "p": p, "x": x, "error": error}


def stepped(mine: Mine, one: Inversion, push: Push, turn: int) -> Mine:
    """One step down, whatever the schedule; picture and error are of the best of L-BFGS's trials."""
    shift, code = (0, 0), one.code
    if one.mode != "one code":
        drawn = random.Random(f"{one.seed}/{turn}")
        shift = (drawn.randint(-push.jitter, push.jitter), drawn.randint(-push.jitter, push.jitter))
        with torch.no_grad():
            code = one.network.activations(codes.rolled(one.photograph, shift), one.layer)
    errors: list[Tensor] = []

    def terms(p: Tensor) -> list[Tensor]:
        x = one.picture(p)
        a = one.network.activations(codes.rolled(x, shift) if any(shift) else x, one.layer)
        errors.append(codes.error(a.detach(), code)[0])
        far = (
            -codes.likeness(a, code, push.power)
            if one.mode == "caricature"
            else codes.distance(a, code)
        )
        return [far[0], *(term.score({PICTURE: x})[0] for term in _PENALTIES)]

    seen = descent.slopes(mine["p"], terms)
    weights = seen.terms.new_tensor(
        [1.0, COST * push.smoothness / ROUGH, COST * push.extremes / EXTREME]
    )
    found = {**mine, **_STEPS[one.schedule](mine, seen, weights, push.pace, turn)}
    with torch.no_grad():
        if one.schedule == "L-BFGS":
            shown, error = found["good"], found["terms"][0].sqrt()
        else:
            shown, error = mine["p"], errors[0]
        return found | {"x": one.picture(shown).clamp(0, 1), "error": error}


_PENALTIES = (penalties.total_variation(2.0), penalties.extremes(6.0))  # beta 2, alpha 6


def _adam(mine: Mine, seen: descent.Slopes, weights: Tensor, pace: float, turn: int) -> Mine:
    _, slope = seen.weighed(weights)
    moments = {key: mine[key] for key in ascent.MOMENTS}
    p, moments = ascent.adam(mine["p"], -slope, moments, step=turn, learning_rate=ADAM * pace)
    return {"p": p, **moments}


def _lbfgs(mine: Mine, seen: descent.Slopes, weights: Tensor, pace: float, turn: int) -> Mine:
    return descent.lbfgs(mine, seen, weights, first=FIRST, pace=pace)


def _momentum(mine: Mine, seen: descent.Slopes, weights: Tensor, pace: float, turn: int) -> Mine:
    return descent.momentum(mine, seen, weights, learning_rate=RATE * pace)


_STEPS = {"Adam": _adam, "L-BFGS": _lbfgs, "Mahendran-Vedaldi": _momentum}


@dataclass(frozen=True)
class Marks:
    """What the photograph and others like it are to a network, read once.

    codes, rolled: of the photograph at each layer, as it is and moved; others: the
    mean relative error of other photographs there; label: its first class, if any.
    """

    codes: dict[str, Tensor]
    rolled: dict[str, Tensor]
    others: dict[str, Tensor]
    label: Tensor | None


@torch.no_grad()
def marks(
    network: Classifier, layers: Sequence[str], photograph: Rgb, others: Sequence[Rgb]
) -> Marks:
    """Read the photograph, moved and unmoved, and the others."""
    mine, moved, *rest = (
        reading(network, layers, x) for x in (photograph, codes.rolled(photograph, ROLL), *others)
    )
    apart = {
        name: torch.stack([codes.error(one[name], mine[name])[0] for one in rest]).mean()
        for name in layers
    }
    label = mine[network.output].argmax(1) if network.output else None
    return Marks(mine, moved, apart, label)


def reading(network: Classifier, layers: Sequence[str], x: Rgb) -> dict[str, Tensor]:
    """These layers and the classes, if there are any."""
    every = [*layers, network.output] if network.output else list(layers)
    return by_layer(network, x, every)


@torch.no_grad()
def measured(x: Rgb, network: Classifier, layer: str, of: Marks) -> dict[str, Tensor]:
    """What the 8-bit picture is to a network, beside the photograph, and where they differ."""
    x = pictures.eight_bit(x)
    found = reading(network, tuple(of.others), x)
    rolled = network.activations(codes.rolled(x, ROLL), layer)
    told = {
        "relative error": codes.error(found[layer], of.codes[layer])[0],
        "rolled error": codes.error(rolled, of.rolled[layer])[0],
        "cosine": codes.cosine(found[layer], of.codes[layer])[0],
        "where": codes.where(found[layer], of.codes[layer]),
    }
    for name in of.others:
        told[f"error at {name}"] = codes.error(found[name], of.codes[name])[0]
    if of.label is not None:
        told["label kept"] = (found[network.output].argmax(1) == of.label)[0].to(x)
    return told


def spread(x: Float[Tensor, "n 3 h w"]) -> Float[Tensor, ""]:
    """How far apart the pictures are: root mean square over all pairs, in 8-bit levels."""
    n = len(x)
    apart = (x - x.mean(0)).square().mean((2, 3)).mean(1).sum()
    return 255 * (2 * apart / max(1, n - 1)).sqrt()
