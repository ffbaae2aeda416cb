"""Which solver needs to look the fewest times?

A solver takes noise to data in steps, and asks the denoiser at each of them, some twice. All
that are here begin in one noise with one list of times, and all may ask equally often. In the
plane the exact denoiser is known, so whatever is left to the answer of a thousand steps is the
solver's error; on critters it is a network. Solvers that draw noise on their way go elsewhere each
time: their distance says nothing, and they are judged by how many of their points lie on the data.

Lu et al., DPM-Solver++, 2022, https://arxiv.org/abs/2211.01095; Karras et al., Elucidating the Design
Space of Diffusion-Based Generative Models, 2022, https://arxiv.org/abs/2206.00364; Zhao et al., UniPC, 2023,
https://arxiv.org/abs/2302.04867. Departure: the times are a list of our own, the same for all
(`core.diffusion.solvers`).
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any

import torch
from jaxtyping import Float
from torch import Tensor

from core.diffusion import answers, budgets, exact, guidance, sampling, schedules, starts
from core.diffusion.solvers import SOLVERS
from core.models import Denoiser
from core.priors import octaves, views
from core.probe import (
    CONTROL,
    PICTURE,
    Axis,
    Choice,
    Frame,
    Live,
    Marks,
    Panel,
    Range,
    Seed,
    State,
    Switch,
)
from core.worlds import plane

title = "Race"
question = "Which solver needs to look the fewest times?"
method = "solvers against a thousand steps"
source = "https://arxiv.org/abs/2211.01095"
limits = (
    "It is measured how near a solver comes to what this denoiser leads to, and not how good that is: "
    "a network errs itself, the same for all."
)
endless = True  # a file ends after one race
still: Mapping[str, bool] = {"again": False}
pace = 12.0
uses: Mapping[str, str] = {"network": "critters-denoiser"}

CRITTERS = "critters"  # the data that are pictures
RESTING = 36  # frames at the end of a race
EDGE, SHOWN, POINTS = 3.0, 24, 256  # the edge of the panel, paths that are drawn, points that race
NEAR = 0.1  # from a point of the data that has no width
SIDE, SMALL = 256, 128  # px: of the pictures that race, and of the one beside them
ERROR, SHARE, ANSWER, RACE = "error", "share", "answer", "race"  # names of panels
SPENT = Axis("evaluations", 4, 64, log=True)
OFF = Axis("distance to 1000 steps", 1e-3, 4, log=True)
ON = Axis("share on the data", 0, 1)
WORDS = {solver.title: name for name, solver in SOLVERS.items()}


@dataclass(frozen=True)
class Settings:
    """Who races against whom, over which data, and how often they may ask."""

    solver: Annotated[str, Choice(tuple(WORDS), live=True, help="whose points you see")] = (
        "DPM++ 2M"
    )
    against: Annotated[str, Choice(tuple(WORDS), live=True, help="whose stand beside")] = "DDIM"
    evaluations: Annotated[
        int, Range(5, 64, live=True, log=True, help="how often each may ask the denoiser")
    ] = 10
    data: Annotated[
        str,
        Choice((*plane.DENSITIES, CRITTERS), help="points whose denoiser is exact, or pictures"),
    ] = "ring"
    schedule: Annotated[
        str, Choice(("linear", "cosine"), live=True, help="how much of the data is left at a time")
    ] = "linear"
    times: Annotated[
        str,
        Choice(
            tuple(schedules.SPACINGS),
            live=True,
            help="leading: the last step sees the least noise; trailing: the first sees the most",
        ),
    ] = "trailing"
    again: Annotated[bool, Switch(live=True, help="race over and over; off: they stand")] = True
    seed: Annotated[int, Seed(help="another seed, another noise to begin in")] = 0
    control: Annotated[bool, Switch(help="another solver beside, from the same noise")] = True


@dataclass(frozen=True)
class Effort:
    """What a frame computes: parts of the answer, and evaluations for the curves of these budgets."""

    parts: int
    evaluations: int
    budgets: tuple[int, ...]

    @property
    def frames(self) -> int:
        """Until the answer is known."""
        return answers.PARTS // self.parts


POINTWISE = Effort(4, 30, budgets.BUDGETS)
BY_NETWORK = Effort(1, 6, budgets.BUDGETS[:5])  # an evaluation takes ten milliseconds and more


def effort(data: str) -> Effort:
    """What can be computed while a frame is waited for."""
    return BY_NETWORK if data == CRITTERS else POINTWISE


def length(settings: Settings, resources: Mapping[str, Any]) -> int:
    """Frames until a thousand steps are known, all curves are drawn and a race has ended."""
    all_of = effort(settings.data)
    spent = len(SOLVERS) * sum(all_of.budgets)
    return all_of.frames + 1 + max(settings.evaluations, math.ceil(spent / all_of.evaluations))


def caption(settings: Settings, numbers: Mapping[str, Any], resources: Mapping[str, Any]) -> str:
    """Who is how far, in a sentence."""
    if numbers["answered"] < 100:
        done = 10 * numbers["answered"]
        return f"First the answer: {done:.0f} of a thousand steps from this noise."
    said = f"{numbers['evaluations']:.0f} of {settings.evaluations} evaluations: "
    said += _far(settings.solver, settings.data, numbers)
    if "control distance" in numbers:
        said += f"; {_far(settings.against, settings.data, numbers, 'control ')}"
    if numbers["nearest"] >= 0 and numbers["evaluations"] >= settings.evaluations:
        nearest = tuple(WORDS)[round(numbers["nearest"])]
        said += f". Of all that draw no noise {nearest} comes nearest"
    return f"{said}."


def _far(name: str, data: str, numbers: Mapping[str, Any], whose: str = "") -> str:
    drawn, distance = SOLVERS[WORDS[name]].random, numbers[f"{whose}distance"]
    if data == CRITTERS:
        away = f"{127.5 * distance:.2g} levels from the answer"
        return f"{name} draws noise and makes another" if drawn else f"{name} is {away}"
    on = f"{100 * numbers[f'{whose}on the data']:.0f} % on the data"
    if drawn:
        return f"{name} draws noise and goes elsewhere, {on}"
    return f"{name} is {distance:.2g} from the answer, {on}"


Show = Callable[[str, int, budgets.Runner, int, Tensor], Mapping[str, Panel]]


@dataclass(frozen=True)
class Course:
    """What is to be found, and where all begin.

    distance: of what was made to the answer. share: of it that lies on the data, where that can be
    told. shown: a panel with what lies over it, of its name, its colour, who runs, how far, and the
    answer. beside: what is shown of the answer alone.
    """

    start: budgets.Start
    distance: Callable[[Tensor, Tensor], Tensor]
    share: Callable[[Tensor], Tensor] | None
    shown: Show
    beside: Callable[[Tensor], Mapping[str, Panel]]


def course(now: Settings, network: Denoiser | None = None) -> Course:
    """The data and the noise."""
    if now.data == CRITTERS:
        assert network is not None
        return _pictures(now, network)
    data, points = plane.DENSITIES[now.data](), plane.POINTS[now.data]()
    near = 3 * float(data.variance.sqrt()) or NEAR
    behind = _marks("points", points, -1, "data")

    def share(x: Tensor) -> Tensor:
        return (plane.nearest(x, data.means) < near).double().mean()

    def shown(
        panel: str, kind: int, runner: budgets.Runner, done: int, answer: Tensor
    ) -> Mapping[str, Panel]:
        trail, whose = torch.stack(runner.x(done), 1), "control " if kind else ""
        return {
            panel: behind,
            f"{whose}answer": _marks("points", answer[:SHOWN], 2, "1000 steps", over=panel),
            f"{whose}paths": _marks("paths", trail[:SHOWN], kind, over=panel),
            f"{whose}x_t": _marks("points", trail[:, -1], kind, runner.title, over=panel),
        }

    x = torch.randn(POINTS, 2, generator=views.generator(now.seed, "start"), dtype=torch.float64)
    return Course(
        _start(now, exact.denoiser(data), x), budgets.distance, share, shown, lambda _: {}
    )


def _pictures(now: Settings, network: Denoiser) -> Course:
    """One critter, and how far its pixels are from those of the answer, in [-1, 1]."""
    x = starts.noise(network.channels, network.side, now.seed).to(network.device)
    root = math.sqrt(x[0].numel())

    def shown(
        panel: str, kind: int, runner: budgets.Runner, done: int, answer: Tensor
    ) -> Mapping[str, Panel]:
        return {panel: _picture(runner.x_0(done), SIDE)}

    denoiser = guidance.asking(network.x_0, None, guidance.Guidance())
    return Course(
        _start(now, denoiser, x),
        lambda x, answer: budgets.distance(x, answer) / root,
        None,
        shown,
        lambda answer: {ANSWER: _picture(answer, SMALL)},
    )


def _start(now: Settings, denoiser: sampling.Denoiser, x: Tensor) -> budgets.Start:
    noise = partial(views.generator, now.seed, "on the way")
    return budgets.Start(denoiser, x, now.schedule, now.times, noise)


def _picture(x: Float[Tensor, "1 3 _ _"], side: int) -> Float[Tensor, "3 side side"]:
    return octaves.panel((x + 1) / 2, side)


class Race:
    """All that the course decides: the answer, the curves, and those who race at this budget."""

    def __init__(self, now: Settings, network: Denoiser | None = None) -> None:
        self.course, self._budgets = course(now, network), effort(now.data).budgets
        start = self.course.start
        self._answer = answers.Answer(start.denoiser, start.x, start.schedule)
        self._curves: budgets.Curves | None = None
        self._runners: dict[str, budgets.Runner] = {}
        self._budget = 0

    def answer(self, parts: int = answers.PARTS) -> Tensor:
        """Where so many parts of the thousand steps lead."""
        return self._answer.x(min(parts, answers.PARTS))

    def curves(self, evaluations: int) -> Mapping[str, budgets.Curve]:
        """What each solver reaches with each budget, as far as is known."""
        if self._curves is None:
            answer, share = self.answer(), self.course.share
            self._curves = budgets.Curves(
                self.course.start,
                lambda x: self.course.distance(x, answer),
                share or (lambda x: x.new_zeros(())),
                self._budgets,
            )
        return self._curves.upto(evaluations)

    def runner(self, name: str, budget: int) -> budgets.Runner:
        """That solver on its way from the noise."""
        if budget != self._budget:
            self._budget, self._runners = budget, {}
        if name not in self._runners:
            self._runners[name] = budgets.Runner(self.course.start, name, budget)
        return self._runners[name]


def run(network: Denoiser, live: Live[Settings], state: State | None = None) -> Iterator[Frame]:
    """One race after the other; what is changed begins a new one at the next frame.

    A race is a function of the settings and of how many frames they have stood. `since` is the
    frame at which this course began, `began` the one of this race: with them a run goes on.
    """
    step, since, began = (int(state[name]) if state else 0 for name in ("step", "since", "began"))
    race, was = None, None
    while True:
        now = live.now
        if race is None or was is None or (now.schedule, now.times) != (was.schedule, was.times):
            race, since = Race(now, network), since if was is None else step
        if was is not None and replace(now, again=was.again) != was:
            began = step
        was = now
        yield _frame(step, since, began, now, race)
        step += 1


@torch.no_grad()
def _frame(step: int, since: int, began: int, now: Settings, race: Race) -> Frame:
    all_of, of = effort(now.data), race.course
    after = step - since - all_of.frames  # frames since the answer was known
    parts = all_of.parts * (step - since + 1)
    answer = race.answer(parts)
    done = _done(min(after, step - began), now)
    chosen = {PICTURE: WORDS[now.solver]}
    if now.control:
        chosen[CONTROL] = WORDS[now.against]
    racing = SOLVERS if of.share else dict.fromkeys(chosen.values())  # all, where it costs little
    along = {
        name: _along(race.runner(name, now.evaluations), done, answer, of.distance)
        for name in racing
        if after >= 0
    }
    panels: dict[str, Panel] = {}
    numbers: dict[str, Tensor] = {}
    for kind, (panel, name) in enumerate(chosen.items()):
        runner, whose = race.runner(name, now.evaluations), "control " if kind else ""
        panels |= of.shown(panel, kind, runner, done, answer)
        numbers[f"{whose}distance"] = of.distance(runner.x_0(done), answer)
        if of.share:
            numbers[f"{whose}on the data"] = of.share(runner.x(done)[-1])
    kinds = {name: kind for kind, name in reversed(list(enumerate(chosen.values())))}
    found = race.curves(all_of.evaluations * after) if after > 0 else {}
    panels[ERROR] = _curves(
        _fixed({n: c[:, [0, 1]] for n, c in found.items()}), kinds, (SPENT, OFF)
    )
    if of.share:
        panels[SHARE] = _curves({n: c[:, [0, 2]] for n, c in found.items()}, kinds, (SPENT, ON))
    panels |= of.beside(answer)
    panels[RACE] = _curves(_fixed(along), kinds, (Axis("evaluations", 0, now.evaluations), OFF))
    numbers |= {
        "evaluations": torch.tensor(float(done)),
        "budget": torch.tensor(float(now.evaluations)),
        "answered": torch.tensor(100 * min(1.0, parts / answers.PARTS)),
        "nearest": torch.tensor(float(_nearest(along) if of.share else -1)),
    }
    return Frame(
        step=step,
        panels=panels,
        numbers={name: value.float() for name, value in numbers.items()},
        state=lambda: {"step": step + 1, "since": since, "began": began},
    )


def _done(frames: int, now: Settings) -> int:
    """Evaluations that are made in a race that began so many frames ago."""
    if now.again and frames > 0:
        frames %= now.evaluations + RESTING
    return max(0, min(frames, now.evaluations))


def _along(
    runner: budgets.Runner, done: int, answer: Tensor, distance: Callable[[Tensor, Tensor], Tensor]
) -> Float[Tensor, "evaluations 2"]:
    """Evaluations, and how far what a solver then took the data to be was from the answer."""
    far = [distance(runner.x_0(k), answer) for k in range(1, done + 1)]
    return torch.stack((torch.arange(1.0, len(far) + 1), torch.tensor(far)), 1).double()


def _fixed(curves: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Of solvers whose start decides their end: the distance of the others says nothing."""
    return {name: curve for name, curve in curves.items() if not SOLVERS[name].random}


def _nearest(along: Mapping[str, Tensor]) -> int:
    """Which solver is nearest to the answer now, by its place among all; -1: nobody has asked yet."""
    last = {name: float(c[-1, 1]) for name, c in _fixed(along).items() if len(c)}
    return list(SOLVERS).index(min(last, key=lambda name: last[name])) if last else -1


def _curves(
    curves: Mapping[str, Float[Tensor, "points 2"]],
    kinds: Mapping[str, int],
    axes: tuple[Axis, Axis],
) -> Marks:
    """A curve each, those of the two that are shown last and in their colours."""
    names = sorted(curves, key=lambda name: -kinds.get(name, 9))
    longest = max((len(curve) for curve in curves.values()), default=0)
    paths = [
        torch.stack([axis.placed(curves[name][:, i]) for i, axis in enumerate(axes)], 1)
        for name in names
    ]
    filled = [torch.cat((path, path[-1:].expand(longest - len(path), -1))) for path in paths]
    return Marks(
        "paths",
        torch.stack(filled).float() if longest else torch.zeros(0, 0, 2),
        classes=torch.tensor([kinds.get(name, -1) for name in names], dtype=torch.int64),
        names=tuple(SOLVERS[name].title for name in names),
        axes=axes,
    )


def _marks(form: str, values: Tensor, kind: int, word: str = "", over: str = "") -> Marks:
    """Marks in the plane, all of one class and with one word."""
    return Marks(
        form, values.float().clone(), classes=torch.full((len(values),), kind), over=over,
        names=(word,) if word else (), low=-EDGE, high=EDGE,
    )  # fmt: skip
