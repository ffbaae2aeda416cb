"""The slope of a picture that is too large to be read at once, a tile at a time.

The picture is divided into cores. Around each core a crop is read that is wider
by half the layer's receptive field, and of the layer's map only the positions
of the core count: every position is computed once, from all that it can see,
and the slopes of all crops add up to that of the whole picture.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor

from core.models import Classifier
from core.objectives import Objective
from core.steps import ascent

WHOLE = 768  # px: a picture of up to this side squared is read at once
CORE = 384  # px of a core, at most
WIDEST = 192  # px around it: beyond, a layer's field carries next to nothing
GRID = 32  # px: crops begin on the coarsest stride, so that all maps fall on the same positions


@dataclass(frozen=True)
class Span:
    """One side of a tile in px: [start, end) is read, the positions of [first, last) count."""

    start: int
    end: int
    first: int
    last: int
    whole: int  # px of the picture


@dataclass(frozen=True)
class Tile:
    """A part of a picture."""

    down: Span
    across: Span


def planned(height: int, width: int, *, margin: int) -> tuple[Tile, ...]:
    """The tiles of a picture, from the top left; their number does not depend on the margin."""
    if height * width <= WHOLE**2:
        margin, core = max(height, width), max(height, width)
    else:
        core = CORE
    across = _spans(width, margin, core)
    return tuple(Tile(one, other) for one in _spans(height, margin, core) for other in across)


def _spans(length: int, margin: int, core: int) -> list[Span]:
    count = -(-length // core)
    cuts = [round(i * length / count / GRID) * GRID for i in range(count)] + [length]
    # a crop is as far from a multiple of the grid as the whole: TensorFlow's padding then falls
    # on the same side at every stride
    left_over = length % GRID
    return [
        Span(max(0, a - margin), min(length, b + margin + left_over), a, b, length)
        for a, b in pairwise(cuts)
    ]


def margin(network: Classifier, layers: Sequence[str]) -> int:
    """How far around a core these layers look, in px."""
    known = [network.layer(name) for name in layers]
    fields = [(one.receptive_field or math.inf) / 2 + (one.stride or 0) for one in known]
    return min(WIDEST, math.ceil(min(WIDEST, max(fields)) / GRID) * GRID)


@dataclass(frozen=True)
class _Window:
    """A network that shows of its maps only the positions of a tile's core."""

    network: Classifier
    tile: Tile

    def activations(self, x: Tensor, *layers: str) -> Tensor | tuple[Tensor, ...]:
        found = self.network.activations(x, *layers)
        maps = (found,) if isinstance(found, Tensor) else found
        cut = tuple(self._core(a, name) for a, name in zip(maps, layers, strict=True))
        return cut[0] if len(cut) == 1 else cut

    def _core(self, a: Tensor, layer: str) -> Tensor:
        stride = self.network.layer(layer).stride
        if stride is None or a.ndim != 4:  # it sees the whole crop
            return a
        return a[:, :, _positions(self.tile.down, stride), _positions(self.tile.across, stride)]

    def share(self, layer: str) -> float:
        """The tile's positions, of all."""
        stride = self.network.layer(layer).stride or 1
        found = 1.0
        for span in (self.tile.down, self.tile.across):
            cut = _positions(span, stride)
            found *= (cut.stop - cut.start) / -(-span.whole // stride)
        return found


def _positions(span: Span, stride: int) -> slice:
    start = span.start // stride
    return slice(span.first // stride - start, -(-span.last // stride) - start)


def slopes(
    x: Float[Tensor, "1 3 h w"],
    tile: Tile,
    objectives: Sequence[Objective],
    network: Classifier,
    *,
    shift: tuple[int, int] = (0, 0),
) -> tuple[Tensor, Tensor]:
    """What a tile adds to the scores (k) and to the slopes (k, 3, crop) of k objectives.

    Each objective reads one layer and is a mean over its positions; a class
    judges each crop by itself. `shift` rolls the picture, down and across.
    """
    window = _Window(network, tile)
    crop = x.index_select(2, _rolled(tile.down, shift[0], x))
    crop = crop.index_select(3, _rolled(tile.across, shift[1], x))
    seen = ascent.slopes(crop, objectives, window)
    shares = [window.share(objective.layers[0]) for objective in objectives]
    scores = torch.cat([one.score * share for one, share in zip(seen, shares, strict=True)])
    found = torch.cat([one.slope * share for one, share in zip(seen, shares, strict=True)])
    return scores, found


def _rolled(span: Span, shift: int, x: Tensor) -> Tensor:
    """Where the px of a crop are in the picture, if that is rolled by `shift`."""
    return (torch.arange(span.start, span.end, device=x.device) - shift) % span.whole


def add(whole: Float[Tensor, "k 3 h w"], found: Float[Tensor, "k 3 _ _"], tile: Tile) -> None:
    """Lay a tile's slopes into those of the whole, in place."""
    rows, columns = (slice(span.start, span.end) for span in (tile.down, tile.across))
    whole[:, :, rows, columns] += found
