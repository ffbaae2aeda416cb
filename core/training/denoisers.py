"""The denoisers: what each learns from, and for how long.

The step is that of `core.diffusion.loss`. What a picture is asked for is told in three ways:
of most pictures all of it, of others some of it, of one in eight nothing, so that one network
can be asked anything, and its guess without a condition is there for guidance (Ho and Salimans,
Classifier-Free Diffusion Guidance, 2022, https://arxiv.org/abs/2207.12598).
"""

from collections.abc import Callable, Generator, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from core.diffusion import loss, schedules
from core.models.cache import fingerprint
from core.networks import denoiser, initial, shipping
from core.networks.denoiser import Denoiser, Form
from core.priors import views
from core.training import batches, course, denoised, learning, origins, portraits, shipped
from core.training.denoised import Learned
from core.training.learning import Losses, Plan
from core.training.report import Report
from core.training.shipped import Figures
from core.worlds import conditions, thumbnails

NOTHING, SOME = (
    0.12,
    0.44,
)  # shares of the pictures of which nothing, or each number by chance, is told


@dataclass(frozen=True)
class Recipe:
    """What is learned, and how.

    of: the pictures. start: the file that it goes on from; "": none. data, held_out: pictures.
    """

    of: str
    form: Form
    plan: Plan
    start: str = ""
    data: int = 65536
    held_out: int = 4096


def _local(side: int, channels: int, width: int) -> Form:
    """Convolutions and nothing else: each place sees its neighbourhood, and all learn alike."""
    return Form(side, channels, block=1, widths=(width,), deep=1, attends=(False,), norms=False)


def _twin(*, planes: bool) -> Recipe:
    """One of two small twins that differ by how the condition comes in, and by nothing else."""
    form = Form(
        32, block=2, widths=(32, 40), attends=(False, False), told=len(conditions.CRITTERS),
        planes=planes,
    )  # fmt: skip
    return Recipe("critters", form, Plan(3000, batch=64, learning_rate=2e-3), data=16384)


CRITTERS = "critters-denoiser"
RECIPES = {
    CRITTERS: Recipe(
        "critters",
        Form(told=len(conditions.CRITTERS), widths=(96, 96, 128)),
        Plan(9000, batch=64, learning_rate=2e-3),
    ),
    "critters-denoiser-film": _twin(planes=False),
    "critters-denoiser-planes": _twin(planes=True),
    "digits-denoiser": Recipe(
        "digits", _local(16, 1, 48), Plan(6000, batch=64, learning_rate=1e-3)
    ),
    "emoji-denoiser": Recipe("emoji", _local(24, 3, 32), Plan(1500, batch=32, learning_rate=1e-3)),
}


def recipe_for(name: str, *, steps: int | None = None, is_tiny: bool = False) -> Recipe:
    """The recipe of that name with what was asked for; raises RecipeError."""
    recipe = RECIPES[name]
    if is_tiny:
        form = replace(recipe.form, widths=tuple(32 for _ in recipe.form.widths))
        plan = learning.tiny(recipe.plan)
        recipe = replace(recipe, form=form, plan=plan, start="", data=512, held_out=256)
    return replace(recipe, plan=learning.as_long(recipe.plan, steps))


def train(
    name: str, recipe: Recipe, *, out: Path, is_stopped: Callable[[], bool] = lambda: False
) -> Iterator[Report]:
    """Train the denoiser of that name into `out`, its card beside it; goes on where it was.

    Raises TrainingStopped, with what was reached kept, when `is_stopped` becomes true.
    """
    learned = yield from pictures(recipe)
    stage = course.started(initialised(recipe))
    begins = fingerprint("begins", stage.network.state_dict())
    yield from learning.learn(
        stage,
        recipe.plan,
        lambda step: losses(stage.network, learned, step, recipe.plan),
        name=name,
        mark={"recipe": asdict(recipe), "begins": begins},
        is_stopped=is_stopped,
    )
    if recipe.of in thumbnails.SHEETS:
        yield from origins.finish(name, recipe, stage, out=out)
    else:
        state = shipping.eighths(stage.average.state_dict())
        model = denoised.model_of(name, denoiser.network(recipe.form, state))
        reached = yield from denoised.measured(model, learned)
        shipped.write(out, state, said(name, recipe, reached), stage, in_int8=True)
    learning.forget(name)


def said(name: str, recipe: Recipe, reached: Figures) -> dict[str, Any]:
    """What the file says of itself."""
    missing = shipped.missed(reached, denoised.BARS if name == CRITTERS else {})
    words = [f"{what}: {one.value:.3g}" for what, one in reached.items() if what in denoised.TOLD]
    accuracy = f"{'; '.join(words)}."
    return {
        "network": name,
        "form": asdict(recipe.form),
        "recipe": asdict(recipe),
        "reached": shipped.rounded(reached),
        "not reached": missing,
        "card": shipped.card(name, recipe.data, accuracy, missing, side=recipe.form.side),
    }


def pictures(recipe: Recipe) -> Generator[Report, None, Learned]:
    """The pictures of a recipe; a report now and then while they are made."""
    if recipe.of in thumbnails.SHEETS:
        pixels = thumbnails.learned(recipe.of)
        return Learned(pixels, torch.zeros(len(pixels), 0), pixels[:0])
    found = yield from portraits.read(portraits.LEARNED, recipe.data)
    unseen = yield from portraits.read(portraits.HELD_OUT, recipe.held_out)
    told = conditions.numbers(conditions.OF[recipe.of], found.factors)
    return Learned(_sized(found.pixels, recipe), told, _sized(unseen.pixels, recipe))


def _sized(pixels: UInt8[Tensor, "n 3 64 64"], recipe: Recipe) -> UInt8[Tensor, "n 3 side side"]:
    """The pictures as small as the denoiser's."""
    by = portraits.SIDE // recipe.form.side
    if by == 1:
        return pixels
    parts = [F.avg_pool2d(x.float(), by).round().byte() for x in pixels.split(portraits.BLOCK)]
    return torch.cat(parts)


def initialised(recipe: Recipe) -> Denoiser:
    """Weights drawn by seed, each block its short way alone."""
    module = Denoiser(recipe.form)
    initial.draw(module, recipe.plan.seed)
    denoiser.calm(module)
    return module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def losses(module: nn.Module, learned: Learned, step: int, plan: Plan) -> Losses:
    """The loss of a step, drawn from (seed, step)."""
    assert isinstance(module, Denoiser)
    noise = views.generator(plan.seed, step, "noising")
    rows = batches.sampled(len(learned.pixels), plan.batch, step=step, key=(plan.seed, "pictures"))
    x_0 = signed(learned.pixels[rows])
    told = learned.told[rows]
    known = known_part(told, noise)
    alpha_bar = loss.alpha_bars(plan.batch, noise)
    x_t, epsilon = loss.noised(x_0, alpha_bar, noise)
    with torch.autocast(x_0.device.type, torch.bfloat16):
        said = module(x_t, schedules.times(alpha_bar).float(), told, known).float()
    if module.form.predicts == "epsilon":
        return {"loss": loss.of_epsilon(said, epsilon)}
    return {"loss": loss.of_x_0(said, x_0, alpha_bar)}


def known_part(told: Float[Tensor, "n told"], noise: torch.Generator) -> Float[Tensor, "n told"]:
    """What of it the network is told: nothing, each number by chance, or all."""
    how = torch.rand(len(told), 1, generator=noise)
    some = torch.rand(told.shape, generator=noise) < 0.5
    return ((how > NOTHING) & (some | (how > NOTHING + SOME))).float()


def signed(pixels: UInt8[Tensor, "n channels side side"]) -> Float[Tensor, "n channels side side"]:
    """Bytes as what is noised: [-1, 1], so that their mean is near 0."""
    x = pixels.to(torch.float32).div_(127.5).sub_(1)
    return x.contiguous(memory_format=torch.channels_last)
