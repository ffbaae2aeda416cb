"""What of a picture's score survives when somebody touches the picture.

Score kept = score of the disturbed picture / score of the picture as it is,
both read whole and at the picture's own size by the network that it was made
for. Where a disturbance has a direction or noise, it is the mean over a few
fixed draws. An adversarial pattern loses its score at a blur that nobody sees;
a picture of something keeps it. The control's picture is scored by the
control's network, in the same way.

The last row is another network, see `relatives`: a class is the same class
there, and what is kept is its probability; a unit is what is most like it there,
and what is kept is the score in units of the best shipped photograph.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch

from core import pictures
from core.metrics import relatives
from core.metrics.disturbances import DISTURBANCES
from core.models import Classifier
from core.objectives import Objective, evaluate
from core.pictures import Rgb

ALIKE = 0.3  # of r: what is less like it is no relative
LIVE, CONTROL = "picture", "control"  # the panels that are compared
OTHER = "another network"


@dataclass(frozen=True)
class OptimisedPicture:
    """A picture, what it climbed, and the network that it was made for."""

    picture: Rgb
    objective: Objective
    network: Classifier

    @property
    def is_class(self) -> bool:
        """Whether it is a class that was climbed."""
        return self.objective.layers == (self.network.output,)


Sides = Mapping[str, Sequence[OptimisedPicture]]  # by panel: the live pictures and their controls


@dataclass(frozen=True)
class Score:
    """The objective's value; of a class its probability too."""

    value: float
    sure: float | None = None


@torch.no_grad()
def score(subject: OptimisedPicture, x: Rgb) -> Score:
    """What the picture's network makes of x in its place."""
    network, objective = subject.network, subject.objective
    if not subject.is_class:
        return Score(float(evaluate(objective, network, x[None])[0]))
    logits = network.activations(x[None], network.output)
    value, sure = (objective.score({network.output: a})[0] for a in (logits, logits.softmax(1)))
    return Score(float(value), float(sure))


@dataclass(frozen=True)
class Row:
    """One disturbance at one strength: what each side's pictures keep, from 0 on (1 = all).

    kept is None where there was no score to keep, or nothing to compare it to.
    sure: of classes, the probability after it. note: a sentence of its own.
    """

    name: str
    strength: float | None
    said: str
    does: str
    help: str
    kept: dict[str, list[float | None]]
    sure: dict[str, list[float]] = field(default_factory=dict)
    note: str = ""


def share(after: float, before: float) -> float | None:
    """After / before; None where there was nothing, or less, to begin with."""
    kept = after / before if before > 1e-6 else math.nan
    return max(0.0, kept) if math.isfinite(kept) else None


def rows(sides: Sides) -> Iterator[Row | None]:
    """Every disturbance at its usual strength; None after each small step.

    A step is one reading of one picture: shorter than a step of its ascent.
    """
    raw: dict[str, list[Score]] = {}
    yield from _raw(sides, raw)
    for name, disturbance in DISTURBANCES.items():
        yield from _row(sides, raw, name, disturbance.usual)


def curve(sides: Sides, name: str) -> Iterator[Row | None]:
    """One disturbance at all its strengths, from weak to strong; None after each small step."""
    raw: dict[str, list[Score]] = {}
    yield from _raw(sides, raw)
    for strength in DISTURBANCES[name].strengths:
        yield from _row(sides, raw, name, strength)


def _raw(sides: Sides, into: dict[str, list[Score]]) -> Iterator[None]:
    for side, subjects in sides.items():
        into[side] = []
        for subject in subjects:
            into[side].append(score(subject, subject.picture))
            yield None


def _row(
    sides: Sides, raw: Mapping[str, list[Score]], name: str, strength: float
) -> Iterator[Row | None]:
    one = DISTURBANCES[name]
    kept: dict[str, list[float | None]] = {side: [] for side in sides}
    sure: dict[str, list[float]] = {}
    for side, subjects in sides.items():
        for subject, before in zip(subjects, raw[side], strict=True):
            found = []
            for draw in range(one.draws):
                found.append(score(subject, one.change(subject.picture, strength, draw)))
                yield None
            kept[side].append(share(sum(s.value for s in found) / len(found), before.value))
            if before.sure is not None:
                sure.setdefault(side, []).append(sum(s.sure or 0 for s in found) / len(found))
    yield Row(
        name,
        strength,
        one.said(strength),
        one.does.format(f"{strength:g}"),
        one.help,
        kept,
        sure,
        _already(sides, name),
    )


def _already(sides: Sides, name: str) -> str:
    """Why 8 bits take nothing from a picture that has no more."""
    same = (torch.equal(pictures.eight_bit(s.picture), s.picture) for s in sides[LIVE])
    return "The picture has 8 bits a colour already." if name == "8-bit" and all(same) else ""


def elsewhere(sides: Sides, other: Classifier) -> Iterator[Row | None]:
    """The row of another network; None after each small step."""
    raw: dict[str, list[Score]] = {}
    yield from _raw(sides, raw)
    kept: dict[str, list[float | None]] = {side: [] for side in sides}
    sure: dict[str, list[float]] = {}
    note = ""
    for side, subjects in sides.items():
        for i, (subject, before) in enumerate(zip(subjects, raw[side], strict=True)):
            found = yield from _in(subject, before, other)
            kept[side].append(found.kept)
            if found.sure is not None:
                sure.setdefault(side, []).append(found.sure)
            if side == LIVE and i == 0:
                note = found.note
    yield Row(
        OTHER,
        None,
        other.name,
        f"{other.title}, another network,",
        f"shown to {other.title}",
        kept,
        sure,
        note,
    )


@dataclass(frozen=True)
class _There:
    """What another network makes of one picture."""

    kept: float | None
    sure: float | None = None
    note: str = ""


def _in(  # returns a _There
    subject: OptimisedPicture, before: Score, other: Classifier
) -> Iterator[None]:
    there = relatives.sized(subject.picture, subject.network, other)
    if subject.is_class:
        yield None
        if subject.network.labels != other.labels:
            return _There(None, note=f"{other.title} knows other classes.")
        return _same_class(subject, before, there, other)
    near = yield from relatives.nearest(subject.objective, subject.network, other)
    said = f"There it is read out of {near.stage} (r = {near.alike:.2f} on photographs left out)"
    if near.alike < ALIKE:
        return _There(
            None, note=f"{other.title} has nothing like it: r = {near.alike:.2f} at best."
        )
    side = min(subject.picture.shape[-2:])
    here = yield from relatives.largest(subject.objective, subject.network, side)
    best = yield from relatives.largest(near.objective, other, min(there.shape[-2:]))
    after = score(OptimisedPicture(there, near.objective, other), there).value
    yield None
    times, was = share(after, best), share(before.value, here)
    if times is None or was is None:
        return _There(None, note=f"{said}; no photograph drives it, so there is no measure.")
    said += f": here {was:.1f} times the best photograph, there {times:.1f} times."
    return _There(share(times, was), note=said)


@torch.no_grad()
def _same_class(subject: OptimisedPicture, before: Score, there: Rgb, other: Classifier) -> _There:
    """The same class, by its probability and its place among the classes."""
    p = other.activations(there[None], other.output).softmax(1)
    sure = float(subject.objective.score({subject.network.output: p})[0])
    place = int((p[0] > sure * (1 + 1e-6)).sum()) + 1
    first = "its first" if place == 1 else f"number {place} there"
    note = f"In {other.title} the class has a probability of {sure:.2f} and is {first}."
    return _There(share(sure, before.sure or 0), sure, note)


def chart() -> list[dict[str, str]]:
    """What there is to be measured, before it is: names, words and help."""
    named = [
        {"name": name, "said": one.said(one.usual), "help": one.help}
        for name, one in DISTURBANCES.items()
    ]
    return [*named, {"name": OTHER, "said": "other net", "help": "shown to another network"}]


def as_json(row: Row) -> dict[str, object]:
    """A row as JSON has it, with a sentence on it."""
    return {
        "name": row.name,
        "strength": row.strength,
        "said": row.said,
        "help": row.help,
        "kept": row.kept,
        "sure": row.sure,
        "sentences": [sentence(row, i) for i in range(len(row.kept[LIVE]))],
        "sentence": sentence(row),
    }


def sentence(row: Row, which: int | None = None) -> str:
    """What is left of one picture's score, or of the mean of all, and of the control's."""
    values = {side: _mean(kept, which) for side, kept in row.kept.items()}
    mine, its = values.get(LIVE), values.get(CONTROL)
    if mine is None:
        return row.note or "There is no score yet that could be kept."
    left = f"{row.does} leaves {100 * mine:.0f} % of the score"
    if LIVE in row.sure:
        left += f" (a probability of {_mean(row.sure[LIVE], which):.2f})"
    if its is not None:
        left += f"; of the control's {100 * its:.0f} %"
    elif CONTROL in values:
        left += "; the control has no score to keep"
    return f"{left}. {row.note}".strip() if which in (None, 0) else f"{left}."


def _mean(values: Sequence[float | None], which: int | None) -> float | None:
    """One of them, or the mean of those there are."""
    there = [v for v in (values if which is None else [values[which]]) if v is not None]
    return sum(there) / len(there) if there else None
