"""The VAEs of pictures of which nobody knows factors: emoji, and the faces that a public GAN draws.

They are those of `core.training.autoencoders` with plain squares. What ships beside
their weights are the latents of what they learned from, and how each of those looks.
"""

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from core.metrics import bootstrap, ridge
from core.models.cache import fingerprint
from core.models.generators import faces
from core.models.generators.latents import BESIDE, VALUES
from core.networks import autoencoder, shipping
from core.networks.autoencoder import Autoencoder, Form
from core.priors import views
from core.training import (
    autoencoders,
    batches,
    course,
    emoji,
    figures,
    learning,
    portraits,
    shipped,
)
from core.training.autoencoders import VAE, Recipe
from core.training.learning import Losses, Plan
from core.training.report import Report
from core.training.shipped import Figures
from core.worlds import appearance

SHIFT, SCALE = 0.08, 0.1  # of half a picture's side: how far a view of an emoji is moved, and grown
KNOWN, AT_ONCE = 2048, 64  # pictures whose latents ship; faces drawn at once
LEARNED, HELD_OUT = 1, 2  # seeds of faces

Pictures = UInt8[Tensor, "_ 3 64 64"]
Sets = tuple[Pictures, Pictures]  # what is learned from, and what is held out


@dataclass(frozen=True)
class Collection:
    """Pictures of one kind. told: what they are. licence: of what is made of them."""

    recipe: Recipe
    is_viewed: bool
    told: str
    licence: str


COLLECTIONS: Mapping[str, Collection] = {
    "emoji-vae": Collection(
        Recipe(Form(64, 24, spread=True), Plan(16000), is_weighted=False, start=VAE),
        is_viewed=True,
        told="pictures of Microsoft's Fluent Emoji on white (the npm package "
        "@lobehub/fluent-emoji-3d 1.1.0), moved and mirrored a little",
        licence="MIT, as the code and the emoji",
    ),
    "faces-vae": Collection(
        Recipe(Form(64, 24, spread=True), Plan(16000), is_weighted=False, start=VAE, data=32768),
        is_viewed=False,
        told=f"faces drawn by {faces.TITLE} ({faces.SOURCE.name} {faces.SOURCE.version})",
        licence=faces.CARD.licence,
    ),
}


def recipe_for(name: str, *, steps: int | None = None, is_tiny: bool = False) -> Recipe:
    """The recipe of that name with what was asked for; raises RecipeError."""
    recipe = COLLECTIONS[name].recipe
    if is_tiny:
        form, plan = replace(recipe.form, width=8, latent=16), learning.tiny(recipe.plan)
        recipe = replace(recipe, form=form, plan=plan, start="", data=512, held_out=64)
    return replace(recipe, plan=learning.as_long(recipe.plan, steps))


def train(
    name: str,
    recipe: Recipe,
    *,
    out: Path,
    folder: Path | None = None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Iterator[Report]:
    """Train the VAE of that name into `out`, its card beside it; goes on where it was.

    folder: of pictures, in place of the emoji. Raises TrainingStopped, with what was reached
    kept, when `is_stopped` becomes true, and what `emoji.read` and `faces.load` raise.
    """
    learned, held_out = yield from read(name, recipe, folder)
    kind, stage = COLLECTIONS[name], course.started(autoencoders.initialised(recipe))
    begins = fingerprint("begins", stage.network.state_dict())
    yield from learning.learn(
        stage,
        recipe.plan,
        lambda step: losses(stage.network, learned, step, recipe, is_viewed=kind.is_viewed),
        name=name,
        mark={
            "recipe": asdict(recipe),
            "pictures": fingerprint("pictures", {"x": learned}),
            "begins": begins,
        },
        is_stopped=is_stopped,
    )
    autoencoders.order(stage.average, learned)
    state = shipping.halved(stage.average.state_dict())
    network = autoencoder.network(recipe.form, state)
    reached = measure(network, learned, held_out)
    shipped.write(
        out, state | known(network, learned), said(name, recipe, reached, len(learned)), stage
    )
    learning.forget(name)


def read(name: str, recipe: Recipe, folder: Path | None = None) -> Generator[Report, None, Sets]:
    """The pictures of a recipe."""
    if name == "emoji-vae":
        pixels = yield from emoji.read(folder)
        return emoji.parted(pixels)
    drawer = faces.load()
    learned = yield from _faces(drawer, recipe.data, LEARNED)
    return learned, (yield from _faces(drawer, recipe.held_out, HELD_OUT))


@torch.no_grad()
def _faces(drawer: faces.Faces, count: int, seed: int) -> Generator[Report, None, Pictures]:
    """Faces as bytes."""
    found = torch.empty(count, 3, portraits.SIDE, portraits.SIDE, dtype=torch.uint8)
    for number, z in enumerate(faces.draws(count, seed).split(AT_ONCE)):
        first = number * AT_ONCE
        found[first : first + len(z)] = (drawer.decode(z.to(drawer.device)) * 255).round().cpu()
        if number % 64 == 0:
            yield Report("drawing", first, count)
    return found


def losses(
    module: nn.Module, learned: Pictures, step: int, recipe: Recipe, *, is_viewed: bool
) -> Losses:
    """The loss of a step; the mean square error, and the KL in nats."""
    assert isinstance(module, Autoencoder)
    plan, noise = recipe.plan, views.generator(recipe.plan.seed, step, "latents")
    rows = batches.sampled(len(learned), plan.batch, step=step, key=(plan.seed, "collection"))
    x = portraits.pictures(learned[rows])
    if is_viewed:
        x = viewed(x, noise)
    return autoencoders.balanced(module, x, torch.ones(()), noise, step, recipe)


def viewed(x: Float[Tensor, "n 3 h w"], noise: torch.Generator) -> Float[Tensor, "n 3 h w"]:
    """Each picture moved a little, larger or smaller, and mirrored or not."""
    n = len(x)
    size = 1 + SCALE * views.uniform(n, noise)
    right, down = SHIFT * views.uniform(n, noise), SHIFT * views.uniform(n, noise)
    mirror = torch.randint(0, 2, (n,), generator=noise) * 2 - 1
    nought = torch.zeros(n)
    rows = torch.stack((size * mirror, nought, right, nought, size, down), 1).view(n, 2, 3)
    seen = views.look(x, rows, side=x.shape[-1])
    return seen.contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def measure(module: Autoencoder, learned: Pictures, held_out: Pictures) -> Figures:
    """PSNR, the lead over as many principal components, KL, R2 of how each picture looks."""
    here, there = (figures.gaussians(module, one[: figures.FITTED]) for one in (held_out, learned))
    found = figures.reconstruction(module, learned, held_out) | figures.told(here)
    again = figures.reconstruction(module, learned, learned[: len(held_out)])
    found["PSNR in dB of what it learned from"] = again["PSNR in dB"]
    looks = (
        appearance.measured(portraits.pictures(one[: figures.FITTED]))
        for one in (learned, held_out)
    )
    fitted, true = looks
    for name in appearance.ATTRIBUTES:
        read = ridge.fit(there.mean, fitted[name][:, None])
        share = bootstrap.explained(ridge.predicted(here.mean, read), true[name][:, None])
        found[f"R2 of {name}"] = share
    return found


@torch.no_grad()
def known(module: Autoencoder, learned: Pictures) -> dict[str, Float[Tensor, "..."]]:
    """The latents of pictures that it learned from, and how each of those looks."""
    parts = [portraits.pictures(part) for part in learned[:KNOWN].split(figures.AT_ONCE)]
    looks = [appearance.measured(x) for x in parts]
    return {
        f"{BESIDE}independent": torch.cat([module.encode(x) for x in parts]),
        **{f"{VALUES}{name}": torch.cat([one[name] for one in looks]) for name in looks[0]},
    }


def said(name: str, recipe: Recipe, reached: Figures, count: int) -> dict[str, Any]:
    """What the file says of itself."""
    kind = COLLECTIONS[name]
    psnr, pca, own = (
        reached[f"PSNR in dB{of}"] for of in ("", " of PCA", " of what it learned from")
    )
    return {
        "network": name,
        "form": asdict(recipe.form),
        "recipe": asdict(recipe),
        "reached": shipped.rounded(reached),
        "not reached": [],
        "card": {
            "origin": f"Trained by this project: python -m core train {name}.",
            "licence": kind.licence,
            "training_data": f"{count} {kind.told}.",
            "accuracy": f"{psnr.value:.1f} dB on pictures that it never saw "
            f"({psnr.low:.1f} to {psnr.high:.1f}), {own.value:.1f} dB on those that it learned from; "
            f"as many principal components {pca.value:.1f} dB.",
        },
    }
