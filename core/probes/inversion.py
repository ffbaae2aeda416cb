"""Which pictures look the same to a layer?

The network stays as it is; from noise, a picture moves until the layer holds of
it what it holds of a photograph, its code. Where the two pictures differ, the
layer has let go of something, or never had to hold it. The score is taken on
the 8-bit picture, once more with both pictures moved by 3 px (a plain inversion
fits the network's grid, not the picture), and beside other photographs.

Mahendran and Vedaldi, Understanding Deep Image Representations by Inverting
Them, CVPR 2015, https://arxiv.org/abs/1412.0035; jitter: theirs of 2016,
https://arxiv.org/abs/1512.02017; caricatures: Olah et al. 2018,
https://distill.pub/2018/building-blocks. Departures: a spectrum with L-BFGS in
place of pixels with momentum (their schedule is a choice), weights in units of
what a photograph has, and "all shifts", which reads the photograph's code at
every shift, kept apart by name.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from jaxtyping import Float
from torch import Tensor

from core import objectives, pictures
from core.models import Classifier
from core.objectives import Objective, codes
from core.pictures import heat
from core.probe import (
    Choice,
    Frame,
    Layer,
    Live,
    Network,
    Panel,
    Picture,
    Range,
    Seed,
    State,
    Switch,
)
from core.steps import inverting
from core.steps.inverting import Inversion, Marks, Push

title = "Inversion"
question = "Which pictures look the same to a layer?"
method = "feature inversion"
source = "https://arxiv.org/abs/1412.0035"
limits = (
    "It is one picture of many with this code: it shows what the layer and the prior leave open, "
    "not what the network understands."
)
twin_of = "network"
sheet = "An inversion of every photograph, in the order of their names."
judged = "another photograph", "rolled error"

EVERY = 8  # steps from one measurement to the next
MEASURED = ("relative error", "rolled error", "cosine", "label kept")  # of every picture
OTHERS = 3  # photographs whose mean error is the mark to compare with


@dataclass(frozen=True)
class Settings:
    """Whose code is taken where, and how a picture for it is looked for."""

    network: Annotated[str, Network()] = "lite0"
    picture: Annotated[str, Picture(help="the photograph whose code is taken")] = "cat"
    layer: Annotated[
        str, Layer(of="network", help="the layer whose code is taken: late ones let go of more")
    ] = "blocks.3"
    mode: Annotated[
        str,
        Choice(
            inverting.MODES,
            help="one code: the lecture's; all shifts: told more, for the picture's sake; caricature: more of it",
        ),
    ] = "one code"
    depths: Annotated[
        str,
        Choice(("this layer", "every stage"), help="one layer, or every stage of the network"),
    ] = "this layer"
    starts: Annotated[
        int, Range(1, 6, unit="pictures", help="from other noises: what the code leaves open")
    ] = 1
    smoothness: Annotated[
        float,
        Range(0, 100, live=True, help="1: a photograph's roughness costs as much as 10 % error"),
    ] = 1.0
    extremes: Annotated[
        float,
        Range(0, 100, live=True, help="alpha-norm 6; 1: a photograph's costs as 10 % error does"),
    ] = 0.1
    pace: Annotated[
        float, Range(0.05, 4, log=True, live=True, help="of the step that the schedule takes")
    ] = 1.0
    jitter: Annotated[
        int, Range(0, 32, unit="px", live=True, help="shift of both pictures at each step")
    ] = 16
    power: Annotated[
        float, Range(0, 4, live=True, help="of the cosine: the code alone, not only much of it")
    ] = 1.0
    schedule: Annotated[
        str,
        Choice(
            inverting.SCHEDULES,
            help="of one code; the recipe is L-BFGS; Mahendran-Vedaldi: pixels, as in 2015",
        ),
    ] = "recipe"
    decay: Annotated[
        float, Range(0, 2, zero="recipe", help="of the spectrum: 1.25; more is smoother")
    ] = 0.0
    steps: Annotated[int, Range(1, 2000, unit="steps", help="of each picture")] = 320
    size: Annotated[int, Range(64, 320, unit="px", help="side of the square")] = 128
    seed: Annotated[int, Seed(help="another noise to start from")] = 0
    control: Annotated[bool, Switch(help="the same steps on the same network, weights random")] = (
        True
    )


def _tracks(settings: Settings, network: Classifier) -> list[tuple[str, int]]:
    """Layer and seed of every picture: one each a stage, or several starts at one layer."""
    if settings.depths == "every stage" and network.stages:
        return [(layer, settings.seed) for layer in network.stages]
    return [(settings.layer, settings.seed + i) for i in range(settings.starts)]


def length(settings: Settings, resources: Mapping[str, Any]) -> int:
    """Frames: the pictures take their steps in turn."""
    return settings.steps * len(_tracks(settings, resources["network"]))


def scored(
    settings: Settings, network: Classifier, resources: Mapping[str, Any]
) -> list[Objective]:
    """The class that this network has for the photograph; without classes, its code at the layer."""
    x = pictures.square(resources["picture"], settings.size)[None]
    tracks = _tracks(settings, network)
    with torch.no_grad():
        if network.output:
            label = int(network.activations(x, network.output).argmax(1))
            return [objectives.logit(network.output, label)] * len(tracks)
        return [_held(layer, network.activations(x, layer)) for layer, _ in tracks]


def _held(layer: str, code: Tensor) -> Objective:
    return Objective((layer,), lambda a: codes.likeness(a[layer], code, 0.0))


def caption(settings: Settings, numbers: Mapping[str, Any], resources: Mapping[str, Any]) -> str:
    """What is seen, in a sentence."""
    told = {
        "one code": "",
        "all shifts": " It was told the photograph's code at every shift, not one code alone.",
        "caricature": " A caricature has no end: more of the code than the photograph has of it.",
    }[settings.mode]
    where = "each stage" if settings.depths == "every stage" else settings.layer
    if "relative error" not in numbers:
        return f"A picture that comes nearer, at {where}, to what is held of the photograph.{told}"
    error, rolled, others = (
        _mean(numbers[name]) for name in ("relative error", "rolled error", "another photograph")
    )
    if settings.mode == "caricature":
        cosine = _mean(numbers["cosine"])
        return (
            f"At {where} it lies along the photograph's code, with a cosine of {cosine:.2f}.{told}"
        )
    return (
        f"At {where} it is {error:.0%} away from the photograph, and {rolled:.0%} once both are "
        f"moved by 3 px; another photograph is {others:.0%} away.{told}"
    )


def _mean(value: Any) -> float:
    return sum(value) / len(value) if isinstance(value, list) else value


@dataclass(frozen=True)
class NetworkInversions:
    """One network with the pictures made for it, and what is known by picture."""

    network: Classifier
    inversions: list[Inversion]
    marks: Marks


def run(
    network: Classifier,
    picture: Float[Tensor, "3 height width"],
    live: Live[Settings],
    control: Classifier | None = None,
    state: State | None = None,
) -> Iterator[Frame]:
    """One frame a step, the pictures in turn, the control in step."""
    start = live.now
    x = pictures.square(picture, start.size)[None]
    tracks = _tracks(start, network)
    networks = {"picture": network} | ({"control": control} if control else {})
    sides = {name: _side(start, one, x, tracks) for name, one in networks.items()}
    known = _initial_or_restored(sides, state)
    first = int(state["step"]) if state else 0
    for step in range(first, start.steps * len(tracks)):
        now = live.now
        turn, which = divmod(step, len(tracks))
        push = Push(now.smoothness, now.extremes, now.jitter, now.power, now.pace)
        for name, side in sides.items():
            mine = known[name][which]
            known[name][which] = mine | inverting.stepped(mine, side.inversions[which], push, turn)
        if turn % EVERY == EVERY - 1 or turn == start.steps - 1:
            _measure(known, sides, which)
        yield _frame(step, known, sides, x)


def _side(
    start: Settings, network: Classifier, x: Tensor, tracks: list[tuple[str, int]]
) -> NetworkInversions:
    layers = [*network.stages, *(layer for layer, _ in tracks)]
    how = {"mode": start.mode, "schedule": start.schedule, "decay": start.decay}
    inversions = [
        inverting.inversion(network, layer, x, seed=seed, **how) for layer, seed in tracks
    ]
    names = sorted(pictures.shipped())
    every = (pictures.square(pictures.load(name), start.size)[None].to(x) for name in names)
    others = [one for one in every if not torch.equal(one, x)][:OTHERS]
    return NetworkInversions(
        network, inversions, inverting.marks(network, tuple(dict.fromkeys(layers)), x, others)
    )


Known = dict[str, list[dict[str, Tensor]]]  # by panel: of each picture, all that a run keeps


def _initial_or_restored(sides: Mapping[str, NetworkInversions], state: State | None) -> Known:
    if state is None:
        return {
            n: [inverting.initial_state(one) for one in side.inversions]
            for n, side in sides.items()
        }
    found: Known = {name: [{} for _ in side.inversions] for name, side in sides.items()}
    for key, value in state.items():
        if isinstance(value, Tensor):
            name, which, field = key.split("/", 2)
            found[name][int(which)][field] = value.clone()
    return found


TOLD = "told: "  # before what was measured, among what a run keeps


def _measure(known: Known, sides: Mapping[str, NetworkInversions], which: int) -> None:
    """Score one picture and its control; the control's once more with the trained network."""
    side = sides["picture"]
    for name, one in sides.items():
        x, layer = known[name][which]["x"], one.inversions[which].layer
        told = inverting.measured(x, one.network, layer, one.marks)
        if name == "control":
            layer = side.inversions[which].layer
            with torch.no_grad():
                trained = side.network.activations(pictures.eight_bit(x), layer)
            told["on the trained scale"] = codes.error(trained, side.inversions[which].code)[0]
        known[name][which] |= {TOLD + key: value for key, value in told.items()}


def _frame(step: int, known: Known, sides: Mapping[str, NetworkInversions], x: Tensor) -> Frame:
    """One picture as a picture, several as pictures; what was measured once all have been."""
    kept = {name: [dict(one) for one in every] for name, every in known.items()}
    numbers: dict[str, Tensor] = {}
    for name, every in kept.items():
        whose = "" if name == "picture" else f"{name} "
        numbers[f"{whose}feature error"] = _listed([one["error"] for one in every])
    if all(TOLD + "where" in one for every in kept.values() for one in every):
        numbers |= _numbers(kept, sides)
    panels: dict[str, Panel] = {
        name: _listed([one["x"][0] for one in every]) for name, every in kept.items()
    }
    flat = x.new_zeros(1, 1, 1, 1)
    places = [heat.over(x[0], one.get(TOLD + "where", flat)) for one in kept["picture"]]

    def state() -> State:
        found: State = {"step": step + 1}
        for name, every in kept.items():
            for i, one in enumerate(every):
                found |= {f"{name}/{i}/{key}": value.clone() for key, value in one.items()}
        return found

    panels |= {"photograph": x[0].clone(), "where it differs": _listed(places)}
    return Frame(step, panels, numbers, state)


def _listed(found: list[Tensor]) -> Tensor:
    return torch.stack(found) if len(found) > 1 else found[0].clone()


def _numbers(kept: Known, sides: Mapping[str, NetworkInversions]) -> dict[str, Tensor]:
    """What was measured: of every picture, of the controls, and by stage."""
    mine, side = kept["picture"], sides["picture"]
    layers = [one.layer for one in side.inversions]
    found = {
        name: _listed([one[TOLD + name] for one in mine])
        for name in MEASURED
        if TOLD + name in mine[0]
    }
    found["another photograph"] = _listed([side.marks.others[layer] for layer in layers])
    for name in ("relative error", "rolled error", "cosine", "on the trained scale"):
        if "control" in kept:
            found[f"control {name}"] = _listed([one[TOLD + name] for one in kept["control"]])
    if len(set(layers)) > 1:
        for one, layer in zip(mine, layers, strict=True):
            found |= _at(layer, one[TOLD + "relative error"], side.marks)
            told = ("rolled error", "label kept")
            found |= {f"{name} at {layer}": one[TOLD + name] for name in told if TOLD + name in one}
        return found
    if len(mine) > 1:
        found["spread of the starts"] = inverting.spread(torch.cat([one["x"] for one in mine]))
    for layer in side.network.stages:
        found |= _at(layer, mine[0][f"{TOLD}error at {layer}"], side.marks)
    return found


def _at(layer: str, error: Tensor, marks: Marks) -> dict[str, Tensor]:
    return {f"error at {layer}": error, f"another photograph at {layer}": marks.others[layer]}
