"""What an autoencoder or VAE reaches on critters that it never learned from."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from core.metrics import bootstrap, readout
from core.metrics.bootstrap import Interval
from core.metrics.fidelity import psnr
from core.networks.autoencoder import Autoencoder
from core.priors import views
from core.training import portraits
from core.training.portraits import Portraits

FITTED, AT_ONCE = 16384, 256  # portraits that maps and components are fitted to; read at once
EXTRA, TURNS = 16, 4  # of the search for principal components
ACTIVE = 0.02  # variance of a unit's mean, from which it is in use (Burda et al. 2016: .01)


@dataclass(frozen=True)
class Gaussians:
    """What the encoder says of pictures, one row each."""

    mean: Float[Tensor, "n latent"]
    log_variance: Float[Tensor, "n latent"]


def latents(found: Gaussians, noise: torch.Generator) -> Float[Tensor, "n latent"]:
    """A latent from each Gaussian."""
    epsilon = torch.randn(found.mean.shape, generator=noise)
    return found.mean + epsilon * (found.log_variance / 2).exp()


def kl(found: Gaussians) -> Float[Tensor, "n latent"]:
    """KL in nats from each unit's Gaussian to N(0, 1)."""
    variance = found.log_variance.exp()
    return (found.mean.square() + variance - 1 - found.log_variance) / 2


@torch.no_grad()
def gaussians(module: Autoencoder, pixels: UInt8[Tensor, "n 3 64 64"]) -> Gaussians:
    """Those of many pictures."""
    found = [module.gaussians(portraits.pictures(part)) for part in pixels.split(AT_ONCE)]
    return Gaussians(*(torch.cat(part) for part in zip(*found, strict=True)))


def measure(module: Autoencoder, learned: Portraits, held_out: Portraits) -> dict[str, Interval]:
    """Figures by name: PSNR, the lead over as many principal components, KL, R2 of each factor."""
    here, there = (gaussians(module, one.pixels[:FITTED]) for one in (held_out, learned))
    found = reconstruction(module, learned.pixels, held_out.pixels)
    if module.form.spread:
        found |= told(here)
    fitted = {name: values[:FITTED] for name, values in learned.factors.items()}
    shares = readout.shares(there.mean, fitted, here.mean, held_out.factors)
    return found | {f"R2 of {name}": share for name, share in shares.items()}


def told(found: Gaussians) -> dict[str, Interval]:
    """How much a VAE says of a picture, and in how many units."""
    active = int((found.mean.var(0) > ACTIVE).sum())
    return {
        "KL in nats": bootstrap.mean(kl(found).sum(1)),
        "units in use": Interval(active, active, active),
    }


@torch.no_grad()
def reconstruction(
    module: Autoencoder, learned: UInt8[Tensor, "n 3 64 64"], held_out: UInt8[Tensor, "m 3 64 64"]
) -> dict[str, Interval]:
    """PSNR in dB, in the mean over pictures, of the network and of principal components."""
    mean, axes = components(learned[:FITTED], module.form.latent)
    ours, theirs = [], []
    for part in held_out.split(AT_ONCE):
        x = portraits.pictures(part)
        flat = x.flatten(1) - mean
        ours.append(psnr(module(x).clamp(0, 1), x))
        theirs.append(psnr((flat @ axes @ axes.T + mean).view_as(x).clamp(0, 1), x))
    one, other = torch.cat(ours), torch.cat(theirs)
    return {
        "PSNR in dB": bootstrap.mean(one),
        "PSNR in dB of PCA": bootstrap.mean(other),
        "lead over PCA in dB": bootstrap.mean(one - other),
    }


@torch.no_grad()
def restoration(
    module: Autoencoder, held_out: Portraits, disturb: Callable[[Tensor, torch.Generator], Tensor]
) -> dict[str, Interval]:
    """PSNR in dB of disturbed pictures beside the clean ones, as they are and as they come back."""
    noise, before, after = views.generator("held out", "disturbed"), [], []
    for part in held_out.pixels.split(AT_ONCE):
        x = portraits.pictures(part)
        seen = disturb(x, noise)
        before.append(psnr(seen, x))
        after.append(psnr(module(seen).clamp(0, 1), x))
    return {
        "PSNR in dB, disturbed": bootstrap.mean(torch.cat(before)),
        "PSNR in dB, restored": bootstrap.mean(torch.cat(after)),
    }


def components(
    pixels: UInt8[Tensor, "n 3 64 64"], count: int
) -> tuple[Float[Tensor, " pixel"], Float[Tensor, "pixel count"]]:
    """Mean and first principal components of pictures.

    Halko, Martinsson and Tropp, Finding Structure with Randomness, 2011, algorithm 4.4.
    """
    x = pixels.flatten(1).float().div_(255)
    mean = x.mean(0)
    x -= mean
    noise = torch.Generator().manual_seed(0)
    basis = torch.randn(len(x), count + EXTRA, generator=noise)
    for _ in range(TURNS):
        basis = torch.linalg.qr(x @ (x.T @ basis)).Q
    axes = torch.linalg.svd(basis.T @ x, full_matrices=False).Vh[:count]
    return mean, axes.T
