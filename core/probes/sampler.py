"""Which way does noise go back?

Points of a shape in the plane are noised, x_t = sqrt(a) x_0 + sqrt(1 - a) epsilon,
until nothing of the shape is left. Then a sampler starts from fresh noise and asks
a denoiser at every step which noise is in x_t. Nothing is trained here: for points
that are known the best denoiser there can be is a formula, so every error that is
seen is the sampler's. Beside it runs a denoiser that knows only the mean and the
covariance of the data.

Ho, Jain and Abbeel, Denoising Diffusion Probabilistic Models, 2020,
https://arxiv.org/abs/2006.11239; Song, Meng and Ermon, Denoising Diffusion Implicit
Models, 2021, https://arxiv.org/abs/2010.02502. Departures: the exact denoiser in
place of a network, and the times are a list of our own (`core.diffusion.schedules`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

import torch
from jaxtyping import Float
from torch import Tensor

from core.diffusion import exact, sampling, schedules
from core.diffusion.sampling import Denoiser
from core.priors import views
from core.probe import (
    CONTROL,
    PICTURE,
    Choice,
    Frame,
    Live,
    Marks,
    Panel,
    Point,
    Range,
    Seed,
    State,
    Switch,
)
from core.worlds import plane

title = "Sampler"
question = "Which way does noise go back?"
method = "diffusion with the exact denoiser"
source = "https://arxiv.org/abs/2010.02502"
limits = (
    "This denoiser knows every point of the data: a network that was trained on them would have to "
    "guess between them."
)
endless = True  # a file ends after one breath
pace = 20.0

NOISING, RESTING = 32, 60  # frames: of the way into the noise, and of the end
EDGE, SHOWN = 3.0, 24  # the edge of the panel; how many paths are drawn
PREDICTED, FRESH = "predicted", "fresh"
GUESS = "predicted x_0"  # the panel of what the denoiser takes the data to be


@dataclass(frozen=True)
class Settings:
    """Which shape, and how the sampler gets back to it."""

    data: Annotated[
        str, Choice(tuple(plane.DENSITIES), live=True, help="the points that are noised")
    ] = "spiral"
    schedule: Annotated[
        str,
        Choice(
            tuple(schedules.SCHEDULES),
            live=True,
            help="how much of the data is left at each time; as printed in the notes: backwards",
        ),
    ] = "linear"
    steps: Annotated[int, Range(2, 200, live=True, help="from the noise to the data")] = 50
    times: Annotated[
        str,
        Choice(
            tuple(schedules.SPACINGS),
            live=True,
            help="leading: the last step sees the least noise; trailing: the first sees the most",
        ),
    ] = "leading"
    noise: Annotated[
        str,
        Choice(
            (PREDICTED, FRESH),
            live=True,
            help="what goes back in at each step: the noise that was predicted, or fresh noise",
        ),
    ] = PREDICTED
    eta: Annotated[
        float, Range(0, 1, live=True, help="fresh share of it: 0 is DDIM, 1 is DDPM")
    ] = 0.0
    start: Annotated[
        tuple[float, ...],
        Point(-EDGE, EDGE, over=PICTURE, live=True, help="where one point of noise begins"),
    ] = (1.6, -1.8)
    breathing: Annotated[
        bool,
        Switch(live=True, help="noise and un-noise over and over; off: it stands at the end"),
    ] = True
    count: Annotated[int, Range(8, 1000, unit="points", help="that are sampled")] = 256
    seed: Annotated[int, Seed(help="another seed, other noise")] = 0
    control: Annotated[
        bool, Switch(help="the same steps with a denoiser that knows mean and covariance alone")
    ] = True


def length(settings: Settings, resources: Mapping[str, Any]) -> int:
    """Frames of one breath: into the noise, back, and the end."""
    return NOISING + settings.steps + RESTING


def caption(settings: Settings, numbers: Mapping[str, Any], resources: Mapping[str, Any]) -> str:
    """What is seen, in a sentence."""
    data = f"{_percent(numbers['alpha_bar'])} of the variance is data"
    if numbers["sampled"] < 1:
        if numbers["alpha_bar"] == 1:
            return f"The {settings.data}, before any noise."
        return f"The {settings.data} is noised: {data}, the rest is noise."
    done, far = int(numbers["sampled"]), numbers["distance to data"]
    said = f"Step {done} of {settings.steps}: {data}. The points are {far:.2g} from the {settings.data}"
    if "control distance to data" in numbers:
        said += f" on average, those of the control {numbers['control distance to data']:.2g}"
    return f"{said}."


def _percent(share: float) -> str:
    """A share in words; "all" is said of nothing less."""
    return "all" if share == 1 else f"{min(100 * share, 99.99):.2g} %"


class Chain:
    """A chain of the sampler: x[k] after k steps, and the x_0 that step k + 1 saw.

    It is computed as far as somebody has asked: a change is answered at the next frame.
    """

    def __init__(self, now: Settings, denoiser: Denoiser, x: Float[Tensor, "n 2"], name: str):
        alpha_bars = schedules.visited(now.schedule, now.times, now.steps)
        noise = views.generator(now.seed, name)
        self._steps = sampling.chain(denoiser, x, alpha_bars, noise, sigma=_sigma(now))
        self._x, self._x_0 = [x], list[Tensor]()
        self._length = now.steps

    def x(self, done: int) -> list[Float[Tensor, "n 2"]]:
        """From the noise to what is there after so many steps."""
        while len(self._x) <= done:
            self._step()
        return self._x[: done + 1]

    def x_0(self, done: int) -> Float[Tensor, "n 2"]:
        """What the next step takes the data to be; after the last, what was found."""
        if done == self._length:
            return self.x(done)[done]
        while len(self._x_0) <= done:
            self._step()
        return self._x_0[done]

    def _step(self) -> None:
        step = next(self._steps)
        self._x.append(step.x_next)
        self._x_0.append(step.x_0)


def _sigma(now: Settings) -> sampling.Sigma:
    if now.noise == FRESH:
        return sampling.all_fresh
    return lambda alpha_bar, after: sampling.ddim(alpha_bar, after, eta=now.eta)


@dataclass(frozen=True)
class Scene:
    """All that the settings decide but `start`: data, noise, schedule, and a chain a denoiser.

    behind: the data, as a panel. clean, epsilon: the points that are noised on the way in, and the noise of each.
    """

    points: Float[Tensor, "k 2"]
    behind: Marks
    clean: Float[Tensor, "n 2"]
    epsilon: Float[Tensor, "n 2"]
    table: Float[Tensor, " times"]
    visited: Float[Tensor, " visited"]
    denoisers: Mapping[str, Denoiser]
    clouds: Mapping[str, Chain]


def scene(now: Settings) -> Scene:
    """Everything that a breath shows."""
    data, points = plane.DENSITIES[now.data](), plane.POINTS[now.data]()
    start, into = (views.generator(now.seed, name) for name in ("start", "noising"))
    x = torch.randn(now.count, 2, generator=start, dtype=torch.float64)
    denoisers = {PICTURE: exact.denoiser(data)}
    if now.control:
        denoisers[CONTROL] = exact.control(data)
    return Scene(
        points=points,
        behind=_behind(points),
        clean=plane.sampled(data, now.count, into),
        epsilon=torch.randn(now.count, 2, generator=into, dtype=torch.float64),
        table=schedules.SCHEDULES[now.schedule](),
        visited=schedules.visited(now.schedule, now.times, now.steps),
        denoisers=denoisers,
        clouds={name: Chain(now, d, x, "cloud") for name, d in denoisers.items()},
    )


def path(now: Settings, denoiser: Denoiser) -> Float[Tensor, "1 t 2"]:
    """The way of the one point that is set by hand, whole."""
    x = torch.tensor([now.start], dtype=torch.float64)
    return torch.stack(Chain(now, denoiser, x, "one").x(now.steps), 1)


def run(live: Live[Settings], state: State | None = None) -> Iterator[Frame]:
    """Breaths: into the noise, and back a frame a step; the control in step.

    A chain is a function of the settings: where one changes it is computed anew, and seen
    at the step where the old one was. A point that is dragged moves its own path alone.
    """
    step, phase = (int(state[name]) if state else 0 for name in ("step", "phase"))
    standing, moving = Settings(), Settings()  # what scene and paths were made of
    seen: Scene | None = None
    paths: dict[str, Tensor] = {}
    while True:
        now = live.now
        of_paths = replace(now, breathing=True)
        of_scene = replace(of_paths, start=Settings.start)
        if seen is None or of_scene != standing:
            standing, seen = of_scene, scene(now)
        if not paths or of_paths != moving:
            moving = of_paths
            paths = {name: path(now, denoiser) for name, denoiser in seen.denoisers.items()}
        after = _next(phase, now)
        yield _frame(step, phase, after, now, seen, paths)
        step, phase = step + 1, after


def _next(phase: int, now: Settings) -> int:
    """The phase after this one: round and round, or up to the end and no further."""
    end = NOISING + now.steps - 1
    return (phase + 1) % length(now, {}) if now.breathing else min(phase + 1, end)


def _frame(
    step: int, phase: int, after: int, now: Settings, seen: Scene, paths: Mapping[str, Tensor]
) -> Frame:
    done = min(phase - NOISING + 1, now.steps)  # steps of the sampler; 0 or less: on the way in
    panels: dict[str, Panel] = {}
    numbers: dict[str, Tensor] = {}
    for name, denoiser in seen.denoisers.items():
        whose, kind = ("control ", 1) if name == CONTROL else ("", 0)
        if done > 0:
            so_far = seen.clouds[name].x(done)
            x_t, x_0, alpha_bar = so_far[-1], seen.clouds[name].x_0(done), seen.visited[done]
            trail = torch.stack(so_far, 1)
        else:
            alpha_bar = seen.table[round(phase / (NOISING - 1) * (len(seen.table) - 1))]
            x_t = sampling.noised(seen.clean, seen.epsilon, alpha_bar)
            inside = alpha_bar.clamp(1e-9, 1 - 1e-9)  # in clean points there is no noise to find
            x_0 = denoiser(x_t, inside).x_0
            trail = x_t[:, None]
        panels |= {
            name: seen.behind,
            f"{whose}paths": _over(name, "paths", trail[:SHOWN], kind),
            f"{whose}x_t": _over(name, "points", x_t, kind, "x_t"),
            f"{whose}start": _over(name, "paths", paths[name], 2, "from the ring"),
        }
        if name == PICTURE:
            panels |= {
                GUESS: seen.behind,
                "found": _over(GUESS, "points", x_0, kind, "predicted x_0"),
            }
        numbers |= {
            f"{whose}distance to data": plane.nearest(x_t, seen.points).mean(),
            f"{whose}spread": plane.spread(x_t),
            f"{whose}path length": trail.diff(dim=1).norm(dim=2).sum(1).mean(),
            f"{whose}distance of predicted x_0": plane.nearest(x_0, seen.points).mean(),
            "alpha_bar": alpha_bar,
        }
    numbers["sampled"] = torch.tensor(float(max(done, 0)))
    return Frame(
        step=step,
        panels=panels,
        numbers={name: value.float() for name, value in numbers.items()},
        state=lambda: {"step": step + 1, "phase": after},
    )


def _behind(points: Float[Tensor, "k 2"]) -> Marks:
    """The data, as a panel of its own."""
    return Marks(
        "points", points.float(), classes=torch.full((len(points),), -1), names=("data",),
        low=-EDGE, high=EDGE,
    )  # fmt: skip


def _over(panel: str, form: str, values: Tensor, kind: int, word: str = "") -> Marks:
    """Marks over a panel, all of one class and with one word."""
    return Marks(
        form, values.float().clone(), classes=torch.full((len(values),), kind), over=panel,
        names=(word,) if word else (), low=-EDGE, high=EDGE,
    )  # fmt: skip
