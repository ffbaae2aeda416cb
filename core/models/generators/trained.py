"""Generators that this project trained: autoencoders and VAEs of critters, emoji and faces.

A file of the lab's says all there is to say: form, origin and what was reached. Its
latents are N(0, 1) in each number, or near it: that is what a VAE learns towards, and an
autoencoder's were brought to principal components of variance 1.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from core.models import shipped
from core.models.cache import fingerprint
from core.models.devices import device
from core.models.generators import latents
from core.models.generators.latents import check
from core.models.inputs import check_latents, check_pictures
from core.models.model import Card, Generator, Known, of_random_weights
from core.networks import autoencoder, initial
from core.networks.autoencoder import SIDE, Autoencoder, Form
from core.settings import Kind

TITLES = {
    "critters-vae": "Critters, VAE",
    "critters-vae-plain": "Critters, VAE of plain squares",
    "critters-vae-narrow": "Critters, narrow VAE",
    "critters-vae-beta-0.3": "Critters, VAE of beta .3",
    "critters-vae-beta-4": "Critters, VAE of beta 4",
    "critters-vae-beta-16": "Critters, VAE of beta 16",
    "critters-ae-2": "Critters, autoencoder of 2 numbers",
    "critters-ae-8": "Critters, autoencoder of 8 numbers",
    "critters-ae-32": "Critters, autoencoder of 32 numbers",
    "critters-ae-32-plain": "Critters, autoencoder of 32 numbers, plain squares",
    "critters-ae-128": "Critters, autoencoder of 128 numbers",
    "critters-ae-denoising": "Critters, denoising autoencoder",
    "emoji-vae": "Emoji, VAE",
    "faces-vae": "Faces, VAE",
}


class Trained:
    """An autoencoder as a generator: pictures of 64 px in [0, 1], latents around N(0, 1)."""

    def __init__(
        self,
        module: Autoencoder,
        known: Mapping[str, Known],
        *,
        name: str,
        title: str,
        card: Card,
    ) -> None:
        self.name, self.title, self.card, self.family = name, title, card, "generator"
        self.device, self.fair, self.latent = device(), True, module.form.latent
        self.fingerprint = fingerprint("autoencoder", module.state_dict())
        self.attributes: Mapping[str, Tensor] = {
            said: z.to(self.device) for said, z in latents.attributes(known).items()
        }
        self.side, self.of, self.known = SIDE, name.partition("-")[0], known
        # device and layout at once: what is drawn differs in its last bits between layouts
        self.module = module.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    @property
    def nbytes(self) -> int:
        """Of the weights."""
        return sum(t.nbytes for t in self.module.state_dict().values())

    def check(self, kind: Kind, name: str, value: Any, now: Any) -> None:
        """Raise where a latent is too long or there is no attribute of that name."""
        check(self, kind, name, value)

    def decode(self, z: Float[Tensor, "n latent"]) -> Float[Tensor, "n 3 h w"]:
        """The pictures of these latents; raises InputError."""
        check_latents(z, self.title, self.latent)
        return self.module.decode(z).clamp(0, 1)

    def encode(self, x: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n latent"]:
        """The latents of these pictures, without noise; raises InputError."""
        check_pictures(x, self.title, SIDE)
        return self.module.encode(x)

    def gaussians(
        self, x: Float[Tensor, "n 3 h w"]
    ) -> tuple[Float[Tensor, "n latent"], Float[Tensor, "n latent"]]:
        """Mean and deviation of the Gaussian that each picture has; the latter is 0 for a point."""
        mean, log_variance = self.module.gaussians(x)
        return mean, (log_variance / 2).exp()

    def twin(self, seed: int) -> "Trained":
        """The same layers with weights drawn at random."""
        module = Autoencoder(self.module.form)
        initial.draw(module, seed)
        return Trained(
            module.eval().requires_grad_(False),
            {},
            **of_random_weights(self.name, self.title, seed, "It makes stains."),
        )


def names() -> tuple[str, ...]:
    """Those whose files are in this copy of the lab."""
    return tuple(name for name in TITLES if shipped.is_here(name))


def load(name: str) -> Trained:
    """The generator of that name; raises MissingWeightsError."""
    weights, said = shipped.read(name, TITLES[name])
    known = latents.popped(weights)
    return Trained(
        autoencoder.network(Form(**said["form"]), weights),
        known,
        name=name,
        title=TITLES[name],
        card=Card(**said["card"]),
    )


LOADERS: Mapping[str, partial[Generator]] = {name: partial(load, name) for name in TITLES}
