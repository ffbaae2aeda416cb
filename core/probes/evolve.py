"""Can you fool it blind?

Nobody looks inside the network here: pictures are shown to it, and what it
answers decides which of them have children. For each class the picture that it
is surest of keeps a seat; a child is judged once and may win the seat of any
class. Beside it as many pictures are drawn at random, without any evolution.

Nguyen, Yosinski and Clune, Deep Neural Networks are Easily Fooled, CVPR 2015,
https://arxiv.org/abs/1412.1897; Mouret and Clune, Illuminating search spaces by
mapping elites, 2015, https://arxiv.org/abs/1504.04909. Departures: small
batches, so that something is seen at once; graphs whose nodes stand in layers;
coordinates that do not depend on the size of the picture.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from torch import Tensor

from core import models
from core.evolution import elites, lineage, portraits, walls
from core.evolution.elites import NOBODY, Elites
from core.evolution.encodings import ENCODINGS, FEW, Encoding, Plan, plan
from core.models import Classifier
from core.priors import views
from core.probe import (
    Choice,
    Frame,
    Label,
    Live,
    Network,
    Range,
    Seed,
    SettingError,
    State,
    Switch,
    made,
)
from core.steps import ascent

title = "Evolve"
question = "Can you fool it blind?"
method = "evolution by queries alone"
source = "https://arxiv.org/abs/1412.1897"
limits = "A sure answer is no likeness: these networks have to name one of their classes, whatever they see."
endless = True  # a file ends after so many steps

LESSONS, LESSON_CLASSES, RATE = 32, 10, 0.05  # the gradient's steps, its classes, Adam's step
DOUBT = 1e-6  # below which a sentence does not tell a probability from 1


@dataclass(frozen=True)
class Settings:
    """Whom to fool, and how children differ from their parents."""

    network: Annotated[str, Network(help="the network that is asked, and never looked into")] = (
        "digits"
    )
    encoding: Annotated[
        str,
        Choice(
            tuple(ENCODINGS),
            help="a genome is a small graph that draws regular pictures, or every single pixel",
        ),
    ] = "graphs"
    mutation: Annotated[
        float, Range(0, 3, live=True, help="1: as often as in the paper; 0: children are copies")
    ] = 1.0
    batch: Annotated[
        int,
        Range(
            0, 128, unit="children", zero="recipe", help="a step; 16 where there are many classes"
        ),
    ] = 0
    size: Annotated[
        int, Range(0, 224, unit="px", zero="recipe", help="of a picture; 64, for digits 28")
    ] = 0
    steps: Annotated[
        int, Range(0, 100_000, zero="recipe", help="after which a file ends; the run goes on")
    ] = 0
    seed: Annotated[int, Seed()] = 0
    control: Annotated[bool, Switch(help="as many pictures at random, the best of each class")] = (
        True
    )


@dataclass(frozen=True)
class Breed:
    """The next children are all of these two elites, or of one of them alone."""

    first: Annotated[int, Label(of="network", help="the class whose elite is a parent")] = 0
    second: Annotated[int, Label(of="network", help="the other; the same: it has no partner")] = 0


Actions = (Breed,)


def planned(settings: Settings, network: Classifier) -> Plan:
    """What a run of these settings does; raises the network's sentence if it knows no classes."""
    found = plan(network, batch=settings.batch, side=settings.size)
    found.must_fit(ENCODINGS[settings.encoding](found))
    return found


def length(settings: Settings, resources: Mapping[str, Any]) -> int:
    """Frames until a file ends: 40 000 queries of a digit network, 10 000 of a larger one."""
    facts = planned(settings, resources["network"])
    return settings.steps or (40_000 if facts.classes <= FEW else 10_000) // facts.batch


def meant(settings: Settings, resources: Mapping[str, Any]) -> Mapping[str, float]:
    """What "recipe" stands for: it depends on the network."""
    facts = planned(settings, resources["network"])
    return {"batch": facts.batch, "size": facts.side, "steps": length(settings, resources)}


def caption(settings: Settings, numbers: Mapping[str, Any], resources: Mapping[str, Any]) -> str:
    """What is seen, in a sentence."""
    network = resources["network"]
    said = (
        f"After {numbers['queries']:,.0f} questions {network.title} is "
        f"{sureness(numbers['median elite'])} sure of the picture of the middle one of its "
        f"{len(network.labels)} classes"
    )
    if "control median elite" in numbers:
        said += f"; with as many pictures at random, {sureness(numbers['control median elite'])}"
    return f"{said}."


def sureness(p: float) -> str:
    """A probability near 1 with the digits that tell it from 1, up to six nines."""
    if p > 1 - DOUBT:
        return f"more than {1 - DOUBT:.4%}"
    return f"{p:.{max(1, math.floor(-math.log10(1 - p) + 1e-6) - 1)}%}"


@dataclass(frozen=True)
class Population:
    """One side of a run: its elites, and the small pictures of them."""

    elites: Elites
    small: Tensor


@dataclass(frozen=True)
class Climb:
    """The gradient's pictures, its moments, and how sure the network is of each."""

    p: Tensor
    moments: Mapping[str, Tensor]
    sure: Tensor
    passes: int


def run(
    network: Classifier,
    live: Live[Settings],
    state: State | None = None,
) -> Iterator[Frame]:
    """One frame a generation, the control in step."""
    start = live.now
    facts = planned(start, network)
    code = ENCODINGS[start.encoding](facts)
    first = int(state["step"]) if state else 0
    names = ["picture", *(["control"] if start.control else [])]
    sides = {name: _initial_or_restored(name, code, facts, network, state) for name in names}
    log = _log(code, facts, network, state)
    climb = _begun(start, facts, network, state)
    step = first
    while True:
        now = live.now
        draw = views.generator(start.seed, step, "children")
        children = _children(sides["picture"].elites, code, facts, step, now, live.actions, draw)
        found = {"picture": children}
        if start.control:
            found["control"] = _strangers(
                code, facts, step, views.generator(start.seed, step, "control")
            )
        for name, those in found.items():
            sides[name] = _judged(sides[name], those, code, facts, network)
        log = lineage.extended(log, children, sides["picture"].elites)
        if step < LESSONS:
            climb = _climbed(climb, facts, network, step, start.seed)
        yield _frame(step, facts, dict(sides), log, climb)
        step += 1


def _initial_or_restored(
    name: str, code: Encoding, facts: Plan, network: Classifier, state: State | None
) -> Population:
    """A side without elites, or as it was kept."""
    if state:
        kept = {
            key.removeprefix(f"{name}."): torch.as_tensor(value).clone()
            for key, value in state.items()
            if key.startswith(f"{name}.")
        }
        return Population(kept, kept.pop("small"))
    genomes = code.one().to(network.device)
    seats = elites.vacant(genomes, facts.classes)
    small = walls.thumbs(code.rendered(genomes, side=facts.side), facts.classes)
    return Population(seats, torch.full_like(small, 96).expand(facts.classes, -1, -1, -1))


def _log(code: Encoding, facts: Plan, network: Classifier, state: State | None) -> lineage.Log:
    if state:
        return lineage.resumed(state, facts.batch)
    return lineage.empty(code.one().to(network.device), facts.classes)


def _strangers(code: Encoding, facts: Plan, step: int, draw: torch.Generator) -> Elites:
    """Pictures at random, which come from nobody."""
    nobody = torch.full((facts.batch,), NOBODY)
    names = step * facts.batch + torch.arange(facts.batch)
    genomes = code.random(facts.batch, draw)
    return {"genomes": genomes, "name": names, "parent": nobody, "origin": nobody}


def _children(
    seats: Elites,
    code: Encoding,
    facts: Plan,
    step: int,
    now: Settings,
    actions: tuple[Any, ...],
    draw: torch.Generator,
) -> Elites:
    """The next batch: at random to begin with, then children of elites, or of those that were asked for."""
    if step < facts.founding:
        found = _strangers(code, facts, step, draw)
        return {key: value.to(seats["odds"].device) for key, value in found.items()}
    chosen = elites.parents(facts.classes, facts.batch, draw)
    for action in actions:
        chosen = torch.tensor([[action.first], [action.second]]).expand(2, facts.batch)
    chosen = chosen.to(seats["odds"].device)
    genomes = seats["genomes"][chosen[0]]
    if code.sexual or any(action.first != action.second for action in actions):
        genomes = code.mated(genomes, seats["genomes"][chosen[1]], draw)
    names = step * facts.batch + torch.arange(facts.batch, device=chosen.device)
    return {
        "genomes": code.mutated(genomes, draw, strength=now.mutation),
        "name": names,
        "parent": seats["name"][chosen[0]],
        "origin": chosen[0],
    }


def _judged(
    mine: Population, children: Elites, code: Encoding, facts: Plan, network: Classifier
) -> Population:
    """One query a child; those that are better take seats."""
    x = code.rendered(children["genomes"].to(network.device), side=facts.side)
    after, won_by = elites.placed(mine.elites, children, elites.class_odds(x, network))
    return Population(after, elites.taken(mine.small, walls.thumbs(x, facts.classes), won_by))


def _taught(facts: Plan, seed: int) -> Tensor:
    """The classes that the gradient climbs: a few, by seed."""
    order = torch.randperm(facts.classes, generator=views.generator(seed, "gradient"))
    return order[:LESSON_CLASSES]


def _begun(start: Settings, facts: Plan, network: Classifier, state: State | None) -> Climb:
    if state:
        kept = {k: torch.as_tensor(v).clone() for k, v in state.items() if k.startswith("climb.")}
        moments = {key: kept[f"climb.{key}"] for key in ascent.MOMENTS}
        return Climb(kept["climb.p"], moments, kept["climb.sure"], int(state["passes"]))
    n = len(_taught(facts, start.seed))
    noise = torch.randn(n, 3, facts.side, facts.side, generator=views.generator(start.seed, "grey"))
    p = (0.5 + 0.01 * noise).to(network.device)
    return Climb(p, ascent.start(p), torch.zeros(n, device=network.device), 0)


def _climbed(climb: Climb, facts: Plan, network: Classifier, step: int, seed: int) -> Climb:
    """One pass forward and one backward for each of a few classes: what a look inside is worth."""
    wanted = _taught(facts, seed).to(network.device)[:, None]
    p = climb.p.requires_grad_()
    x = ascent.straight_through(p)
    said = network.activations(x, network.classifier()).log_softmax(1).gather(1, wanted)
    (slope,) = torch.autograd.grad(said.sum(), p)
    with torch.no_grad():
        moved, moments = ascent.adam(
            p.detach(), slope, dict(climb.moments), step=step, learning_rate=RATE
        )
        sure = said.detach().exp()[:, 0]
        return Climb(moved.clamp(0, 1), moments, torch.maximum(climb.sure, sure), climb.passes + 2)


def _numbers(
    facts: Plan, step: int, sides: Mapping[str, Population], climb: Climb
) -> dict[str, Tensor]:
    """What the elites came to; the first is drawn as a curve: of few classes it soon has many nines."""
    found: dict[str, Tensor] = {}
    for name, side in sides.items():
        which, odds = "" if name == "picture" else f"{name} ", side.elites["odds"]
        p, least = odds.sigmoid(), odds.min()
        told = {"nines of the least sure": elites.nines(least), "median elite": elites.median(p)}
        for key in sorted(told, key=lambda key: facts.classes > FEW and key != "median elite"):
            found[f"{which}{key}"] = told[key]
        found[f"{which}least elite"] = least.sigmoid()
        for bar in (0.5, 0.9, 0.99):
            found[f"{which}classes above {bar:g}"] = (p >= bar).float().sum()
    queries = (step + 1) * facts.batch
    return found | {
        "queries": torch.tensor(float(queries)),
        "queries a class": torch.tensor(queries / facts.classes),
        "goal switches": sides["picture"].elites["switches"].sum().float(),
        "gradient median": elites.median(climb.sure),
        "gradient passes a class": torch.tensor(float(climb.passes)),
    }


def _frame(
    step: int, facts: Plan, sides: Mapping[str, Population], log: lineage.Log, climb: Climb
) -> Frame:
    def state() -> State:
        found: State = {"step": step + 1, "passes": climb.passes, "climb.p": climb.p.clone()}
        found |= {f"climb.{key}": value.clone() for key, value in climb.moments.items()}
        found["climb.sure"] = climb.sure.clone()
        for name, side in sides.items():
            found |= {f"{name}.{key}": value.clone() for key, value in side.elites.items()}
            found[f"{name}.small"] = side.small.clone()
        return found | lineage.state(log)

    return Frame(
        step=step,
        panels=walls.Walls({name: (side.small, side.elites) for name, side in sides.items()}),
        numbers=_numbers(facts, step, sides, climb),
        state=state,
    )


def portrait(
    settings: Mapping[str, Any], state: State, label: int
) -> tuple[Classifier, portraits.Portrait]:
    """The elite of a class in a run's state, close by; raises SettingError where there is none.

    settings: of the run's record. For a page: it waits for the device.
    """
    start = made(Settings, settings)
    network = models.classifier(start.network)
    if not 0 <= label < len(network.labels):
        raise SettingError(
            f"label = {label} is out of range: choose 0 to {len(network.labels) - 1}."
        )
    facts = planned(start, network)
    code = ENCODINGS[start.encoding](facts)
    found = portraits.portrait(state, label, network, facts, code)
    if found is None:
        raise SettingError("Nobody has this place yet: wait for the first step.")
    return network, found
