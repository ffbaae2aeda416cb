"""What is left of a painting when nobody says where anything is?

The network stays as it is; a photograph moves until its layers fire together as
they do for the style picture, wherever they do, while one layer holds on to
what was where. From noise, without that layer: a texture. Press a cell of the
Gram matrix to see the two maps it multiplies; permute all positions, and the
matrix stays while the content is gone.

Gatys, Ecker and Bethge, Image Style Transfer Using Convolutional Neural
Networks, CVPR 2016, https://arxiv.org/abs/1508.06576; colours: Gatys et al.
2016, https://arxiv.org/abs/1606.05897; Gaussians: Wasserstein's distance, as in
https://github.com/crowsonkb/style-transfer-pytorch. Departures: each layer's
distance is divided by what it was at the start; the pixels are moved by their
spectrum, large shapes ahead of grain; what is rounded to 8 bits is what counts.
"""

import math
import random
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from jaxtyping import Float
from torch import Tensor

from core import heat, styling
from core.backbones import Backbone
from core.objectives import gram
from core.priors import octaves, views
from core.probe import (
    Choice,
    Frame,
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
from core.styling import Given, Goal, Seen, Side, Weights

title = "Style"
question = "What is a style, if it does not matter where anything is?"
source = "https://arxiv.org/abs/1508.06576"
limits = (
    "It does not show that the network knows art: a Gram matrix holds which features "
    "go together in a texture, and nothing else."
)
endless = True  # it goes on getting closer; a file ends after the last size

RATIO = math.sqrt(2)  # of one size to the next


@dataclass(frozen=True)
class Permute:
    """Put all positions of the shown layer into another order, or back."""


Actions = (Permute,)


@dataclass(frozen=True)
class Settings:
    """Whose style, on what, and what counts how much."""

    network: Annotated[str, Network()] = "lite0"
    picture: Annotated[str, Picture(help="the photograph that is to be recognised")] = "temple"
    style: Annotated[
        str, Picture(swatches=True, help="what it is to look like, wherever things are")
    ] = "mosaic"
    second_style: Annotated[
        str, Picture(swatches=True, without="none", help="a second style, which has its share")
    ] = "none"
    share: Annotated[
        float, Range(0, 1, live=True, help="of the second style: 0 the first, 1 the second")
    ] = 0.5
    mask: Annotated[
        str, Mask(without="none", over="picture", help="where the photograph takes the style")
    ] = "none"
    statistics: Annotated[
        str,
        Choice(
            tuple(gram.DISTANCES),
            live=True,
            help="textures compared by their Gram matrices, or as Gaussians by Wasserstein's distance",
        ),
    ] = "Gram"
    style_weight: Annotated[
        float, Range(0, 4, live=True, help="of what is left of the style's distance, 1 at first")
    ] = 1.0
    content_weight: Annotated[
        float, Range(0, 1, live=True, help="of the relative error of the content's layer, squared")
    ] = 0.1
    early: Annotated[
        float, Range(0, 4, live=True, help="weight of the first layers: colours, grain")
    ] = 1.0
    middle: Annotated[
        float, Range(0, 4, live=True, help="weight of the middle layers: strokes, tiles")
    ] = 1.0
    late: Annotated[
        float, Range(0, 4, live=True, help="weight of the last layers: how these are laid out")
    ] = 1.0
    smoothness: Annotated[
        float, Range(0, 0.5, live=True, help="weight of roughness; a photograph has about 1 of it")
    ] = 0.0
    learning_rate: Annotated[
        float, Range(0.001, 0.2, log=True, live=True, help="how far Adam moves at a step")
    ] = 0.02
    jitter: Annotated[
        int, Range(0, 32, unit="px", live=True, help="random shift at each step: hides the stride")
    ] = 0
    layer: Annotated[str, Layer(of="network", live=True, help="whose Gram matrix is shown")] = (
        "blocks.1"
    )
    channel: Annotated[int, Unit(of="layer", live=True, help="the row of the cell")] = 12
    other_channel: Annotated[int, Unit(of="layer", live=True, help="the column of the cell")] = 7
    content_layer: Annotated[
        str, Layer(of="network", live=True, help="what holds on to the photograph")
    ] = "blocks.3"
    start: Annotated[
        str, Choice(("picture", "noise"), help="from the photograph, or from grey noise")
    ] = "picture"
    colours: Annotated[
        str,
        Choice(
            ("of the style", "of the picture", "luminance only"),
            help="the style's; or the style in the picture's mean and covariance; "
            "or the picture's hues with the style in its luminance",
        ),
    ] = "of the style"
    pattern: Annotated[
        float, Range(0.25, 3, help="how large the style picture is read, beside the photograph")
    ] = 1.0
    decay: Annotated[
        float, Range(0, 1, help="0 moves pixels, and speckles; .5: large shapes first")
    ] = 0.5
    optimiser: Annotated[
        str,
        Choice(
            tuple(styling.STEPPERS),
            help="what steps the picture; L-BFGS has no learning rate and no jitter",
        ),
    ] = "Adam"
    sizes: Annotated[int, Range(1, 4, help="from small to large, each 1.41 times the last")] = 2
    steps: Annotated[int, Range(1, 1000, unit="steps a size", help="before the next size")] = 60
    size: Annotated[int, Range(64, 512, unit="px", help="longer side of the picture")] = 192
    seed: Annotated[int, Seed()] = 0
    control: Annotated[bool, Switch(help="the same steps on the same network, weights random")] = (
        True
    )


def length(settings: Settings) -> int:
    """Frames until the last size is done: where an export ends. The run itself does not."""
    return settings.steps * settings.sizes


def caption(settings: Settings, numbers: Mapping[str, Any]) -> str:
    """What is seen, in a sentence."""
    of = settings.style
    if settings.second_style != "none":
        of = f"{1 - settings.share:.0%} {of} and {settings.share:.0%} {settings.second_style}"
    left = numbers.get("style left")
    far = "" if left is None else f" {float(left):.1%} of its distance to the style is left."
    if settings.start == "noise" and not settings.content_weight:
        return f"Noise has taken on what fires together in {of}: a texture.{far}"
    where = " inside the mask" if settings.mask != "none" else ""
    return f"The photograph{where} fires together as {of} does.{far}"


def sizes(height: int, width: int, settings: Settings) -> list[tuple[int, int]]:
    """Height and width of each size, from small to large."""
    return octaves.sizes(height, width, longer=settings.size, octaves=settings.sizes, ratio=RATIO)


def run(
    network: Backbone,
    picture: Float[Tensor, "3 height width"],
    style: Float[Tensor, "3 _ _"],
    live: Live[Settings],
    second_style: Float[Tensor, "3 _ _"] | None = None,
    mask: Float[Tensor, "1 _ _"] | None = None,
    control: Backbone | None = None,
    state: State | None = None,
) -> Iterator[Frame]:
    """One frame a step, without end, the control in step."""
    start = live.now
    given = Given(
        picture[None],
        (style[None],) if second_style is None else (style[None], second_style[None]),
        mask if mask is None else mask[None],
        begins=start.start,
        colours=start.colours,
        pattern=start.pattern,
        seed=start.seed,
    )
    steps = sizes(picture.shape[1], picture.shape[2], start)
    networks = {"picture": network} | ({"control": control} if control else {})
    how = {"optimiser": start.optimiser, "decay": start.decay}
    sides = {
        name: styling.resumed(one, _of(name, state), **how)
        if state
        else styling.begun(one, given, steps[0], **how)
        for name, one in networks.items()
    }
    step = int(state["step"]) if state else 0
    permuted = int(state["permuted"]) if state else 0
    while True:
        now, turn = live.now, step
        permuted = (permuted + len(live.actions)) % 2
        size = steps[min(turn // start.steps, len(steps) - 1)]
        found = {}
        for name, side in sides.items():
            found[name] = seen = _looked(side, side.at(size, given), given, now, turn)
            side.move(seen, _asked(now), step=turn, learning_rate=now.learning_rate)
        step += 1
        yield _frame(turn, sides, found, now, permuted)


def _of(name: str, state: State) -> dict[str, Any]:
    """The part of a state that is a side's."""
    start = f"{name}."
    return {key.removeprefix(start): v for key, v in state.items() if key.startswith(start)}


def _asked(now: Settings) -> tuple[float, ...]:
    """Everything that the loss depends on and that may change, as numbers."""
    depths = (now.early, now.middle, now.late)
    weights = (now.style_weight, now.content_weight, now.smoothness, now.share)
    at = zlib.crc32(f"{now.statistics} {now.content_layer}".encode())
    return (*weights, *depths, float(at))


def _looked(side: Side, goal: Goal, given: Given, now: Settings, turn: int) -> Seen:
    """What this step sees of a side."""
    names = styling.layers(side.network)
    drawn, reach = random.Random(f"{now.seed}/{turn}"), now.jitter
    if now.optimiser == "L-BFGS":
        reach = 0  # its loss has to be the same at every trial
    shift = (drawn.randint(-reach, reach), drawn.randint(-reach, reach))
    return styling.seen(
        side.kept["p"],
        side.network,
        goal,
        _weights(now, names),
        picture=lambda p: given.shown(side.draw(p), goal.photograph),
        view=given.view,
        at=now.content_layer,
        more=(now.layer,),
        share=now.share,
        distance=now.statistics,
        shift=shift,
    )


def _weights(now: Settings, names: tuple[str, ...]) -> Weights:
    depths = styling.depths(len(names), now.early, now.middle, now.late)
    return Weights(
        now.style_weight, now.content_weight, now.smoothness, dict(zip(names, depths, strict=True))
    )


def _frame(
    turn: int,
    sides: Mapping[str, Side],
    found: Mapping[str, Seen],
    now: Settings,
    permuted: int,
) -> Frame:
    kept = {name: side.state() for name, side in sides.items()}

    def state() -> State:
        held: State = {"step": turn + 1, "permuted": permuted}
        for name, values in kept.items():
            for key, value in values.items():
                held[f"{name}.{key}"] = value.clone() if isinstance(value, Tensor) else value
        return held

    panels: dict[str, Panel] = {name: seen.x[0] for name, seen in found.items()}
    shown, told = _inside(sides["picture"], found["picture"], now, permuted)
    return Frame(turn, panels | shown, _numbers(found) | told, state)


def _numbers(found: Mapping[str, Seen]) -> dict[str, Tensor]:
    """What is left of the style, and how far the content is."""
    numbers: dict[str, Tensor] = {}
    for name, seen in found.items():
        whose = "" if name == "picture" else f"{name} "
        numbers |= {f"{whose}style left": seen.style, f"{whose}content error": seen.content}
    seen = found["picture"]
    numbers |= {f"{name} left": one for name, one in seen.left.items()}
    return numbers | {
        "style at the start": seen.begun,
        "loss": seen.loss,
        "tutorial's total": seen.total,
    }


def _inside(
    side: Side, seen: Seen, now: Settings, permuted: int
) -> tuple[dict[str, Panel], dict[str, Tensor]]:
    """The Gram matrices, a cell's two maps, where the style pulls; and what they come to."""
    assert side.goal is not None
    at, row, column = now.layer, now.channel, now.other_channel
    a, style = seen.read[at], side.goal.styles[0]
    numbers: dict[str, Tensor] = {}
    mine = gram.texture(a).gram[0]
    if permuted:
        order = torch.randperm(a[0, 0].numel(), generator=views.generator(now.seed, "order"))
        mixed = a.flatten(2)[:, :, order.to(a.device)].view_as(a)
        after, held = gram.texture(mixed).gram[0], side.goal.content[at]
        numbers["Gram changed"] = (after - mine).norm() / (mine.norm() + gram.TINY)
        numbers["error before"] = styling.relative(a, held)[0].sqrt()
        numbers["error permuted"] = styling.relative(mixed, held)[0].sqrt()
        a, mine = mixed, after
    wanted = side.goal.wanted((at,), now.share)[at].gram[0]
    most = wanted.abs().amax()
    maps = [styling.panels.product(one[0], row, column) for one in (a, style[at])]
    panels: dict[str, Panel] = {
        "gram": styling.panels.gram(mine, row, column, most),
        "style gram": styling.panels.gram(wanted, row, column, most),
        "maps": torch.cat(maps, 1),
        "pull": heat.over(seen.x[0], seen.pull),
    }
    return panels, numbers | {"cell": mine[row, column], "style cell": wanted[row, column]}
