"""Pictures as small graphs: compositional pattern producing networks that grow (Stanley 2007).

A graph takes x, y, the distance from the middle and 1, and gives a colour for
every place of the plane, so it can be drawn at any size. Its nodes stand in
three layers of slots, in each of which there are a sine, a Gaussian, a sigmoid and
a linear node; a slot without connections is empty. A genome is the matrix
of weights from every slot to every later one, 0 where there is no connection:
so a batch of graphs is drawn together, layer by layer, whatever their shapes.

Departures from Nguyen et al. 2015: x and y are normalised, as the distance is; a
graph has at most 12 nodes inside; and lightness is a sigmoid of its output, so
that fewer pictures are all white.
"""

from dataclasses import dataclass
from functools import cache

import torch
from jaxtyping import Float, Float16
from torch import Tensor

from core.evolution.operators import one_of, polynomial, sbx

Genomes = Float16[Tensor, "n target source"]

INPUTS = ("x", "y", "distance", "1")
OUTPUTS = ("hue", "lightness", "saturation")
LAYER = ("sine", "Gaussian", "sigmoid", "linear")
LAYERS = 3
HIDDEN = LAYERS * len(LAYER)
SOURCES, TARGETS = len(INPUTS) + HIDDEN, HIDDEN + len(OUTPUTS)
WEIGHT = 3.0  # the largest
ETA_MUTATION, ETA_CROSSOVER = 15.0, 10.0
SPREAD = 5.0  # of the plane: x and y run from -SPREAD to SPREAD
USED, JOINED, DEVIATION = 0.8, 0.5, 2.0  # of a graph at random: slots, connections, weights
FADED = 60.0  # e^-60 is nothing to see; numbers below e^-87 are denormal: all sums took three times as long
CHUNK = 8  # graphs that are drawn at a time: their rows stay in the cache


@dataclass(frozen=True)
class Rates:
    """How often a child changes, of each kind.

    About twice Nguyen et al.'s, for runs of 10 000 questions in place of two million.
    """

    add_connection: float = 0.9
    drop_connection: float = 0.6
    weights: float = 0.9  # whether its weights change at all,
    weight: float = 0.4  # and then each of them
    add_node: float = 0.8
    drop_node: float = 0.4
    function: float = 0.3


RATES = Rates()


@cache
def allowed() -> Float[Tensor, "target source"]:
    """1 where a connection may be: from an input or a slot to a slot of a later layer, or out."""
    into = torch.tensor([*_layers(), *[LAYERS + 1] * len(OUTPUTS)])
    out_of = torch.tensor([*[0] * len(INPUTS), *_layers()])
    return (out_of[None] < into[:, None]).float()


def _layers() -> list[int]:
    return [1 + slot // len(LAYER) for slot in range(HIDDEN)]


def random(n: int, draw: torch.Generator) -> Genomes:
    """Graphs at random: some slots in use, each read by later ones, all outputs fed."""
    ends = torch.ones(n, len(OUTPUTS))
    used = (torch.rand(n, HIDDEN, generator=draw) < USED).float()
    into, out_of = torch.cat((used, ends), 1), torch.cat((torch.ones(n, len(INPUTS)), used), 1)
    there = (torch.rand(n, TARGETS, SOURCES, generator=draw) < JOINED).float()
    weights = DEVIATION * torch.randn(n, TARGETS, SOURCES, generator=draw)
    return (
        weights.clamp(-WEIGHT, WEIGHT) * there * into[:, :, None] * out_of[:, None] * allowed()
    ).half()


def used(weights: Float[Tensor, "n target source"]) -> Float[Tensor, "n hidden"]:
    """1 for each slot that reads something or is read."""
    there = weights != 0
    reads, is_read = there.any(2)[:, :HIDDEN], there.any(1)[:, len(INPUTS) :]
    return (reads | is_read).float()


def mutated(genomes: Genomes, draw: torch.Generator, *, strength: float | Tensor) -> Genomes:
    """Children of these graphs; every rate is multiplied by `strength`, up to 1."""
    w, n = genomes.float(), len(genomes)
    coin = torch.rand(n, 6, 1, 1, generator=draw)
    u = torch.rand(8, n, TARGETS, SOURCES, generator=draw)

    def happens(number: int, rate: float) -> Tensor:
        return (coin[:, number] < rate * strength).float()

    w = _weights_changed(w, u[:2], happens(0, RATES.weights), strength)
    w = _node_dropped(w, u[2, :, :HIDDEN, 0], happens(1, RATES.drop_node))
    w = _node_added(w, u[3], u[2, :, :HIDDEN, 1], happens(2, RATES.add_node))
    w = _moved(w, u[2, :, :HIDDEN, 2], u[2, :, :HIDDEN, 3], happens(3, RATES.function))
    w = _dropped(w, u[4], happens(4, RATES.drop_connection))
    w = _connected(w, u[5], u[6], happens(5, RATES.add_connection))
    return w.half()


def mated(one: Genomes, other: Genomes, draw: torch.Generator) -> Genomes:
    """The first parent's graph; where the other has the same connection, both weights crossed."""
    a, b = one.float(), other.float()
    u = torch.rand(2, *a.shape, generator=draw)
    crossed = sbx(a, b, u[0], eta=ETA_CROSSOVER, low=-WEIGHT, high=WEIGHT)
    return torch.where((a != 0) & (b != 0) & (u[1] < 0.5), crossed, a).half()


def _weights_changed(w: Tensor, u: Tensor, happens: Tensor, strength: float | Tensor) -> Tensor:
    moved = polynomial(w, u[0], eta=ETA_MUTATION, low=-WEIGHT, high=WEIGHT)
    return torch.where((w != 0) & (u[1] < RATES.weight * strength) & (happens > 0), moved, w)


def _dropped(w: Tensor, u: Tensor, happens: Tensor) -> Tensor:
    there = (w != 0).float().flatten(1)
    return w * (1 - happens * one_of(there, u.flatten(1)).view_as(w))


def _connected(w: Tensor, u: Tensor, value: Tensor, happens: Tensor) -> Tensor:
    """A connection of random weight between two nodes that are in use."""
    slots = used(w)
    ends = torch.cat((slots, slots.new_ones(len(w), len(OUTPUTS))), 1)
    starts = torch.cat((slots.new_ones(len(w), len(INPUTS)), slots), 1)
    free = (w == 0) * allowed() * ends[:, :, None] * starts[:, None]
    new = one_of(free.flatten(1), u.flatten(1)).view_as(w)
    return w + happens * new * (2 * value - 1) * WEIGHT


def _node_dropped(w: Tensor, u: Tensor, happens: Tensor) -> Tensor:
    gone = happens[:, :, 0] * one_of(used(w), u)
    return _without(w, gone)


def _without(w: Tensor, gone: Tensor) -> Tensor:
    """The graphs without all connections of these slots."""
    rows = torch.cat((1 - gone, gone.new_ones(len(w), len(OUTPUTS))), 1)
    columns = torch.cat((gone.new_ones(len(w), len(INPUTS)), 1 - gone), 1)
    return w * rows[:, :, None] * columns[:, None]


def _node_added(w: Tensor, u: Tensor, v: Tensor, happens: Tensor) -> Tensor:
    """An empty slot in the middle of a connection: in with weight 1, out with the old one."""
    there = (w != 0).float().flatten(1)
    old = one_of(there, u.flatten(1)).view_as(w)  # the connection that is split
    into, out_of = old.amax(2), old.amax(1)
    between = (into @ allowed())[:, len(INPUTS) :] * (out_of @ allowed().T)[:, :HIDDEN]
    slot = one_of(between * (1 - used(w)), v)
    happens = happens * slot.amax(1)[:, None, None]
    weight = (w * old).sum((1, 2))[:, None, None]
    reads, is_read = _as_target(slot)[:, :, None], _as_source(slot)[:, None]
    grown = w * (1 - old) + reads * out_of[:, None] + weight * into[:, :, None] * is_read
    return torch.where(happens > 0, grown, w)


def _as_target(slots: Tensor) -> Tensor:
    return torch.cat((slots, slots.new_zeros(len(slots), len(OUTPUTS))), 1)


def _as_source(slots: Tensor) -> Tensor:
    return torch.cat((slots.new_zeros(len(slots), len(INPUTS)), slots), 1)


def _moved(w: Tensor, u: Tensor, v: Tensor, happens: Tensor) -> Tensor:
    """A node with all its connections in another slot, where it has another function."""
    chosen = one_of(used(w), u)
    target, source = _as_target(chosen), _as_source(chosen)
    row, column = (target[:, None] @ w)[:, 0], (w @ source[:, :, None])[:, :, 0]
    # where everything that it reads comes before, and everything that reads it after
    late = ((row != 0).float() @ (1 - allowed().T))[:, :HIDDEN]
    early = ((column != 0).float() @ (1 - allowed()))[:, len(INPUTS) :]
    slot = one_of((late + early == 0).float() * (1 - used(w)), v)
    happens = happens * slot.amax(1)[:, None, None]
    moved = _without(w, chosen) + _as_target(slot)[:, :, None] * row[:, None]
    moved = moved + column[:, :, None] * _as_source(slot)[:, None]
    return torch.where(happens > 0, moved, w)


def plane(side: int) -> Float[Tensor, "4 positions"]:
    """What the inputs are at the middle of every pixel of a square."""
    at = (torch.arange(side) + 0.5) * (2 / side) - 1
    y, x = torch.meshgrid(at, at, indexing="ij")
    rows = SPREAD * torch.stack((x, y, (x.square() + y.square()).sqrt())).flatten(1)
    return torch.cat((rows, torch.ones_like(rows[:1])))


def rendered(genomes: Genomes, side: int, *, grey: bool) -> Float[Tensor, "n 3 side side"]:
    """The pictures of these graphs in [0, 1].

    Always CHUNK at a time, the last filled up: a graph's picture does not depend
    on who is drawn beside it, to the bit.
    """
    n = len(genomes)
    filled = torch.cat((genomes, genomes.new_zeros(-n % CHUNK, *genomes.shape[1:]))).float()
    inputs = plane(side).to(genomes.device)
    x = inputs.new_empty(len(filled), 3, side * side)
    known = inputs.new_empty(CHUNK, SOURCES, side * side)
    known[:, : len(INPUTS)] = inputs
    colour = _grey if grey else _coloured
    for part, picture in zip(filled.split(CHUNK), x.split(CHUNK), strict=True):
        colour(_outputs(part, known), picture)
    return x[:n].view(n, 3, side, side)


def _outputs(w: Float[Tensor, "n t s"], known: Float[Tensor, "n s p"]) -> Float[Tensor, "n 3 p"]:
    """The last sums; what every slot holds is written over `known`, after the inputs."""
    for layer in range(LAYERS):
        first = layer * len(LAYER)
        before = len(INPUTS) + first
        sums = torch.bmm(w[:, first : first + len(LAYER), :before], known[:, :before])
        sine, gaussian, sigmoid, linear = sums.unbind(1)
        slots = known[:, before : before + len(LAYER)].unbind(1)
        torch.sin(sine, out=slots[0])
        torch.exp(gaussian.square_().clamp_(max=FADED).neg_(), out=slots[1])
        torch.sigmoid(sigmoid.clamp_(min=-FADED), out=slots[2])
        slots[3].copy_(linear)
    return torch.bmm(w[:, HIDDEN:], known)


def _grey(outputs: Float[Tensor, "n 3 p"], picture: Float[Tensor, "n 3 p"]) -> None:
    picture.copy_(outputs[:, 1:2].sigmoid_().expand(-1, 3, -1))


def _coloured(outputs: Float[Tensor, "n 3 p"], picture: Float[Tensor, "n 3 p"]) -> None:
    """Red, green and blue of hue, lightness and saturation, each brought to where it is defined."""
    hue, lightness, saturation = outputs.split(1, 1)
    lightness.sigmoid_()
    reach = torch.minimum(lightness, 1 - lightness).mul_(saturation.abs_().clamp_(max=1))
    turns = hue + torch.tensor([1 / 2, 1 / 6, 5 / 6], device=hue.device)[:, None]
    away = turns.sub_(turns.round()).abs_()  # of half a turn at most
    wave = away.mul_(-12).add_(3).clamp_(-1, 1)
    torch.addcmul(lightness, reach, wave, value=-1, out=picture)
