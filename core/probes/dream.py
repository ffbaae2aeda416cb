"""What does a layer make of this photograph?

The network stays as it is; the photograph climbs towards whatever the layer
already sees in it, from coarse to fine: a whole layer, one of its channels, a
class, two layers at once, or what another picture holds there. After the last
octave the dream goes on at full size, slowly zooming, until somebody pauses it.

Mordvintsev, Olah and Tyka, Inceptionism, 2015,
https://research.google/blog/inceptionism-going-deeper-into-neural-networks.
Departures: the slope is smoothed by three Gaussian blurs; tiles overlap by the
layer's receptive field, so that they add up to the slope of the whole; a guide's
positions are matched as directions from their mean; and the picture keeps moving
after the last octave.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from jaxtyping import Float
from torch import Tensor

from core import objectives
from core.models import Classifier
from core.objectives import Objective
from core.pictures import masks
from core.priors import calm, octaves
from core.probe import (
    Choice,
    Frame,
    Label,
    Layer,
    Live,
    Mask,
    Network,
    Panel,
    Picture,
    Range,
    Seed,
    State,
    Switch,
    Unit,
)
from core.steps import ascent, tiles
from core.steps.tiles import Tile

title = "Dream"
question = "What does a layer make of this photograph?"
method = "DeepDream"
source = "https://research.google/blog/inceptionism-going-deeper-into-neural-networks"
limits = "It does not show what the network thinks of the photograph: another start, another dream."
endless = True  # a file ends after the last octave
twin_of = "network"
sheet = "A dream of every photograph, in the order of their names."

GUIDE = 224  # px: the longer side at which the guide is read


@dataclass(frozen=True)
class Settings:
    """Which layer dreams, of what, and how strongly."""

    network: Annotated[str, Network()] = "lite0"
    picture: Annotated[str, Picture(help="the photograph that dreams")] = "cat"
    layer: Annotated[
        str, Layer(of="network", live=True, help="early layers weave, late ones grow eyes")
    ] = "blocks.4"
    what: Annotated[
        str,
        Choice(
            ("layer", "channel", "class"),
            live=True,
            help="the whole layer, one of its channels, or a class of the network",
        ),
    ] = "layer"
    channel: Annotated[int, Unit(of="layer", live=True, help="which channel of the layer")] = 7
    label: Annotated[int, Label(of="network", live=True, help="which class")] = 130
    second_share: Annotated[
        float,
        Range(0, 1, zero="none", live=True, help="how much of each step a second layer has"),
    ] = 0.0
    second_layer: Annotated[
        str, Layer(of="network", live=True, help="the second layer, which has its share")
    ] = "blocks.2"
    guide: Annotated[
        str, Picture(without="none", help="the layer is to find in the dream what it finds here")
    ] = "none"
    mask: Annotated[
        str, Mask(without="none", over="picture", help="where the photograph may dream")
    ] = "none"
    step_size: Annotated[
        float,
        Range(0, 10, unit="levels of 255", live=True, help="how far a pixel moves in the mean"),
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
    size: Annotated[int, Range(64, 4096, unit="px", help="longer side of the picture")] = 320
    seed: Annotated[int, Seed()] = 0
    control: Annotated[bool, Switch(help="the same steps on the same network, weights random")] = (
        True
    )


def length(settings: Settings, resources: Mapping[str, Any]) -> int:
    """Frames until the last octave is done: where an export ends. The dream itself does not."""
    height, width = resources["picture"].shape[1:]
    sides = 1 + settings.control
    parts = [len(tiles.planned(*size, margin=0)) for size in sizes(height, width, settings)]
    return settings.steps * sum(1 if n == 1 else sides * (n + 1) for n in parts)


def caption(settings: Settings, numbers: Mapping[str, Any], resources: Mapping[str, Any]) -> str:
    """What is seen, in a sentence."""
    seen, where = _grows(settings, resources["network"].labels), ""
    if settings.second_share:
        seen += (
            f", and for {settings.second_share:.0%} of each step what {settings.second_layer} did"
        )
    if settings.mask != "none":
        where = " Outside the mask it is the photograph, to the pixel."
    return f"{seen[0].upper()}{seen[1:]}.{where}"


def _grows(settings: Settings, labels: tuple[str, ...]) -> str:
    if settings.what == "class":
        return f"what speaks for the class {labels[settings.label % len(labels)]} grows"
    if settings.what == "channel":
        return f"what excites channel {settings.channel} of {settings.layer} grows"
    if settings.guide != "none":
        return f"at every place grows what {settings.layer} finds most like it in the guide"
    return f"whatever {settings.layer} already found a hint of grows, step by step"


def scored(
    settings: Settings, network: Classifier, resources: Mapping[str, Any]
) -> list[objectives.Objective]:
    """What the picture is worth (see core.probe)."""
    return [objectives.layer(settings.layer)]


def sizes(height: int, width: int, settings: Settings) -> list[tuple[int, int]]:
    """Height and width of every octave, coarse to fine."""
    return octaves.sizes(
        height, width, longer=settings.size, octaves=settings.octaves, ratio=settings.ratio
    )


Terms = list[tuple[Objective, float]]  # what is climbed, and its share of each step


def _terms(now: Settings, network: Classifier, guide: Callable[[str], Tensor] | None) -> Terms:
    """One layer, channel or class, and the second layer if it has a share."""

    def whole(layer: str) -> Objective:
        return objectives.guided(layer, guide(layer)) if guide else objectives.layer(layer)

    def channel() -> Objective:
        logits = network.layer(now.layer).stride is None
        return (objectives.logit if logits else objectives.channel)(now.layer, now.channel)

    first = {
        "layer": lambda: whole(now.layer),
        "channel": channel,
        "class": lambda: objectives.logit(network.output, now.label),
    }[now.what]()
    found = [(first, 1 - now.second_share), (whole(now.second_layer), now.second_share)]
    return [(one, share) for one, share in found if share]


def _finds(network: Classifier, guide: Tensor) -> Callable[[str], Tensor]:
    """The guide's directions at a layer of this network; each layer is read once."""
    small = octaves.sized(guide, GUIDE)
    found: dict[str, Tensor] = {}

    def at(layer: str) -> Tensor:
        if layer not in found:
            with torch.no_grad():
                found[layer] = objectives.directions(network.activations(small, layer))
        return found[layer]

    return at


@dataclass
class Dreaming:
    """How far the dream has come.

    step counts frames, turn the steps uphill, part the frames of this one. x and
    score: by panel. shift: of this turn, down and across. slopes and scores: of
    the terms, added up over the tiles so far.
    """

    x: dict[str, Tensor]
    score: dict[str, Tensor]
    step: int = 0
    turn: int = 0
    part: int = 0
    shift: tuple[int, int] = (0, 0)
    slopes: Tensor | None = None
    scores: Tensor | None = None


@dataclass(frozen=True)
class TileStep:
    """What a frame does to one of the two pictures: read a tile, move, or both."""

    name: str
    tile: Tile | None
    first: bool
    moves: bool


def run(
    network: Classifier,
    picture: Float[Tensor, "3 height width"],
    live: Live[Settings],
    control: Classifier | None = None,
    guide: Float[Tensor, "3 _ _"] | None = None,
    mask: Float[Tensor, "1 _ _"] | None = None,
    state: State | None = None,
) -> Iterator[Frame]:
    """One frame a step, without end, the control in step; of a large picture one frame a tile."""
    start = live.now
    photograph = picture[None]
    steps = sizes(picture.shape[1], picture.shape[2], start)
    networks = {"picture": network} | ({"control": control} if control else {})
    finds = {name: _finds(one, guide) for name, one in networks.items() if guide is not None}
    dream = _initial_or_restored(state, networks, octaves.resize(photograph, steps[0]).clamp(0, 1))
    while True:
        now = live.now
        octave, at = divmod(dream.turn, start.steps)
        late = octave >= len(steps)
        terms = {name: _terms(now, one, finds.get(name)) for name, one in networks.items()}
        plan = _plan(steps[min(octave, len(steps) - 1)], terms["picture"], network)
        # two full-size steps do not fit into one frame's time
        names = ["picture"] if late and dream.turn % 2 else list(networks)
        tile_steps = _steps_by_frame(plan, names)
        if dream.part == 0:
            dream.shift = _random_shift(now, dream.turn, several=len(plan) > 1)
            after = steps[octave] if octave and not (at or late) else None
            dream.x = {
                name: _begun(x, now, photograph, mask, late=late, after=after)
                for name, x in dream.x.items()
            }
        sigma = now.smoothness * (1.0 if late else 0.5 + at / start.steps)
        for one in tile_steps[dream.part]:
            if one.tile:
                _read(dream, one, terms[one.name], networks[one.name])
            if one.moves:
                x = _moved(dream, one.name, terms[one.name], now, sigma)
                dream.x[one.name] = octaves.composited(x, photograph, mask)
        step, doing = dream.step, _doing(tile_steps, dream.part)
        dream.step, dream.part = step + 1, (dream.part + 1) % len(tile_steps)
        dream.turn += dream.part == 0
        yield _frame(step, dream, doing)


def _begun(
    x: Tensor,
    now: Settings,
    photograph: Tensor,
    mask: Tensor | None,
    *,
    late: bool,
    after: tuple[int, int] | None,
) -> Tensor:
    """What a turn starts from: of the next octave's size, or after the last a little nearer."""
    if late:
        centre = None if mask is None else masks.middle(mask)
        x = calm.settled(octaves.zoomed(x, now.zoom, centre), photograph)
    elif after:
        x = octaves.grown(x, photograph, after)
    return octaves.composited(x, photograph, mask)


def _plan(size: tuple[int, int], terms: Terms, network: Classifier) -> tuple[Tile, ...]:
    layers = [layer for objective, _ in terms for layer in objective.layers]
    return tiles.planned(*size, margin=tiles.margin(network, layers))


def _steps_by_frame(plan: Sequence[Tile], names: Sequence[str]) -> list[list[TileStep]]:
    """What each frame of a turn does: all at once, or a tile a frame and then a frame that moves."""
    if len(plan) == 1:
        return [[TileStep(name, plan[0], first=True, moves=True) for name in names]]
    return [
        [one]
        for name in names
        for one in (
            *(TileStep(name, tile, first=tile is plan[0], moves=False) for tile in plan),
            TileStep(name, None, first=False, moves=True),
        )
    ]


def _doing(tile_steps: Sequence[Sequence[TileStep]], part: int) -> str:
    """What is being done, where a turn takes several frames."""
    if len(tile_steps) == 1:
        return ""
    (one,), a_side = tile_steps[part], sum(one[0].name == "picture" for one in tile_steps)
    whose = "" if one.name == "picture" else ", control"
    return f"tile {part % a_side + 1} of {a_side - 1}{whose}" if one.tile else f"moving{whose}"


def _random_shift(now: Settings, turn: int, *, several: bool) -> tuple[int, int]:
    """The random shift of this turn; a class judges each tile by itself, so its tiles wander."""
    reach = tiles.CORE if several and now.what == "class" else now.jitter
    drawn = random.Random(f"{now.seed}/{turn}")
    return drawn.randint(-reach, reach), drawn.randint(-reach, reach)


def _read(dream: Dreaming, one: TileStep, terms: Terms, network: Classifier) -> None:
    """Add a tile's slopes and scores."""
    assert one.tile is not None
    x, climbed = dream.x[one.name], [objective for objective, _ in terms]
    scores, found = tiles.slopes(x, one.tile, climbed, network, shift=dream.shift)
    if one.moves:  # the tile is the whole picture
        dream.slopes, dream.scores = found, scores
        return
    if one.first or dream.slopes is None or dream.scores is None:
        dream.slopes, dream.scores = x.new_zeros(len(found), *x.shape[1:]), torch.zeros_like(scores)
    both = min(len(dream.slopes), len(found))  # a second layer that joins waits for the next turn
    dream.scores[:both] += scores[:both]
    tiles.add(dream.slopes[:both], found[:both], one.tile)


def _moved(dream: Dreaming, name: str, terms: Terms, now: Settings, sigma: float) -> Tensor:
    """The picture one step uphill; each term has its share of the step, whatever its units."""
    assert dream.slopes is not None
    assert dream.scores is not None
    slope = ascent.mixed(dream.slopes, [share for _, share in terms])
    down, across = dream.shift
    smooth = calm.smoothed(torch.roll(slope, (-down, -across), (2, 3)), sigma)
    dream.score[name], dream.slopes, dream.scores = dream.scores, None, None
    return calm.within(ascent.normalised(dream.x[name], smooth, size=now.step_size / 255))


def _initial_or_restored(state: State | None, names: Iterable[str], first: Tensor) -> Dreaming:
    """A dream at its start, or as it was kept."""
    if state is None:
        return Dreaming(
            dict.fromkeys(names, first), dict.fromkeys(names, first.new_full((1,), torch.nan))
        )
    tensors = {key: value.clone() for key, value in state.items() if isinstance(value, Tensor)}
    return Dreaming(
        {name: tensors[name] for name in names},
        {name: tensors[f"{name} score"] for name in names},
        *(int(state[key]) for key in ("step", "turn", "part")),
        shift=(int(state["down"]), int(state["across"])),
        slopes=tensors.get("slopes"),
        scores=tensors.get("scores"),
    )


def _frame(step: int, dream: Dreaming, doing: str) -> Frame:
    def state() -> State:
        down, across = dream.shift
        whole = {"step": dream.step, "turn": dream.turn, "part": dream.part}
        found: State = {**whole, "down": down, "across": across}
        found |= {name: x.clone() for name, x in dream.x.items()}
        found |= {f"{name} score": score.clone() for name, score in dream.score.items()}
        if dream.slopes is not None and dream.scores is not None:
            found |= {"slopes": dream.slopes.clone(), "scores": dream.scores.clone()}
        return found

    scores = {"" if name == "picture" else f"{name} ": one for name, one in dream.score.items()}
    numbers = {f"{whose}activation": score[0] for whose, score in scores.items()}
    numbers |= {
        f"{whose}second layer": score[1] for whose, score in scores.items() if len(score) > 1
    }
    panels: dict[str, Panel] = {name: x[0] for name, x in dream.x.items()}
    return Frame(step, panels | ({"doing": doing} if doing else {}), numbers, state)
