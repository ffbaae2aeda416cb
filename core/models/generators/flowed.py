"""A VAE behind a flow: latents N(0, 1) where the VAE's own are not quite.

u of the flow stands for the latent; what is drawn from N(0, 1) comes to lie where the
encoder puts pictures, so that more of it is a picture.
"""

from collections.abc import Mapping
from typing import Any

from jaxtyping import Float
from torch import Tensor

from core.models import shipped
from core.models.cache import fingerprint
from core.models.errors import MissingWeightsError
from core.models.generators import latents, trained
from core.models.generators.latents import check
from core.models.generators.trained import Trained
from core.models.inputs import check_latents
from core.models.model import Card, Known
from core.networks import flow
from core.networks.flow import Flow, Form
from core.settings import Kind

NAME, OF, TITLE = "critters-vae-flow", "critters-vae", "Critters, VAE behind a flow"


class Flowed:
    """The VAE's pictures, by the flow's u."""

    def __init__(self, vae: Trained, module: Flow, *, name: str, title: str, card: Card) -> None:
        self.name, self.title, self.card, self.family = name, title, card, "generator"
        self.device, self.fair, self.latent = vae.device, vae.fair, vae.latent
        self.side, self.of = vae.side, vae.of
        self.known: Mapping[str, Known] = {
            world: Known(module.normal(known.z)[0], known.values)
            for world, known in vae.known.items()
        }
        self.attributes: Mapping[str, Tensor] = {
            said: z.to(self.device) for said, z in latents.attributes(self.known).items()
        }
        weights = fingerprint("flow", module.state_dict())
        self.fingerprint = weights[:8] + vae.fingerprint[:8]
        self._vae, self._flow = vae, module.to(vae.device)

    @property
    def nbytes(self) -> int:
        """Of the weights of both."""
        return self._vae.nbytes + sum(t.nbytes for t in self._flow.state_dict().values())

    def check(self, kind: Kind, name: str, value: Any, now: Any) -> None:
        """Raise where a latent is too long or there is no attribute of that name."""
        check(self, kind, name, value)

    def decode(self, z: Float[Tensor, "n latent"]) -> Float[Tensor, "n 3 h w"]:
        """The pictures of these u; raises InputError."""
        check_latents(z, self.title, self.latent)
        return self._vae.decode(self.led(z))

    def led(self, z: Float[Tensor, "n latent"]) -> Float[Tensor, "n latent"]:
        """The VAE's own latents of these u."""
        return self._flow.latents(z)

    def encode(self, x: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n latent"]:
        """The u of these pictures; raises InputError."""
        return self._flow.normal(self._vae.encode(x))[0]

    def twin(self, seed: int) -> "Flowed":
        """The same flow before a VAE with weights drawn at random."""
        vae = self._vae.twin(seed)
        name, title = f"{self.name}-random-{seed}", f"{self.title} with random weights"
        return Flowed(vae, self._flow, name=name, title=title, card=vae.card)


def names() -> tuple[str, ...]:
    """Its name, where both files are in this copy of the lab."""
    return (NAME,) if shipped.is_here(NAME) and shipped.is_here(OF) else ()


def load() -> Flowed:
    """The VAE behind its flow; raises MissingWeightsError."""
    vae = trained.load(OF)
    weights, said = shipped.read(NAME, TITLE)
    if said["of"] != vae.fingerprint:
        raise MissingWeightsError(
            f"The file of {TITLE} belongs to other weights of {vae.title}: "
            f"train it anew: python -m core train {NAME}"
        )
    module = flow.network(Form(**said["form"]), weights)
    return Flowed(vae, module, name=NAME, title=TITLE, card=Card(**said["card"]))
