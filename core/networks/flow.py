"""A density that is a stretched normal one: RealNVP on latents.

Dinh, Sohl-Dickstein and Bengio, Density Estimation using Real NVP, 2017. Each coupling
leaves half of the numbers as they are and stretches and shifts the others by what a small
network makes of that half:

    u_a = z_a,   u_b = z_b exp(s(z_a)) + t(z_a),   log |det| = sum of s

so both ways are exact, and so is log p. Halves are drawn by seed and change places from
coupling to coupling; a fixed scale and shift for each number stand before the first
(ActNorm, set from data; Kingma and Dhariwal, Glow, 2018). s = 2 tanh(s' / 2) keeps a
coupling from stretching by more than e^2.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.networks.state_dict import StateDict

MOST = 2.0  # of |s|

Latents = Float[Tensor, "n latent"]


@dataclass(frozen=True)
class Form:
    """Numbers of a latent, couplings, and units of each of a coupling's two hidden layers."""

    latent: int
    couplings: int = 12
    hidden: int = 256
    seed: int = 0  # of the halves


class Coupling(nn.Module):
    """One coupling; `kept` marks the half that stays."""

    kept: Tensor

    def __init__(self, kept: Float[Tensor, " latent"], hidden: int) -> None:
        super().__init__()
        self.register_buffer("kept", kept)
        latent = len(kept)
        self.read = nn.Sequential(
            nn.Linear(latent, hidden),
            nn.SiLU(),
            nn.Linear(hidden, hidden),
            nn.SiLU(),
            nn.Linear(hidden, 2 * latent),
        )

    def stretch(self, z: Latents) -> tuple[Latents, Latents]:
        """The s and t of the half that moves; 0 for the one that stays."""
        s, t = self.read(z * self.kept).chunk(2, 1)
        moves = 1 - self.kept
        return MOST * torch.tanh(s / MOST) * moves, t * moves


class Flow(nn.Module):
    """From latents to u, which is to be N(0, 1) in each number, and back."""

    centre: Tensor
    scale: Tensor

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.form = form
        self.register_buffer("centre", torch.zeros(form.latent))
        self.register_buffer("scale", torch.ones(form.latent))
        self.couplings = nn.ModuleList(Coupling(half, form.hidden) for half in _halves(form))

    def normal(self, z: Latents) -> tuple[Latents, Float[Tensor, " n"]]:
        """The u of these latents, and the log of how much volume grows there."""
        u = (z - self.centre) / self.scale
        grown = -self.scale.log().sum().expand(len(z))
        for coupling in self.couplings:
            assert isinstance(coupling, Coupling)
            s, t = coupling.stretch(u)
            u = u * s.exp() + t
            grown = grown + s.sum(1)
        return u, grown

    def latents(self, u: Latents) -> Latents:
        """The latents of these u: the way back, exact."""
        z = u
        for coupling in reversed(self.couplings):
            assert isinstance(coupling, Coupling)
            s, t = coupling.stretch(z)
            z = (z - t) * (-s).exp()
        return z * self.scale + self.centre

    def log_p(self, z: Latents) -> Float[Tensor, " n"]:
        """The log density of these latents, in nats."""
        u, grown = self.normal(z)
        return grown - (u.square().sum(1) + self.form.latent * math.log(2 * math.pi)) / 2


def _halves(form: Form) -> list[Float[Tensor, " latent"]]:
    """Which numbers stay, coupling by coupling: a half, then the other, then halves drawn anew."""
    noise, found = torch.Generator().manual_seed(form.seed), list[Tensor]()
    for number in range(form.couplings):
        if number % 2:
            found.append(1 - found[-1])
        else:
            half = torch.zeros(form.latent)
            half[torch.randperm(form.latent, generator=noise)[: form.latent // 2]] = 1
            found.append(half)
    return found


@torch.no_grad()
def begin(flow: Flow, z: Latents) -> None:
    """Centre and scale from latents; couplings that change nothing yet (after `initial.draw`)."""
    flow.centre.copy_(z.mean(0))
    flow.scale.copy_(z.std(0))
    for coupling in flow.couplings:
        assert isinstance(coupling, Coupling)
        last = coupling.read[-1]
        assert isinstance(last, nn.Linear)
        last.weight.zero_()
        last.bias.zero_()


def network(form: Form, weights: StateDict) -> Flow:
    """The flow of that form with these weights, to be asked and not to learn."""
    module = Flow(form)
    module.load_state_dict(dict(weights))
    return module.eval().requires_grad_(False)
