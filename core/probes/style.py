"""What is left of a painting when nobody says where anything is?

The network stays as it is; a photograph moves until its layers have the same
Gram matrices as for the style picture, while one layer holds on to what was
where. From noise, without that layer: a texture. Press a cell of the
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

from jaxtyping import Float
from torch import Tensor

from core.models import Classifier
from core.objectives import codes, gram
from core.priors import octaves
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
from core.steps import styling
from core.steps.styling import (
    Given,
    Goal,
    Seen,
    StyledPicture,
    StylingWeights,
    TotalSettings,
    Tutorial,
)

title = "Style"
question = "What is a style, if it does not matter where anything is?"
method = "style transfer"
source = "https://arxiv.org/abs/1508.06576"
limits = (
    "It does not show that the network knows art: a Gram matrix holds which features "
    "go together in a texture, and nothing else."
)
endless = True  # it goes on getting closer; a file ends after the last size
twin_of = "network"
sheet = "Photographs and styles, each pair drawn by seed."
judged = "style at the start", "style left"

RATIO = math.sqrt(2)  # of one size to the next
TOTAL = "tutorial's total"
OURS, THEIRS = "each layer's start", "the tutorial's total"
RANDOM, SHUFFLED, TUTORIAL = "random weights", "shuffled content", "the tutorial"


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
    loss: Annotated[
        str,
        Choice(
            (OURS, THEIRS),
            live=True,
            help="each layer by what it was at the start, with the weights here; or the total of "
            "PyTorch's tutorial",
        ),
    ] = OURS
    style_weight: Annotated[
        float, Range(0, 4, live=True, help="of what is left of the style's distance, 1 at first")
    ] = 1.0
    content_weight: Annotated[
        float, Range(0, 1, live=True, help="of the relative error of the content's layer, squared")
    ] = 0.2
    weight_1: Annotated[
        float, Range(0, 4, live=True, help="of the first of the network's layers: colours, grain")
    ] = 1.0
    weight_2: Annotated[
        float, Range(0, 4, live=True, help="of its second layer, by what was left of it at first")
    ] = 1.0
    weight_3: Annotated[
        float, Range(0, 4, live=True, help="of its third layer: strokes, tiles")
    ] = 1.0
    weight_4: Annotated[
        float, Range(0, 4, live=True, help="of its fourth layer: how these are laid out")
    ] = 1.0
    weight_5: Annotated[
        float, Range(0, 4, live=True, help="of its fifth layer, if the network has so many")
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
    beside: Annotated[
        str,
        Choice(
            (RANDOM, SHUFFLED, TUTORIAL),
            help="beside it: the same steps with random weights, or with the content's positions in "
            "another order; or what PyTorch's tutorial makes of the same pictures",
        ),
    ] = RANDOM
    control: Annotated[bool, Switch(help="the picture beside it")] = True


def length(settings: Settings, resources: Mapping[str, Any]) -> int:
    """Frames until the last size is done: where an export ends. The run itself does not."""
    return settings.steps * settings.sizes


def twinned(settings: Settings) -> bool:
    """Whether the network's random twin stands beside it."""
    return settings.control and settings.beside == RANDOM


def caption(settings: Settings, numbers: Mapping[str, Any], resources: Mapping[str, Any]) -> str:
    """What is seen, in a sentence."""
    of = settings.style
    if settings.second_style != "none":
        of = f"{1 - settings.share:.0%} {of} and {settings.share:.0%} {settings.second_style}"
    left = numbers.get("style left")
    far = "" if left is None else f" {float(left):.1%} of its distance to the style is left."
    if settings.start == "noise" and not settings.content_weight:
        return f"Noise has come to the Gram matrices of {of}: a texture.{far}"
    where = " inside the mask" if settings.mask != "none" else ""
    said = f"The photograph{where} comes to the Gram matrices of {of}.{far}"
    return said + _control_sentence(settings, numbers)


def _control_sentence(settings: Settings, numbers: Mapping[str, Any]) -> str:
    """What the picture beside it came to, where that is not the random twin's."""
    if not settings.control or settings.beside == RANDOM or "control style left" not in numbers:
        return ""
    if settings.beside == SHUFFLED:
        style, error = (float(numbers[f"control {n}"]) for n in ("style left", "content error"))
        said = f" Held to the content's positions in another order, {style:.1%} of it is left"
        return f"{said}, and the content's error is {error:.2f}."
    mine, its = float(numbers[TOTAL]), float(numbers[f"control {TOTAL}"])
    return f" By the tutorial's own total it is at {mine:.3g}, the tutorial at {its:.3g}."


def sizes(height: int, width: int, settings: Settings) -> list[tuple[int, int]]:
    """Height and width of each size, from small to large."""
    return octaves.sizes(height, width, longer=settings.size, octaves=settings.sizes, ratio=RATIO)


def run(
    network: Classifier,
    picture: Float[Tensor, "3 height width"],
    style: Float[Tensor, "3 _ _"],
    live: Live[Settings],
    second_style: Float[Tensor, "3 _ _"] | None = None,
    mask: Float[Tensor, "1 _ _"] | None = None,
    control: Classifier | None = None,
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
    sides = _sides(network, control, given, steps[0], start, state)
    rival = None
    if start.control and start.beside == TUTORIAL:
        rival = styling.rival(network, given, steps[-1], _of(TUTORIAL, state) if state else None)
    step = int(state["step"]) if state else 0
    permuted = int(state["permuted"]) if state else 0
    while True:
        now, turn = live.now, step
        permuted = (permuted + len(live.actions)) % 2
        size = steps[min(turn // start.steps, len(steps) - 1)]
        found = {}
        for name, side in sides.items():
            order = now.seed if name == "control" and now.beside == SHUFFLED else None
            found[name] = seen = _looked(side, side.at(size, given), given, now, turn, order)
            side.move(seen, _loss_settings(now), step=turn, learning_rate=now.learning_rate)
        beside = _rivalled(rival, found["picture"], given, now) if rival else ({}, {})
        step += 1
        yield _frame(
            turn, sides | ({TUTORIAL: rival} if rival else {}), found, beside, now, permuted
        )


def _sides(
    network: Classifier,
    control: Classifier | None,
    given: Given,
    size: tuple[int, int],
    start: Settings,
    state: State | None,
) -> dict[str, StyledPicture]:
    """The picture, and what is stepped as it is beside it."""
    networks = {"picture": network} | ({"control": control} if control else {})
    if start.control and start.beside == SHUFFLED:
        networks["control"] = network
    how = {"optimiser": start.optimiser, "decay": start.decay}
    return {
        name: styling.resumed(one, _of(name, state), **how)
        if state
        else styling.begun(one, given, size, **how)
        for name, one in networks.items()
    }


def _rivalled(
    rival: Tutorial, seen: Seen, given: Given, now: Settings
) -> tuple[dict[str, Panel], dict[str, Tensor]]:
    """The tutorial's picture and what it comes to, beside ours at the same size; then its step."""
    asked = TotalSettings(
        now.content_layer, now.share, now.statistics, _weights(now, rival.network).layers
    )
    x = given.shown(rival.x, rival.goal.photograph)
    ours, theirs = (rival.rating(one, asked) for one in (seen.x, x))
    rival.move(asked)
    return {"control": x[0]}, {
        TOTAL: ours.total,
        f"control {TOTAL}": theirs.total,
        "control style left": theirs.style,
        "control content error": theirs.content,
    }


def _of(name: str, state: State) -> dict[str, Any]:
    """The part of a state that is a side's."""
    start = f"{name}."
    return {key.removeprefix(start): v for key, v in state.items() if key.startswith(start)}


def _loss_settings(now: Settings) -> tuple[float, ...]:
    """Everything that the loss depends on and that may change, as numbers."""
    weights = (now.style_weight, now.content_weight, now.smoothness, now.share)
    at = zlib.crc32(f"{now.statistics} {now.content_layer} {now.loss}".encode())
    return (*weights, *_layers(now), float(at))


def _layers(now: Settings) -> tuple[float, ...]:
    """The weights of the layers, from early to late, whether the network has so many or not."""
    return (now.weight_1, now.weight_2, now.weight_3, now.weight_4, now.weight_5)


def _looked(
    side: StyledPicture, goal: Goal, given: Given, now: Settings, turn: int, order: int | None
) -> Seen:
    """What this step sees of a side."""
    drawn, reach = random.Random(f"{now.seed}/{turn}"), now.jitter
    if now.optimiser == "L-BFGS":
        reach = 0  # its loss has to be the same at every trial
    shift = (drawn.randint(-reach, reach), drawn.randint(-reach, reach))
    return styling.loss_and_slope(
        side.kept["p"],
        side.network,
        goal,
        _weights(now, side.network),
        picture=lambda p: given.shown(side.draw(p), goal.photograph),
        view=given.view,
        at=now.content_layer,
        more=(now.layer,),
        share=now.share,
        distance=now.statistics,
        shift=shift,
        order=order,
    )


def _weights(now: Settings, network: Classifier) -> StylingWeights:
    layers = dict(zip(styling.layers(network), _layers(now), strict=False))
    weights = (now.style_weight, now.content_weight, now.smoothness, layers)
    return StylingWeights(*weights, tutorial=now.loss == THEIRS)


def _frame(
    turn: int,
    sides: Mapping[str, Any],
    found: Mapping[str, Seen],
    beside: tuple[Mapping[str, Panel], Mapping[str, Tensor]],
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
    shown, told = styling.panels.inside(
        found["picture"],
        sides["picture"].goal,
        at=now.layer,
        cell=(now.channel, now.other_channel),
        share=now.share,
        order=now.seed if permuted else None,
    )
    panels |= {**beside[0], **shown}
    return Frame(turn, panels, {**_numbers(sides, found, now), **told, **beside[1]}, state)


def _numbers(
    sides: Mapping[str, Any], found: Mapping[str, Seen], now: Settings
) -> dict[str, Tensor]:
    """What is left of the style, and how far the content is."""
    numbers: dict[str, Tensor] = {}
    for name, seen in found.items():
        whose, error = "" if name == "picture" else f"{name} ", seen.content
        if name == "control" and now.beside == SHUFFLED:  # from the photograph's, each in its place
            held = sides[name].goal.content[now.content_layer]
            error = codes.error(seen.read[now.content_layer], held)[0]
        numbers |= {f"{whose}style left": seen.style, f"{whose}content error": error}
    seen = found["picture"]
    numbers |= {f"{name} left": one for name, one in seen.left.items()}
    return numbers | {
        "style at the start": seen.begun,
        "loss": seen.loss,
        TOTAL: seen.total,
    }
