"""What does this unit want to see?

The network stays as it is; a picture climbs towards whatever drives one of its
units, layers, classes or directions most. Then the 8-bit picture is scored on
views that the ascent never saw, beside the best of the shipped photographs.

Olah, Mordvintsev and Schubert, Feature Visualization, Distill 2017,
https://distill.pub/2017/feature-visualization; Erhan et al. 2009. Departures:
crops in place of jitter (for classes in turn with lucid's views), decay 1.25 of
the spectrum, and a cap on contrast.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from jaxtyping import Float
from torch import Tensor

from core import ascent, backbones, pictures
from core.backbones import Backbone
from core.metrics import held_out
from core.objectives import Objective, channel, direction, each, layer, logit, neuron, saturated
from core.priors import PARAMETRISATIONS, colour, views
from core.probe import (
    Choice,
    Frame,
    Label,
    Layer,
    Live,
    Network,
    Picture,
    Range,
    Seed,
    State,
    Switch,
    Unit,
)

title = "Features"
question = "What does this unit want to see?"
source = "https://distill.pub/2017/feature-visualization"
limits = "It is one maximum of many: another seed, another picture that drives it as much."
WAKING = 16  # steps at a ReLU6 map that climb what it clips, so that a silent unit can wake up


@dataclass(frozen=True)
class Settings:
    """Whom to ask, and how to look for the answer."""

    network: Annotated[str, Network()] = "lite0"
    target: Annotated[
        str,
        Choice(
            ("unit", "neuron", "layer", "class", "direction"),
            help="a channel's mean, its middle position, a whole layer, a class, "
            "or a random direction among the layer's channels (drawn by number)",
        ),
    ] = "unit"
    layer: Annotated[str, Layer(of="network", help="where the unit is")] = "blocks.3"
    unit: Annotated[int, Unit(of="layer", help="which channel of the layer")] = 12
    label: Annotated[int, Label(of="network", help="which class")] = 130
    count: Annotated[int, Range(1, 9, unit="pictures", help="several in one batch")] = 1
    vary: Annotated[
        str, Choice(("seeds", "units"), help="several: other seeds of one, or its neighbours")
    ] = "seeds"
    picture: Annotated[str, Picture(without="noise", help="where the ascent starts")] = "noise"
    learning_rate: Annotated[
        float, Range(0.001, 0.5, log=True, live=True, help="how far Adam moves at a step")
    ] = 0.05
    contrast: Annotated[
        float, Range(0.1, 3, live=True, help="largest deviation before the sigmoid")
    ] = 1.2
    crop: Annotated[
        float, Range(0, 1, zero="recipe", live=True, help="smallest crop; .6, for classes .5")
    ] = 0.0
    rotation: Annotated[
        float, Range(0, 45, unit="degrees", live=True, help="crops turn by up to this")
    ] = 15.0
    noise: Annotated[float, Range(0, 0.3, live=True, help="added to what the network sees")] = 0.03
    views: Annotated[
        str,
        Choice(
            ("recipe", "crops", "lucid", "both", "none"),
            help="what the network sees of the canvas; the recipe: crops, for classes both in turn",
        ),
    ] = "recipe"
    parametrisation: Annotated[
        str, Choice(tuple(PARAMETRISATIONS), help="what is climbed: a spectrum, or plain pixels")
    ] = "fourier"
    decay: Annotated[float, Range(0, 2, help="of the spectrum: 1.25 is crisp, 1.5 smoother")] = 1.25
    canvas: Annotated[
        int, Range(0, 320, unit="px", zero="recipe", help="its side; 160, for classes 192")
    ] = 0
    view: Annotated[
        int, Range(0, 320, unit="px", zero="recipe", help="what is read; 128, for classes 160")
    ] = 0
    steps: Annotated[int, Range(0, 2000, zero="recipe", help="96, for classes 128")] = 0
    seed: Annotated[int, Seed()] = 0
    control: Annotated[bool, Switch(help="the same steps on the same network, weights random")] = (
        True
    )


@dataclass(frozen=True)
class Plan:
    """The recipe, with what the settings leave to it filled in."""

    canvas: int
    view: int
    steps: int
    views: str
    at_once: int  # pictures a frame, so that a frame comes within 100 ms
    chunks: int  # frames that one step of all the pictures takes


def planned(settings: Settings) -> Plan:
    """Units: canvas 160, view 128, crops; classes: canvas 192, view 160, both kinds of view."""
    one_class = settings.target == "class"
    recipe, at_once = ("both", 2) if one_class else ("crops", 4)
    return Plan(
        canvas=settings.canvas or (192 if one_class else 160),
        view=settings.view or (160 if one_class else 128),
        steps=settings.steps or (128 if one_class else 96),
        views=recipe if settings.views == "recipe" else settings.views,
        at_once=at_once,
        chunks=-(-settings.count // at_once),
    )


def length(settings: Settings) -> int:
    """Frames until the picture has climbed; its scores are measured after that."""
    return planned(settings).steps * planned(settings).chunks


def caption(settings: Settings, numbers: Mapping[str, Any]) -> str:
    """What the numbers of a frame say, in a sentence; of several pictures, the least of them."""
    who = _who(settings)
    if "held-out score" not in numbers:
        return f"A picture that drives {who} more at every step."
    return held_out.said(who, numbers)


def _who(settings: Settings) -> str:
    """Whose picture it is, in words."""
    several = settings.count > 1 and settings.vary == "units"
    if settings.target == "class":
        labels = backbones.load(settings.network).labels
        name = labels[settings.label % len(labels)]
        return f"{settings.count} classes from {name} on" if several else f"the class {name}"
    if settings.target == "layer":
        return f"the layer {settings.layer}"
    one, many = {
        "unit": ("unit", "units"),
        "neuron": ("the middle neuron of channel", "middle neurons"),
        "direction": ("random direction", "random directions"),
    }[settings.target]
    if several:
        return f"{settings.count} {many} of {settings.layer} from {settings.unit} on"
    return f"{one} {settings.unit} of {settings.layer}"


def targets(settings: Settings, network: Backbone, at: str) -> list[Objective]:
    """What each of the pictures climbs, read at the layer `at`."""
    others = [i * (settings.vary == "units") for i in range(settings.count)]
    channels = network.layer(settings.layer).channels
    return [
        {
            "unit": lambda u, _: channel(at, u % channels),
            "neuron": lambda u, _: neuron(at, u % channels),
            "layer": lambda _, __: layer(at),
            "class": lambda _, label: logit(network.classifier(), label % len(network.labels)),
            "direction": lambda u, _: direction(at, _drawn(channels, u)),
        }[settings.target](settings.unit + other, settings.label + other)
        for other in others
    ]


def scored(settings: Settings, network: Backbone) -> list[Objective]:
    """What each of the pictures is worth (see core.probe)."""
    return targets(settings, network, settings.layer)


def _drawn(channels: int, number: int) -> Float[Tensor, " channel"]:
    """A random direction of length 1 (Szegedy et al. 2014: do units mean more than these?)."""
    vector = torch.randn(channels, generator=views.generator("direction", number))
    return vector / vector.norm()


def run(
    network: Backbone,
    picture: Float[Tensor, "3 height width"] | None,
    live: Live[Settings],
    control: Backbone | None = None,
    state: State | None = None,
) -> Iterator[Frame]:
    """Frames of the ascent, `Plan.at_once` pictures each, then of the measurement."""
    start = live.now
    plan, side = planned(start), planned(start).canvas
    sides = {"picture": network} | ({"control": control} if control else {})
    base = None if picture is None else pictures.square(picture, side)[None]
    level = 0.0 if base is None else colour.level(base)
    prior = PARAMETRISATIONS[start.parametrisation]
    climbed = {name: _opened(start, side, base, network, state, name) for name in sides}
    wanted = targets(start, network, start.layer)
    awake = targets(start, network, network.layer(start.layer).before or start.layer)

    def render(p: Tensor, contrast: float) -> Tensor:
        return prior.picture(
            p, height=side, width=side, decay=start.decay, contrast=contrast, level=level
        )

    first = int(state["step"]) if state else 0
    for step in range(first, length(start)):
        now = live.now
        turn, chunk = divmod(step, plan.chunks)
        rows = slice(chunk * plan.at_once, (chunk + 1) * plan.at_once)
        objective = each((awake if turn < WAKING else wanted)[rows])
        view = _view(now, plan, turn, chunk, len(wanted[rows]))
        for name, backbone in sides.items():
            mine = climbed[name]
            seen = ascent.slope(
                mine["p"][rows],
                objective,
                backbone,
                picture=lambda p, contrast=now.contrast: render(p, contrast),
                view=view,
            )
            moments = {key: mine[key][rows] for key in _MOMENTS}
            p, moments = ascent.adam(
                mine["p"][rows], seen.slope, moments, step=turn, learning_rate=now.learning_rate
            )
            _put(mine, rows, {"p": p, "x": seen.x, "score": seen.score, **moments})
        yield _frame(step, climbed, {})
    skip = max(0, first - length(start))
    yield from _measured(start, live, climbed, wanted, network, render, skip)


_MOMENTS = ("first", "second", "good", "rate")
_MEASURED = (*held_out.HALVES, "whole", "ceiling", "sure", "pending")


def _opened(
    start: Settings,
    side: int,
    base: Tensor | None,
    network: Backbone,
    state: State | None,
    name: str,
) -> dict[str, Tensor]:
    """Parameters, moments, pictures and scores of one network's pictures: new, or from the state."""
    if state:
        kept = {k.split(".", 1)[1]: v for k, v in state.items() if k.startswith(f"{name}.")}
        return {key: torch.as_tensor(v).clone() for key, v in kept.items()}
    prior = PARAMETRISATIONS[start.parametrisation]
    seeds = [start.seed + i * (start.vary == "seeds") for i in range(start.count)]
    noises = [views.generator(seed, "start") for seed in seeds]
    p = prior.start(side, side, noises).to(network.device)
    if base is not None:
        p = p + prior.encode(base, decay=start.decay)
    empty = torch.zeros(start.count, device=network.device)
    blank = torch.full((start.count, 3, side, side), 0.5, device=network.device)
    return {
        "p": p,
        **ascent.start(p),
        "x": blank,
        "score": empty,
        **dict.fromkeys(_MEASURED, empty),
        "photographs": torch.full_like(empty, -torch.inf),
    }


def _put(mine: dict[str, Tensor], rows: slice, found: dict[str, Tensor]) -> None:
    for key, value in found.items():
        mine[key] = torch.cat([mine[key][: rows.start], value, mine[key][rows.stop :]])


def _view(now: Settings, plan: Plan, turn: int, chunk: int, count: int):
    """What the network sees of the canvas at this step: the same for both networks."""
    draw = views.generator(now.seed, turn, chunk, "view")
    padded = plan.views == "lucid" or (plan.views == "both" and turn % 2 == 0)
    if plan.views == "none":
        drawn = views.whole(count)
    elif padded:
        drawn = views.lucid(count, draw, side=plan.canvas)
    else:
        smallest = now.crop or (0.5 if now.target == "class" else 0.6)
        drawn = views.crops(count, draw, smallest=smallest, rotation=now.rotation)
    shape = (count, 3, plan.view, plan.view)
    grain = torch.randn(shape, generator=draw) * now.noise

    def view(x: Tensor) -> Tensor:
        pad = views.PAD if padded else 0
        return views.look(x, drawn, side=plan.view, pad=pad) + grain.to(x)

    return view


def _measured(
    start: Settings,
    live: Live[Settings],
    climbed: dict[str, dict[str, Tensor]],
    wanted: list[Objective],
    network: Backbone,
    render: Callable[[Tensor, float], Tensor],
    first: int,
) -> Iterator[Frame]:
    """Frames that score the 8-bit pictures on held-out views, then the shipped photographs."""
    plan, mine, base = planned(start), climbed["picture"], length(start)
    photographs = sorted(pictures.shipped())
    jobs = [(i, half) for i in range(start.count) for half in held_out.HALVES]
    jobs += [(name, half) for name in photographs for half in held_out.HALVES]
    for job, (which, half) in enumerate(jobs[first:], first):
        now = live.now
        if job == 0:
            for side in climbed.values():
                side["x"] = pictures.eight_bit(render(side["p"], now.contrast)).detach()
        if isinstance(which, int):
            _score(mine, which, half, start, network, wanted[which])
        else:
            photograph = pictures.square(pictures.load(which), plan.canvas).to(network.device)
            looks = held_out.looks(photograph, half, side=plan.view)
            found = held_out.scores(wanted, network, looks).mean(1)
            if half == held_out.HALVES[0]:
                mine["pending"] = found
            else:
                mine["photographs"] = mine["photographs"].maximum((mine["pending"] + found) / 2)
        doing = f"Scoring {which if isinstance(which, str) else 'the picture'} on {half}"
        done = job == len(jobs) - 1
        yield _frame(base + job, climbed, _verdict(mine) if done else {}, "" if done else doing)


def _score(
    mine: dict[str, Tensor],
    row: int,
    half: str,
    start: Settings,
    network: Backbone,
    wanted: Objective,
) -> None:
    """The held-out score of one picture on one half of the views; with the first, on the whole."""
    plan, x = planned(start), mine["x"][row]
    looks = held_out.looks(x, half, side=plan.view)
    found = {half: held_out.scores([wanted], network, looks).mean(1)}
    if half == held_out.HALVES[0]:
        canvas = held_out.whole(x, side=plan.view)
        found["whole"] = held_out.scores([wanted], network, canvas)[:, 0]
        found["ceiling"] = held_out.scores([_ceiling(start, network, row)], network, canvas)[:, 0]
    if start.target == "class":
        label = (start.label + row * (start.vary == "units")) % len(network.labels)
        with torch.no_grad():
            sure = network.activations(looks, network.output).softmax(1)[:, label]
        found["sure"] = mine["sure"][row : row + 1] + sure.mean(0, keepdim=True) / 2
    _put(mine, slice(row, row + 1), found)


def _ceiling(start: Settings, network: Backbone, row: int) -> Objective:
    """The share of the unit's positions where ReLU6 is saturated; 0 where the layer has none."""
    if start.target not in ("unit", "neuron") or "ReLU6" not in network.layer(start.layer).kind:
        return 0 * layer(start.layer)
    unit = start.unit + row * (start.vary == "units")
    return saturated(start.layer, unit % network.layer(start.layer).channels)


def _verdict(mine: dict[str, Tensor]) -> dict[str, Tensor]:
    lucid, crops = (mine[half] for half in held_out.HALVES)
    return {
        "held-out score": (lucid + crops) / 2,
        "largest of the photographs": mine["photographs"],
        "kept": (lucid + crops) / 2 / mine["whole"],
        "kept on crops": crops / mine["whole"],
        "kept on lucid's views": lucid / mine["whole"],
        "at the ceiling": mine["ceiling"],
        "probability": mine["sure"],
    }


def _frame(
    step: int, climbed: dict[str, dict[str, Tensor]], verdict: dict[str, Tensor], doing: str = ""
) -> Frame:
    """The pictures and scores of now; one picture is shown as a picture, several as pictures."""
    kept = {name: dict(mine) for name, mine in climbed.items()}
    one = len(climbed["picture"]["p"]) == 1
    numbers = {
        ("activation" if name == "picture" else f"{name} activation"): mine["score"]
        for name, mine in kept.items()
    } | verdict

    def state() -> State:
        found = {f"{n}.{k}": v.clone() for n, mine in kept.items() for k, v in mine.items()}
        return {"step": step + 1, **found}

    panels = {name: mine["x"][0] if one else mine["x"] for name, mine in kept.items()}
    return Frame(
        step=step,
        panels=panels | ({"doing": doing} if doing else {}),
        numbers={name: value[0] if one else value for name, value in numbers.items()},
        state=state,
    )
