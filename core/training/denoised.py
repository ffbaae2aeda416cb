"""What a denoiser reaches: is it obeyed, are its pictures like true ones, does it repeat what it saw?"""

import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Shaped, UInt8
from torch import Tensor

from core.diffusion import guidance, sampling, schedules
from core.diffusion.guidance import Asked, Guidance
from core.metrics import bootstrap, likeness, neighbours
from core.metrics.bootstrap import Interval
from core.models import reader
from core.models.denoisers import trained
from core.models.denoisers.trained import Trained
from core.models.generators import flowed
from core.models.model import Card
from core.networks import denoiser
from core.priors import views
from core.training import portraits
from core.training.report import Report
from core.worlds import conditions, critters

W, STEPS, MANY = 2.0, 20, 50  # guidance and steps of what is asked for; steps of what is compared
AT_ONCE = 64  # pictures
ASKED, COMPARED, NEAREST = 8, 2, 32  # of as many pictures as are unseen, one in so many is made
NEAR = 0.2  # of a continuous factor in [0, 1]: how near to what was asked is obeyed
OTHERS = 5  # seed of true critters that are compared with true ones
SURE = ("species", "glasses", "hat")
BARS = {
    **{f"obeyed: {name}": 0.95 for name in (*SURE, "dark")},
    "KID of the flow's pictures over its own": 1 / 1.5,
}
TOLD = (
    *BARS, "KID", "KID of true pictures", "nearest over that of true pictures",
    "seconds of a picture",
)  # fmt: skip


@dataclass(frozen=True)
class Learned:
    """Pictures, and what each can be asked for: n rows, of no number where nothing is known.

    unseen: pictures of the same kind that are not learned from; figures take a share of as many.
    """

    pixels: UInt8[Tensor, "n channels side side"]
    told: Float[Tensor, "n told"]
    unseen: UInt8[Tensor, "m channels side side"]


def model_of(name: str, module: denoiser.Denoiser) -> Trained:
    """A network that is not shipped yet, as the figures ask it."""
    nothing = Card(origin="", licence="", training_data="", accuracy="")
    return Trained(module, name=name, title=trained.TITLES.get(name, name), card=nothing)


def measured(model: Trained, learned: Learned) -> Generator[Report, None, dict[str, Interval]]:
    """All figures of a denoiser, in the end; a report before each part."""
    reached: dict[str, Interval] = {}
    every = MEASURED.get(model.of, (_repeats,))
    for done, of in enumerate(every):
        yield Report("measuring", done, len(every))
        reached |= of(model, learned)
    return reached


@torch.no_grad()
def sampled(
    model: Trained, x: Float[Tensor, "n c h w"], asked: Asked | None, w: float, steps: int
) -> Float[Tensor, "n c h w"]:
    """The pictures, in [0, 1], that come out of this noise."""
    visited = schedules.visited("cosine", "trailing", steps)
    found = []
    for rows in torch.arange(len(x)).split(AT_ONCE):
        some = Asked(asked.told[rows], asked.known[rows]) if asked else None
        ask = guidance.asking(model.x_0, some, Guidance(w))
        *_, last = sampling.chain(ask, x[rows], visited, torch.Generator())
        found.append(last.x_0)
    return torch.cat(found).clamp(-1, 1).add(1).div(2)


def noise(model: Trained, count: int) -> Float[Tensor, "n c h w"]:
    """The noise that the figures start from."""
    shape = (count, model.channels, model.side, model.side)
    return torch.randn(shape, generator=views.generator("start", model.name))


def _read(x: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 3 64 64"]:
    """As large as the reader reads."""
    return F.interpolate(x, portraits.SIDE, mode="bilinear") if x.shape[-1] != portraits.SIDE else x


@torch.no_grad()
def _obeyed(model: Trained, learned: Learned) -> dict[str, Interval]:
    """How often the reader finds in the pictures what was asked of them, at w = 2."""
    count = len(learned.unseen) // ASKED
    factors = critters.sample(count, seed=portraits.HELD_OUT)
    told = conditions.numbers(model.asks, factors)
    began = time.perf_counter()
    x = sampled(model, noise(model, count), Asked(told, torch.ones_like(told)), W, STEPS)
    seconds = (time.perf_counter() - began) / count
    read = reader.load().read(_read(x))
    found = {
        f"obeyed: {n}": bootstrap.mean(obeys(n, read[n], factors[n]).float()) for n in model.asks
    }
    return found | {"seconds of a picture": Interval(seconds, seconds, seconds)}


def obeys(name: str, read: Float[Tensor, " n"], asked: Shaped[Tensor, " n"]) -> Bool[Tensor, " n"]:
    """Whether what is read is what was asked: the same word, or near in its range."""
    factor = critters.FACTORS[name]
    if factor.words:
        return read.round() == asked
    return (read - asked).abs() <= NEAR * (factor.high - factor.low)


@torch.no_grad()
def _alike(model: Trained, learned: Learned) -> dict[str, Interval]:
    """KID, precision and recall beside true critters; the flow's pictures and true ones, as well."""
    read, count = reader.load().features, len(learned.unseen) // COMPARED
    true, others = (_true(count, seed, model.side) for seed in (portraits.HELD_OUT, OTHERS))
    told = conditions.numbers(model.asks, critters.sample(count, seed=OTHERS))
    x = sampled(model, noise(model, count), Asked(told, torch.ones_like(told)), 1.0, MANY)
    here, features = read(_read(x)), read(_read(true))
    z = torch.randn(count, flowed.load().latent, generator=views.generator("flow"))
    flow = torch.cat([read(flowed.load().decode(part)) for part in z.split(AT_ONCE)])
    kid = {
        "KID": _kid(here, features),
        "KID of true pictures": _kid(read(_read(others)), features),
        "KID of the flow's pictures": _kid(flow, features),
    }
    near = neighbours.neighbours(features, here)
    ratio = kid["KID of the flow's pictures"].value / kid["KID"].value
    return {
        **kid,
        "KID of the flow's pictures over its own": Interval(ratio, ratio, ratio),
        **{n: Interval(v, v, v) for n, v in asdict(near).items()},
    }


def _true(count: int, seed: int, side: int) -> Float[Tensor, "n 3 h w"]:
    factors = critters.sample(count, seed=seed)
    return critters.render(factors, side, parts=False, landmarks=False).image


def _kid(x: Float[Tensor, "n d"], y: Float[Tensor, "m d"]) -> Interval:
    found = likeness.kid(x, y, size=min(likeness.SIZE, len(x) // 2))
    half = 1.96 * found.deviation / likeness.SUBSETS**0.5
    return Interval(found.value, found.value - half, found.value + half)


@torch.no_grad()
def _repeats(model: Trained, learned: Learned) -> dict[str, Interval]:
    """How near a picture comes to one that was learned from, beside how near unseen ones lie.

    Around 1: it repeats nothing; near 0: it repeats what it saw. In rms of [0, 1].
    """
    count = len(learned.unseen) // NEAREST
    told = learned.told[:count]
    asked = Asked(told, torch.ones_like(told)) if model.asks else None
    x = sampled(model, noise(model, count), asked, 1.0, MANY)
    ours = nearest(x, learned.pixels)
    theirs = nearest(learned.unseen[:count].float() / 255, learned.pixels)
    ratio = float(ours.mean() / theirs.mean())
    return {
        "nearest": bootstrap.mean(ours),
        "nearest of true pictures": bootstrap.mean(theirs),
        "nearest over that of true pictures": Interval(ratio, ratio, ratio),
    }


def nearest(x: Float[Tensor, "n c h w"], known: UInt8[Tensor, "m c h w"]) -> Float[Tensor, " n"]:
    """The rms distance of each picture to the nearest of those that are known."""
    best = torch.full((len(x),), torch.inf)
    for part in known.split(portraits.BLOCK):
        apart = torch.cdist(x.flatten(1), part.flatten(1).float() / 255)
        best = torch.minimum(best, apart.min(1).values)
    return best / x[0].numel() ** 0.5


MEASURED: Mapping[str, tuple[Callable[[Trained, Learned], dict[str, Interval]], ...]] = {
    "critters": (_obeyed, _alike, _repeats)
}
