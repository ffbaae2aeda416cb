"""What a painter learns from, and one step of its learning.

The same loss as for a picture that is moved itself (`core.steps.styling`), but what
moves are the parameters of a network that paints any picture in one pass. It
learns from crops of the shipped photographs, mirrored by chance; what it is
judged on it never learns from. What a photograph lacks of the style is the unit:
1 for the photographs as they are, in the mean.

Johnson, Alahi and Fei-Fei 2016 (see core.networks.painter).
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor

from core import pictures
from core.models import Classifier
from core.networks import painter
from core.objectives import by_layer, codes, gram
from core.objectives.gram import Textures
from core.priors import octaves
from core.steps import ascent, styling
from core.steps.styling.goal import Readings, textures
from core.steps.styling.step import roughness

JUDGES = ("bee", "citrus", "flower", "stream")  # shipped photographs that no painter learns from
LARGEST = 2.0  # crops are cut from photographs of at most so many times their side
DISTANCE = gram.gram_distance
DECAY, RATE = 0.5, 0.02  # of a picture that is moved itself, as in the probe Style

Picture = Float[Tensor, "1 3 h w"]


@dataclass(frozen=True)
class PaintingWeights:
    """What counts how much: the style, the content at a layer, roughness."""

    style: float
    content: float
    smoothness: float
    layer: str


@dataclass(frozen=True)
class StyleTarget:
    """A style as one network sees it. lacks: of each layer, what photographs lack in the mean."""

    network: Classifier
    wanted: Textures
    lacks: Mapping[str, Tensor]

    @property
    def names(self) -> tuple[str, ...]:
        """The layers whose textures are the style."""
        return tuple(self.wanted)


@lru_cache(maxsize=8)
def photographs(side: int, *, without: str = "") -> tuple[Float[Tensor, "3 _ _"], ...]:
    """The shipped photographs to learn crops of `side` px from; never the one named `without`."""
    names = [name for name in pictures.shipped() if name not in (*JUDGES, without)]
    found = (pictures.fit(pictures.load(name), int(LARGEST * side)) for name in names)
    return tuple(x if min(x.shape[1:]) >= side else pictures.square(x, side) for x in found)


@lru_cache(maxsize=8)
def judges(side: int) -> Float[Tensor, "n 3 side side"]:
    """The photographs that no painter learns from."""
    return torch.stack([pictures.square(pictures.load(name), side) for name in JUDGES])


def crop(found: Sequence[Tensor], side: int, *drawn: object) -> Float[Tensor, "1 3 side side"]:
    """A square of one of the pictures, brought to `side` px; `drawn` says which, as a seed does."""
    chance = random.Random("/".join(map(str, drawn)))
    x = found[chance.randrange(len(found))]
    height, width = x.shape[1:]
    wide = chance.randint(side, min(height, width))
    top, left = chance.randint(0, height - wide), chance.randint(0, width - wide)
    cut = x[None, :, top : top + wide, left : left + wide]
    if chance.random() < 0.5:
        cut = cut.flip(3)
    return octaves.resize(cut, (side, side)).clamp(0, 1)


def style_target(
    network: Classifier, style: Picture, found: Sequence[Tensor], side: int
) -> StyleTarget:
    """What is to be learned: the style picture's textures, beside those of photographs."""
    names = styling.layers(network)
    with torch.no_grad():
        wanted = textures(by_layer(network, style, names), names, None)
        each = []
        for x in found:
            small = pictures.square(x, side)[None].to(network.device)
            seen = textures(by_layer(network, small, names), names, None)
            each.append(gram.starts(seen, wanted, DISTANCE))
    lacks = {name: torch.stack([one[name] for one in each]).mean(0) for name in names}
    return StyleTarget(network, wanted, lacks)


@dataclass(frozen=True)
class Learned:
    """What a step saw: the slope of the loss, the loss, and its style on the crops."""

    slope: Tensor
    loss: Float[Tensor, ""]
    style: Float[Tensor, ""]


def loss_and_slope(
    p: Float[Tensor, "1 p"], crops: Sequence[Picture], goal: StyleTarget, weights: PaintingWeights
) -> Learned:
    """The loss of what the painter makes of these crops, and its slope; one crop at a time."""
    p = p.detach().requires_grad_()
    found = []
    for x in crops:
        with torch.no_grad():
            held = goal.network.activations(x, weights.layer)
        loss, style = lost(painter.painted(p, x), held, goal, weights)
        (slope,) = torch.autograd.grad(loss.sum(), p)
        found.append(Learned(slope, loss.detach()[0], style.detach()[0]))
    slopes, losses, styles = (
        torch.stack([getattr(one, name) for one in found]).mean(0)
        for name in ("slope", "loss", "style")
    )
    return Learned(slopes, losses, styles)


def lost(
    y: Picture, held: Tensor, goal: StyleTarget, weights: PaintingWeights
) -> tuple[Float[Tensor, " 1"], Float[Tensor, " 1"]]:
    """The loss of y, whose photograph's content is `held`; and what of the style is left."""
    found = by_layer(goal.network, y, [*goal.names, weights.layer])
    style = _left(textures(found, goal.names, None), goal, goal.lacks)
    content = codes.distance(found[weights.layer], held)
    rough = roughness(y)
    loss = weights.style * style + weights.content * content + weights.smoothness * rough
    return loss, style


def _left(found: Textures, goal: StyleTarget, lacks: Mapping[str, Tensor]) -> Float[Tensor, " 1"]:
    parts = gram.left(found, goal.wanted, lacks, DISTANCE)
    return gram.style_distance(parts, dict.fromkeys(goal.names, 1.0))


class Judge:
    """A photograph, and how far what is made of it is from the style and from itself."""

    def __init__(self, goal: StyleTarget, photograph: Picture) -> None:
        self.goal, self.before = goal, Readings(goal.network, photograph)
        found = self.before.textures(goal.names)
        self.lacks = gram.starts(found, goal.wanted, DISTANCE)

    def scores(self, x: Picture, layer: str) -> Float[Tensor, " 2"]:
        """Of the 8-bit picture: what is left of the photograph's own distance; the content's error."""
        with torch.no_grad():
            found = by_layer(self.goal.network, pictures.eight_bit(x), [*self.goal.names, layer])
            style = _left(textures(found, self.goal.names, None), self.goal, self.lacks)
            content = codes.error(found[layer], self.before[layer])
        return torch.cat([style, content])

    def moved(
        self, p: Picture, moments: ascent.Moments, weights: PaintingWeights, *, step: int
    ) -> tuple[Picture, ascent.Moments, Picture]:
        """The same loss on the pixels of this one picture: a step of Adam, and what it came to."""
        x, goal = self.before.x, replace(self.goal, lacks=self.lacks)
        scale = styling.spectrum(x, DECAY)
        p = p.detach().requires_grad_()
        loss, _ = lost(styling.rendered(p, x, scale), self.before[weights.layer], goal, weights)
        (slope,) = torch.autograd.grad(loss.sum(), p)
        p, moments = ascent.adam(p, -slope, moments, step=step, learning_rate=RATE)
        p = p.detach()
        return p, moments, styling.rendered(p, x, scale)
