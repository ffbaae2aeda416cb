"""Can a network learn to paint like this?

A small network paints photographs, and is told of each how far its textures are
from the style picture's and its content from the photograph's, by a large network
that stays as it is. What moves are the small one's parameters: once they are
there, any picture is painted in one pass. Beside it the same loss moves the
pixels of this one picture. Four photographs it never learns from say what it can.

Johnson, Alahi and Fei-Fei, Perceptual Losses for Real-Time Style Transfer and
Super-Resolution, ECCV 2016, https://arxiv.org/abs/1603.08155; norms: Ulyanov,
Vedaldi and Lempitsky 2017, https://arxiv.org/abs/1607.08022. Departures: 46
thousand parameters for 1.7 million; it learns from eight photographs, a crop a
step; each layer's distance is divided by what photographs have of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from jaxtyping import Float
from torch import Tensor

from core.models import Classifier
from core.networks import painter
from core.priors import octaves
from core.probe import (
    Choice,
    File,
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
from core.steps import ascent, painting
from core.steps.painting import Judge, PaintingWeights, StyleTarget

title = "Painter"
question = "Can a network learn to paint like this?"
method = "feed-forward style"
source = "https://arxiv.org/abs/1603.08155"
limits = (
    "It does not show that the network has learned art: it paints the textures of one picture "
    "over any other, tiles on a face as on a wall."
)
sheet = "One painter after another, each learning from the other photographs."
judged = "style at the start", "style left"

ROUND = 3  # frames: two that learn, and one that paints


@dataclass(frozen=True)
class Settings:
    """Whose style, what is painted in it, and how the painter learns."""

    network: Annotated[str, Network(help="the network that says how far it is from the style")] = (
        "lite0"
    )
    picture: Annotated[
        str, Picture(help="the photograph that is painted, and not learned from")
    ] = "temple"
    style: Annotated[str, Picture(swatches=True, help="what the painter learns to paint like")] = (
        "mosaic"
    )
    begin: Annotated[
        str,
        File(
            ("anew", *painter.SHIPPED),
            help="with a network that has learned nothing, or that has learned a style, or your own",
        ),
    ] = "anew"
    beside: Annotated[
        str,
        Choice(
            ("optimised", "before"),
            help="beside it: this one picture moved by the same loss, or the painter before it learned",
        ),
    ] = "optimised"
    style_weight: Annotated[
        float, Range(0, 4, live=True, help="of what is left of the style's distance, 1 at first")
    ] = 1.0
    content_weight: Annotated[
        float, Range(0, 1, live=True, help="of the relative error of the content's layer, squared")
    ] = 0.2
    smoothness: Annotated[
        float, Range(0, 0.5, live=True, help="weight of roughness; a photograph has about 1 of it")
    ] = 0.02
    learning_rate: Annotated[
        float, Range(0.0001, 0.02, log=True, live=True, help="how far Adam moves the parameters")
    ] = 0.003
    layer: Annotated[
        str, Layer(of="network", live=True, help="what holds on to the photograph")
    ] = "blocks.3"
    pattern: Annotated[
        float, Range(0.5, 3, help="how large the style picture is read, beside a crop")
    ] = 1.5
    crop: Annotated[
        int, Range(48, 256, unit="px", help="side of the crops that it learns from")
    ] = 128
    crops: Annotated[int, Range(1, 4, unit="a step", help="that it learns from at once")] = 1
    steps: Annotated[
        int, Range(0, 10_000, zero="only paints", help="of learning, two to a painting")
    ] = 1600
    size: Annotated[int, Range(32, 512, unit="px", help="longer side of what is painted")] = 224
    seed: Annotated[int, Seed(help="another painter to begin with, and other crops")] = 0
    control: Annotated[bool, Switch(help="the picture beside it")] = True


def length(settings: Settings, resources: Mapping[str, Any]) -> int:
    """Frames until it has learned; the last one paints."""
    return _frames(settings)


def _frames(settings: Settings) -> int:
    return max(1, ROUND * -(-settings.steps // (ROUND - 1)))


def caption(settings: Settings, numbers: Mapping[str, Any], resources: Mapping[str, Any]) -> str:
    """What is seen, in a sentence."""

    def percent(name: str) -> str:
        return f"{float(numbers[name]):.1%}"

    if "style left" not in numbers:
        return f"A network learns to paint like {settings.style}."
    said = (
        f"Of this photograph's distance to {settings.style} {percent('style left')} is left; "
        f"of four that it never learned from, {percent('unseen style left')}."
    )
    if settings.beside == "optimised" and "control style left" in numbers:
        return f"{said} Moving its pixels themselves has come to {percent('control style left')}."
    return said


def applied(state: State, x: Float[Tensor, "3 _ _"]) -> Float[Tensor, "3 _ _"]:
    """Another picture, painted by what a run has learned up to this state; nothing is kept of it."""
    p = state["p"]
    assert isinstance(p, Tensor)
    with torch.no_grad():
        return painter.painted(p, x[None].to(p))[0]


def weights(state: State) -> bytes:
    """What a run has learned up to this state, as a safetensors file."""
    p = state["p"]
    assert isinstance(p, Tensor)
    return painter.pack(p, frames=str(state["step"]))


def brought(data: bytes) -> Float[Tensor, "3 _ _"]:
    """Such a file as a picture of its bytes; raises PainterError if it is none."""
    return painter.pictured(painter.unpack(data))


Mine = dict[str, Tensor]


def run(
    network: Classifier,
    picture: Float[Tensor, "3 height width"],
    style: Float[Tensor, "3 _ _"],
    live: Live[Settings],
    begin: Float[Tensor, "3 _ _"] | None = None,
    state: State | None = None,
) -> Iterator[Frame]:
    """Frames in rounds: two steps of learning, then what the painter makes of the pictures."""
    start = live.now
    found = painting.photographs(start.crop, without=start.picture)
    goal = painting.style_target(
        network, octaves.sized(style, round(start.pattern * start.crop)), found, start.crop
    )
    judges = [Judge(goal, x[None].to(network.device)) for x in painting.judges(start.crop)]
    sitter = Judge(goal, octaves.sized(picture, start.size))
    before = _before(start, begin, sitter)
    mine = _kept(state) if state else _initial_state(before, judges, sitter, start)
    for step in range(int(state["step"]) if state else 0, _frames(start)):
        now = live.now
        asked = PaintingWeights(now.style_weight, now.content_weight, now.smoothness, now.layer)
        turn, part = divmod(step, ROUND)
        if part < ROUND - 1 and start.steps:
            _learn(mine, goal, found, asked, now, turn * (ROUND - 1) + part)
        else:
            _paint(mine, sitter, asked.layer)
            _ask(mine, judges, turn % len(judges), asked.layer)
            if start.control and start.beside == "optimised":
                _move(mine, sitter, asked, turn)
        yield _frame(step, mine, before, start)


def _before(start: Settings, begin: Tensor | None, of: Judge) -> Mine:
    """The painter that it begins with, what that paints, and how far it is from the style."""
    if begin is not None:
        p = painter.read_from(begin)
    elif start.begin == "anew":
        p = painter.initial_parameters(start.seed)
    else:
        p = painter.shipped(start.begin)
    p = p.to(of.before.x)
    with torch.no_grad():
        x = painter.painted(p, of.before.x)
    itself = of.scores(of.before.x, start.layer)
    return {"p": p, "x": x, "scores": of.scores(x, start.layer), "itself": itself}


def _initial_state(before: Mine, judges: list[Judge], of: Judge, start: Settings) -> Mine:
    """All that a run keeps: parameters, moments, what was painted, and how far that is."""
    p, scores, none = before["p"], before["scores"], torch.full((2,), torch.nan)
    pixels = torch.zeros_like(of.before.x)
    unseen = torch.cat([judge.before.x for judge in judges])
    found = {"p": p, **ascent.start(p), "x": before["x"], "scores": scores}
    found |= {f"pixels.{key}": one for key, one in ascent.start(pixels).items()}
    found |= {"pixels.p": pixels, "pixels.x": of.before.x, "pixels.scores": before["itself"]}
    found |= {"unseen.x": unseen, "unseen.scores": none.to(p).repeat(len(judges), 1)}
    for which in range(len(judges)):
        _ask(found, judges, which, start.layer)
    return found | {"learned": none.to(p)}


def _kept(state: State) -> Mine:
    return {key: one.clone() for key, one in state.items() if isinstance(one, Tensor)}


def _learn(
    mine: Mine,
    goal: StyleTarget,
    found: Sequence[Tensor],
    asked: PaintingWeights,
    now: Settings,
    turn: int,
) -> None:
    """One step downhill, from crops that the seed and the step draw."""
    crops = [
        painting.crop(found, now.crop, now.seed, turn, i).to(goal.network.device)
        for i in range(now.crops)
    ]
    seen = painting.loss_and_slope(mine["p"], crops, goal, asked)
    moments = {key: mine[key] for key in ascent.MOMENTS}
    p, moments = ascent.adam(
        mine["p"], -seen.slope, moments, step=turn, learning_rate=now.learning_rate
    )
    mine |= {"p": p, **moments, "learned": torch.stack([seen.loss, seen.style])}


def _paint(mine: Mine, of: Judge, layer: str) -> None:
    with torch.no_grad():
        x = painter.painted(mine["p"], of.before.x)
    mine |= {"x": x, "scores": of.scores(x, layer)}


def _ask(mine: Mine, judges: Sequence[Judge], which: int, layer: str) -> None:
    """Paint one of the photographs that it never learns from."""
    judge = judges[which]
    with torch.no_grad():
        x = painter.painted(mine["p"], judge.before.x)
    for key, one in (("unseen.x", x), ("unseen.scores", judge.scores(x, layer)[None])):
        mine[key] = torch.cat([mine[key][:which], one, mine[key][which + 1 :]])


def _move(mine: Mine, of: Judge, asked: PaintingWeights, turn: int) -> None:
    """The same loss on the pixels of the picture: one step."""
    moments = {key: mine[f"pixels.{key}"] for key in ascent.MOMENTS}
    p, moments, x = of.moved(mine["pixels.p"], moments, asked, step=turn)
    mine |= {f"pixels.{key}": one for key, one in moments.items()}
    mine |= {"pixels.p": p, "pixels.x": x, "pixels.scores": of.scores(x, asked.layer)}


def _frame(step: int, mine: Mine, before: Mine, start: Settings) -> Frame:
    kept = dict(mine)
    panels: dict[str, Panel] = {"picture": kept["x"][0], "unseen": kept["unseen.x"]}
    style, content = kept["scores"]
    unseen = kept["unseen.scores"][:, 0]
    numbers = {
        "style left": style,
        "content error": content,
        "unseen style left": unseen.mean(),
        "worst unseen": unseen.amax(),
        "before style left": before["scores"][0],
        "style at the start": before["itself"][0],
        "loss on crops": kept["learned"][0],
        "crops' style left": kept["learned"][1],
    }
    if start.control:
        optimised = start.beside == "optimised"
        panels["control"] = kept["pixels.x"][0] if optimised else before["x"][0]
        scores = kept["pixels.scores"] if optimised else before["scores"]
        numbers |= {"control style left": scores[0], "control content error": scores[1]}

    def state() -> State:
        return {"step": step + 1, **{key: one.clone() for key, one in kept.items()}}

    return Frame(step, panels, numbers, state)
