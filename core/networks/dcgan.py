"""The generator of a DCGAN: 100 numbers to a picture of 64 px.

Five transposed convolutions with batch norms between them (Radford, Metz and Chintala,
Unsupervised Representation Learning with Deep Convolutional Generative Adversarial
Networks, 2016). The norms are those of a network that has learned: they are one
factor and one offset a channel, and stand inside the convolutions before them.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.networks.state_dict import StateDict

LATENT, SIDE = 100, 64  # numbers, px
WIDTHS = (512, 256, 128, 64, 3)  # channels at 4, 8, 16, 32 and 64 px
EPSILON = 1e-5  # of the norms


class Generator(nn.Module):
    """Latents to pictures in [0, 1]."""

    def __init__(self) -> None:
        super().__init__()
        parts, into = list[nn.Module](), LATENT
        for number, out in enumerate(WIDTHS):
            stride, padding = (2, 1) if number else (1, 0)
            parts += [nn.ConvTranspose2d(into, out, 4, stride, padding), nn.ReLU()]
            into = out
        self.layers = nn.Sequential(*parts[:-1], nn.Tanh())

    def forward(self, z: Float[Tensor, "n 100"]) -> Float[Tensor, "n 3 64 64"]:
        """The pictures of these latents."""
        return (self.layers(z[:, :, None, None]) + 1) / 2


def folded(saved: StateDict) -> dict[str, Tensor]:
    """Weights as PyTorch's DCGAN tutorial saves them, the norms inside the convolutions.

    saved: `main.0` to `main.12`. Raises KeyError where a tensor is missing.
    """
    found = {}
    for number in range(len(WIDTHS)):
        weight = saved[f"main.{3 * number}.weight"].double()
        bias = torch.zeros(weight.shape[1], dtype=torch.float64)
        if number < len(WIDTHS) - 1:
            scale, offset, mean, variance = (
                saved[f"main.{3 * number + 1}.{part}"].double()
                for part in ("weight", "bias", "running_mean", "running_var")
            )
            factor = scale / (variance + EPSILON).sqrt()
            weight, bias = weight * factor[:, None, None], offset - mean * factor
        found[f"layers.{2 * number}.weight"] = weight.float()
        found[f"layers.{2 * number}.bias"] = bias.float()
    return found


def network(weights: StateDict) -> Generator:
    """The generator with these weights, to be looked at and not to learn."""
    with torch.device("meta"):
        module = Generator()
    module.load_state_dict(dict(weights), assign=True)
    return module.eval().requires_grad_(False)
