"""A generator that can be checked by hand: the mean digit plus a weighted sum of pictures.

Those pictures are the principal components of the hundred shipped digits: of all
sums of so many pictures they miss the least of the digits. A latent is a weight
for each, in standard deviations of the digits. It is the linear autoencoder that
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

from core.models.cache import fingerprint
from core.models.devices import device
from core.models.generators import latents
from core.models.generators.latents import check
from core.models.inputs import check_latents, check_pictures
from core.models.model import Card, Known
from core.settings import Kind
from core.worlds import digits

NAME, TITLE, LATENT = "digits-eigen", "Eigendigits", 32
_CARD = Card(
    origin="The mean and the first 32 principal components of the lab's hundred digits, "
    "computed when it is loaded.",
    licence="MIT, as the code; the scans are CC BY 4.0 (Alpaydin and Kaynak 1998, UCI)",
    training_data="The hundred shipped scans of handwritten digits, ten of each.",
    accuracy="A sum of 32 pictures keeps {kept:.0%} of their variance.",
)


class Eigen:
    """mean + sum of z_i deviation_i direction_i, cut off at black and white.

    directions: (latent, pixel), orthonormal, of grey pictures.
    """

    def __init__(
        self,
        mean: Float[Tensor, " pixel"],
        directions: Float[Tensor, "latent pixel"],
        deviations: Float[Tensor, " latent"],
        known: Mapping[str, Known],
        *,
        name: str,
        title: str,
        card: Card,
    ) -> None:
        self.name, self.title, self.card, self.family = name, title, card, "generator"
        self.device, self.fair, self.latent = device(), True, len(deviations)
        self.side, self.of, self.known = digits.SIDE, "digits", known
        weights = {"mean": mean, "directions": directions, "deviations": deviations}
        self.fingerprint = fingerprint("eigen", weights)
        self._mean, self._directions, self._deviations = (
            part.to(self.device) for part in weights.values()
        )
        self.attributes: Mapping[str, Tensor] = {
            said: z.to(self.device) for said, z in latents.attributes(known).items()
        }

    @property
    def nbytes(self) -> int:
        """Of the mean, the directions and their deviations."""
        return sum(t.nbytes for t in (self._mean, self._directions, self._deviations))

    def check(self, kind: Kind, name: str, value: Any, now: Any) -> None:
        """Raise where a latent is too long or there is no attribute of that name."""
        check(self, kind, name, value)

    def decode(self, z: Float[Tensor, "n latent"]) -> Float[Tensor, "n 3 h w"]:
        """The digits of these latents; raises InputError."""
        check_latents(z, self.title, self.latent)
        grey = (self._mean + (z * self._deviations) @ self._directions).clamp(0, 1)
        return grey.view(-1, 1, digits.SIDE, digits.SIDE).expand(-1, 3, -1, -1)

    def encode(self, x: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n latent"]:
        """The latents whose sums are nearest to these pictures; raises InputError."""
        check_pictures(x, self.title, self.side)
        return (x.mean(1).flatten(1) - self._mean) @ self._directions.T / self._deviations

    def twin(self, seed: int) -> "Eigen":
        """As many directions, drawn at random, each with the deviation of the true one."""
        draw = torch.Generator().manual_seed(seed)
        noise = torch.randn(self._directions.T.shape, generator=draw, dtype=torch.float64)
        directions = torch.linalg.qr(noise).Q.T.float()
        return Eigen(
            self._mean.cpu(), directions, self._deviations.cpu(),
            {},
            name=f"{self.name}-random-{seed}",
            title=f"{self.title} with random directions",
            card=Card(
                origin=f"{self.title}, its directions drawn at random with seed {seed}.",
                licence="none needed: these directions are random numbers",
                training_data="None; mean and deviations are those of the digits.",
                accuracy="It makes noise around the mean digit.",
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
        name=NAME,
        title=TITLE,
        card=replace(_CARD, accuracy=_CARD.accuracy.format(kept=kept)),
    )  # fmt: skip
