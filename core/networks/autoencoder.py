"""An encoder and a decoder of small pictures, the trunk of our autoencoders and of the VAE.

Four convolutions of stride 2 bring 64 px to 4, a linear layer to the latent; the
way back is the mirror of it. A transposed convolution of kernel 4 and stride 2
reaches every pixel with as many taps, so it draws no chequerboard (Odena, Dumoulin
and Olah, Deconvolution and Checkerboard Artifacts, 2016); the last stage makes four
pixels of each place at half size, at half the cost of a convolution at full size.

A VAE's encoder gives a Gaussian for each picture (Kingma and Welling, Auto-Encoding
Variational Bayes, 2014), an autoencoder's a point.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.networks.norm import Norm
from core.networks.state_dict import StateDict

SIDE, COARSE = 64, 4  # px: of a picture, and of the coarsest maps
GROUPS = 8  # of the norms
NARROWEST, WIDEST = -10.0, 4.0  # log variances of a Gaussian that is read from a picture

Pictures = Float[Tensor, "n 3 64 64"]
Latents = Float[Tensor, "n latent"]


@dataclass(frozen=True)
class Form:
    """How large an autoencoder is: numbers in a latent, channels of the first convolution.

    spread: whether the encoder gives a Gaussian, as a VAE's does.
    """

    latent: int
    width: int
    spread: bool

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels at 32, 16, 8 and 4 px."""
        return self.width, 2 * self.width, 4 * self.width, 8 * self.width


class Autoencoder(nn.Module):
    """Pictures to latents and back; pictures are in [0, 1]."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.form = form
        self.encoder = _encoder(form)
        self.decoder = _decoder(form)

    def gaussians(self, x: Pictures) -> tuple[Latents, Latents]:
        """Mean and log variance of each picture's Gaussian; the latter is -inf for a point."""
        read = self.encoder(2 * x - 1)
        if not self.form.spread:
            return read, torch.full_like(read, -math.inf)
        mean, log_variance = read.chunk(2, 1)
        return mean, log_variance.clamp(NARROWEST, WIDEST)

    def encode(self, x: Pictures) -> Latents:
        """The latents of these pictures, a VAE's without their noise."""
        return self.gaussians(x)[0]

    def decode(self, z: Latents) -> Pictures:
        """The pictures of these latents: around [0, 1], and not cut off at its ends."""
        return (self.decoder(z) + 1) / 2

    def forward(self, x: Pictures) -> Pictures:
        """The pictures as they come back."""
        return self.decode(self.encode(x))


def _encoder(form: Form) -> nn.Sequential:
    parts, into = list[nn.Module](), 3
    for out in form.widths:
        parts += [
            nn.Conv2d(into, out, 4, stride=2, padding=1),
            Norm(GROUPS, out),
            nn.SiLU(),
        ]
        into = out
    outputs = form.latent * (2 if form.spread else 1)
    return nn.Sequential(*parts, nn.Flatten(), nn.Linear(into * COARSE**2, outputs))


def _decoder(form: Form) -> nn.Sequential:
    into, *rest = reversed(form.widths)
    parts: list[nn.Module] = [
        nn.Linear(form.latent, into * COARSE**2),
        nn.Unflatten(1, (into, COARSE, COARSE)),
        Norm(GROUPS, into),
        nn.SiLU(),
    ]
    for out in rest:
        parts += [
            nn.ConvTranspose2d(into, out, 4, stride=2, padding=1),
            Norm(GROUPS, out),
            nn.SiLU(),
        ]
        into = out
    return nn.Sequential(*parts, nn.Conv2d(into, 12, 3, padding=1), nn.PixelShuffle(2))


@torch.no_grad()
def recode(
    module: Autoencoder, matrix: Float[Tensor, "latent latent"], centre: Float[Tensor, " latent"]
) -> None:
    """Make the latent z a matrix times (z - centre), in place; what is decoded stays the same.

    The change goes into the linear layers on both sides of the latent. matrix: invertible;
    where the encoder gives a Gaussian, a permutation, as other ones turn its axes.
    """
    last, first = module.encoder[-1], module.decoder[0]
    assert isinstance(last, nn.Linear)
    assert isinstance(first, nn.Linear)
    there, back = matrix.double(), torch.linalg.inv(matrix.double())
    first.bias.add_(first.weight.double() @ centre.double())
    first.weight.copy_(first.weight.double() @ back)
    latent = module.form.latent
    last.bias[:latent] -= centre.to(last.bias)
    for rows in (slice(0, latent), slice(latent, len(last.bias))):
        if len(last.bias[rows]):
            last.weight[rows] = (there @ last.weight[rows].double()).to(last.weight)
            last.bias[rows] = (there @ last.bias[rows].double()).to(last.bias)


def network(form: Form, weights: StateDict) -> Autoencoder:
    """The autoencoder of that form with these weights, to be looked at and not to learn."""
    with torch.device("meta"):
        module = Autoencoder(form)
    module.load_state_dict(dict(weights), assign=True)
    return module.eval().requires_grad_(False)
