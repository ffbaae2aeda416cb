"""Moving a latent, the generator held, until it makes a picture.

It is ascent by Adam from a start z_0, an encoder's answer to the picture, with a
pull back to z_0: what a latent reaches far from where the generator was trained
is no longer a picture of its world (Zhu et al., In-Domain GAN Inversion, 2020,
https://arxiv.org/abs/2004.00049, pull by an encoder in the loop; here the pull
is to its first answer). Every latent of a batch moves alone. Nothing is read back.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from core.latents.errors import LatentError
from core.latents.spaces import known
from core.models import Generator, NoEncoderError
from core.steps import ascent

TRIED, AT_ONCE = 256, 64  # pictures of which the nearest is taken where nothing reads; at once
PULL = 0.01  # inversion: what a squared distance of 1 a number from the start costs
RATE = 0.05

Latents = Float[Tensor, "n latent"]
Pictures = Float[Tensor, "n 3 h w"]
Decode = Callable[[Latents], Pictures]


@dataclass(frozen=True)
class Ascended:
    """One step: the latents, their pictures, and how far they are from what is asked.

    error: mean squared error of the pictures, or of what a loss says. apart: root mean square
    distance from the start, a number of the latent.
    """

    step: int
    z: Latents
    x: Pictures
    error: Float[Tensor, " n"]
    apart: Float[Tensor, " n"]


Loss = Callable[[Latents, Pictures], tuple[Float[Tensor, " n"], Float[Tensor, " n"]]]


def inverted(
    x: Float[Tensor, "n 3 h w"],
    decode: Decode,
    z_0: Float[Tensor, "n latent"],
    *,
    steps: int,
    learning_rate: float = RATE,
    pull: float = PULL,
) -> Iterator[Ascended]:
    """Latents whose pictures come to be x. Yields the start as step 0, and every step after it.

    z_0: what the encoder answers to x, or any other start. Climbs -mean |G(z) - x|^2 -
    pull mean |z - z_0|^2. Raises LatentError.
    """
    return _ascended(decode, z_0, likeness(x), steps, learning_rate, pull)


def _ascended(
    decode: Decode, z_0: Latents, loss: Loss, steps: int, learning_rate: float, pull: float
) -> Iterator[Ascended]:
    if steps < 1 or not (learning_rate > 0 and pull >= 0):
        raise LatentError(
            f"steps = {steps}, learning_rate = {learning_rate:g} and pull = {pull:g}: choose at "
            "least 1 step, a rate above 0 and a pull of 0 or more."
        )
    return _climb(decode, z_0.detach().clone(), loss, steps, learning_rate, pull)


def _climb(
    decode: Decode, z_0: Latents, loss: Loss, steps: int, learning_rate: float, pull: float
) -> Iterator[Ascended]:
    z, moments = z_0, ascent.start(z_0)
    for step in range(steps + 1):
        found, slope = climbed(z, decode, loss, z_0, step=step, pull=pull)
        yield found
        z, moments = ascent.adam(z, slope, moments, step=step, learning_rate=learning_rate)


def climbed(
    z: Latents, decode: Decode, loss: Loss, z_0: Latents, *, step: int, pull: float
) -> tuple[Ascended, Latents]:
    """What latents are now, and the slope uphill; z_0: where they began."""
    with torch.enable_grad():
        z = z.detach().requires_grad_()
        made = decode(z)
        error, lost = loss(z, made)
        apart = _mean_square(z - z_0)
        (slope,) = torch.autograd.grad((-lost - pull * apart).sum(), z)
    found = Ascended(step, z.detach(), made.detach(), error.detach(), apart.detach().sqrt())
    return found, slope


def likeness(x: Pictures) -> Loss:
    """The mean squared error to these pictures, climbed and said."""

    def loss(z: Latents, made: Pictures) -> tuple[Tensor, Tensor]:
        error = _mean_square(made - x)
        return error, error

    return loss


@torch.no_grad()
def answer(generator: Generator, x: Float[Tensor, "1 3 h w"]) -> Float[Tensor, "1 latent"]:
    """The encoder's answer to a picture; without an encoder the nearest of TRIED that it draws.

    x: in the size of the generator's pictures. Raises InputError and LatentError.
    """
    x = x.to(generator.device)
    try:
        return generator.encode(x)
    except NoEncoderError:
        z = known(generator).z[:TRIED].to(generator.device)
        errors = [_mean_square(generator.decode(part) - x) for part in z.split(AT_ONCE)]
        nearest = int(torch.cat(errors).argmin())
        return z[nearest : nearest + 1]


def _mean_square(apart: Float[Tensor, "n *rest"]) -> Float[Tensor, " n"]:
    return apart.flatten(1).square().mean(1)
