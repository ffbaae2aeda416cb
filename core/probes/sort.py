"""Can you teach it a word of your own?

Two dozen pictures lie on a sheet, and you sort some of them into two piles, by whatever you
like. The latents of the piles make a direction, from the mean of one to the mean of the other, and
a picture moves along it: what the piles have in common comes and goes. The control moves as
far along the direction of the same pictures in two piles of the same sizes, sorted by chance.

What such a direction is worth is measured: each picture is left out, and the others say in which
pile it belongs; and where the truth is known, by the angle to the frontier that two
thousand labelled pictures draw.

Shen, Gu, Tang and Zhou, Interpreting the Latent Space of GANs for Semantic Face
Editing, CVPR 2020, https://arxiv.org/abs/1907.10786. Departures: a few dozen pictures that
somebody has sorted in place of thousands that a classifier has; and the null beside it.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any

import torch
from jaxtyping import Float
from torch import Tensor

from core.latents import piles, sheets, spaces, teaching
from core.latents.piles import Given, Hands
from core.latents.sheets import TILES, Sheet
from core.latents.teaching import Learned, Sorting
from core.latents.unseen import unseen
from core.models import Generator
from core.pictures import badges
from core.priors import octaves
from core.probe import (
    CONTROL,
    PICTURE,
    Choice,
    Frame,
    Live,
    Marks,
    Network,
    Panel,
    Range,
    Seed,
    State,
    Switch,
)
from core.worlds import critters

title = "Sort it yourself"
question = "Can you teach it a word of your own?"
method = "a direction from two piles of pictures"
source = "https://arxiv.org/abs/1907.10786"
limits = "A direction says what the piles differ in, also in what you did not mean."
endless = True  # a file ends after one breath
still: Mapping[str, bool] = {"breathing": False}
pace = 24.0

BREATH = 120  # frames to one side, to the other and back
SIDE, TILE = 256, 80  # px: of the picture that moves, and of one on the sheet
SHEET, CHANGES, LEARNED = "sheet", "changes", "learned"  # names of panels
YOURS = "your own"
EXAMPLES = (YOURS, "glasses", "species", "smile", "dark", "bright", "warm")
SHUFFLES = 16  # times that chance sorts the same pictures
SHOWN, WIDE = 3, 3.0  # attributes that are shown; deviations of a bar
LOW, HIGH = -0.05, 1.05  # of the curve's panel: what is at 0 or 1 is seen whole


@dataclass(frozen=True)
class Settings:
    """Whose pictures are sorted, by whom, and how far one of them moves."""

    network: Annotated[str, Network(family="generator")] = "critters-vae"
    example: Annotated[
        str,
        Choice(EXAMPLES, live=True, help="who sorts: you, or what can be measured; then go on from there"),
    ] = "glasses"  # fmt: skip
    count: Annotated[
        int,
        Range(0, TILES, live=True, unit="pictures", help="how many are sorted for you, the clearest first"),
    ] = TILES  # fmt: skip
    amount: Annotated[
        float,
        Range(
            -4, 4, live=True, unit="deviations",
            help="how far towards pile two, in standard deviations of all pictures",
        ),
    ] = 3.0  # fmt: skip
    critter: Annotated[
        int,
        Range(0, 63, live=True, help="which picture moves: the network has not learned from it"),
    ] = 5
    method: Annotated[
        str, Choice(tuple(piles.METHODS), live=True, help="how two piles make a direction")
    ] = "mean difference"
    breathing: Annotated[
        bool, Switch(live=True, help="to one side and the other; off: it stands where you put it")
    ] = True
    seed: Annotated[int, Seed(help="another seed, another sheet and other chance")] = 0
    control: Annotated[bool, Switch(help="the same pictures in two piles by chance")] = True


@dataclass(frozen=True)
class Put:
    """One picture of the sheet goes to a pile, or back to none."""

    tile: Annotated[int, Range(0, TILES - 1, help="which picture, row by row from 0")] = 0
    pile: Annotated[str, Choice(piles.WORDS, help="where it goes")] = "one"


@dataclass(frozen=True)
class Clear:
    """Every picture goes back to none."""


@dataclass(frozen=True)
class Swap:
    """Pile one becomes pile two, and pile two pile one."""


@dataclass(frozen=True)
class Undo:
    """The last move is taken back."""


Actions = (Put, Clear, Swap, Undo)


def length(settings: Settings, resources: Mapping[str, Any]) -> int:
    """Frames of one breath: where a file ends."""
    return BREATH


def caption(settings: Settings, numbers: Mapping[str, Any], resources: Mapping[str, Any]) -> str:
    """What the piles teach, in a sentence."""
    ones, twos = (int(numbers[name]) for name in ("ones", "twos"))
    if numbers["there"] == 0:
        return _nowhere(settings, ones, twos, resources["network"])
    name = list(resources["network"].attributes)[int(numbers["factor"])]
    said = (
        f"{ones} and {twos} sorted, {abs(numbers['apart']):.1f} deviations apart in {_word(name)}"
    )
    if numbers["judged"]:
        said += (
            f". Left out, {numbers['right'] * numbers['judged']:.0f} of {numbers['judged']:.0f} "
            "fall on their side"
        )
        if "control right" in numbers:
            said += f", by chance {numbers['control right'] * numbers['judged']:.1f}"
    if numbers["true"]:
        said += (
            f". Cosine to the frontier of {numbers['known']:.0f} labelled: {numbers['cosine']:.2f}"
        )
        said += f", by chance {numbers['control cosine']:.2f}"
    return f"{said}."


def _nowhere(settings: Settings, ones: int, twos: int, generator: Generator) -> str:
    """Why there is no direction, in a sentence with the remedy."""
    if ones and twos:
        return f"{ones} and {twos} sorted: both piles have one mean, and no way leads between them."
    said = "Pile two is empty" if ones else "Pile one is empty" if twos else "Both piles are empty"
    said += ": put a picture on each, and a direction leads from one to two."
    if settings.example not in (YOURS, *_measurable(generator)):
        said += f" Nobody knows {settings.example} of these pictures."
    return said


def _word(name: str) -> str:
    """An attribute inside a sentence: a factor has a name of its own, others are quoted."""
    if name not in critters.FACTORS:
        return f"“{name}”"
    title = critters.FACTORS[name].title
    return title[0].lower() + title[1:]


def _measurable(generator: Generator) -> tuple[str, ...]:
    """The examples that something sorts by in this generator's pictures."""
    return tuple(name for name in EXAMPLES if name in sheets.sheet(generator, 0).values)


def given(sheet: Sheet, example: str, count: int) -> Given:
    """The piles that are sorted for the visitor; none where nothing is known of the example."""
    if example not in sheet.values:
        return piles.nothing(TILES)
    return piles.by_value(sheet.values[example], count)


def acted(hands: Hands, before: Given, action: Any) -> Hands:
    """What an action makes of the piles."""
    if isinstance(action, Put):
        return piles.put(hands, before.piles, action.tile, piles.WORDS.index(action.pile))
    if isinstance(action, Clear):
        return piles.cleared(hands, before.piles)
    return piles.swapped(hands, before.piles) if isinstance(action, Swap) else piles.undone(hands)


def run(network: Generator, live: Live[Settings], state: State | None = None) -> Iterator[Frame]:
    """Frames of breaths; one more shuffle is judged at each of them until all are."""
    now = live.now
    step, age, before = 0, 0, None
    example, hands = now.example, piles.untouched(TILES)
    if state:
        step, age = int(state["step"]), int(state["age"])
        example = EXAMPLES[int(state["example"])]
        hands = Hands(*(_whole(state, name) for name in ("pile", "when", "past")))
        before = tuple(_whole(state, "before").tolist()), list(piles.METHODS)[int(state["method"])]
    sheet = sheets.sheet(network, now.seed)
    while True:
        now = live.now
        if now.example != example:
            example, hands = now.example, piles.untouched(TILES)
        start = given(sheet, now.example, now.count)
        for action in live.actions:
            hands = acted(hands, start, action)
        pile_of = tuple(piles.sorted_into(hands, start.piles).tolist())
        order = tuple(piles.order(hands, start))
        age = age + 1 if before == (pile_of, now.method) else 0
        before = pile_of, now.method
        what = Sorting(network, now.seed, now.method, now.example, pile_of, order)
        yield _frame(step, now, what, hands, age)
        step += 1


def _whole(state: State, name: str) -> Tensor:
    found = state[name]
    assert isinstance(found, Tensor)
    return found.cpu().clone()


@lru_cache(maxsize=64)
def _start(generator: Generator, number: int) -> tuple[Tensor, Tensor]:
    """The latent of the picture that moves, and its attributes as it is decoded."""
    z = unseen(generator, number).z
    return z.cpu(), spaces.read(generator, generator.decode(z))[0]


@torch.no_grad()
def _frame(step: int, now: Settings, what: Sorting, hands: Hands, age: int) -> Frame:
    generator = what.generator
    found = teaching.learned(what, shuffles=SHUFFLES, shown=SHOWN)
    breath = math.sin(2 * math.pi * (step % BREATH) / BREATH) if now.breathing else 1.0
    moved = now.amount * breath if found.way else 0.0
    z, before = _start(generator, now.critter)
    numbers: dict[str, Tensor] = {}
    changes: dict[str, Tensor] = {}
    panels: dict[str, Panel] = {}
    for name, way in {PICTURE: found.way, CONTROL: found.chance}.items():
        if name == CONTROL and not now.control:
            continue
        there = z if way is None else z + moved * found.step * way.normal
        x = generator.decode(there.to(generator.device))
        panels[name] = octaves.panel(x, SIDE)
        changes[name] = change = spaces.read(generator, x)[0] - before
        size, whose = change.abs(), "control " if name == CONTROL else ""
        numbers[f"{whose}achieved"] = change[found.factor]
        numbers[f"{whose}others"] = (size.sum() - size[found.factor]) / (len(size) - 1)
    numbers |= {"moved": torch.tensor(moved), **_numbers(what, found, hands, age)}
    numbers["piles"] = torch.tensor(what.pile_of)
    panels |= {
        SHEET: _tiles(generator, now.seed, what.pile_of),
        CHANGES: _changes(changes[PICTURE], found, list(generator.attributes)),
        LEARNED: _lines(found, control=now.control),
    }
    kept = {"pile": hands.pile, "when": hands.when, "past": hands.past}
    return Frame(
        step=step,
        panels=panels,
        numbers={name: value.float() for name, value in numbers.items()},
        state=lambda: {
            "step": step + 1,
            "age": age,
            "example": EXAMPLES.index(now.example),
            "method": list(piles.METHODS).index(now.method),
            "before": torch.tensor(what.pile_of),
            **{name: value.clone() for name, value in kept.items()},
        },
    )


def _numbers(what: Sorting, found: Learned, hands: Hands, age: int) -> dict[str, Tensor]:
    """What the piles are worth, beside what chance comes to as far as it is judged."""
    numbers: dict[str, float] = {
        "ones": what.pile_of.count(piles.ONE),
        "twos": what.pile_of.count(piles.TWO),
        "moves": len(hands.past),
        "there": found.way is not None,
    }
    if found.way is not None:
        shuffles = range(min(age + 1, SHUFFLES))
        those = [what.by_chance(which, SHUFFLES) for which in shuffles]
        mine, *its = (
            teaching.worth(what, pile_of, found.factor) for pile_of in (what.pile_of, *those)
        )
        numbers |= {
            "factor": found.factor,
            "apart": float(found.deviations[found.factor]),
            "judged": what.left_out(what.pile_of).judged,
            "right": mine.right,
            "control right": teaching.mean([one.right for one in its]),
            "true": found.is_true,
        }
        if found.is_true:
            numbers["cosine"] = mine.cosine
            numbers["control cosine"] = teaching.mean([one.cosine for one in its])
            numbers["known"] = len(spaces.known(what.generator).z)
    return {name: torch.tensor(float(v)) for name, v in numbers.items() if math.isfinite(v)}


def _changes(change: Float[Tensor, " attributes"], found: Learned, names: list[str]) -> Marks:
    """How the picture has changed, each attribute beside how far the piles differ in it."""
    values, words = [], []
    for i in found.shown:
        values += [change[i], found.deviations[i]]
        words += [spaces.title(names[i]), "in the piles"]
    bars = torch.stack(values).mul(100).round() / 100
    kinds = torch.tensor([0, 3] * len(found.shown))
    return Marks("bars", bars.float(), classes=kinds, names=tuple(words), low=-WIDE, high=WIDE)


@lru_cache(maxsize=16)
def _tiles(
    generator: Generator, seed: int, pile_of: tuple[int, ...]
) -> Float[Tensor, "n 3 side side"]:
    """The sheet with its badges: the same tensor while nothing is moved, so that it is encoded once."""
    x = octaves.resize(sheets.sheet(generator, seed).x, (TILE, TILE)).clamp(0, 1)
    return badges.badged(x, torch.tensor(pile_of))


def _lines(found: Learned, *, control: bool) -> Marks:
    """What the piles were worth by how many pictures were sorted, and those by chance."""
    mine, its = (_placed(curve) for curve in found.curves)
    ends = torch.tensor([[0.0, 0.0], [1.0, 0.0]])
    curves = [(-1, ends), *([(1, its)] if control else []), (0, mine)]
    curves = [(kind, line) for kind, line in curves if len(line)]
    longest = max(len(line) for _, line in curves)
    values = [torch.cat((p, p[-1:].expand(longest - len(p), 2))) for _, p in curves]
    kinds = torch.tensor([kind for kind, _ in curves])
    worth = "cosine to the frontier" if found.is_true else "left out, on their side"
    names = (worth, "by chance" if control else "")
    return Marks("paths", torch.stack(values), classes=kinds, names=names, low=LOW, high=HIGH)


def _placed(curve: Float[Tensor, "sorted 2"]) -> Float[Tensor, "sorted 2"]:
    return torch.stack(((curve[:, 0] - 2) / (TILES - 2), curve[:, 1]), 1)
