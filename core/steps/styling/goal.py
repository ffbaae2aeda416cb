"""What a picture under a style is held against: style pictures, the photograph, the start."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from core.models import Classifier
from core.objectives import by_layer, codes, gram
from core.objectives.gram import Texture, Textures
from core.priors import octaves, recolour, views

LARGEST, LEAST = 768, 32  # px: the sides between which a style picture is read
TUTORIAL = 1e6  # the tutorial's style weight beside a content weight of 1
GREY = 0.1  # deviation of the noise that a texture grows from

Picture = Float[Tensor, "1 3 _ _"]


def textures(found: Mapping[str, Tensor], names: Sequence[str], mask: Tensor | None) -> Textures:
    """The textures of these layers."""
    return {name: gram.texture(found[name], mask) for name in names}


def tutorials_parts(
    found: Textures, wanted: Textures, a: Tensor, a_0: Tensor
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """Style and content as PyTorch's tutorial counts them: its Gram / (c h w), its means, 1e6 to 1."""
    style = torch.zeros((), device=a.device)
    for name, one in found.items():
        channels = one.gram.shape[1]
        style = style + gram.gram_distance(one, wanted[name])[0] / channels**4
    return TUTORIAL * style, codes.total((a - a_0).square())[0] / a[0].numel()


class Readings:
    """What the layers hold of a picture that stands still, each read when it is first asked for."""

    def __init__(self, network: Classifier, x: Picture, mask: Tensor | None = None) -> None:
        self.network, self.x, self.mask = network, x, mask
        self._held: dict[str, Tensor] = {}
        self._textures: dict[str, Texture] = {}

    def __getitem__(self, layer: str) -> Tensor:
        """The layer's activation."""
        if layer not in self._held:
            with torch.no_grad():
                self._held[layer] = self.network.activations(self.x, layer)
        return self._held[layer]

    def textures(self, names: Sequence[str]) -> Textures:
        """The layers' textures: those that are not there yet from one reading."""
        lacking = [name for name in names if name not in self._textures]
        if lacking:
            with torch.no_grad():
                found = by_layer(self.network, self.x, lacking)
            self._textures |= textures(found, lacking, self.mask)
        return {name: self._textures[name] for name in names}

    def rolled(self, layer: str, shift: tuple[int, int]) -> Tensor:
        """The layer's activation of the picture moved by so much."""
        if not any(shift):
            return self[layer]
        with torch.no_grad():
            return self.network.activations(torch.roll(self.x, shift, (2, 3)), layer)


@dataclass(frozen=True)
class Goal:
    """What a picture of one size is held against.

    photograph: as people see it. styles: one style picture or two. begun: what
    the run begins with at this size, whose distance is the unit of what is left.
    content: the photograph as the network sees it. mask: where the style goes.
    """

    photograph: Picture
    styles: Sequence[Readings]
    begun: Readings
    content: Readings
    mask: Float[Tensor, "1 1 h w"] | None = None
    _kept: dict[tuple[Any, ...], tuple[Textures, Mapping[str, Tensor]]] = field(
        default_factory=dict
    )

    def wanted(self, names: Sequence[str], share: float) -> Textures:
        """The textures that are asked for."""
        one, *more = (style.textures(names) for style in self.styles)
        if not more:
            return one
        return {name: gram.mixed(one[name], more[0][name], share) for name in names}

    def total(self, names: Sequence[str], share: float, at: str) -> Float[Tensor, ""]:
        """The tutorial's total of what the run begins with."""
        begun, wanted = self.begun.textures(names), self.wanted(names, share)
        style, content = tutorials_parts(begun, wanted, self.begun[at], self.content[at])
        return style + content + gram.TINY

    def unit(
        self, names: Sequence[str], share: float, distance: str
    ) -> tuple[Textures, Mapping[str, Tensor]]:
        """The textures that are asked for, and each layer's distance at the start."""
        key = (*names, share, distance)
        if key not in self._kept:
            wanted = self.wanted(names, share)
            begun = gram.starts(self.begun.textures(names), wanted, gram.DISTANCES[distance])
            self._kept.clear()
            self._kept[key] = wanted, begun
        return self._kept[key]


@dataclass(frozen=True)
class Given:
    """The pictures of a run as they were given, and how they are to be read.

    begins: with the "picture" or with "noise". colours: "of the style", "of the
    picture" or "luminance only". pattern: the style picture's longer side, of the
    photograph's.
    """

    photograph: Picture
    styles: tuple[Picture, ...]
    mask: Float[Tensor, "1 1 _ _"] | None
    begins: str
    colours: str
    pattern: float
    seed: int

    def at(self, size: tuple[int, int]) -> Picture:
        """The photograph at this size."""
        return octaves.resize(self.photograph, size).clamp(0, 1)

    def begun(self, size: tuple[int, int]) -> Picture:
        """What the run begins with at this size."""
        photograph = self.at(size)
        if self.begins == "picture":
            return photograph
        noise = torch.randn(photograph.shape, generator=views.generator(self.seed, "noise"))
        return (0.5 + GREY * noise.to(photograph)).clamp(0, 1)

    def view(self, x: Picture) -> Picture:
        """What the network gets to see of a picture."""
        return recolour.grey(x) if self.colours == "luminance only" else x

    def shown(self, x: Picture, photograph: Picture) -> Picture:
        """What people get to see: with the photograph's hues, and it alone outside the mask."""
        if self.colours == "luminance only":
            x = recolour.with_chroma(recolour.grey(x), photograph).clamp(0, 1)
        return octaves.composited(x, photograph, None if self.mask is None else self.mask[0])

    def goal(self, network: Classifier, size: tuple[int, int]) -> Goal:
        """What a picture of this size is held against."""
        mask = None
        if self.mask is not None:
            mask = F.interpolate(self.mask, size, mode="bilinear", antialias=True)
        styles = (fitted(one, round(max(size) * self.pattern)) for one in self.styles)
        return Goal(
            self.at(size),
            [Readings(network, self._recoloured(one, size)) for one in styles],
            Readings(network, self.view(self.begun(size)), mask),
            Readings(network, self.view(self.at(size))),
            mask,
        )

    def _recoloured(self, style: Picture, size: tuple[int, int]) -> Picture:
        if self.colours == "of the picture":
            return recolour.matched(style, self.at(size)).clamp(0, 1)
        if self.colours == "luminance only":
            return recolour.lit(style, self.at(size))
        return style


def fitted(x: Picture, longer: int) -> Picture:
    """A style picture with its longer side of so many px, and its shorter one of 32 at least."""
    scale = min(longer, LARGEST) / max(x.shape[2:])
    height, width = (max(LEAST, round(n * scale)) for n in x.shape[2:])
    return octaves.resize(x, (height, width)).clamp(0, 1)
