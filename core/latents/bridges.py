"""Two latent spaces of one world and the affine map between them, held against its nulls.

Both networks come with their latents of the same pictures. From some of these pairs the map
is learned (`core.latents.maps`); on others, which no map has seen, it is judged: M / R, the
error of what the other network draws of a mapped latent, over the error of what it draws
of its own (Asperti and Tonelli 2022). Beside it are judged a map from shuffled pairs, the
mean latent, and two maps from what nobody would call understanding: as many principal
components of the pixels, and an encoder with random weights.

All of that takes many seconds, so it is cut into pieces of a few hundredths of one: `agenda`
lists them in their order, and `done` does one. A piece is computed once, whoever asks.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import torch
from jaxtyping import Float, Float64, Int64, UInt8
from torch import Tensor

from core import models
from core.latents import maps, spaces
from core.latents.unseen import portrait
from core.metrics import fidelity, ridge
from core.metrics.ridge import Affine
from core.models import Generator
from core.models.generators.eigen import Eigen
from core.worlds import critters, digits

SIZES = (10, 25, 50, 100, 250, 500, 1000)  # pairs of the maps that are judged
MAP, SHUFFLED, MEAN, PIXELS, UNTRAINED = KINDS = range(5)  # what is judged: rows of the sums
AT_ONCE = 16  # pictures of a piece
SHARE, LEAST = 4, 64  # one picture in so many is held out, and at least so many
COMPONENTS = {"critters": "critters-pca", "digits": "digits-eigen"}  # of the pixels of a world

# whose pictures the pairs are: an attribute, and whether of its larger side
ALL = "all pictures"
WHOSE: Mapping[str, tuple[str, bool] | None] = {
    ALL: None,
    "cats alone": ("species", False),
    "dogs alone": ("species", True),
    "those with glasses": ("glasses", True),
    "those without": ("glasses", False),
    "dark ones": ("dark", True),
    "light ones": ("dark", False),
}

Sums = Float64[Tensor, "2 kinds sizes"]  # squared errors of mapped and of own latents so far
Which = tuple[int, ...]  # pictures by their number
Piece = tuple[Callable[..., Any], tuple[int, ...]]  # what to call, and with which numbers


@dataclass(frozen=True)
class Bridge:
    """Where latents come from and where they go.

    From which network to which other, by pictures of whom, drawn by which seed.
    """

    network: Generator
    other: Generator
    whose: str = ALL
    seed: int = 0


# the pairs


def count(bridge: Bridge) -> int:
    """Pictures of which both networks know the latent."""
    return min(len(spaces.known(one).z) for one in (bridge.network, bridge.other))


def held(bridge: Bridge) -> range:
    """The pictures that no map is learned from: the first."""
    n = count(bridge)
    return range(max(LEAST, n // SHARE))


def is_picked(bridge: Bridge) -> bool:
    """Whether the pictures are a part of all; networks that do not know the attribute take all."""
    which = WHOSE[bridge.whose]
    return which is not None and which[0] in spaces.known(bridge.network).values


@lru_cache(maxsize=64)
def support(bridge: Bridge) -> Int64[Tensor, " n"]:
    """The pictures that maps are learned from, in the order in which they are taken."""
    n, first = count(bridge), len(held(bridge))
    draw = torch.Generator().manual_seed(bridge.seed)
    order = first + torch.randperm(n - first, generator=draw)
    which = WHOSE[bridge.whose]
    if which and is_picked(bridge):
        attribute, larger = which
        order = order[spaces.known(bridge.network).sides(attribute)[order] == larger]
    return order[: SIZES[-1]]


@cache
def sizes(bridge: Bridge) -> tuple[int, ...]:
    """Numbers of pairs of the maps that are judged, up to as many as there are."""
    there = len(support(bridge))
    return (*(size for size in SIZES if size < there), there)


# the maps


@lru_cache(maxsize=512)
def learned(bridge: Bridge, kind: int, pairs: int) -> Affine:
    """The map of a kind from the first so many pairs; raises LatentError for fewer than 10."""
    order = support(bridge)[:pairs]
    target = spaces.known(bridge.other).z[order]
    if kind == MEAN:
        return maps.mean_latent(target, target)
    source = _sources(bridge, kind)[:pairs]
    if kind == SHUFFLED:
        return maps.from_shuffled_pairs(source, target, seed=bridge.seed)
    return maps.fitted(source, target)


@lru_cache(maxsize=16)
def _sources(bridge: Bridge, kind: int) -> Float[Tensor, "n source"]:
    """What a map of that kind reads of every picture of the support."""
    parts = _parts(tuple(support(bridge).tolist()))
    return torch.cat([_read(bridge, kind, part) for part in parts])


def _read(bridge: Bridge, kind: int, which: Which) -> Float[Tensor, "n source"]:
    """What a map of that kind reads of these pictures."""
    if kind == UNTRAINED:
        return _untrained(bridge.network, which)
    if kind == PIXELS:
        return _pixels(bridge.network.of)[list(which), : bridge.network.latent]
    return spaces.known(bridge.network).z[list(which)]


def _parts(which: Which) -> list[Which]:
    return [which[first : first + AT_ONCE] for first in range(0, len(which), AT_ONCE)]


@cache
def _twin(network: Generator) -> Any:
    return network.twin(0)


@lru_cache(maxsize=512)
@torch.no_grad()
def _untrained(network: Generator, which: Which) -> Float[Tensor, "n latent"]:
    return _twin(network).encode(_painted(network, which).to(network.device)).cpu()


@cache
def _pixels(of: str) -> Float[Tensor, "n component"]:
    """Principal components of a world's pictures, those that vary most first and by as much most.

    Brought to variance 1, as latents are, few pairs would say less of them.
    """
    found = models.load(COMPONENTS[of], "generator")
    assert isinstance(found, Eigen)
    return spaces.known(found).z * found.deviations.cpu()


def _painted(network: Generator, which: Which) -> Float[Tensor, "n 3 h w"]:
    """The pictures of these numbers, in the size of the network's."""
    return _bytes(network.of, network.side, len(spaces.known(network).z), which).float() / 255


@lru_cache(maxsize=256)
def _bytes(of: str, side: int, n: int, which: Which) -> UInt8[Tensor, "n 3 h w"]:
    """The same as bytes, which is how they are kept; n: how many are known."""
    if of == "digits":
        x = digits.held_out()[list(which)]
    else:
        x = portrait({name: column[list(which)] for name, column in _factors(n).items()}, side)
    return (x * 255).round().to(torch.uint8)


@cache
def _factors(n: int) -> critters.Factors:
    return critters.sample(n, seed=critters.KNOWN)


# the judge


@lru_cache(maxsize=64)
def agenda(bridge: Bridge) -> tuple[Piece, ...]:
    """All that is to be done, in its order: first figures soon, those of more pictures later."""
    soon, late = (MAP, SHUFFLED, MEAN, PIXELS), (UNTRAINED,)
    found = [*_round(bridge, 0, soon)]
    for part in range(len(_parts(tuple(support(bridge).tolist())))):
        found += [(paint, (part,)), (read, (part,))]
    found += _judged(bridge, 0, late)
    for number in range(1, len(_parts(tuple(held(bridge))))):
        found += _round(bridge, number, (*soon, *late))
    return tuple(found)


def _round(bridge: Bridge, number: int, kinds: Sequence[int]) -> list[Piece]:
    """So many more held-out pictures are painted, drawn of their own latents, and judged."""
    return [(exhibit, (number,)), (own, (number,)), *_judged(bridge, number, kinds)]


def _judged(bridge: Bridge, number: int, kinds: Sequence[int]) -> list[Piece]:
    return [
        (error, (kind, at, number))
        for kind in kinds
        for at in range(1 if kind == MEAN else len(sizes(bridge)))
    ]


def paint(bridge: Bridge, part: int) -> None:
    """Some pictures of the support are painted."""
    _painted(bridge.network, _parts(tuple(support(bridge).tolist()))[part])


def read(bridge: Bridge, part: int) -> None:
    """The network with random weights reads them."""
    _untrained(bridge.network, _parts(tuple(support(bridge).tolist()))[part])


def exhibit(bridge: Bridge, number: int) -> None:
    """Some held-out pictures are painted."""
    _painted(bridge.other, _held(bridge, number))


def _held(bridge: Bridge, number: int) -> Which:
    return _parts(tuple(held(bridge)))[number]


@lru_cache(maxsize=4096)
@torch.no_grad()
def own(bridge: Bridge, number: int) -> float:
    """The squared errors of what the other network draws of its own latents, summed."""
    which = _held(bridge, number)
    return _missed(bridge, which, spaces.known(bridge.other).z[list(which)])


@lru_cache(maxsize=65536)
@torch.no_grad()
def error(bridge: Bridge, kind: int, at: int, number: int) -> float:
    """The same of mapped latents. at: which of the sizes; of the mean there is one, the largest."""
    which = _held(bridge, number)
    pairs = sizes(bridge)[-1 if kind == MEAN else at]
    z = spaces.known(bridge.other).z[list(which)]
    source = z if kind == MEAN else _read(bridge, kind, which)
    return _missed(bridge, which, ridge.predicted(source, learned(bridge, kind, pairs)))


def _missed(bridge: Bridge, which: Which, z: Float[Tensor, "n latent"]) -> float:
    x = bridge.other.decode(z.to(bridge.other.device)).cpu()
    return float(fidelity.mean_squares(_painted(bridge.other, which), x).double().sum())


def unjudged() -> Sums:
    """The sums before anything was judged."""
    return torch.zeros(2, len(KINDS), len(SIZES), dtype=torch.float64)


def advanced(bridge: Bridge, sums: Sums, number: int) -> Sums:
    """The sums after the piece of this number on the agenda is done too; over it, they stay."""
    if number >= len(agenda(bridge)):
        return sums
    work, arguments = agenda(bridge)[number]
    found = work(bridge, *arguments)
    if work is not error:
        return sums
    kind, at, part = arguments
    sums = sums.clone()
    sums[:, kind, at] += torch.tensor((found, own(bridge, part)), dtype=torch.float64)
    return sums


def judged(bridge: Bridge, number: int) -> int:
    """Held-out pictures by which the map of the most pairs was judged, so many pieces being done."""
    last = len(sizes(bridge)) - 1
    parts = [
        arguments[2]
        for work, arguments in agenda(bridge)[:number]
        if work is error and arguments[:2] == (MAP, last)
    ]
    return sum(len(_held(bridge, part)) for part in parts)


def ratios(bridge: Bridge, sums: Sums) -> Float64[Tensor, "kinds judged"]:
    """M / R of each kind and size; nan where it is not judged yet. The mean's is that of every size."""
    found = (sums[0] / sums[1])[:, : len(sizes(bridge))].clone()
    found[MEAN] = found[MEAN, 0]
    return found


def between(bridge: Bridge, ratios: Float64[Tensor, " judged"], pairs: int) -> float:
    """M / R at a number of pairs, along the straight line in logarithms between those judged."""
    known = sizes(bridge)
    above = next(i for i, size in enumerate(known) if size >= pairs)
    if known[above] == pairs:
        return float(ratios[above])
    low, high = known[above - 1], known[above]
    share = math.log(pairs / low) / math.log(high / low)
    return float(torch.lerp(ratios[above - 1].log(), ratios[above].log(), share).exp())
