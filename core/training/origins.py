"""What a small denoiser of convolutions makes, and where it comes from: the figures of its card.

Its pictures are held against those of the exact denoiser of its training set and of the patch mosaic,
each from the same noises (Kamb and Ganguli 2025, https://arxiv.org/abs/2412.20292). How large the
mosaic's patches are at each step is found first, on other noises, and ships with the weights.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from core import models
from core.diffusion import memory, mosaic, sampling, schedules
from core.diffusion.sampling import Denoiser, Guess
from core.metrics import agreement, likeness
from core.metrics.bootstrap import Interval
from core.networks import denoiser, shipping
from core.priors import views
from core.training import shipped
from core.training.course import Course
from core.training.report import Report
from core.training.shipped import Figures
from core.worlds import thumbnails

if TYPE_CHECKING:
    from core.training.denoisers import Recipe

STEPS, SCHEDULE, TIMES = 20, "cosine", "leading"
CALIBRATED, JUDGED = (
    {"digits": 4, "emoji": 2},
    {"digits": 24, "emoji": 8},
)  # noises: minutes of both
MADE, SUBSET = 256, 128  # pictures whose likeness is measured, and of a subset of KID
BARS = {"r2 of the mosaic": 0.6}
MOST = 0.5  # r2 of the memory
READ = 96  # px: emoji are shown to lite0 at this side

FEATURES = {  # who reads pictures of a kind, where
    "digits": ("digits", "relu4", 28),
    "emoji": ("lite0", "blocks.5", READ),
}
DATA = {
    "digits": "scans of handwritten digits (scikit-learn; Alpaydin and Kaynak 1998, CC BY 4.0), 16 px",
    "emoji": "pictures of Microsoft's Fluent Emoji (MIT), 24 px on white",
}

Pictures = Float[Tensor, "n c h w"]


def finish(name: str, recipe: "Recipe", stage: Course, *, out: Path) -> Iterator[Report]:
    """Measure what was learned, and write it with its card."""
    state = shipping.eighths(stage.average.state_dict())
    module = denoiser.network(recipe.form, state)
    known = thumbnails.signed(recipe.of)
    visited = schedules.visited(SCHEDULE, TIMES, STEPS)
    yield Report("calibrating", 0, STEPS)
    sides = mosaic.calibrated(
        of(module), noises_of(known, CALIBRATED[recipe.of], "calibrated"), visited, known
    )
    patches = [
        [round(float(t), 2), side]
        for t, side in zip(schedules.times(visited[:-1]), sides, strict=True)
    ]
    yield Report("measuring", 0, JUDGED[recipe.of])
    noises = noises_of(known, JUDGED[recipe.of], "judged")
    reached = compared(of(module), known, noises, lambda a: mosaic.side_at(patches, a))
    reached |= alike(module, known, recipe.of)
    shipped.write(
        out, stage.average.state_dict(), said(name, recipe, reached, patches), stage, in_int8=True
    )


def of(module: denoiser.Denoiser) -> Denoiser:
    """The network as a denoiser, clipped to where pictures are."""

    @torch.no_grad()
    def guess(x_t: Tensor, alpha_bar: Tensor) -> Guess:
        t = schedules.times(alpha_bar).float().expand(len(x_t))
        return sampling.guess_from_x_0(x_t, module(x_t, t).clamp(-1, 1), alpha_bar)

    return guess


def noises_of(known: Pictures, count: int, name: str) -> Float[Tensor, "b c h w"]:
    """So many noises of the size of these pictures."""
    return torch.randn(count, *known.shape[1:], generator=views.generator("origins", name))


def sampled(denoise: Denoiser, x: Pictures) -> Pictures:
    """Where the sampler ends from these noises."""
    visited = schedules.visited(SCHEDULE, TIMES, STEPS)
    for done in sampling.chain(denoise, x, visited, torch.Generator()):
        x = done.x_next
    return x


def compared(
    network: Denoiser,
    known: Pictures,
    noises: Float[Tensor, "b c h w"],
    side: Callable[[Tensor], int],
) -> dict[str, Interval]:
    """R2 with the network's pictures of those of the mosaic and of the memory, and with others."""
    made = sampled(network, noises)
    ours = {
        "mosaic": sampled(mosaic.denoiser(known, side), noises),
        "memory": sampled(memory.denoiser(known), noises),
    }
    found = {}
    for name, x in ours.items():
        found[f"r2 of the {name}"] = median(agreement.r2(x, made))
        found[f"r2 of the {name} with other pictures"] = median(agreement.shuffled(x, made))
    which, apart = memory.nearest(made, known)
    found["distance to the nearest picture it learned from"] = median(apart)
    found["r2 of that picture"] = median(agreement.r2(known[which], made))
    return found


def median(values: Float[Tensor, " n"]) -> Interval:
    """The median, and the quartiles as its interval."""
    low, middle, high = values.double().quantile(torch.tensor([0.25, 0.5, 0.75]).double()).tolist()
    return Interval(middle, low, high)


def alike(module: denoiser.Denoiser, known: Pictures, kind: str) -> dict[str, Interval]:
    """KID of its pictures, and of one half of what it learned from against the other."""
    made = [sampled(of(module), x) for x in noises_of(known, MADE, "made").split(32)]
    ours, real = (features(x, kind) for x in (torch.cat(made), known))
    size = real.square().mean().sqrt()  # of a feature: the cube of the kernel wants it near 1
    ours, real = ours / size, real / size
    halves = real[::2], real[1::2]
    found = {"KID": (ours, real), "KID of real pictures": halves}
    return {n: _kid(*pair) for n, pair in found.items()}


def _kid(x: Tensor, y: Tensor) -> Interval:
    found = likeness.kid(x, y, size=SUBSET)
    return Interval(found.value, found.value - found.deviation, found.value + found.deviation)


@torch.no_grad()
def features(x: Pictures, kind: str) -> Float[Tensor, "n features"]:
    """What a classifier makes of them, before it names them."""
    name, layer, side = FEATURES[kind]
    network = models.classifier(name)
    found = []
    for part in x.split(32):
        seen = F.interpolate(part / 2 + 0.5, (side, side), mode="bilinear", antialias=True)
        seen = seen.clamp(0, 1).expand(-1, 3, -1, -1).contiguous()
        read = network.activations(seen.to(network.device), layer).cpu()
        found.append(read.flatten(2).mean(2) if read.ndim == 4 else read)
    return torch.cat(found)


def said(
    name: str, recipe: "Recipe", reached: Figures, patches: list[list[float]]
) -> dict[str, Any]:
    """What the file says of itself."""
    mosaics, memories, others, kid, real = (
        reached[of].value
        for of in ("r2 of the mosaic", "r2 of the memory", "r2 of the mosaic with other pictures",
                   "KID", "KID of real pictures")
    )  # fmt: skip
    missing = shipped.missed(reached, BARS)
    if memories > MOST:
        missing.append(f"r2 of the memory: {memories:.3g}, wanted at most {MOST:g}.")
    sentence = (
        f"From the same noise its picture and that of the patch mosaic share {mosaics:.0%} of the variance "
        f"(median of {JUDGED[recipe.of]}), its and the memory's {memories:.0%}, other pictures {others:.0%}. "
        f"KID {kid:.3f}, of one half of what it learned from against the other {real:.3f}."
    )
    return {
        "network": name,
        "form": asdict(recipe.form),
        "recipe": asdict(recipe),
        "patches": patches,
        "reached": shipped.rounded(reached),
        "not reached": missing,
        "card": {
            "origin": f"Trained by this project: python -m core train {name}.",
            "licence": "MIT, as the code",
            "training_data": f"{thumbnails.SHEETS[recipe.of].count} {DATA[recipe.of]}.",
            "accuracy": " ".join([sentence, *(f"Not reached: {one}" for one in missing)]),
        },
    }
