"""Where does a denoiser's picture come from?

From one start noise three denoisers make a picture, step by step. The network learned from a few
hundred pictures that are all here. The memory is the exact denoiser of these pictures: it has
the least loss that there is, and ends in one of them. The mosaic is a formula too: each pixel looks
at the patch around it, and is taken to be what the middle of such patches was in the training pictures.
It knows no whole picture, as convolutions do not, and so puts parts of several together. What it
shares with the network's picture was no invention: here are the patches that it came from.

Kamb and Ganguli, An Analytic Theory of Creativity in Convolutional Diffusion Models, ICML 2025,
https://arxiv.org/abs/2412.20292. Departures: the network gives x_0, patches are calibrated by
the distance of x_0 (and not by the angle of scores), and a network of three sizes of maps is replaced by
one of a single size, without norms.
"""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from core.diffusion import memory, mosaic, sampling, schedules
from core.diffusion.mosaic import Mosaic
from core.metrics import agreement
from core.models import Denoiser
from core.priors import views
from core.probe import PICTURE, Choice, Frame, Live, Marks, Panel, Point, Range, State
from core.worlds import thumbnails

title = "Origin"
question = "Where does the picture come from?"
method = "a patch mosaic beside a denoiser"
source = "https://arxiv.org/abs/2412.20292"
limits = "It explains small networks of convolutions; attention reaches further than a patch."
endless = True  # a file ends a moment after the last step
pace = 4.0
uses: Mapping[str, str] = {"digits": "digits-denoiser", "emoji": "emoji-denoiser"}

SIDE, BESIDE, REST = 384, 192, 8  # px: of the picture, of those beside it; frames after the end
OTHERS = 6  # noises whose pictures are what is not meant
MOSAIC, MEMORY, NEAREST, SOURCE = "mosaic", "memory", "nearest", "source"  # panels
MADE = (PICTURE, MOSAIC, MEMORY)
ANY, OWN = "any place", "its own place"
CALIBRATED = "calibrated"
PATCHES = {CALIBRATED: 0, "1 px": 1, "3 px": 3, "5 px": 5, "9 px": 9, "15 px": 15, "the whole": 47}


@dataclass(frozen=True)
class Settings:
    """Which pictures are known, and how they are compared with what is in the noise."""

    data: Annotated[
        str, Choice(tuple(uses), live=True, help="what network, mosaic and memory know")
    ] = "digits"
    noise: Annotated[int, Range(0, 999, live=True, help="another start noise, another picture")] = 3
    patch: Annotated[
        str,
        Choice(
            tuple(PATCHES),
            live=True,
            help="how much a pixel of the mosaic sees; calibrated: at each step as the network agrees best",
        ),
    ] = CALIBRATED
    place: Annotated[
        str,
        Choice((ANY, OWN), live=True, help="where patches may come from, in the training pictures"),
    ] = ANY
    known: Annotated[
        int,
        Range(
            4, 1400, log=True, live=True, unit="pictures",
            help="how many of the training pictures mosaic and memory know; of emoji there are 512",
        ),
    ] = 1400  # fmt: skip
    steps: Annotated[int, Range(2, 50, live=True, help="from the noise to the picture")] = 20
    point: Annotated[
        tuple[float, ...],
        Point(0, 1, over=PICTURE, live=True, help="the pixel whose patch is traced back"),
    ] = (0.55, 0.6)


def length(settings: Settings, resources: Mapping[str, Any]) -> int:
    """Frames from the noise to a moment after the last step."""
    return settings.steps + REST


def caption(settings: Settings, numbers: Mapping[str, Any], resources: Mapping[str, Any]) -> str:
    """How much of the network's picture each formula explains, and where the pixel comes from."""
    done, side = int(numbers["step"]), int(numbers["patch"])
    return (
        f"Step {done} of {settings.steps}: the mosaic of {side} x {side} patches explains "
        f"{numbers['mosaic r2']:.0%} of the network's picture, the memory {numbers['memory r2']:.0%}, "
        f"other pictures of the network {numbers['shuffled r2']:.0%}. The patch under the ring is "
        f"{numbers['share']:.0%} from picture {int(numbers['training picture'])}."
    )


@dataclass(frozen=True)
class Scene:
    """What the settings decide but `point`: how large patches are at each step, and of which pictures.

    learned: what the network learned from. known: as many of it as mosaic and memory know.
    """

    network: Denoiser
    learned: Float[Tensor, "all c h w"]
    known: Float[Tensor, "n c h w"]
    visited: Float[Tensor, " visited"]
    sides: tuple[int, ...]

    @property
    def steps(self) -> int:
        """Of the chain."""
        return len(self.visited) - 1


def scene(now: Settings, network: Any) -> Scene:
    """Everything that three chains need."""
    learned = thumbnails.signed(now.data)
    visited = schedules.visited("cosine", "leading", now.steps)
    fixed = min(PATCHES[now.patch], 2 * network.side - 1)
    sides = tuple(fixed or mosaic.side_at(network.patches, a) for a in visited[:-1])
    return Scene(network, learned, learned[: now.known], visited, sides)


@dataclass(frozen=True)
class Seen:
    """What a step took x_t to be: each denoiser's x_0, and the mosaic's patches."""

    x_0: Mapping[str, Float[Tensor, "1 c h w"]]
    others: Float[Tensor, "m c h w"]
    patches: Mosaic


X = dict[str, Tensor]  # x_t of each chain


def noises(now: Settings, network: Denoiser) -> X:
    """Where all chains begin; the network's others begin elsewhere."""
    shape = (network.channels, network.side, network.side)
    start = torch.randn(1, *shape, generator=views.generator(now.noise, "origin"))
    others = torch.randn(OTHERS, *shape, generator=views.generator(now.noise, "others"))
    return {**dict.fromkeys(MADE, start), "others": others}


@torch.no_grad()
def looked(x: X, k: int, now: Settings, at: Scene) -> Seen:
    """Step k of every chain, without going on."""
    alpha_bar = at.visited[k]
    patches = mosaic.composed(x[MOSAIC], alpha_bar, at.known, at.sides[k], roams=now.place == ANY)
    one, others = (
        at.network.x_0(x[name].to(at.network.device), alpha_bar).clamp(-1, 1).cpu()
        for name in (PICTURE, "others")
    )
    recalled = memory.recalled(x[MEMORY], alpha_bar, at.known)
    made = {PICTURE: one, MOSAIC: patches.x_0, MEMORY: recalled.x_0}
    return Seen(made, others, patches)


def gone_on(x: X, k: int, seen: Seen, at: Scene) -> X:
    """X_t of every chain after step k."""
    after, none = at.visited[k + 1], torch.zeros((), dtype=torch.float64)
    guesses = {**seen.x_0, "others": seen.others}
    found = {}
    for name, x_0 in guesses.items():
        guess = sampling.guess_from_x_0(x[name], x_0, at.visited[k])
        found[name] = sampling.step(guess, none, alpha_bar_next=after, sigma=none).x_next
    return found


def run(
    digits: Denoiser, emoji: Denoiser, live: Live[Settings], state: State | None = None
) -> Iterator[Frame]:
    """A frame a step, then the end; another point is seen at once, any other change begins again."""
    networks = {"digits": digits, "emoji": emoji}
    step, k = (int(state[name]) if state else 0 for name in ("step", "k"))
    made, at, seen, x = int(state["made"]) if state else 0, None, None, dict[str, Tensor]()
    if state:
        x = {name: _tensor(state, name) for name in (*MADE, "others")}
    while True:
        now = live.now
        asked = _number(now)
        if asked != made:
            x, k, made, at = noises(now, networks[now.data]), 0, asked, None
        if at is None:
            at, seen = scene(now, networks[now.data]), None
        if seen is None:
            seen = looked(x, k, now, at)
        last = k == at.steps - 1
        after = {"step": step + 1, "k": k if last else k + 1, "made": made}
        going = x if last else gone_on(x, k, seen, at)
        yield _frame(step, k, now, at, seen, {**after, **going})
        step, k = step + 1, after["k"]
        if not last:
            x, seen = going, None


def _number(now: Settings) -> int:
    """A whole number for all that begins again where it changes."""
    return 1 + zlib.crc32(repr(replace(now, point=Settings.point)).encode())


def _tensor(state: State, name: str) -> Tensor:
    found = state[name]
    assert isinstance(found, Tensor)
    return found.cpu()


def _frame(step: int, k: int, now: Settings, at: Scene, seen: Seen, kept: State) -> Frame:
    one, others = seen.x_0[PICTURE], seen.others
    count = len(others)
    away = agreement.r2(seen.x_0[MOSAIC].expand(count, -1, -1, -1), others)
    row, column = _pixel(now.point, at.network.side)
    patch = {
        name: getattr(seen.patches, name)[0, row, column]
        for name in ("picture", "row", "column", "share")
    }
    which, apart = memory.nearest(one, at.learned)
    panels: dict[str, Panel] = {
        name: shown(x_0, SIDE if name == PICTURE else BESIDE) for name, x_0 in seen.x_0.items()
    }
    panels[NEAREST] = shown(at.learned[which], BESIDE)
    panels[SOURCE] = shown(at.known[patch["picture"]][None], BESIDE)
    here, side = torch.tensor([row, column]), at.sides[k]
    there = torch.stack((patch["row"], patch["column"]))
    for name, middle in ((PICTURE, here), (MOSAIC, here), (SOURCE, there)):
        panels[f"patch of {name}"] = _patch(middle, side, at.network.side, name)
    numbers = {
        "mosaic r2": agreement.r2(seen.x_0[MOSAIC], one)[0],
        "memory r2": agreement.r2(seen.x_0[MEMORY], one)[0],
        "nearest r2": agreement.r2(at.learned[which], one)[0],
        "shuffled r2": away.median(),
        "share": patch["share"],
        "training picture": patch["picture"],
        "nearest distance": apart[0],
        "patch": torch.tensor(side),
        "step": torch.tensor(k + 1),
        "alpha_bar": at.visited[k],
    }
    return Frame(
        step=step,
        panels=panels,
        numbers={name: value.float() for name, value in numbers.items()},
        state=lambda: {n: v.clone() if isinstance(v, Tensor) else v for n, v in kept.items()},
    )


def _pixel(point: tuple[float, ...], side: int) -> tuple[int, int]:
    """The row and the column under a point, whose y grows upwards."""
    across, up = (min(int(one * side), side - 1) for one in (point[0], 1 - point[1]))
    return up, across


def _patch(middle: Int64[Tensor, "2"], side: int, whole: int, over: str) -> Marks:
    """The outline of a patch around a pixel, as far as it lies in the picture."""
    low, high = ((middle + by).clamp(0, whole).flip(0) for by in (-(side // 2), side // 2 + 1))
    box = (torch.cat((low, high)) / whole).float()
    return Marks("boxes", box[None], classes=torch.tensor([0]), over=over)


def shown(x: Float[Tensor, "1 c h w"], side: int) -> Float[Tensor, "3 side side"]:
    """A small picture in [-1, 1] with its pixels as squares."""
    by = side // x.shape[2]
    picture = (x[0].clamp(-1, 1) / 2 + 0.5).expand(3, -1, -1)
    return picture.repeat_interleave(by, 1).repeat_interleave(by, 2).float().clone()
