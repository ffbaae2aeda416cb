"""A network that reads the factors of a critter off its picture.

Residual blocks (He et al. 2016, with group norms) bring 64 px to 4; one layer of 128
features sees all of it, and a head for each factor reads those. The features are where
sets of pictures are compared: they were learned by telling critters apart, as those of
FID were by telling photographs apart.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.networks.norm import Norm
from core.networks.state_dict import StateDict

FEATURES, COARSE, GROUPS = 128, 4, 8  # px: of the coarsest maps


@dataclass(frozen=True)
class Form:
    """Channels of the first convolution, and how many numbers all heads give together."""

    width: int
    outputs: int


class Block(nn.Module):
    """Two convolutions whose outcome is added to what goes in."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.change = nn.Sequential(
            Norm(GROUPS, channels),
            nn.SiLU(),
            nn.Conv2d(channels, channels, 3, padding=1),
            Norm(GROUPS, channels),
            nn.SiLU(),
            nn.Conv2d(channels, channels, 3, padding=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """X and the change."""
        return x + self.change(x)


class Reader(nn.Module):
    """Pictures in [0, 1] to features, and on to what the heads say."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.form = form
        narrow, *widths = (form.width * times for times in (1, 2, 4, 8))
        parts: list[nn.Module] = [nn.Conv2d(3, narrow, 4, stride=2, padding=1)]
        into = narrow
        for out in widths:
            parts += [Norm(GROUPS, into), nn.SiLU()]
            parts += [nn.Conv2d(into, out, 4, stride=2, padding=1), Block(out)]
            into = out
        parts += [Norm(GROUPS, into), nn.SiLU(), nn.Flatten()]
        self.trunk = nn.Sequential(*parts, nn.Linear(into * COARSE**2, FEATURES), nn.SiLU())
        self.heads = nn.Linear(FEATURES, form.outputs)

    def features(self, x: Float[Tensor, "n 3 64 64"]) -> Float[Tensor, "n 128"]:
        """What the heads read."""
        return self.trunk(2 * x - 1)

    def forward(self, x: Float[Tensor, "n 3 64 64"]) -> Float[Tensor, "n output"]:
        """What the heads say, side by side."""
        return self.heads(self.features(x))


def network(form: Form, weights: StateDict) -> Reader:
    """The reader of that form with these weights, to be asked and not to learn."""
    with torch.device("meta"):
        module = Reader(form)
    module.load_state_dict(dict(weights), assign=True)
    return module.eval().requires_grad_(False)
