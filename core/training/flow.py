"""The flow on a VAE's latents: where its pictures lie, which is not quite where the prior says.

It learns from draws of the encoder's Gaussians, so no latent comes twice, and says
log p of them in nats. What it is held against: N(0, 1), the VAE's own prior, and one
Gaussian of the latents' mean and covariance. Sampling latents from the flow in place of
the prior is the second stage of Dai and Wipf, Diagnosing and Enhancing VAE Models, 2019.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.distributions import MultivariateNormal

from core.metrics import bootstrap, likeness
from core.metrics.bootstrap import Interval
from core.models import reader
from core.models.generators import trained
from core.models.generators.flowed import NAME, OF
from core.models.generators.trained import Trained
from core.networks import flow, initial, shipping
from core.networks.flow import Flow, Form
from core.priors import views
from core.training import course, figures, learning, portraits, shipped
from core.training.figures import Gaussians
from core.training.learning import Losses, Plan
from core.training.portraits import Portraits
from core.training.report import Report
from core.training.shipped import Figures
from core.worlds import critters

AT_ONCE = 256  # pictures
BARS = {"lead over the prior in nats": 0.0, "lead over one Gaussian in nats": 0.0}


@dataclass(frozen=True)
class Recipe:
    """How large a flow, and how long it learns from how many portraits' Gaussians."""

    couplings: int = 12
    hidden: int = 256
    plan: Plan = Plan(6000, batch=256, learning_rate=1e-3)  # noqa: RUF009
    data: int = 65536
    held_out: int = 4096


def recipe_for(*, steps: int | None = None, is_tiny: bool = False) -> Recipe:
    """The recipe with what was asked for; raises RecipeError."""
    recipe = Recipe()
    if is_tiny:
        recipe = replace(recipe, hidden=16, plan=learning.tiny(recipe.plan), data=512, held_out=256)
    return replace(recipe, plan=learning.as_long(recipe.plan, steps))


def train(
    recipe: Recipe, *, out: Path, is_stopped: Callable[[], bool] = lambda: False
) -> Iterator[Report]:
    """Train the flow of the shipped VAE into `out`, its card beside it; goes on where it was.

    Raises TrainingStopped, with what was reached kept, when `is_stopped` becomes true, and
    MissingWeightsError where the VAE is not here.
    """
    vae, _ = trained.load(OF), reader.load()  # or it says what is missing, before it learns
    learned = yield from portraits.read(portraits.LEARNED, recipe.data)
    here = figures.gaussians(vae.module, learned.pixels)
    form = Form(vae.latent, recipe.couplings, recipe.hidden, recipe.plan.seed)
    module = Flow(form)
    initial.draw(module, recipe.plan.seed)
    flow.begin(module, figures.latents(here, views.generator(recipe.plan.seed, "begin")))
    stage = course.started(module)
    yield from learning.learn(
        stage,
        recipe.plan,
        lambda step: losses(stage.network, here, step, recipe.plan),
        name=NAME,
        mark={"recipe": asdict(recipe), "of": vae.fingerprint},
        is_stopped=is_stopped,
    )
    held_out = yield from portraits.read(portraits.HELD_OUT, recipe.held_out)
    state = shipping.halved(stage.average.state_dict())
    there = figures.gaussians(vae.module, held_out.pixels)
    asked = flow.network(form, state)
    reached = measure(asked, here, there) | likenesses(asked, vae, here, held_out)
    shipped.write(out, state, said(recipe, form, vae.fingerprint, reached), stage)
    learning.forget(NAME)


def losses(module: nn.Module, found: Gaussians, step: int, plan: Plan) -> Losses:
    """Minus log p of the latents of a step, in nats a number."""
    assert isinstance(module, Flow)
    noise = views.generator(plan.seed, step, "flow")
    rows = torch.randint(len(found.mean), (plan.batch,), generator=noise)
    z = figures.latents(Gaussians(found.mean[rows], found.log_variance[rows]), noise)
    return {"loss": -module.log_p(z).mean() / module.form.latent}


@torch.no_grad()
def measure(module: Flow, here: Gaussians, there: Gaussians) -> dict[str, Interval]:
    """Minus log p of held-out latents in nats: of the flow, and how much less that is than others'."""
    z = figures.latents(there, views.generator("held out"))
    known = figures.latents(here, views.generator("fitted"))
    one = MultivariateNormal(known.mean(0), known.T.cov())
    prior = MultivariateNormal(torch.zeros(z.shape[1]), torch.eye(z.shape[1]))
    ours = module.log_p(z)
    return {
        "NLL in nats": bootstrap.mean(-ours),
        "lead over the prior in nats": bootstrap.mean(ours - prior.log_prob(z)),
        "lead over one Gaussian in nats": bootstrap.mean(ours - one.log_prob(z)),
    }


@torch.no_grad()
def likenesses(
    module: Flow, vae: Trained, here: Gaussians, held_out: Portraits
) -> dict[str, Interval]:
    """KID of pictures beside held-out ones, by the factor reader's features, for each way to draw.

    As many are drawn as are held out; encoded ones are the held-out pictures come back.
    """
    count, noise = len(held_out), views.generator("likeness")
    epsilon = torch.randn(count, vae.latent, generator=noise)
    known = figures.latents(here, noise)
    factor = torch.linalg.cholesky(known.T.cov())
    ways = {
        "the prior": epsilon,
        "one Gaussian": known.mean(0) + epsilon @ factor.T,
        "the flow": module.latents(epsilon),
        "encoded ones": figures.gaussians(vae.module, held_out.pixels).mean,
    }
    read = reader.load().features
    true = torch.cat([read(portraits.pictures(x)) for x in held_out.pixels.split(AT_ONCE)])
    found = {}
    for way, z in ways.items():
        features = torch.cat([read(vae.decode(part)) for part in z.split(AT_ONCE)])
        kid = likeness.kid(features, true, size=min(likeness.SIZE, count // 2))
        half = 1.96 * kid.deviation / likeness.SUBSETS**0.5
        found[f"KID of {way}"] = Interval(kid.value, kid.value - half, kid.value + half)
    return found


def said(recipe: Recipe, form: Form, of: str, reached: Figures) -> dict[str, Any]:
    """What the file says of itself."""
    missing = shipped.missed(reached, BARS)
    prior, gaussian = (reached[f"lead over {one} in nats"] for one in ("the prior", "one Gaussian"))
    return {
        "network": NAME,
        "form": asdict(form),
        "of": of,
        "world": critters.VERSION,
        "recipe": asdict(recipe),
        "reached": shipped.rounded(reached),
        "not reached": missing,
        "card": shipped.card(
            NAME,
            recipe.data,
            f"Latents of {recipe.held_out} critters that it never saw are likelier than under N(0, 1) "
            f"by {prior.value:.1f} nats ({prior.low:.1f} to {prior.high:.1f}), and than under one "
            f"Gaussian of their mean and covariance by {gaussian.value:.1f} nats. KID of what it draws "
            f"{reached['KID of the flow'].value:.3f}, of the prior's pictures "
            f"{reached['KID of the prior'].value:.3f}.",
            missing,
        ),
    }
