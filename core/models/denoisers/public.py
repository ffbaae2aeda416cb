"""Public denoisers in diffusers' layout: by their name on the Hugging Face Hub, or a folder of yours.

A folder has `config.json` and `diffusion_pytorch_model.safetensors` of a UNet2DModel, and
`scheduler_config.json`: all beside each other, as google/ddpm-cat-256 has them, or in `unet/` and
`scheduler/`, as training scripts write them. One of yours goes into the cache's folder
`denoisers` and is called `own/FOLDER`. Pickles (.bin) are never opened.

Of the scheduler only its schedule and what the network predicts is read. The network knows the
time by its own schedule, so it is told the time at which that has the alpha_bar that is asked of:
between two whole times it is a fraction.
"""

import json
import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from core.diffusion import sampling, solvers
from core.models import cache, fetching
from core.models.cache import fingerprint
from core.models.catalogue import Online
from core.models.devices import device
from core.models.errors import MissingWeightsError, UnfitWeightsError, UnknownNetworkError
from core.models.fetching import Report, silent
from core.models.inputs import check_noisy
from core.models.model import Card
from core.networks import initial
from core.settings import Kind
from core.worlds.factors import Factor

HUB = {  # name: what its pictures are, px, megabytes
    "google/ddpm-cifar10-32": ("CIFAR-10, 32 px", 143),
    "google/ddpm-cat-256": ("cats, 256 px", 455),
    "google/ddpm-celebahq-256": ("faces, 256 px", 455),
}
OWN = "own/"
WEIGHTS, CONFIG = "diffusion_pytorch_model.safetensors", "config.json"
SCHEDULER = "scheduler_config.json"
SAID: Mapping[str, Any] = {  # by diffusers' word for what a network predicts
    "epsilon": sampling.x_0_from_epsilon,
    "v_prediction": sampling.x_0_from_v,
    "sample": lambda x_t, x_0, alpha_bar: x_0,
}
_OWN = re.compile(r"own/[\w.-]*\w[\w.-]*")
OTHERWISE = "Or choose a denoiser that comes with the lab."


def folder() -> Path:
    """Where they lie."""
    return cache.folder() / "denoisers"


def is_one(name: str) -> bool:
    """Whether a name is that of a public denoiser, or of a folder of yours."""
    return name in HUB or bool(_OWN.fullmatch(name))


def names() -> tuple[str, ...]:
    """Those that are here: fetched before, or put into the folder."""
    own = sorted(path.name for path in folder().glob("*") if path.name not in map(_stored, HUB))
    known = (*HUB, *(f"{OWN}{name}" for name in own))
    return tuple(name for name in known if is_here(name))


def title(name: str) -> str:
    """What people call it."""
    return f"{name.partition('/')[2]} ({HUB[name][0]})" if name in HUB else name.removeprefix(OWN)


def is_here(name: str) -> bool:
    """Whether it loads without a network."""
    return all(path is not None for path in _files(_place(name)))


def _stored(name: str) -> str:
    return name.replace("/", "--")


def _place(name: str) -> Path:
    return folder() / (_stored(name) if name in HUB else name.removeprefix(OWN))


def _files(place: Path) -> tuple[Path | None, Path | None, Path | None]:
    """Config, weights and scheduler of a folder, at its root or below; None for what is not there."""

    def at(within: str, name: str) -> Path | None:
        found = (place / within / name, place / name)
        return next((path for path in found if path.is_file()), None)

    return at("unet", CONFIG), at("unet", WEIGHTS), at("scheduler", SCHEDULER)


def load(name: str, report: Report = silent) -> "Public":
    """The denoiser of that name, fetched first where it must be.

    Raises UnknownNetworkError, MissingWeightsError, UnreachableError, DamagedWeightsError or
    UnfitWeightsError with a sentence.
    """
    if name in HUB and not is_here(name):
        _fetch(name, report)
    place = _place(name)
    config, weights, scheduler = _files(place)
    if config is None:
        raise UnknownNetworkError(
            f"There is no denoiser {name!r}: choose {', '.join(HUB)}, or put a folder with {CONFIG}, "
            f"{WEIGHTS} and {SCHEDULER} into {folder()} and call it {OWN}FOLDER."
        )
    if weights is None or scheduler is None:
        lacks = WEIGHTS if weights is None else SCHEDULER
        raise MissingWeightsError(
            f"{place} has no {lacks}: bring it there. Pickles (.bin) are not opened."
        )
    return Public(name, _network(_read(config), weights, name), _read(scheduler))


def _fetch(name: str, report: Report) -> None:
    """The three files, into a folder of their own; the small ones first."""
    hub = os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"
    place = _place(name)
    for file in (CONFIG, SCHEDULER, WEIGHTS):
        source = Online(f"{hub}/{name}/resolve/main/{file}", megabytes=HUB[name][1])
        came = fetching.file(source, title(name), report, otherwise=OTHERWISE)
        place.mkdir(parents=True, exist_ok=True)
        came.replace(place / file)


def _read(path: Path) -> dict[str, Any]:
    try:
        said = json.loads(path.read_text())
    except (OSError, ValueError):
        said = None
    if not isinstance(said, dict):
        raise UnfitWeightsError(f"{path} is no JSON object: bring the file anew.")
    return said


def _network(said: Mapping[str, Any], weights: Path, name: str) -> nn.Module:
    """UNet2DModel with its weights."""
    kind = said.get("_class_name", "UNet2DModel")
    if kind != "UNet2DModel":
        raise UnfitWeightsError(
            f"{name} is a {kind}: the lab reads UNet2DModel, which is told a time and no text."
        )
    if said.get("class_embed_type") or said.get("num_class_embeds"):
        raise UnfitWeightsError(
            f"{name} wants a class with each picture, and the lab does not know its classes: choose "
            "one without."
        )
    side, into, out = (said.get(word) for word in ("sample_size", "in_channels", "out_channels"))
    if not isinstance(side, int) or into != out:
        raise UnfitWeightsError(
            f"{name} reads pictures of {side} px with {into} channels and gives {out}: the lab reads "
            "square ones, and as many channels as are given."
        )
    module = _made(said)
    try:
        module.load_state_dict(load_file(weights))
    except (SafetensorError, RuntimeError) as error:
        raise UnfitWeightsError(
            f"{weights.name} of {name} does not fit its {CONFIG} ({str(error)[:200]})."
        ) from None
    return module.eval().requires_grad_(False)


def _made(said: Mapping[str, Any]) -> nn.Module:
    return solvers.diffusers("a public denoiser").UNet2DModel.from_config(dict(said))


class Public:
    """A denoiser of diffusers; it answers for any number of pictures of its size."""

    def __init__(self, name: str, module: Any, scheduler: Mapping[str, Any]) -> None:
        self.name, self.title, self.family, self.of = name, title(name), "denoiser", "pictures"
        self.fair, self.device = True, device()
        self.asks: Mapping[str, Factor] = {}
        self.side, self.channels = module.config.sample_size, module.config.in_channels
        self.fingerprint = fingerprint("UNet2DModel", module.state_dict())
        self.module = module.to(self.device)
        self._scheduler = dict(scheduler)
        made = solvers.diffusers(self.title).DDIMScheduler.from_config(self._scheduler)
        predicts = made.config.prediction_type
        if predicts not in SAID:
            raise UnfitWeightsError(
                f"{name} predicts {predicts!r}: the lab reads {', '.join(SAID)}."
            )
        self._x_0 = SAID[predicts]
        self.alpha_bars = made.alphas_cumprod.double()  # of its own times, 0 the least noise
        self.card = self._card()

    def _card(self) -> Card:
        return Card(
            origin=f"{self.name} on the Hugging Face Hub, in diffusers' layout."
            if self.name in HUB
            else f"{self.name.removeprefix(OWN)}, a folder of yours in diffusers' layout.",
            licence="Apache-2.0, as its page states" if self.name in HUB else "yours to know",
            training_data=HUB[self.name][0] if self.name in HUB else "Yours to know.",
            accuracy=f"Not measured here. One look takes {self.seconds():.2g} s on this computer.",
        )

    @property
    def nbytes(self) -> int:
        """Of the weights."""
        return sum(t.nbytes for t in self.module.state_dict().values())

    def check(self, kind: Kind, name: str, value: Any, now: Any) -> None:
        """Nothing that is set is the denoiser's."""

    def times(self, alpha_bar: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        """Where its own schedule has this alpha_bar: between two times in the logarithm of signal to noise."""
        table, wanted = (-torch.logit(a.double().cpu()) for a in (self.alpha_bars, alpha_bar))
        above = torch.searchsorted(table, wanted.contiguous()).clamp(1, len(table) - 1)
        low, high = table[above - 1], table[above]
        return (above - 1 + (wanted - low) / (high - low)).clamp(0, len(table) - 1)

    @torch.no_grad()
    def x_0(
        self,
        x_t: Float[Tensor, "n c h w"],
        alpha_bar: Float[Tensor, "*_"],
        told: Float[Tensor, "n told"] | None = None,
        known: Float[Tensor, "n told"] | None = None,
    ) -> Float[Tensor, "n c h w"]:
        """The guess of the picture, as `Denoiser` of `core.models.model` says; raises InputError."""
        check_noisy(x_t, self.title, self.channels, self.side)
        t = self.times(alpha_bar.flatten().expand(len(x_t))).float().to(x_t.device)
        said = self.module(x_t, t).sample
        return self._x_0(x_t, said, alpha_bar.to(x_t))

    def seconds(self) -> float:
        """What one look at one picture takes here: measured, and said before anybody waits."""
        x = torch.zeros(1, self.channels, self.side, self.side, device=self.device)
        began = time.monotonic()
        self.x_0(x, torch.tensor(0.5, dtype=torch.float64))
        return time.monotonic() - began

    def twin(self, seed: int) -> "Public":
        """The same layers with weights drawn at random."""
        module = _made(self.module.config)
        initial.draw(module, seed)
        twin = Public(self.name, module.eval().requires_grad_(False), self._scheduler)
        twin.name, twin.title = (
            f"{self.name}-random-{seed}",
            f"{self.title} with random weights",
        )
        return twin
