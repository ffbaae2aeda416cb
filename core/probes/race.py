"""Which solver needs to look the fewest times?

A solver takes noise to data in steps, and asks the denoiser at each of them, some twice. All
that are here begin in one noise with one list of times, and all may ask equally often. In the
plane the exact denoiser is known, so whatever is left to the answer of a thousand steps is the
solver's error. Solvers that draw noise on their way go elsewhere each time: their distance says
nothing, and they are judged by how many of their points lie on the data.

Lu et al., DPM-Solver++, 2022, https://arxiv.org/abs/2211.01095; Karras et al., Elucidating the Design
Space of Diffusion-Based Generative Models, 2022, https://arxiv.org/abs/2206.00364; Zhao et al., UniPC, 2023,
https://arxiv.org/abs/2302.04867. Departures: the exact denoiser in place of a network, and the
times are a list of our own, the same for all (`core.diffusion.solvers`).
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Annotated, Any

import torch
from jaxtyping import Float
from torch import Tensor

from core.diffusion import budgets, exact, schedules
from core.diffusion.solvers import SOLVERS
from core.priors import views
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

title = "Solver race"
question = "Which solver needs to look the fewest times?"
method = "solvers against a thousand steps"
source = "https://arxiv.org/abs/2211.01095"
limits = (
    "The denoiser is exact here: with one that was trained its own error is there too, and the "
    "solvers lie closer together."
)
endless = True  # a file ends after one race
still: Mapping[str, bool] = {"again": False}
pace = 12.0

PART = 100  # steps of the answer that a frame computes
PARTS = budgets.ANSWER // PART
RATE = 30  # evaluations that a frame spends on the curves
RESTING = 36  # frames at the end of a race
EDGE, SHOWN, POINTS = 3.0, 24, 256  # the edge of the panel, paths that are drawn, points that race
NEAR = 0.1  # from a point of the data that has no width
ERROR, SHARE, RACE = "error", "share", "race"  # names of panels
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
        str, Choice(tuple(plane.DENSITIES), live=True, help="the points that are to be found")
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


def length(settings: Settings, resources: Mapping[str, Any]) -> int:
    """Frames until a thousand steps are known, all curves are drawn and a race has ended."""
    spent = len(SOLVERS) * sum(budgets.BUDGETS)
    return PARTS + 1 + max(settings.evaluations, math.ceil(spent / RATE))


def caption(settings: Settings, numbers: Mapping[str, Any], resources: Mapping[str, Any]) -> str:
    """Who is how far, in a sentence."""
    if numbers["answered"] < 100:
        done = 10 * numbers["answered"]
        return f"First the answer: {done:.0f} of a thousand steps from this noise."
    said = f"{numbers['evaluations']:.0f} of {settings.evaluations} evaluations: "
    said += _far(settings.solver, numbers["distance"], numbers["on the data"])
    if "control distance" in numbers:
        said += "; " + _far(
            settings.against, numbers["control distance"], numbers["control on the data"]
        )
    if numbers["evaluations"] >= settings.evaluations:
        nearest = tuple(WORDS)[round(numbers["nearest"])]
        said += f". Of all that draw no noise {nearest} comes nearest"
    return f"{said}."


def _far(name: str, distance: float, share: float) -> str:
    on = f"{100 * share:.0f} % on the data"
    if SOLVERS[WORDS[name]].random:
        return f"{name} draws noise and goes elsewhere, {on}"
    return f"{name} is {distance:.2g} from the answer, {on}"


@dataclass(frozen=True)
class Course:
    """The data that are to be found, and where all begin. near: how far from a mean still counts as on it."""

    start: budgets.Start
    means: Float[Tensor, "k 2"]
    near: float
    behind: Marks

    def share(self, x: Float[Tensor, "n 2"]) -> Float[Tensor, ""]:
        """Of points that lie on the data: within 3 sd of a mode, or near a point that has no width."""
        return (plane.nearest(x, self.means) < self.near).double().mean()


def course(now: Settings) -> Course:
    """The data and the noise."""
    data, points = plane.DENSITIES[now.data](), plane.POINTS[now.data]()
    x = torch.randn(POINTS, 2, generator=views.generator(now.seed, "start"), dtype=torch.float64)
    noise = partial(views.generator, now.seed, "on the way")
    return Course(
        budgets.Start(exact.denoiser(data), x, now.schedule, now.times, noise),
        data.means,
        3 * float(data.variance.sqrt()) or NEAR,
        _marks("points", points, -1, "data"),
    )


class Race:
    """All that the course decides: the answer, the curves, and those who race at this budget."""

    def __init__(self, now: Settings) -> None:
        self.course = course(now)
        self._answering = self.course.start.answer()
        self._answer, self._answered = self.course.start.x, 0
        self._curves: budgets.Curves | None = None
        self._runners: dict[str, budgets.Runner] = {}
        self._budget = 0

    def answer(self, steps: int) -> Float[Tensor, "n 2"]:
        """Where so many of the thousand steps lead."""
        for x in islice(self._answering, max(0, steps - self._answered)):
            self._answer, self._answered = x, self._answered + 1
        return self._answer

    def curves(self, evaluations: int) -> Mapping[str, budgets.Curve]:
        """What each solver reaches with each budget, as far as is known."""
        if self._curves is None:
            answer = self.answer(budgets.ANSWER)
            self._curves = budgets.Curves(
                self.course.start, lambda x: budgets.distance(x, answer), self.course.share
            )
        return self._curves.upto(evaluations)

    def runners(self, budget: int) -> Mapping[str, budgets.Runner]:
        """One of each solver, on its way from the noise."""
        if budget != self._budget:
            self._budget = budget
            self._runners = {
                name: budgets.Runner(self.course.start, name, budget) for name in SOLVERS
            }
        return self._runners


def run(live: Live[Settings], state: State | None = None) -> Iterator[Frame]:
    """One race after the other; what is changed begins a new one at the next frame.

    A race is a function of the settings and of how many frames they have stood. `since` is the
    frame at which this course began, `began` the one of this race: with them a run goes on.
    """
    step, since, began = (int(state[name]) if state else 0 for name in ("step", "since", "began"))
    race, was = None, None
    while True:
        now = live.now
        if race is None or was is None or _course(now) != _course(was):
            race, since = Race(now), since if was is None else step
        if was is not None and replace(now, again=was.again) != was:
            began = step
        was = now
        yield _frame(step, since, began, now, race)
        step += 1


def _course(now: Settings) -> tuple[Any, ...]:
    return now.data, now.schedule, now.times


def _frame(step: int, since: int, began: int, now: Settings, race: Race) -> Frame:
    after = step - since - PARTS  # frames since the answer was known
    answer = race.answer(PART * (step - since + 1))
    done = _done(min(after, step - began), now)
    chosen = {PICTURE: WORDS[now.solver]}
    if now.control:
        chosen[CONTROL] = WORDS[now.against]
    panels: dict[str, Panel] = {}
    numbers: dict[str, Tensor] = {}
    runners = race.runners(now.evaluations)
    for kind, (panel, name) in enumerate(chosen.items()):
        runner, whose = runners[name], "control " if kind else ""
        trail = torch.stack(runner.x(done), 1)
        panels |= {
            panel: race.course.behind,
            f"{whose}answer": _marks("points", answer[:SHOWN], 2, "1000 steps", over=panel),
            f"{whose}paths": _marks("paths", trail[:SHOWN], kind, over=panel),
            f"{whose}x_t": _marks("points", trail[:, -1], kind, SOLVERS[name].title, over=panel),
        }
        numbers |= {
            f"{whose}distance": budgets.distance(runner.x_0(done), answer),
            f"{whose}on the data": race.course.share(trail[:, -1]),
        }
    along = {name: _along(runner, done, answer) for name, runner in runners.items() if after >= 0}
    kinds = {name: kind for kind, name in reversed(list(enumerate(chosen.values())))}
    found = race.curves(RATE * after) if after > 0 else {}
    panels |= {
        ERROR: _curves(_fixed({n: c[:, [0, 1]] for n, c in found.items()}), kinds, (SPENT, OFF)),
        SHARE: _curves({n: c[:, [0, 2]] for n, c in found.items()}, kinds, (SPENT, ON)),
        RACE: _curves(_fixed(along), kinds, (Axis("evaluations", 0, now.evaluations), OFF)),
    }
    numbers |= {
        "evaluations": torch.tensor(float(done)),
        "budget": torch.tensor(float(now.evaluations)),
        "answered": torch.tensor(100 * min(1.0, (after + PARTS + 1) / PARTS)),
        "nearest": torch.tensor(float(_nearest(along))),
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
    runner: budgets.Runner, done: int, answer: Float[Tensor, "n 2"]
) -> Float[Tensor, "evaluations 2"]:
    """Evaluations, and how far what a solver then took the data to be was from the answer."""
    far = [budgets.distance(runner.x_0(k), answer) for k in range(1, done + 1)]
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
