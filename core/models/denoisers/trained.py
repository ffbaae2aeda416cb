"""Denoisers that this project trained itself, with its own cosine schedule."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from core.diffusion import sampling, schedules
from core.models import shipped
from core.models.cache import fingerprint
from core.models.devices import device
from core.models.inputs import check_noisy
from core.models.model import Card, of_random_weights
from core.networks import denoiser, initial
from core.settings import Kind
from core.worlds import conditions
from core.worlds.factors import Factor

TITLES = {
    "critters-denoiser": "Critters, denoiser",
    "critters-denoiser-film": "Critters, denoiser told by scales",
    "critters-denoiser-planes": "Critters, denoiser told by planes",
    "digits-denoiser": "Digits, denoiser",
    "emoji-denoiser": "Emoji, denoiser",
}


class Trained:
    """A denoiser of ours; it answers for any number of pictures of its size."""

    def __init__(
        self,
        module: denoiser.Denoiser,
        *,
        name: str,
        title: str,
        card: Card,
        patches: Sequence[Sequence[float]] = (),
    ) -> None:
        self.name, self.title, self.card, self.family = name, title, card, "denoiser"
        self.fair, self.device = True, device()
        self.of = name.partition("-")[0]
        self.side, self.channels = module.form.side, module.form.channels
        told = conditions.OF.get(self.of, {}) if module.form.told else {}
        self.asks: Mapping[str, Factor] = told
        self.patches = patches  # of the mosaic that agrees best with it: pairs of a time and a side
        self.fingerprint = fingerprint("denoiser", module.state_dict())
        self.module = module.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    @property
    def nbytes(self) -> int:
        """Of the weights."""
        return sum(t.nbytes for t in self.module.state_dict().values())

    def check(self, kind: Kind, name: str, value: Any, now: Any) -> None:
        """Nothing that is set is the denoiser's."""

    def x_0(
        self,
        x_t: Float[Tensor, "n c h w"],
        alpha_bar: Float[Tensor, "*_"],
        told: Float[Tensor, "n told"] | None = None,
        known: Float[Tensor, "n told"] | None = None,
    ) -> Float[Tensor, "n c h w"]:
        """The guess of the picture, as `Denoiser` of `core.models.model` says; raises InputError."""
        check_noisy(x_t, self.title, self.channels, self.side)
        if told is None and self.asks:
            told = known = torch.zeros(len(x_t), len(self.asks))
        x, t, told, known = (
            part if part is None else part.to(self.device)
            for part in (x_t, schedules.times(alpha_bar.double()).float(), told, known)
        )
        assert x is not None
        assert t is not None
        x = x.contiguous(memory_format=torch.channels_last)
        said = self.module(x, t.expand(len(x)), told, known).to(x_t.device)
        if self.module.form.predicts == "epsilon":
            return sampling.x_0_from_epsilon(x_t, said, alpha_bar.to(x_t))
        return said

    def twin(self, seed: int) -> "Trained":
        """The same layers with weights drawn at random."""
        module = denoiser.Denoiser(self.module.form)
        initial.draw(module, seed)
        return Trained(
            module.eval().requires_grad_(False),
            **of_random_weights(self.name, self.title, seed, "It finds no pictures."),
        )


def names() -> tuple[str, ...]:
    """Those whose files are in this copy of the lab."""
    return tuple(name for name in TITLES if shipped.is_here(name))


def load(name: str) -> Trained:
    """The denoiser of that name; raises MissingWeightsError."""
    weights, said = shipped.read(name, TITLES[name])
    return Trained(
        denoiser.network(denoiser.form(said["form"]), weights),
        name=name,
        title=TITLES[name],
        card=Card(**said["card"]),
        patches=said.get("patches", ()),
    )


LOADERS: Mapping[str, Callable[[], Trained]] = {name: partial(load, name) for name in TITLES}
