"""What a step sees of a picture under a style, and which way the picture has to go.

The loss is taken from what the layers hold, and goes back in two parts: from
the loss to each layer, where one sees what pulls at which position, and from all
layers at once to the picture. That costs one way back, not one a term.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from core.models import Classifier
from core.objectives import by_layer, codes, gram
from core.objectives.algebra import PICTURE
from core.objectives.composing import PENALTIES
from core.objectives.gram import Texture, Textures
from core.priors import calm, views
from core.steps import ascent
from core.steps.styling.goal import Goal, textures, tutorials_parts

Picture = Float[Tensor, "1 3 h w"]


@dataclass(frozen=True)
class StylingWeights:
    """What counts how much: the style, the content, roughness; and each layer of the style.

    tutorial: style and content are the tutorial's total in place of these, 1 at the start.
    """

    style: float
    content: float
    smoothness: float
    layers: Mapping[str, float]
    tutorial: bool = False


@dataclass(frozen=True)
class Seen:
    """What a step saw.

    x: the picture before it. left: what is left of each layer's distance, style
    of all together; begun: the same at the start. content: its relative error.
    total: the tutorial's. pull: where the style pulls. slope: of the loss. read:
    what the layers hold.
    """

    x: Picture
    loss: Tensor
    left: Mapping[str, Tensor]
    style: Tensor
    begun: Tensor
    content: Tensor
    total: Tensor
    pull: Float[Tensor, "1 1 _ _"]
    slope: Tensor
    textures: Textures
    read: Mapping[str, Tensor]


def loss_and_slope(
    p: Tensor,
    network: Classifier,
    goal: Goal,
    weights: StylingWeights,
    *,
    picture: Callable[[Tensor], Picture],
    view: Callable[[Tensor], Tensor],
    at: str,
    more: Sequence[str],
    share: float,
    distance: str,
    shift: tuple[int, int] = (0, 0),
    order: int | None = None,
) -> Seen:
    """The picture of p, its loss, and the slope of that.

    at: the layer that holds the content. more: layers that are read besides.
    shift: how far the network sees picture and photograph moved. order: the seed
    by which the content's positions change places, if they do. The network sees
    the 8-bit picture; the rounding is passed straight through.
    """
    p = p.detach().requires_grad_()
    x = picture(p)
    names = list(weights.layers)
    viewed = view(ascent.straight_through(x))
    viewed = torch.roll(viewed, shift, (2, 3)) if any(shift) else viewed
    through = by_layer(network, viewed, [*names, at, *more])
    leaves = {name: a.detach().requires_grad_() for name, a in through.items()}
    mask = goal.mask if goal.mask is None else torch.roll(goal.mask, shift, (2, 3))
    found = textures(leaves, names, mask)
    wanted, begun = goal.unit(names, share, distance)
    left = gram.left(found, wanted, begun, gram.DISTANCES[distance])
    style = gram.style_distance(left, weights.layers)
    held = goal.content.rolled(at, shift)
    held = held if order is None else permuted(held, order)
    apart = codes.distance(leaves[at], held)
    theirs = tutorials_parts(found, wanted, leaves[at], held)
    if weights.tutorial:
        unit = goal.total(names, share, at)
        costs = [part / unit for part in theirs]
    else:
        costs = [weights.style * style.sum(), weights.content * apart.sum()]
    pulls = torch.autograd.grad(costs[0], [leaves[n] for n in names])
    (hold,) = torch.autograd.grad(costs[1], leaves[at])
    rough = roughness(x)
    parts = [*(through[n] for n in names), through[at], rough]
    slopes = [*pulls, hold, torch.full_like(rough, weights.smoothness)]
    (slope,) = torch.autograd.grad(parts, p, slopes)
    loss = costs[0] + costs[1] + weights.smoothness * rough[0]
    return Seen(
        x.detach(),
        loss.detach(),
        {name: one.detach()[0] for name, one in left.items()},
        style.detach()[0],
        _begun(goal, wanted, begun, weights, distance),
        apart.detach()[0].sqrt(),
        (theirs[0] + theirs[1]).detach(),
        where(dict(zip(names, pulls, strict=True)), leaves),
        slope,
        {n: Texture(t.mean.detach(), t.gram.detach()) for n, t in found.items()},
        {name: a.detach() for name, a in leaves.items()},
    )


def _begun(
    goal: Goal,
    wanted: Textures,
    begun: Mapping[str, Tensor],
    weights: StylingWeights,
    distance: str,
) -> Float[Tensor, ""]:
    """What `style` is of the picture that the run begins with: 1, unless that has the style."""
    first = goal.begun.textures(list(weights.layers))
    parts = gram.left(first, wanted, begun, gram.DISTANCES[distance])
    return gram.style_distance(parts, weights.layers)[0]


def permuted(a: Float[Tensor, "1 c h w"], seed: int) -> Float[Tensor, "1 c h w"]:
    """The same activations in other places, all channels of a position together."""
    order = torch.randperm(a[0, 0].numel(), generator=views.generator(seed, "order"))
    return a.flatten(2)[:, :, order.to(a.device)].view_as(a)


def roughness(x: Picture) -> Float[Tensor, " 1"]:
    """Total variation, the mean of dx² + dy²; a photograph has about 1 of it."""
    made, usual = PENALTIES["roughness"]
    return made().score({PICTURE: x}) / usual


def where(pulls: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> Float[Tensor, "1 1 _ _"]:
    """How strongly the style pulls at each place.

    Over the layers: the size of the slope there, times what the layer usually holds.
    """
    names = list(pulls)
    size = (found[names[0]].shape[2], found[names[0]].shape[3])
    total = torch.zeros((), device=found[names[0]].device)
    for name in names:
        usual = (codes.total(found[name].detach().square()) / found[name][0].numel()).sqrt()
        force = pulls[name].square().sum(1, keepdim=True).sqrt() * usual
        total = total + F.interpolate(force, size, mode="bilinear") * (
            force.shape[2] * force.shape[3]
        )
    return total


def spectrum(like: Picture, decay: float) -> Float[Tensor, "h f"]:
    """1 / f^decay, of mean square 1: what the frequencies of such a picture are multiplied by."""
    height, width = like.shape[2:]
    f = torch.fft.fftfreq(height)[:, None] ** 2 + torch.fft.rfftfreq(width)[None] ** 2
    scale = f.sqrt().clamp(min=1 / max(height, width)) ** -decay
    return (scale / scale.square().mean().sqrt()).to(like)


def rendered(p: Picture, base: Picture, scale: Float[Tensor, "h f"]) -> Picture:
    """The picture of p: what it adds to the base, large shapes ahead of grain, pressed into [0, 1].

    A step of Adam moves every pixel of p alike; without the scale the stride of
    the first convolution shows as speckle. One colour after the other: several
    spectra at once round otherwise with each number of threads.
    """
    size = (p.shape[2], p.shape[3])
    added = [torch.fft.irfft2(torch.fft.rfft2(one) * scale, s=size) for one in p.split(1, 1)]
    return calm.within(base + torch.cat(added, 1))
