"""How do you un-spill noise?

A network was shown critters with noise on them, x_t = sqrt(a) x_0 + sqrt(1 - a) epsilon, and
was asked for the critter. Given nothing but noise it still names the likeliest picture; a
sampler goes a step towards it, asks again, and a critter comes out that nobody has drawn. At every
step stands what there is (x_t), what the network takes for noise (epsilon) and for the picture
(x_0). All that is asked for may be changed on the way; going back and changing something makes
a branch. In step with it go the best denoiser for whoever knows only mean and covariance, or one that
knows its training pictures by heart, and points of the plane, where the best answer is known.

Ho, Jain and Abbeel, Denoising Diffusion Probabilistic Models, 2020,
https://arxiv.org/abs/2006.11239; Song, Meng and Ermon, Denoising Diffusion Implicit Models, 2021,
https://arxiv.org/abs/2010.02502; Ho and Salimans, Classifier-Free Diffusion Guidance, 2022.
Departure: the network gives x_0 in place of epsilon.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

import torch
from jaxtyping import Float
from torch import Tensor

from core.diffusion import (
    answers,
    exact,
    examples,
    gauges,
    guidance,
    inversion,
    memory,
    microscope,
    painting,
    places,
    sampling,
    schedules,
    starts,
    telling,
    travel,
    wishes,
)
from core.diffusion.guidance import Guidance
from core.diffusion.places import ITS, MINE, POINTS, Place
from core.diffusion.sampling import Denoiser, Guess
from core.diffusion.telling import NOISING, PRICING, SAMPLING
from core.diffusion.travel import Itinerary, Traveller
from core.metrics import fidelity
from core.models import Denoiser as Model
from core.models.reader import Reader
from core.priors import octaves
from core.probe import (
    CONTROL,
    PICTURE,
    Choice,
    Frame,
    Live,
    Network,
    Panel,
    Picture,
    Point,
    Range,
    Seed,
    State,
    Switch,
)
from core.worlds import plane

title = "Diffusion"
question = "How do you un-spill noise?"
method = "diffusion models"
source = "https://arxiv.org/abs/2010.02502"
limits = (
    "It has seen one small world of critters. Networks that paint anything learn by the same step, "
    "from a thousand times as many pictures."
)
pace = 10.0
twin_of = "network"
priced: Mapping[str, str] = {"evaluations": "evaluations", "distance": "from 1000 steps"}
uses: Mapping[str, str] = {"reader": "critters-reader"}

SIDE, SMALL = 256, 192  # px: of the pictures that are compared, and of those beside them
X_T, EPSILON, PLANE = "x_t", "epsilon", microscope.PANEL  # names of panels
NOISED = 24  # frames of the way into the noise
PURE, SOILED, INVERTED = "pure noise", "a picture, noised", "a picture, inverted"
MOMENTS, HEART, RANDOM = "mean, covariance", "by heart", "random"
CRITTER = "a critter"
SAME, OPEN = "no change of mind", "with whatever"
ANY, CAT, DOG = "any critter", "a cat", "a dog"
WISHES: Mapping[str, Mapping[str, float]] = {  # what words ask for
    CAT: {"species": 0.0},
    DOG: {"species": 1.0},
    "with glasses": {"glasses": 1.0},
    "without glasses": {"glasses": 0.0},
    "with a hat": {"hat": 1.0},
    "without a hat": {"hat": 0.0},
    "with glasses and a hat": {"glasses": 1.0, "hat": 1.0},
    "with neither": {"glasses": 0.0, "hat": 0.0},
}
WORN = tuple(WISHES)[2:]


@dataclass(frozen=True)
class Settings:
    """Where it starts, what it is asked for, and how it goes."""

    network: Annotated[str, Network(family="denoiser")] = "critters-denoiser"
    begins: Annotated[
        str,
        Choice((PURE, SOILED, INVERTED), help="a picture is first led into the noise"),
    ] = PURE
    species: Annotated[str, Choice((ANY, CAT, DOG), live=True, help="what it is asked for")] = ANY
    worn: Annotated[
        str,
        Choice((OPEN, *WORN), live=True, help="what it is asked for besides, or left open"),
    ] = OPEN
    steps: Annotated[
        int, Range(2, 1000, log=True, live=True, unit="steps", help="from the noise to the picture")
    ] = 20
    guidance: Annotated[
        float,
        Range(0, 8, live=True, help="how much asking counts: 1 as it was learned, more: overdone"),
    ] = 2.0
    solver: Annotated[
        str,
        Choice(travel.SOLVERS, live=True, help="how a guess becomes a step; Heun asks twice"),
    ] = travel.DDIM
    eta: Annotated[
        float,
        Range(0, 1, live=True, help="fresh noise: 0 puts the seen noise back, 1 is DDPM"),
    ] = 0.0
    then: Annotated[
        str,
        Choice(
            (SAME, *(f"then {w}" for w in tuple(WISHES)[:6])),
            live=True,
            help="what it is asked for from some step on",
        ),
    ] = SAME
    crossing: Annotated[
        float, Range(0, 1, live=True, help="at which share of the way it changes its mind")
    ] = 0.5
    dark: Annotated[
        float, Range(0, 1, zero="any", live=True, help="of the fur; 0 leaves it open")
    ] = 0.0
    warmth: Annotated[
        float, Range(0, 1, zero="any", live=True, help="grey to ginger; 0 leaves it open")
    ] = 0.0
    smile: Annotated[
        float, Range(0, 1, zero="any", live=True, help="frown to smile; 0 leaves it open")
    ] = 0.0
    beside: Annotated[
        str,
        Choice((MOMENTS, HEART, RANDOM), live=True, help="what the denoiser beside it knows"),
    ] = MOMENTS
    pixel: Annotated[
        tuple[float, ...],
        Point(0, 1, over=PICTURE, live=True, help="whose numbers stand in the formula"),
    ] = (0.44, 0.5)
    picture: Annotated[str, Picture(without=CRITTER, help="what is noised or inverted")] = CRITTER
    critter: Annotated[
        int, Range(0, 63, help="which critter is: the network has seen none of them")
    ] = 5
    depth: Annotated[float, Range(0.05, 1, help="how far a picture is led into the noise")] = 0.7
    times: Annotated[
        str, Choice(tuple(schedules.SPACINGS), help="trailing: the first step sees the most noise")
    ] = "trailing"
    schedule: Annotated[
        str,
        Choice(
            tuple(schedules.SCHEDULES),
            help="how much is left at each time; the network learned cosine",
        ),
    ] = "cosine"
    rescale: Annotated[float, Range(0, 1, help="brings the spread of a guided guess back")] = 0.0
    guided_from: Annotated[
        float, Range(0, 1, help="share of the noise below which nothing guides")
    ] = 0.0
    guided_to: Annotated[
        float, Range(0, 1, help="share of the noise above which nothing guides")
    ] = 1.0
    clip: Annotated[bool, Switch(help="keeps x_0 between black and white")] = True
    mix: Annotated[
        float, Range(0, 1, zero="one noise", help="towards the noise of the next seed")
    ] = 0.0
    data: Annotated[str, Choice(tuple(plane.DENSITIES), help="the points of the plane")] = "cat"
    pricing: Annotated[bool, Switch(help="at the end: how far from what 1000 steps make of it")] = (
        True
    )
    seed: Annotated[int, Seed(help="another seed, another noise and another critter")] = 0
    control: Annotated[
        bool, Switch(help="the same noise through a denoiser that knows less, or too much")
    ] = True


@dataclass(frozen=True)
class Paint:
    """A dab of colour on x_0, which is held until little noise is left."""

    x: Annotated[float, Range(0, 1, help="from the left")] = 0.5
    y: Annotated[float, Range(0, 1, help="from the top")] = 0.5
    size: Annotated[float, Range(0.01, 0.5, help="the radius")] = 0.06
    red: Annotated[float, Range(0, 1, help="of its colour")] = 1.0
    green: Annotated[float, Range(0, 1, help="of its colour")] = 0.3
    blue: Annotated[float, Range(0, 1, help="of its colour")] = 0.2


@dataclass(frozen=True)
class Wipe:
    """All paint is taken off."""


Actions = (Paint, Wipe)


def length(settings: Settings, resources: Mapping[str, Any]) -> int:
    """Frames: of the way into the noise, of the steps, of the end, and of what 1000 steps take."""
    way = itinerary(settings)
    left = way.left(way.first(_depth(settings)))
    into = {PURE: 0, SOILED: NOISED, INVERTED: left}[settings.begins]
    return into + left + 1 + (answers.PARTS if prices(settings) else 0)


def _depth(now: Settings) -> float:
    return 1.0 if now.begins == PURE else now.depth


def prices(now: Settings) -> bool:
    """Whether what comes out is held against 1000 steps: of a picture there is nothing to ask."""
    return now.pricing and now.begins == PURE


def caption(settings: Settings, numbers: Mapping[str, Any], resources: Mapping[str, Any]) -> str:
    """Where it stands, what the reader sees, and what it has cost, in a sentence."""
    return telling.said(numbers, is_inverted=settings.begins == INVERTED)


def itinerary(now: Settings) -> Itinerary:
    """Which times it visits, and how; of what is inverted no pure noise: see core.diffusion.inversion."""
    times = "leading" if now.begins == INVERTED else now.times
    return Itinerary(now.schedule, times, now.steps, now.solver, now.eta)


def wished(now: Settings, t: int) -> dict[str, float]:
    """What it is asked for at this time; a change of mind counts from `crossing` on."""
    wish = {n: v for word in (now.species, now.worn) for n, v in WISHES.get(word, {}).items()}
    wish |= {n: getattr(now, n) for n in ("dark", "warmth", "smile") if getattr(now, n)}
    if now.then != SAME and t <= (1 - now.crossing) * schedules.T:
        wish |= WISHES[now.then.removeprefix("then ")]
    return wish


def guided(network: Model, now: Settings, t: int, *, asks: bool = True) -> Denoiser:
    """The network as it is asked at this time."""
    wish = wishes.condition(network.asks, wished(now, t)) if asks else None
    clip = now.clip and now.begins != INVERTED  # what is cut off cannot be found again
    return guidance.asking(network.x_0, wish, _guide(now), clip=clip)


def spent(network: Model, now: Settings, t: int, way: Itinerary) -> int:
    """Evaluations of the network in the step from this time."""
    wish = wishes.condition(network.asks, wished(now, t))
    return guidance.evaluations(wish, _guide(now), way.alpha_bar(t)) * travel.looks(way, t)


def _guide(now: Settings) -> Guidance:
    return Guidance(now.guidance, now.rescale, now.guided_from, now.guided_to)


def start(network: Model, now: Settings) -> Float[Tensor, "1 c h w"]:
    """The noise that it starts from."""
    return starts.noise(network.channels, network.side, now.seed, now.mix)


def beginning(network: Model, now: Settings, x_0: Tensor) -> Place:
    """Before the first frame."""
    way = itinerary(now)
    phase, x, t = SAMPLING, start(network, now), way.first()
    points = microscope.noise(now.seed)
    if now.begins != PURE:
        phase, x, t, points = NOISING, x_0, 0, microscope.clean(now.data, now.seed)
    mine, its, its_points = (Traveller(one, t) for one in (x, x, points))
    return Place(phase, 0, mine, its, its_points, painting.nothing(x))


@torch.no_grad()
def run(
    network: Model,
    reader: Reader,
    picture: Tensor | None,
    control: Model | None,
    live: Live[Settings],
    state: State | None = None,
) -> Iterator[Frame]:
    """Into the noise, where it begins with a picture; then a frame a step; then the 1000 steps."""
    if state and "mine t" not in state:  # the run is over
        return
    now = live.now
    x_0 = starts.original(picture, now.critter, network.channels, network.side)
    here = places.back(state) if state else beginning(network, now, x_0)
    step = int(state["step"]) if state else 0
    while True:
        now = live.now
        here = replace(here, paint=_painted(here.paint, live.actions))
        who = denoisers(network, control, now, here.mine.t)
        guesses = places.seen(who, here, itinerary(now))
        after = onward(network, who, now, here, guesses, x_0)
        yield _frame(step, network, reader, now, here, guesses, after, x_0)
        if after is None:
            return
        here, step = after, step + 1


def _painted(paint: painting.Paint, actions: tuple[Any, ...]) -> painting.Paint:
    for action in actions:
        if isinstance(action, Wipe):
            paint = torch.zeros_like(paint)
        else:
            colour = (action.red, action.green, action.blue)
            paint = painting.dabbed(paint, (action.x, action.y), action.size, colour)
    return paint


def denoisers(
    network: Model, control: Model | None, now: Settings, t: int
) -> Mapping[str, Denoiser]:
    """Who is asked at this time: the network, whoever stands beside it, and the exact one of the plane."""
    beside: dict[str, Callable[[], Denoiser]] = {RANDOM: lambda: guided(control or network, now, t)}
    if _is_known(network):
        beside |= {MOMENTS: examples.gaussian, HEART: examples.by_heart}
    found = {MINE: guided(network, now, t), POINTS: exact.denoiser(plane.DENSITIES[now.data]())}
    return found | ({ITS: beside.get(now.beside, beside[RANDOM])()} if now.control else {})


def _is_known(network: Model) -> bool:
    """Whether what it learned from is here; beside any other stand random weights alone."""
    return network.of == "critters" and network.side == examples.SIDE


def onward(
    network: Model,
    who: Mapping[str, Denoiser],
    now: Settings,
    here: Place,
    guesses: Mapping[str, Guess],
    x_0: Tensor,
) -> Place | None:
    """Where it stands at the next frame; None after the last."""
    way = itinerary(now)
    if here.phase == NOISING:
        return _noisier(network, now, here, x_0)
    if here.mine.t == 0:
        if not prices(now) or (here.phase == PRICING and here.done >= answers.PARTS):
            return None
        return replace(here, phase=PRICING, done=here.done + 1 if here.phase == PRICING else 1)
    moved = places.stepped(here, who, guesses, way, now.seed)
    cost = spent(network, now, here.mine.t, way)
    return replace(moved, evaluations=here.evaluations + cost)


def _noisier(network: Model, now: Settings, here: Place, x_0: Tensor) -> Place:
    """One frame further into the noise: the same noise at a later time, or a step back of the sampler."""
    way = itinerary(now)
    last = way.first(now.depth)
    if now.begins == INVERTED:
        t = min(one for one in way.times if one > here.mine.t)
        ask = guided(network, now, t, asks=False)
        visited = torch.stack((way.alpha_bar(t), way.alpha_bar(here.mine.t)))
        x = next(inversion.inverted(ask, here.mine.x, visited))
        cost = 1 + inversion.REFINEMENTS
    else:
        t = min(last, round(last * (here.done + 1) / NOISED))
        x, cost = sampling.noised(x_0, start(network, now), way.alpha_bar(t)), 0
    clean, noise = microscope.clean(now.data, now.seed), microscope.noise(now.seed)
    points = sampling.noised(clean, noise, way.alpha_bar(t))
    return replace(
        here,
        phase=NOISING if t < last else SAMPLING,
        done=here.done + 1 if t < last else 0,
        mine=Traveller(x, t),
        its=Traveller(x, t),
        points=Traveller(points, t),
        evaluations=here.evaluations + cost,
    )


def _frame(
    step: int,
    network: Model,
    reader: Reader,
    now: Settings,
    here: Place,
    guesses: Mapping[str, Guess],
    after: Place | None,
    x_0: Tensor,
) -> Frame:
    way, t = itinerary(now), here.mine.t
    mine, x_t = guesses[MINE], here.mine.x
    panels: dict[str, Panel] = {
        PICTURE: _panel(mine.x_0, SIDE),
        X_T: _panel(x_t, SMALL),
        EPSILON: _panel(mine.epsilon / 2, SMALL),
        **microscope.panels(now.data, here.points.x, guesses[POINTS].x_0),
    }
    if ITS in guesses:
        panels[CONTROL] = _panel(guesses[ITS].x_0, SIDE)
    numbers = {
        "phase": here.phase,
        "alpha_bar": way.alpha_bar(t),
        "left": way.left(t),
        "evaluations": here.evaluations,
        **gauges.at_pixel(now.pixel, x_t, mine),
        **_compared(now, guesses, x_0),
        **(_read(network, reader, now, t, guesses) if _is_known(network) else {}),
        **_worth(network, now, here, x_0),
    }
    return Frame(
        step=step,
        panels=panels,
        numbers={name: torch.as_tensor(value).float() for name, value in numbers.items()},
        state=lambda: {"step": step + 1, **(places.kept(after) if after else {})},
    )


WHOSE = {MINE: "", ITS: "control "}  # how the numbers of both are called


def _compared(now: Settings, guesses: Mapping[str, Guess], x_0: Tensor) -> dict[str, Tensor]:
    """Of the network and of who stands beside it: detail, and how far known pictures are."""
    numbers: dict[str, Tensor] = {}
    for name in WHOSE.keys() & guesses.keys():
        x, whose = guesses[name].x_0, WHOSE[name]
        numbers[f"{whose}detail"] = gauges.detail(x)
        if now.begins != PURE:
            numbers[f"{whose}from the picture"] = gauges.apart(x, x_0)
        if now.beside == HEART and x.shape[1:] == (3, examples.SIDE, examples.SIDE):
            numbers[f"{whose}to the nearest"] = memory.nearest(x, examples.known())[1][0] / 2
    return numbers


def _worth(network: Model, now: Settings, here: Place, x_0: Tensor) -> dict[str, Any]:
    """At the end: how far it is from what was inverted, or from what 1000 steps make."""
    if here.mine.t or here.phase == NOISING:
        return {}
    x = here.mine.x
    if now.begins == INVERTED:
        return {"round trip": fidelity.psnr(gauges.unit(x), gauges.unit(x_0))[0]}
    if here.phase != PRICING:
        return {}
    ask = guided(network, now, 0)
    answer = answers.answer(_key(network, now), ask, start(network, now), now.schedule)
    wanted = answer.x(here.done)
    numbers: dict[str, Any] = {"priced": here.done / answers.PARTS}
    if here.done == answers.PARTS:
        numbers["distance"] = gauges.apart(x, wanted)
    return numbers


def _key(network: Model, now: Settings) -> tuple[Any, ...]:
    """All that an answer of 1000 steps hangs on: it asks from the start what is asked at the end."""
    wish = tuple(sorted(wished(now, 0).items()))
    return (
        network.fingerprint, now.seed, now.mix, wish, now.guidance, now.rescale, now.guided_from,
        now.guided_to, now.clip,
    )  # fmt: skip


def _read(
    network: Model, reader: Reader, now: Settings, t: int, guesses: Mapping[str, Guess]
) -> dict[str, Tensor]:
    """What the reader finds in x_0, and how far that is what was asked."""
    numbers, wish = {}, wished(now, t)
    for name in WHOSE.keys() & guesses.keys():
        read, likely = reader.readings(gauges.unit(guesses[name].x_0))
        if name == MINE:
            numbers |= {"dog": likely["species"][0, 1:].sum()}
            numbers |= {word: likely[word][0, 1] for word in ("glasses", "hat")}
        if wish:
            obeyed = wishes.obeyed(network.asks, wish, read, likely)
            numbers[f"{WHOSE[name]}obeyed"] = obeyed[0]
    return numbers


def _panel(x: Float[Tensor, "1 c h w"], side: int) -> Tensor:
    return octaves.panel(gauges.unit(x), side)
