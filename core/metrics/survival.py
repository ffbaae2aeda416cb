"""What of a picture's score survives when somebody touches the picture.

Score kept = score of the disturbed picture / score of the picture as it is,
both read whole and at the picture's own size by the network that it was made
for. Where a disturbance has a direction or noise, it is the mean over a few
fixed draws. An adversarial pattern loses its score at a blur that nobody sees;
a picture of something keeps it. The control's picture is scored by the
control's network, in the same way.

The last row is another network, see `relatives`: a class is the same class
there, and what is kept is its probability; a unit is the one that is most like
it, and what is kept is the score in units of the best shipped photograph.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F

from core import pictures
from core.backbones import Backbone
from core.metrics import relatives
from core.objectives import Objective, evaluate
from core.pictures import Rgb
from core.priors import views

SMALLEST = 32  # px: a picture is made no smaller
LIVE, CONTROL = "picture", "control"  # the panels that are compared
OTHER = "another network"
_KEY = "survival"  # in place of a run's seed


def rounded(x: Rgb, bits: float, draw: int = 0) -> Rgb:
    """To so many bits a colour; 8 bits are what a file has."""
    levels = 2**bits - 1
    return (x.clamp(0, 1) * levels).round() / levels


def shifted(x: Rgb, px: float, draw: int = 0) -> Rgb:
    """To the right, left, down or up."""
    right, down = ((px, 0), (-px, 0), (0, px), (0, -px))[draw]
    return views.moved(x, right=right, down=down)


def scaled(x: Rgb, percent: float, draw: int = 0) -> Rgb:
    """The whole picture at this share of its size, antialiased."""
    height, width = (max(SMALLEST, round(n * percent / 100)) for n in x.shape[-2:])
    return pictures.resized(x, height, width)


def turned(x: Rgb, degrees: float, draw: int = 0) -> Rgb:
    """About its middle, to the left or to the right."""
    return views.moved(x, degrees=(degrees, -degrees)[draw])


def blurred(x: Rgb, sigma: float, draw: int = 0) -> Rgb:
    """By a Gaussian, the picture reflected at its border."""
    reach = math.ceil(4 * sigma)
    if reach == 0:
        return x
    at = torch.arange(-reach, reach + 1, device=x.device)
    bell = (-(at**2) / (2 * sigma**2)).exp()
    bell = (bell / bell.sum()).view(1, 1, -1, 1)
    for _ in range(2):  # down, then across
        padded = F.pad(x[:, None], (0, 0, reach, reach), mode="reflect")
        x = F.conv2d(padded, bell)[:, 0].transpose(1, 2)
    return x


def compressed(x: Rgb, quality: float, draw: int = 0) -> Rgb:
    """As a JPEG of this quality, written and read; colour at half resolution, as most have it."""
    file = pictures.jpeg(pictures.to_uint8(x), int(quality), subsampling=2)
    return pictures.read(file).to(x)


def noisy(x: Rgb, levels: float, draw: int = 0) -> Rgb:
    """With Gaussian noise of so many 8-bit levels."""
    grain = torch.randn(x.shape, generator=views.generator(_KEY, "noise", draw))
    return (x + grain.to(x) * (levels / 255)).clamp(0, 1)


@dataclass(frozen=True)
class Disturbance:
    """Something done to a picture: `change(picture, strength, draw)`, from weak to strong.

    named has a place for the strength; `usual` is the strength of the chart.
    """

    named: str
    help: str
    strengths: tuple[float, ...]
    usual: float
    change: Callable[[Rgb, float, int], Rgb]
    draws: int = 1

    def said(self, strength: float) -> str:
        """The name with the strength in it."""
        return self.named.format(f"{strength:g}")


DISTURBANCES = {
    "8-bit": Disturbance(
        "{}-bit", "rounded to so many bits a colour; 8 are what a file has",
        (8, 6, 5, 4, 3), 8, rounded,
    ),
    "shift": Disturbance(
        "shift {} px", "moved right, left, down and up; the mean", (1, 2, 5, 10, 20), 5, shifted, 4,
    ),
    "scale": Disturbance(
        "scale {} %", "made smaller, antialiased", (95, 90, 80, 65, 50), 90, scaled
    ),
    "rotation": Disturbance(
        "turn {}°", "turned to the left and to the right; the mean", (2, 5, 10, 20, 45), 5, turned, 2,
    ),
    "blur": Disturbance(
        "blur {} px", "a Gaussian blur of this deviation", (0.5, 1, 1.5, 2, 4), 1, blurred
    ),
    "JPEG": Disturbance(
        "JPEG {}", "written as a JPEG of this quality and read again",
        (90, 75, 50, 25, 10), 75, compressed,
    ),
    "noise": Disturbance(
        "noise {}", "Gaussian noise of so many of 255 levels; the mean of two draws",
        (2, 4, 8, 16, 32), 8, noisy, 2,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Subject:
    """A picture, what it climbed, and the network that it was made for."""

    picture: Rgb
    objective: Objective
    network: Backbone

    @property
    def is_class(self) -> bool:
        """Whether it is a class that was climbed."""
        return self.objective.layers == (self.network.output,)


Sides = Mapping[str, Sequence[Subject]]  # by panel: the live pictures and their controls


@dataclass(frozen=True)
class Score:
    """The objective's value; of a class its probability too."""

    value: float
    sure: float | None = None


@torch.no_grad()
def score(subject: Subject, x: Rgb) -> Score:
    """What the subject's network makes of x in place of the subject's picture."""
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
    yield Row(name, strength, one.said(strength), one.help, kept, sure, _already(sides, name))


def _already(sides: Sides, name: str) -> str:
    """Why 8 bits take nothing from a picture that has no more."""
    same = (torch.equal(pictures.eight_bit(s.picture), s.picture) for s in sides[LIVE])
    return "The picture has 8 bits a colour already." if name == "8-bit" and all(same) else ""


def elsewhere(sides: Sides, other: Backbone) -> Iterator[Row | None]:
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
    yield Row(OTHER, None, other.name, f"shown to {other.title}", kept, sure, note)


@dataclass(frozen=True)
class _There:
    """What another network makes of one picture."""

    kept: float | None
    sure: float | None = None
    note: str = ""


def _in(subject: Subject, before: Score, other: Backbone) -> Iterator[None]:  # returns a _There
    there = relatives.sized(subject.picture, subject.network, other)
    if subject.is_class:
        yield None
        if subject.network.labels != other.labels:
            return _There(None, note=f"{other.title} knows other classes.")
        return _same_class(subject, before, there, other)
    near = yield from relatives.nearest(subject.objective, subject.network, other)
    side = min(subject.picture.shape[-2:])
    here = yield from relatives.largest(subject.objective, subject.network, side)
    best = yield from relatives.largest(near.objective, other, min(there.shape[-2:]))
    after = score(Subject(there, near.objective, other), there).value
    yield None
    times, was = share(after, best), share(before.value, here)
    said = (
        f"{near.name} of {other.title} is most like it (r = {near.alike:.2f} over the photographs)"
    )
    if times is None or was is None:
        return _There(None, note=f"{said}; no photograph drives it, so there is no measure.")
    said += f": here {was:.1f} times the best photograph, there {times:.1f} times."
    return _There(share(times, was), note=said)


@torch.no_grad()
def _same_class(subject: Subject, before: Score, there: Rgb, other: Backbone) -> _There:
    """The same class, by its probability and its place among the classes."""
    p = other.activations(there[None], other.output).softmax(1)
    sure = float(subject.objective.score({subject.network.output: p})[0])
    place = int((p[0] > sure * (1 + 1e-6)).sum()) + 1
    first = "its first" if place == 1 else f"number {place} there"
    note = f"In {other.title} the class has a probability of {sure:.2f} and is {first}."
    return _There(share(sure, before.sure or 0), sure, note)


def told(row: Row) -> dict[str, object]:
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
    left = f"After {row.said} {mine:.0%} of the score is left"
    if row.name == OTHER:
        left = f"For {row.said} {mine:.0%} is left"
    if LIVE in row.sure:
        left += f" (probability {_mean(row.sure[LIVE], which):.2f})"
    if its is not None:
        left += f"; of the control's {its:.0%}"
    elif CONTROL in values:
        left += "; the control has no score to keep"
    return f"{left}. {row.note}".strip() if which in (None, 0) else f"{left}."


def _mean(values: Sequence[float | None], which: int | None) -> float | None:
    """One of them, or the mean of those there are."""
    there = [v for v in (values if which is None else [values[which]]) if v is not None]
    return sum(there) / len(there) if there else None
