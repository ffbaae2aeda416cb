"""Two piles of pictures that somebody has sorted, and the direction that they make.

A few dozen latents of 64 numbers can be parted whatever they show, so that it proves
nothing that a direction parts its own piles. Each picture is left out in turn, and the
direction of the others says where it belongs; as many shuffled piles say how much of that
is luck (Stone, Cross-validatory choice and assessment of statistical predictions, 1974).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from core.latents import directions
from core.latents.directions import Hyperplane
from core.latents.errors import LatentError

NONE, ONE, TWO = 0, 1, 2  # the pile of a tile
WORDS = ("none", "one", "two")
AS_GIVEN = -1  # a tile that no hand has moved
REMEMBERED = 99  # moves that can be taken back

Piles = Int64[Tensor, " tile"]  # NONE, ONE or TWO
Latents = Float[Tensor, "tile latent"]
Fit = Callable[[Float[Tensor, "n latent"], Bool[Tensor, " n"]], Hyperplane]

METHODS: Mapping[str, Fit] = {  # from one picture a pile on
    "mean difference": directions.mean_difference,
    "LDA": partial(directions.lda, few=True),
    "logistic": partial(directions.logistic, few=True),
}


# sorting


@dataclass(frozen=True)
class Hands:
    """What was moved by hand: each tile's pile, or AS_GIVEN, and a count that says when.

    past: the same before each of the last moves, oldest first.
    """

    pile: Piles
    when: Piles
    past: Int64[Tensor, "moves 2 tile"]


def untouched(tiles: int) -> Hands:
    """Nothing has been moved."""
    whole = torch.full((tiles,), AS_GIVEN)
    return Hands(whole, torch.zeros_like(whole), torch.empty(0, 2, tiles, dtype=torch.int64))


def sorted_into(hands: Hands, given: Piles) -> Piles:
    """The pile of each tile: as it was moved, or else as it is given."""
    return torch.where(hands.pile == AS_GIVEN, given, hands.pile)


def put(hands: Hands, given: Piles, tile: int, pile: int) -> Hands:
    """One tile moved; nothing is to be taken back where it lies there already."""
    if int(sorted_into(hands, given)[tile]) == pile:
        return hands
    piles, when = hands.pile.clone(), hands.when.clone()
    piles[tile], when[tile] = pile, int(hands.when.max()) + 1
    return _moved(hands, piles, when)


def cleared(hands: Hands, given: Piles) -> Hands:
    """Every tile back to none."""
    if not sorted_into(hands, given).any():
        return hands
    return _moved(hands, torch.full_like(given, NONE), hands.when)


def swapped(hands: Hands, given: Piles) -> Hands:
    """Pile one is pile two, and the other way round; the order of sorting stays."""
    piles = sorted_into(hands, given)
    if not piles.any():
        return hands
    exchanged = torch.where(piles == NONE, NONE, ONE + TWO - piles)
    return _moved(hands, exchanged, hands.when)


def undone(hands: Hands) -> Hands:
    """As it was before the last move; as it is where there was none."""
    if not len(hands.past):
        return hands
    pile, when = hands.past[-1]
    return Hands(pile, when, hands.past[:-1])


def _moved(hands: Hands, pile: Piles, when: Piles) -> Hands:
    before = torch.stack((hands.pile, hands.when))[None]
    return Hands(pile, when, torch.cat((hands.past, before))[-REMEMBERED:])


@dataclass(frozen=True)
class Given:
    """Piles that nobody has sorted by hand, and each tile's place in the order of sorting."""

    piles: Piles
    rank: Piles


def nothing(tiles: int) -> Given:
    """No tile is in a pile."""
    return Given(torch.full((tiles,), NONE), torch.arange(tiles))


def by_value(values: Float[Tensor, " tile"], count: int) -> Given:
    """So many tiles by a number: the smallest are pile one, the largest pile two, in turns.

    The clearest come first, as people sort. The sides part at the median, or between two values;
    ties stand in the order of the tiles.
    """
    upper = directions.sides(values)
    low = _ordered(values, ~upper)
    high = _ordered(-values, upper)
    turns = [tile for pair in zip(low, high, strict=False) for tile in pair]
    turns += [*low[len(high) :], *high[len(low) :]]
    rank = torch.empty(len(values), dtype=torch.int64)
    rank[torch.tensor(turns)] = torch.arange(len(values))
    piles = torch.where(upper, TWO, ONE)
    return Given(torch.where(rank < count, piles, NONE), rank)


def _ordered(values: Float[Tensor, " tile"], those: Bool[Tensor, " tile"]) -> list[int]:
    return [i for i in values.argsort(stable=True).tolist() if those[i]]


def order(hands: Hands, given: Given) -> list[int]:
    """The tiles that are sorted, as they were: what was given, then what a hand has moved."""
    piles = sorted_into(hands, given.piles).tolist()
    tiles = len(piles)
    place = torch.where(hands.pile == AS_GIVEN, given.rank - tiles, hands.when)
    first_by_rank = given.rank.argsort(stable=True).tolist()
    return sorted((i for i in first_by_rank if piles[i] != NONE), key=lambda i: int(place[i]))


# directions


def direction(z: Latents, piles: Piles, method: str) -> Hyperplane | None:
    """Away from pile one and towards pile two; None where a pile is empty or there is no way."""
    there = piles != NONE
    upper = piles[there] == TWO
    if not upper.any() or upper.all():
        return None
    try:
        return METHODS[method](z[there], upper)
    except LatentError:  # both piles have one mean
        return None


def shuffled(piles: Piles, seed: int) -> Piles:
    """The same tiles in two piles of the same sizes, by chance.

    Each tile has a number of its own by seed, and the smallest are pile one: one tile more
    changes few of the others.
    """
    draw = torch.Generator().manual_seed(seed)
    chance = torch.rand(len(piles), generator=draw)
    tiles = [i for i in chance.argsort().tolist() if piles[i] != NONE]
    ones = int((piles == ONE).sum())
    found = torch.full_like(piles, NONE)
    found[torch.tensor(tiles[:ones], dtype=torch.int64)] = ONE
    found[torch.tensor(tiles[ones:], dtype=torch.int64)] = TWO
    return found


@dataclass(frozen=True)
class LeftOut:
    """Of `judged` tiles, each left out in turn, how many the others put into their own pile."""

    right: int
    judged: int

    @property
    def share(self) -> float:
        """From 0 to 1; not a number where none could be judged."""
        return self.right / self.judged if self.judged else float("nan")


def left_out(z: Latents, piles: Piles, method: str) -> LeftOut:
    """Leave each sorted tile out; one that is alone in its pile cannot be judged."""
    right = judged = 0
    for tile in range(len(piles)):
        pile = int(piles[tile])
        if pile == NONE:
            continue
        others = piles.clone()
        others[tile] = NONE
        plane = direction(z, others, method)
        if plane is None:
            continue
        above = float(directions.distance(z[tile : tile + 1], plane)[0]) > 0
        judged += 1
        right += above == (pile == TWO)
    return LeftOut(right, judged)


def cosine(one: Hyperplane, other: Hyperplane) -> float:
    """Of the angle between two normals: 1 is the same direction, 0 a right angle."""
    return float(one.normal.double() @ other.normal.double())


def apart(
    deviations: Float[Tensor, "tile attributes"], piles: Piles
) -> Float[Tensor, " attributes"]:
    """d: the mean of pile two less that of pile one, in standard deviations; 0 where one is empty."""
    ones, twos = piles == ONE, piles == TWO
    if not ones.any() or not twos.any():
        return torch.zeros(deviations.shape[1])
    return deviations[twos].mean(0) - deviations[ones].mean(0)
