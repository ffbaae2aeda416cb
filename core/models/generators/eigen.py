"""Generators that can be checked by hand: a mean picture plus a weighted sum of pictures.

Those pictures are principal components: of all sums of so many pictures they miss
the least of what they were made from, the hundred shipped digits or 16384 critters. A
latent is a weight for each, in standard deviations. It is the linear autoencoder that
every deeper generator is held against.

Pearson, On Lines and Planes of Closest Fit to Systems of Points in Space, 1901;
Turk and Pentland, Eigenfaces for Recognition, 1991.
"""

from collections.abc import Mapping
from dataclasses import replace
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
from core.models.model import Card, Known
from core.settings import Kind
from core.worlds import digits

NAME, TITLE, LATENT = "digits-eigen", "Eigendigits", 32
CRITTERS, CRITTERS_TITLE = "critters-pca", "Critters, principal components"
_CARD = Card(
    origin="The mean and the first 32 principal components of the lab's hundred digits, "
    "computed when it is loaded.",
    licence="MIT, as the code; the scans are CC BY 4.0 (Alpaydin and Kaynak 1998, UCI)",
    training_data="The hundred shipped scans of handwritten digits, ten of each.",
    accuracy="A sum of 32 pictures keeps {kept:.0%} of their variance.",
)


class Eigen:
    """mean + sum of z_i deviation_i direction_i, cut off at black and white.

    directions: (latent, pixel), orthonormal, of pictures of `side` px, grey or of three colours.
    deviations: of the pictures along each of them.
    """

    def __init__(
        self,
        mean: Float[Tensor, " pixel"],
        directions: Float[Tensor, "latent pixel"],
        deviations: Float[Tensor, " latent"],
        known: Mapping[str, Known],
        *,
        of: str,
        side: int,
        name: str,
        title: str,
        card: Card,
    ) -> None:
        self.name, self.title, self.card, self.family = name, title, card, "generator"
        self.device, self.fair, self.latent = device(), True, len(deviations)
        self.side, self.of, self.known = side, of, known
        self._colours = len(mean) // side**2
        weights = {"mean": mean, "directions": directions, "deviations": deviations}
        self.fingerprint = fingerprint("eigen", weights)
        self._mean, self._directions, self.deviations = (
            part.to(self.device) for part in weights.values()
        )
        self.attributes: Mapping[str, Tensor] = {
            said: z.to(self.device) for said, z in latents.attributes(known).items()
        }

    @property
    def nbytes(self) -> int:
        """Of the mean, the directions and their deviations."""
        return sum(t.nbytes for t in (self._mean, self._directions, self.deviations))

    def check(self, kind: Kind, name: str, value: Any, now: Any) -> None:
        """Raise where a latent is too long or there is no attribute of that name."""
        check(self, kind, name, value)

    def decode(self, z: Float[Tensor, "n latent"]) -> Float[Tensor, "n 3 h w"]:
        """The pictures of these latents; raises InputError."""
        check_latents(z, self.title, self.latent)
        x = (self._mean + (z * self.deviations) @ self._directions).clamp(0, 1)
        return x.view(-1, self._colours, self.side, self.side).expand(-1, 3, -1, -1)

    def encode(self, x: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n latent"]:
        """The latents whose sums are nearest to these pictures; raises InputError."""
        check_pictures(x, self.title, self.side)
        seen = x.mean(1) if self._colours == 1 else x
        return (seen.flatten(1) - self._mean) @ self._directions.T / self.deviations

    def twin(self, seed: int) -> "Eigen":
        """As many directions, drawn at random, each with the deviation of the true one."""
        draw = torch.Generator().manual_seed(seed)
        noise = torch.randn(self._directions.T.shape, generator=draw, dtype=torch.float64)
        directions = torch.linalg.qr(noise).Q.T.float()
        return Eigen(
            self._mean.cpu(), directions, self.deviations.cpu(),
            {},
            of=self.of,
            side=self.side,
            name=f"{self.name}-random-{seed}",
            title=f"{self.title} with random directions",
            card=Card(
                origin=f"{self.title}, its directions drawn at random with seed {seed}.",
                licence="none needed: these directions are random numbers",
                training_data=f"None; mean and deviations are those of the {self.of}.",
                accuracy="It makes noise around the mean picture.",
            ),
        )  # fmt: skip


def load() -> Eigen:
    """The eigendigits, computed; `core.models.load` does it once."""
    x = digits.held_out()[:, 0].flatten(1).double()
    mean = x.mean(0)
    _, deviations, directions = torch.linalg.svd(x - mean, full_matrices=False)
    variance = deviations.square()
    directions, deviations = directions[:LATENT], deviations[:LATENT] / len(x) ** 0.5
    largest = directions.abs().argmax(1, keepdim=True)
    directions = directions * directions.gather(1, largest).sign()  # else a sign is arbitrary
    z = (x - mean) @ directions.T / deviations
    each = torch.tensor([digits.digit(which) for which in range(len(z))])
    values = {f"towards {n}": (each == n).float() for n in range(digits.CLASSES)}
    kept = float(variance[:LATENT].sum() / variance.sum())
    return Eigen(
        mean.float(), directions.float(), deviations.float(),
        {"independent": Known(z.float(), values)},
        of="digits",
        side=digits.SIDE,
        name=NAME,
        title=TITLE,
        card=replace(_CARD, accuracy=_CARD.accuracy.format(kept=kept)),
    )  # fmt: skip


def names() -> tuple[str, ...]:
    """Those that are in this copy of the lab: the critters' are a file."""
    return (*((CRITTERS,) if shipped.is_here(CRITTERS) else ()), NAME)


def critters() -> Eigen:
    """The principal components of critters; raises MissingWeightsError."""
    weights, said = shipped.read(CRITTERS, CRITTERS_TITLE)
    known = latents.popped(weights)
    return Eigen(
        weights["mean"], weights["directions"], weights["deviations"], known,
        of="critters",
        side=said["side"],
        name=CRITTERS,
        title=CRITTERS_TITLE,
        card=Card(**said["card"]),
    )  # fmt: skip
