"""Pictures of several critters before one scenery, with a box for each: what a detector learns from.

The larger a critter, the nearer: it is painted later and hides what is behind it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from core.worlds import draws
from core.worlds.critters.anatomy import sheet
from core.worlds.critters.canvas import blank
from core.worlds.critters.portrait import portray
from core.worlds.critters.rendering import LARGEST, covered, extent, per_chunk, shares
from core.worlds.critters.sampling import sample
from core.worlds.critters.scenery import background, lit
from core.worlds.factors import FactorError, Factors

SMALLEST, MOST = 64, 8  # px, and critters in a picture
HEADS = (0.18, 0.44)  # half the width of a head, in half pictures; its logarithm is even
ACROSS, DOWN = (-0.85, 0.85), (-0.55, 0.65)  # where the middles of heads are, in half pictures
ABOVE, SIDE = 2.05, 4.6  # of a crop, in heads: from its top to the middle of the head, and in all
STEP = 16  # px to which crops are rounded up, so that many are painted at once
KEPT = 0.35  # of a head has to be seen for a box
TOGETHER = 64  # pictures at once
SHARED = ("bg", "bg_hue", "light", "light_dir")  # by all in a picture

Cutout = tuple[int, int, Float[Tensor, "5 _ _"]]  # left, top; colour times alpha, alpha, head


@dataclass(frozen=True)
class Crowd:
    """Pictures, and for each the critters of which at least 35 % of the head is seen.

    image: sRGB in [0, 1]. boxes: left, top, right, bottom in pixels, of the head with
    ears and hat, hidden or not, cut off at the edge of the picture. labels: where
    SPECIES stands the species. occlusion: the share of that head that is hidden or
    outside, in [0, 0.65].
    """

    image: Float[Tensor, "n 3 s s"]
    boxes: tuple[Float[Tensor, "_ 4"], ...]
    labels: tuple[Int[Tensor, " _"], ...]
    occlusion: tuple[Float[Tensor, " _"], ...]


@torch.no_grad()
def crowd(
    n: int,
    *,
    seed: int,
    size: int = 128,
    k: tuple[int, int] = (0, 5),
    species: Sequence[str] = ("cat", "dog"),
) -> Crowd:
    """Pictures of k[0] to k[1] critters, each count as often; a smaller n gives the first of them.

    All in a picture share scenery and light. Raises FactorError.
    """
    _check(n, seed, size, k)
    low, high = k
    each = max(high, 1)
    scenery = sample(n, seed=draws.branch(f"scenery/{seed}"))
    critters = sample(n * each, seed=draws.branch(f"critters/{seed}"), species=species)
    critters |= {name: scenery[name].repeat_interleave(each) for name in SHARED}
    places = _places(n * each, seed)
    count = low + draws.uniform(n, seed, "count", "crowd").mul(high - low + 1).long()
    who = [
        i * each + places[i * each : i * each + m, 2].argsort()  # the far ones first
        for i, m in enumerate(count.tolist())
    ]
    image, kept = torch.empty(n, 3, size, size), []
    for first in range(0, n, TOGETHER):
        some = slice(first, first + TOGETHER)
        s = sheet(_rows(scenery, some), shares(_rows(scenery, some), None))
        canvas = blank(s, size, parts=False)
        background(canvas, s)
        cutouts = _cutouts(critters, places, torch.cat(who[some]), size)
        kept += [
            _composed(canvas.colour[:, i], [next(cutouts) for _ in row], critters["species"][row])
            for i, row in enumerate(who[some])
        ]
        lit(canvas, s)
        torch.clamp(canvas.colour.transpose(0, 1), 0, 1, out=image[some])
    boxes, labels, occlusion = zip(*kept, strict=True)
    return Crowd(image, boxes, labels, occlusion)


def _check(n: int, seed: int, size: int, k: tuple[int, int]) -> None:
    low, high = k
    if not 0 <= low <= high <= MOST:
        raise FactorError(f"k = {low} to {high} critters is out of range: choose 0 to {MOST}.")
    if not SMALLEST <= size <= LARGEST:
        raise FactorError(f"size = {size} px is out of range: choose {SMALLEST} to {LARGEST}.")
    draws.check(n, seed)


def _rows(factors: Factors, which: Int[Tensor, " m"] | slice) -> Factors:
    return {name: column[which] for name, column in factors.items()}


def _places(n: int, seed: int) -> Float[Tensor, "n 3"]:
    """Where the heads are and how large, in half pictures."""
    x, y, large = (
        draws.uniform(n, seed, name, "crowd").float() for name in ("across", "down", "large")
    )
    x, y = (low + (high - low) * u for u, (low, high) in ((x, ACROSS), (y, DOWN)))
    return torch.stack((x, y, HEADS[0] * (HEADS[1] / HEADS[0]) ** large), 1)


def _cutouts(
    critters: Factors, places: Float[Tensor, "n 3"], rows: Int[Tensor, " m"], size: int
) -> Iterator[Cutout]:
    """Each critter on nothing, in a crop that holds it: those of like size are painted together."""
    head = places[rows, 2] * (size / 2)  # px
    side = (head * (SIDE / STEP)).ceil().long() * STEP
    middle = (places[rows, :2] + 1) * (size / 2)
    corner = torch.stack((middle[:, 0] - side / 2, middle[:, 1] - ABOVE * head), 1).floor()
    done: dict[int, Float[Tensor, "5 _ _"]] = {}
    for c in side.unique().tolist():
        of_side = (side == c).nonzero()[:, 0]
        for some in of_side.split(per_chunk(c)):
            place = torch.cat((middle[some] - corner[some], head[some, None]), 1) * (2 / c)
            place[:, :2] -= 1
            factors = _rows(critters, rows[some])
            s = sheet(factors, shares(factors, None), place)
            canvas = blank(s, c, parts=False)
            portray(canvas, s)
            planes = torch.cat((canvas.colour, covered(canvas)[None], canvas.head[None]))
            done |= dict(zip(some.tolist(), planes.unbind(1), strict=True))
    for i, (left, top) in enumerate(corner.long().tolist()):
        yield left, top, done[i]


def _composed(
    image: Float[Tensor, "3 s s"], cutouts: list[Cutout], species: Int[Tensor, " k"]
) -> tuple[Float[Tensor, "m 4"], Int[Tensor, " m"], Float[Tensor, " m"]]:
    """Lay the critters over the picture, and say of which enough is seen."""
    size = image.shape[1]
    owner = torch.full((size, size), -1, dtype=torch.int8)
    heads = []
    for i, (left, top, planes) in enumerate(cutouts):
        c = planes.shape[1]
        there = (_inside(top, c, size), _inside(left, c, size))
        here = (_moved(there[0], -top), _moved(there[1], -left))
        colour, alpha = planes[:3, here[0], here[1]], planes[3, here[0], here[1]]
        image[:, there[0], there[1]].mul_(1 - alpha).add_(colour)
        owner[there].masked_fill_(alpha > 0.5, i)
        heads.append((planes[4] > 0.5, here, there))
    boxes, seen = torch.empty(len(cutouts), 4), torch.empty(len(cutouts))
    for i, ((left, top, _), (head, here, there)) in enumerate(zip(cutouts, heads, strict=True)):
        seen[i] = (head[here] & (owner[there] == i)).sum() / head.sum()
        boxes[i] = extent(head[None].float())[0] + torch.tensor([left, top, left, top])
    enough = seen >= KEPT
    return boxes.clamp(0, size)[enough], species[enough], 1 - seen[enough]


def _inside(first: int, c: int, size: int) -> slice:
    """The pixels of the picture under a crop; none where it lies outside."""
    return slice(min(max(first, 0), size), max(min(first + c, size), 0))


def _moved(pixels: slice, by: int) -> slice:
    return slice(pixels.start + by, pixels.stop + by)
