"""PyTorch's tutorial on the same network, pictures and layers, an evaluation a step beside ours.

Its loss (Gram over c h w, means, 1e6 to 1), its start (the pixels themselves, at
the whole size from the first step on), its optimiser (torch's L-BFGS as it comes,
the pixels clamped before each evaluation). Jacq, Neural Transfer Using PyTorch,
https://docs.pytorch.org/tutorials/advanced/neural_style_tutorial.html. Departures:
L-BFGS remembers 20 steps for their 100, so that a run can keep its state (measured
at 128 px after 300 evaluations, one run of each: 8 % more of the total is left on
lite0, 23 % on vgg16-edges); where it would be lost, it goes on from its last
picture.
"""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from core import pictures
from core.models import Classifier
from core.objectives import by_layer, codes, gram
from core.objectives.gram import Textures
from core.priors import octaves
from core.steps import descent
from core.steps.styling.goal import Given, Goal, textures, tutorials_parts
from core.steps.styling.styled import Kept

PAIRS = 20

Picture = Float[Tensor, "1 3 _ _"]


@dataclass(frozen=True)
class Rating:
    """What a picture comes to in 8 bits at the whole size: the total, and what ours says of it."""

    total: Float[Tensor, ""]
    style: Float[Tensor, ""]
    content: Float[Tensor, ""]


@dataclass(frozen=True)
class TotalSettings:
    """What the total depends on now: the style's layers and their weights, the content's, the share.

    distance: by which ours rates; the total has a Gram of its own.
    """

    at: str
    share: float
    distance: str
    layers: Mapping[str, float]


@dataclass
class Tutorial:
    """The tutorial's picture under way; the goal is that of the whole size."""

    network: Classifier
    goal: Goal
    view: Callable[[Tensor], Tensor]
    kept: Kept
    loss_settings: tuple[float, ...] = ()

    @property
    def x(self) -> Picture:
        """The picture of now."""
        return self.kept["p"].clamp(0, 1)

    def move(self, now: TotalSettings) -> None:
        """One evaluation of the total, and the step that L-BFGS takes from it."""
        loss_settings = (now.share, float(zlib.crc32(now.at.encode())))
        # of another loss, the slopes of the last one say nothing
        if loss_settings != self.loss_settings:
            self.kept, self.loss_settings = descent.plain_start(self.x, PAIRS), loss_settings
        x = self.x.requires_grad_()
        (slope,) = torch.autograd.grad(self._total(x, now)[0], x)
        self.kept = descent.plain({**self.kept, "p": x.detach()}, slope)

    def rating(self, x: Picture, now: TotalSettings) -> Rating:
        """What a picture comes to."""
        names, size = list(now.layers), (self.kept["p"].shape[2], self.kept["p"].shape[3])
        with torch.no_grad():
            total, found, apart = self._total(
                pictures.eight_bit(octaves.resize(x, size).clamp(0, 1)), now
            )
            wanted, begun = self.goal.unit(names, now.share, now.distance)
            left = gram.left(found, wanted, begun, gram.DISTANCES[now.distance])
        return Rating(total, gram.style_distance(left, now.layers)[0], apart.sqrt())

    def _total(self, x: Picture, now: TotalSettings) -> tuple[Tensor, Textures, Tensor]:
        """The tutorial's total, the textures it is of, and the content's relative distance."""
        names = list(now.layers)
        read = by_layer(self.network, self.view(x), [*names, now.at])
        found, held = textures(read, names, self.goal.mask), self.goal.content[now.at]
        style, content = tutorials_parts(
            found, self.goal.wanted(names, now.share), read[now.at], held
        )
        return style + content, found, codes.distance(read[now.at], held)[0]

    def state(self) -> dict[str, Tensor | float]:
        """What is needed to go on: the very tensors, not copies."""
        return {**self.kept, **{f"asked {i}": value for i, value in enumerate(self.loss_settings)}}


def rival(
    network: Classifier, given: Given, size: tuple[int, int], held: dict[str, Any] | None
) -> Tutorial:
    """The tutorial at its start, or as `state` gave it."""
    goal = given.goal(network, size)
    if held is None:
        return Tutorial(network, goal, given.view, descent.plain_start(given.begun(size), PAIRS))
    kept = {key: v.clone() for key, v in held.items() if isinstance(v, Tensor)}
    loss_settings = tuple(float(v) for v in held.values() if not isinstance(v, Tensor))
    return Tutorial(network, goal, given.view, kept, loss_settings)
