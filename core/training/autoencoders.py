"""The autoencoders and VAEs of critters: what each learns from, and for how long.

A VAE's loss is that of the sigma-VAE (Rybkin, Daniilidis and Levine, Simple and
Effective VAE Training with Calibrated Decoders, 2021): the decoder's variance is the
batch's own mean square error, so the balance with the prior needs no tuning,

    loss = D / 2 log MSE + beta KL,

here divided by the D numbers of a picture. beta = 1 is the bound on log p(x); other
values trade detail for latents nearer to the prior (Higgins et al., beta-VAE, 2017).
An autoencoder has the first term alone.

Plain squares do not see a mouth: it is a hundredth of the pixels. Eyes, nose, mouth,
glasses and whiskers, and what lies within two pixels of them, count more. What is
known of a picture's parts enters nowhere else.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Bool, UInt8
from torch import Tensor, nn

from core.models.cache import fingerprint
from core.models.generators import trained
from core.networks import autoencoder, initial, shipping
from core.networks.autoencoder import Autoencoder, Form, Pictures
from core.priors import views
from core.training import batches, course, figures, learning, portraits, shipped
from core.training.figures import Gaussians
from core.training.known import known
from core.training.learning import Losses, Plan
from core.training.portraits import Portraits
from core.training.report import Report
from core.training.shipped import Figures
from core.worlds import critters

COUNTS = {"eye": 3, "nose": 2, "mouth": 4, "glasses": 3, "whisker": 2}  # as so many pixels
REACH = 5  # px a side: of the square round a pixel of a small part that counts as it does
PIXELS = 3 * portraits.SIDE**2  # numbers of a picture: D
ORDERED = 8192  # portraits that put the units in order
NOISE, RECTANGLES, SIDES = 0.5, 3, (8, 24)  # largest deviation; the most there are, and px a side


@dataclass(frozen=True)
class Recipe:
    """What is learned, and how.

    beta: weight of a VAE's KL. ease: steps in which it grows to that. is_weighted: whether
    small parts count more. is_denoiser: whether what is encoded is disturbed. start: whose
    weights it begins with, where their shapes fit; "": none. data, held_out: portraits.
    """

    form: Form
    plan: Plan
    beta: float = 1.0
    ease: int = 1000
    is_weighted: bool = True
    is_denoiser: bool = False
    start: str = ""
    data: int = 65536
    held_out: int = 4096


VAE = "critters-vae"
LONG, SHORT = Plan(12000, learning_rate=1e-3), Plan(6000, learning_rate=1e-3)


def _vae(beta: float) -> Recipe:
    """Of another beta: it begins where beta 1 has come to, so units stand for much the same."""
    return Recipe(Form(64, 24, spread=True), SHORT, beta, ease=1, start=VAE)


def _autoencoder(latent: int, plan: Plan, *, is_denoiser: bool = False) -> Recipe:
    form = Form(latent, 24, spread=False)
    return Recipe(form, plan, is_denoiser=is_denoiser, start=VAE)


RECIPES = {
    VAE: Recipe(Form(64, 24, spread=True), Plan(28000)),
    "critters-vae-narrow": Recipe(Form(64, 16, spread=True), Plan(24000, seed=1)),
    "critters-vae-beta-0.3": _vae(0.3),
    "critters-vae-beta-4": _vae(4),
    "critters-vae-beta-16": _vae(16),
    "critters-ae-2": _autoencoder(2, SHORT),
    "critters-ae-8": _autoencoder(8, SHORT),
    "critters-ae-32": _autoencoder(32, LONG),
    "critters-ae-128": _autoencoder(128, LONG),
    "critters-vae-plain": Recipe(
        Form(64, 24, spread=True), Plan(25000, seed=1), ease=1, is_weighted=False, start=VAE
    ),
    "critters-ae-32-plain": Recipe(
        Form(32, 24, spread=False), Plan(47000), is_weighted=False, start="critters-ae-32"
    ),
    "critters-ae-denoising": _autoencoder(32, LONG, is_denoiser=True),
}
_READ = {
    **{f"R2 of {name}": 0.85 for name in (
        "species", "warmth", "dark", "bg_hue", "light", "x", "y", "scale", "yaw", "tilt",
    )},
    "R2 of smile": 0.6,
    "R2 of mouth_open": 0.6,
}  # fmt: skip
BARS = {
    "critters-vae": {"PSNR in dB": 25.0, **_READ},
    "critters-vae-plain": {"PSNR in dB": 25.0, **_READ},
    "critters-ae-32": {"PSNR in dB": 25.0, "lead over PCA in dB": 3.0},
    "critters-ae-32-plain": {"PSNR in dB": 25.0, "lead over PCA in dB": 3.0},
    "critters-ae-128": {"PSNR in dB": 29.0},
}  # fmt: skip


def recipe_for(name: str, *, steps: int | None = None, is_tiny: bool = False) -> Recipe:
    """The recipe of that name with what was asked for; raises RecipeError.

    is_tiny: a narrow one that sees a few pictures, to see that all of it works.
    """
    recipe = RECIPES[name]
    if is_tiny:
        form, plan = replace(recipe.form, width=8), learning.tiny(recipe.plan)
        recipe = replace(recipe, form=form, plan=plan, ease=10, start="", data=512, held_out=256)
    return replace(recipe, plan=learning.as_long(recipe.plan, steps))


def train(
    name: str, recipe: Recipe, *, out: Path, is_stopped: Callable[[], bool] = lambda: False
) -> Iterator[Report]:
    """Train the autoencoder of that name into `out`, its card beside it; goes on where it was.

    Raises TrainingStopped, with what was reached kept, when `is_stopped` becomes true.
    """
    learned = yield from portraits.read(portraits.LEARNED, recipe.data)
    stage = course.started(initialised(recipe))
    begins = fingerprint("begins", stage.network.state_dict())
    weight = weights(learned)
    yield from learning.learn(
        stage,
        recipe.plan,
        lambda step: losses(stage.network, learned, weight, step, recipe),
        name=name,
        mark={"recipe": asdict(recipe), "world": critters.VERSION, "begins": begins},
        is_stopped=is_stopped,
    )
    held_out = yield from portraits.read(portraits.HELD_OUT, recipe.held_out)
    order(stage.average, learned.pixels)
    state = shipping.halved(stage.average.state_dict())
    network = autoencoder.network(recipe.form, state)
    reached = figures.measure(network, learned, held_out)
    if recipe.is_denoiser:
        reached |= figures.restoration(network, held_out, disturbed)
    shipped.write(out, state | known(network.encode), said(name, recipe, reached), stage)
    learning.forget(name)


def said(name: str, recipe: Recipe, reached: Figures) -> dict[str, Any]:
    """What the file says of itself."""
    missing = shipped.missed(reached, BARS.get(name, {}))
    psnr, pca = (reached[f"PSNR in dB{of}"] for of in ("", " of PCA"))
    return {
        "network": name,
        "form": asdict(recipe.form),
        "world": critters.VERSION,
        "recipe": asdict(recipe),
        "reached": shipped.rounded(reached),
        "not reached": missing,
        "card": shipped.card(
            name,
            recipe.data,
            f"{psnr.value:.1f} dB on {recipe.held_out} critters that it never saw "
            f"({psnr.low:.1f} to {psnr.high:.1f}); as many principal components {pca.value:.1f} dB.",
            missing,
        ),
    }


def initialised(recipe: Recipe) -> Autoencoder:
    """Weights drawn by seed, or those of the network that the recipe begins with.

    Raises MissingWeightsError where that one is not here.
    """
    module = Autoencoder(recipe.form)
    initial.draw(module, recipe.plan.seed)
    if recipe.start:
        own, other = module.state_dict(), trained.load(recipe.start).module.state_dict()
        fit = {name: t for name, t in other.items() if own[name].shape == t.shape}
        module.load_state_dict(own | fit)
    return module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def weights(learned: Portraits) -> UInt8[Tensor, "n 1 64 64"]:
    """How much each pixel counts: as the small part within REACH that counts the most, or 1."""
    counts = torch.tensor([COUNTS.get(part, 1) for part in critters.PARTS])
    found = torch.empty(len(learned), 1, portraits.SIDE, portraits.SIDE, dtype=torch.uint8)
    for rows in torch.arange(len(learned)).split(portraits.BLOCK):
        here = counts[learned.parts[rows].long()].float()[:, None]
        found[rows] = F.max_pool2d(here, REACH, stride=1, padding=REACH // 2).to(torch.uint8)
    return found


def losses(
    module: nn.Module, learned: Portraits, weight: Tensor, step: int, recipe: Recipe
) -> Losses:
    """The loss of a step; the weighted mean square error, and a VAE's KL in nats."""
    assert isinstance(module, Autoencoder)
    plan, noise = recipe.plan, views.generator(recipe.plan.seed, step, "latents")
    rows = batches.sampled(len(learned), plan.batch, step=step, key=(plan.seed, "portraits"))
    x = portraits.pictures(learned.pixels[rows])
    weighs = weight[rows].float() if recipe.is_weighted else torch.ones(())
    return balanced(module, x, weighs, noise, step, recipe)


def balanced(
    module: Autoencoder, x: Pictures, weighs: Tensor, noise: torch.Generator, step: int,
    recipe: Recipe,
) -> Losses:  # fmt: skip
    """The same of pictures, each pixel of which counts by what it weighs."""
    found = Gaussians(*module.gaussians(disturbed(x, noise) if recipe.is_denoiser else x))
    y = module.decode(figures.latents(found, noise))
    error = ((y - x).square() * weighs).mean() / weighs.mean()
    loss = error.log() / 2
    if not recipe.form.spread:
        return {"loss": loss, "error": error}
    nats = figures.kl(found).sum(1).mean()
    beta = recipe.beta * min(1.0, (step + 1) / recipe.ease)
    return {"loss": loss + beta * nats / PIXELS, "error": error, "KL": nats}


def disturbed(x: Pictures, noise: torch.Generator) -> Pictures:
    """Each picture with noise of a deviation up to .5, and one to three grey rectangles."""
    n, _, height, width = x.shape
    deviation = NOISE * torch.rand(n, 1, 1, 1, generator=noise)
    seen = (x + deviation * torch.randn(x.shape, generator=noise)).clamp(0, 1)
    count = torch.randint(1, RECTANGLES + 1, (n,), generator=noise)
    for number in range(RECTANGLES):
        rows, columns = (_stretch(n, side, noise) for side in (height, width))
        there = rows[:, None, :, None] & columns[:, None, None, :]
        seen = seen.masked_fill(there & (number < count)[:, None, None, None], 0.5)
    return seen


def _stretch(n: int, side: int, noise: torch.Generator) -> Bool[Tensor, "n side"]:
    """Some pixels in a row, the same place for none."""
    length = torch.randint(SIDES[0], SIDES[1] + 1, (n, 1), generator=noise)
    first = (torch.rand(n, 1, generator=noise) * (side - length + 1)).long()
    at = torch.arange(side)
    return (at >= first) & (at < first + length)


@torch.no_grad()
def order(module: nn.Module, pixels: UInt8[Tensor, "n 3 64 64"]) -> None:
    """Put the latent's units in order, the one that says most first; pictures stay the same.

    A VAE's by their KL. An autoencoder's are turned and stretched to principal components
    of variance 1, so that N(0, 1) in each is near to what the encoder gives.
    """
    assert isinstance(module, Autoencoder)
    found, latent = figures.gaussians(module, pixels[:ORDERED]), module.form.latent
    if module.form.spread:
        first = figures.kl(found).mean(0).argsort(descending=True)
        autoencoder.recode(module, torch.eye(latent)[first], torch.zeros(latent))
        return
    codes = found.mean.double()
    variances, axes = torch.linalg.eigh(codes.T.cov().view(latent, latent))
    matrix = (axes / variances.clamp(min=1e-12).sqrt()).T.flip(0)
    autoencoder.recode(module, matrix, codes.mean(0))
