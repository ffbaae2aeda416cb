"""What does this unit want to see?

The network stays as it is; a picture climbs towards whatever drives one of its
units, layers, classes or directions most, or least. Then the 8-bit picture is
scored on views that the ascent never saw, beside the best of the shipped
photographs.

Olah, Mordvintsev and Schubert, Feature Visualization, Distill 2017,
https://distill.pub/2017/feature-visualization; Erhan et al. 2009; natural
statistics: Fel et al. 2023, https://arxiv.org/abs/2306.06805; functions of the
plane: https://distill.pub/2018/differentiable-parameterizations. Departures:
crops in place of jitter (for classes in turn with lucid's views), decay 1.25 of
the spectrum, and a cap on contrast.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any

import torch
from jaxtyping import Float
from torch import Tensor

from core import pictures
from core.metrics import held_out, scoring
from core.models import Classifier
from core.objectives import Objective, composing, each
from core.objectives.named import named, paired
from core.priors import PARAMETRISATIONS, colour, large, views
from core.priors.recipes import RECIPES, Recipe
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
from core.steps import ascent

title = "Features"
question = "What does this unit want to see?"
method = "activation maximization"
source = "https://distill.pub/2017/feature-visualization"
limits = "It is one maximum of many: another seed, another picture that drives it as much."
twin_of = "network"
sheet = "Units of four stages drawn by seed, or classes (--target class), a picture each."
judged = "held-out score", "largest of the photographs"


WAKING = 16  # steps at a ReLU6 map that climb what it clips, so that a silent unit can wake up


@dataclass(frozen=True)
class Settings:
    """Whom to ask, and how to look for the answer."""

    network: Annotated[str, Network()] = "lite0"
    aim: Annotated[
        str, Choice(("excites", "silences"), help="the most of it, or the least: what it avoids")
    ] = "excites"
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
    second: Annotated[
        str,
        Choice(
            ("alone", "minus", "turning into"),
            help="one less another, or a strip from one to another",
        ),
    ] = "alone"
    other_unit: Annotated[int, Unit(of="layer", help="the other one, of the same layer")] = 7
    other_label: Annotated[int, Label(of="network", help="the other class")] = 340
    count: Annotated[
        int, Range(1, 9, unit="pictures", help="in one batch; a strip: 6, or 3 to 9")
    ] = 1
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
    diversity: Annotated[
        float, Range(0, 4, live=True, help="how unlike their textures are to be")
    ] = 0.0
    alignment: Annotated[float, Range(0, 2, live=True, help="how alike neighbours are to stay")] = (
        0.2
    )
    zoom: Annotated[
        float, Range(0, 3, unit="% a step", live=True, help="the window on the plane shrinks")
    ] = 0.0
    against: Annotated[
        str,
        Choice(
            ("nothing", *composing.PENALTIES), live=True, help="what the picture has to pay for"
        ),
    ] = "nothing"
    weight: Annotated[
        float, Range(0, 4, live=True, help="1: a photograph's share of it costs all")
    ] = 1.0
    power: Annotated[float, Range(0, 2, help="each position counts by cosine^power")] = 0.0
    views: Annotated[
        str,
        Choice(
            ("recipe", "crops", "lucid", "both", "none"),
            help="what the network sees of the canvas; the recipe: crops, for classes both in turn",
        ),
    ] = "recipe"
    parametrisation: Annotated[
        str,
        Choice(
            tuple(PARAMETRISATIONS),
            help="what is climbed: a spectrum, its phase alone, a function of the plane, or pixels",
        ),
    ] = "fourier"
    decay: Annotated[
        float, Range(0, 2, zero="recipe", help="1.25 is crisp, 1.5 smoother; natural 1.55")
    ] = 0.0
    size: Annotated[
        int, Range(0, 1024, unit="px", zero="recipe", help="of the last picture; 384")
    ] = 0
    canvas: Annotated[
        int, Range(0, 320, unit="px", zero="recipe", help="160, for classes 192; plane 96")
    ] = 0
    view: Annotated[
        int, Range(0, 320, unit="px", zero="recipe", help="128, for classes 160; plane 96")
    ] = 0
    steps: Annotated[
        int, Range(0, 2000, zero="recipe", help="96, classes 128; natural 128, 160; plane 320")
    ] = 0
    seed: Annotated[int, Seed()] = 0
    control: Annotated[bool, Switch(help="the same steps on the same network, weights random")] = (
        True
    )


def planned(settings: Settings) -> Recipe:
    """The recipe of the parametrisation, with what the settings ask for."""
    recipe = RECIPES[settings.parametrisation][settings.target == "class"]
    strip = _second(settings) == "turning into" and settings.count < 3
    return replace(
        recipe,
        canvas=settings.canvas or recipe.canvas,
        view=settings.view or recipe.view,
        steps=settings.steps or recipe.steps,
        views=recipe.views if settings.views == "recipe" else settings.views,
        size=(settings.size or recipe.size) if recipe.size else 0,
        count=6 if strip else settings.count,
    )


def meant(settings: Settings, resources: Mapping[str, Any]) -> Mapping[str, float]:
    """What "recipe" stands for."""
    plan = planned(settings)
    known = {"canvas": plan.canvas, "view": plan.view, "steps": plan.steps, "crop": plan.smallest}
    return known | ({"size": plan.size} if plan.size else {})


def seen_through(
    settings: Settings, plan: Recipe, *, turn: int, chunk: int = 0, count: int = 1, sharing: int = 1
) -> Callable[[Tensor], Tensor]:
    """What the network sees of a batch at this turn (see core.priors.views.through)."""
    return views.through(
        plan.views, count, views.generator(settings.seed, turn, chunk, "view"),
        turn=turn, canvas=plan.canvas, side=plan.view, smallest=settings.crop or plan.smallest,
        rotation=settings.rotation, noise=settings.noise, looks=plan.looks, sharing=sharing,
    )  # fmt: skip


def length(settings: Settings, resources: Mapping[str, Any]) -> int:
    """Frames until the picture has climbed; its scores are measured after that."""
    return climbing(settings)


def climbing(settings: Settings) -> int:
    """Frames of the ascent."""
    return planned(settings).steps * planned(settings).chunks


def caption(settings: Settings, numbers: Mapping[str, Any], resources: Mapping[str, Any]) -> str:
    """What the numbers of a frame say, in a sentence; of several pictures, the least of them."""
    who = _who(settings, resources["network"].labels)
    least = settings.aim == "silences"
    if "held-out score" not in numbers:
        return f"A picture that drives {who} {'less' if least else 'more'} at every step."
    return (
        held_out.verdict_on_the_least(who, numbers)
        if least
        else held_out.verdict_sentence(who, numbers)
    )


def _second(settings: Settings) -> str:
    """What is done with the other one; a whole layer has none."""
    return "alone" if settings.target == "layer" else settings.second


def _who(settings: Settings, labels: tuple[str, ...]) -> str:
    """Whose picture it is, in words."""
    second = _second(settings)
    neighbours = settings.count if settings.vary == "units" and second != "turning into" else 1
    number, other = _numbers(settings)
    one = named(settings.target, settings.layer, number, labels, several=neighbours)
    return paired(one, named(settings.target, settings.layer, other, labels), second)


def _numbers(settings: Settings) -> tuple[int, int]:
    """The one and the other: units, or classes."""
    if settings.target == "class":
        return settings.label, settings.other_label
    return settings.unit, settings.other_unit


def _target_space(settings: Settings, network: Classifier, at: str) -> composing.TargetSpace:
    channels = network.layer(settings.layer).channels
    vector = partial(views.unit_vector, channels)  # Szegedy et al. 2014: do units mean more?
    output = network.classifier() if settings.target == "class" else network.output
    return composing.TargetSpace(at, channels, output, len(network.labels), vector)


def targets(
    settings: Settings, network: Classifier, at: str, power: float = 0.0
) -> list[Objective]:
    """What each of the pictures is asked for, read at the layer `at`."""
    space = _target_space(settings, network, at)

    def one(number: int) -> Objective:
        return composing.target(settings.target, space, number=number, power=power)

    (number, other), second = _numbers(settings), _second(settings)
    neighbours = settings.vary == "units" and second != "turning into"
    found = [one(number + i * neighbours) for i in range(planned(settings).count)]
    return composing.paired(found, one(other), second)


def scored(
    settings: Settings, network: Classifier, resources: Mapping[str, Any]
) -> list[Objective]:
    """What each of the pictures is worth (see core.probe)."""
    sign = -1.0 if settings.aim == "silences" else 1.0
    return [sign * one for one in targets(settings, network, settings.layer)]


def run(
    network: Classifier,
    picture: Float[Tensor, "3 height width"] | None,
    live: Live[Settings],
    control: Classifier | None = None,
    state: State | None = None,
) -> Iterator[Frame]:
    """Frames of the ascent, `Recipe.at_once` pictures each, then of the measurement."""
    start = live.now
    plan, prior = planned(start), PARAMETRISATIONS[start.parametrisation]
    sides = {"picture": network} | ({"control": control} if control else {})
    base = None if picture is None else pictures.square(picture, plan.canvas)[None]
    level = 0.0 if base is None else colour.level(base)
    climbed = {name: _initial_or_restored(start, base, network, state, name) for name in sides}

    def render(p: Tensor, contrast: float) -> Tensor:
        size = {"height": plan.canvas, "width": plan.canvas}
        return prior.picture(p, **size, decay=start.decay, contrast=contrast, level=level)

    sign = -1.0 if start.aim == "silences" else 1.0
    before = network.layer(start.layer).before or start.layer
    wanted = [targets(start, network, at) for at in (before, start.layer)]
    sought = [targets(start, network, at, start.power) for at in (before, start.layer)]

    first = int(state["step"]) if state else 0
    for step in range(first, climbing(start)):
        now = live.now
        turn, chunk = divmod(step, plan.chunks)
        mixed = views.generator(now.seed, turn, "company")
        rows = views.company(plan.count, plan.at_once, chunk, mixed)
        awake = int(turn >= WAKING)
        told = composing.over_looks(each([wanted[awake][i] for i in rows]), plan.looks)
        goal = sign * each([sought[awake][i] for i in rows])
        goal = composing.over_looks(_shaped(goal, now, plan, network), plan.looks)
        view = seen_through(now, plan, turn=turn, chunk=chunk, count=len(rows))
        at = torch.tensor(rows, device=network.device)
        for name, classifier in sides.items():
            mine = climbed[name]
            seen = ascent.slope(
                mine["p"][at],
                goal,
                classifier,
                picture=lambda p, contrast=now.contrast: render(p, contrast),
                view=view,
                told=told,
            )
            ascent.climb(mine, at, seen, step=turn, learning_rate=now.learning_rate)
            if prior.closer:
                mine["p"] = prior.closer(mine["p"], now.zoom / plan.chunks)
        yield _frame(step, climbed, {}, "", {})
    worth = scored(start, network, {})
    yield from _measured(start, live, climbed, worth, network, render, first - climbing(start))


def _initial_or_restored(
    start: Settings, base: Tensor | None, network: Classifier, state: State | None, name: str
) -> dict[str, Tensor]:
    """Parameters, moments, pictures and scores of one network's pictures: new, or from the state."""
    if state:
        kept = {k.split(".", 1)[1]: v for k, v in state.items() if k.startswith(f"{name}.")}
        return {key: torch.as_tensor(v).clone() for key, v in kept.items()}
    plan, prior = planned(start), PARAMETRISATIONS[start.parametrisation]
    apart = start.vary == "seeds" and _second(start) != "turning into"  # a strip starts as one
    noises = [views.generator(start.seed + i * apart, "start") for i in range(plan.count)]
    p = prior.start(plan.canvas, plan.canvas, noises).to(network.device)
    if base is not None:
        p = p + prior.encode(base, decay=start.decay)
    contrast = torch.zeros((), device=network.device)
    found = ascent.initial_state(p, plan.canvas) | {"contrast": contrast}
    return found | scoring.initial_state(plan.count, network.device)


def _shaped(goal: Objective, now: Settings, plan: Recipe, network: Classifier) -> Objective:
    """What is climbed, with what is wanted of the pictures beside it."""
    strip, several = _second(now) == "turning into", plan.count > 1
    stages = network.stages
    return composing.shaped(
        goal,
        layer=stages[len(stages) // 2] if now.target == "class" else now.layer,
        apart=now.diversity if several and not strip else None,
        alike=now.alignment if strip else None,
        against="" if now.against == "nothing" else now.against,
        weight=now.weight,
    )


def _measured(
    start: Settings,
    live: Live[Settings],
    climbed: dict[str, dict[str, Tensor]],
    wanted: list[Objective],
    network: Classifier,
    render: Callable[[Tensor, float], Tensor],
    done: int,
) -> Iterator[Frame]:
    """Frames that draw the 8-bit pictures, and score them beside the shipped photographs."""
    plan, base = planned(start), climbing(start)
    space, one_class = _target_space(start, network, start.layer), start.target == "class"
    clips = "ReLU6" in network.layer(start.layer).kind
    numbers = [_numbers(start)[0] + i * (start.vary == "units") for i in range(plan.count)]
    ask = scoring.Criteria(
        wanted=wanted,
        ceilings=[composing.ceiling(start.target, space, number=n, clips=clips) for n in numbers],
        labels=[number % len(network.labels) for number in numbers] if one_class else [],
        canvas=plan.canvas,
        view=plan.view,
    )
    jobs = [*large.jobs(plan.count, plan.size), *scoring.evaluations(plan.count)]
    drawn: dict[str, Tensor] = {}
    for job, (which, part) in enumerate(jobs):
        if job == 0 and done <= 0:
            large.develop(climbed, render, live.now.contrast)
        if isinstance(part, slice):
            drawn = drawn or large.enlarged(climbed, plan.size)
            large.draw(drawn, climbed, which, part)
            doing = f"Drawing the picture at {plan.size} px"
        elif job < done:
            continue
        else:
            doing = scoring.evaluate(climbed["picture"], (which, part), ask, network)
        if job >= done:
            last = job == len(jobs) - 1
            numbers = scoring.verdict(climbed["picture"]) if last else {}
            yield _frame(base + job, climbed, numbers, "" if last else doing, drawn)


def _frame(
    step: int,
    climbed: dict[str, dict[str, Tensor]],
    verdict: dict[str, Tensor],
    doing: str,
    drawn: Mapping[str, Tensor],
) -> Frame:
    """The pictures and scores of now; one picture is shown as a picture, several as pictures."""
    kept = {name: dict(mine) for name, mine in climbed.items()}
    one = len(climbed["picture"]["p"]) == 1
    numbers = {
        ("activation" if name == "picture" else f"{name} activation"): mine["score"]
        for name, mine in kept.items()
    } | verdict
    shown = {name: drawn.get(name, mine["x"]) for name, mine in kept.items()}

    def state() -> State:
        found = {f"{n}.{k}": v.clone() for n, mine in kept.items() for k, v in mine.items()}
        return {"step": step + 1, **found}

    panels = {name: x[0] if one else x for name, x in shown.items()}
    return Frame(
        step=step,
        panels=panels | ({"doing": doing} if doing else {}),
        numbers={name: value[0] if one else value for name, value in numbers.items()},
        state=state,
    )
