"""Pictures that a generator has not learned from, by number: where edits and walks begin."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from core.models import Generator, NoEncoderError
from core.priors import views
from core.worlds import collections, critters, digits

SEED, COUNT = 4, 64  # of the critters; the held-out digits are a hundred


@dataclass(frozen=True)
class Unseen:
    """One picture, and the factors that made it where it is a critter.

    z: its latent, on the generator's device: as the encoder reads it, or what it was drawn from.
    """

    x: Float[Tensor, "1 3 h w"]
    z: Float[Tensor, "1 latent"]
    factors: critters.Factors | None


@torch.no_grad()
def unseen(generator: Generator, number: int) -> Unseen:
    """The picture of this number, 0 to 63, in the size of the generator's.

    Of a generator without an encoder it is one that it draws, by number.
    """
    x, factors = _picture(generator, number)
    try:
        return Unseen(x, generator.encode(x.to(generator.device)), factors)
    except NoEncoderError:
        z = at_random(generator, number)
        return Unseen(generator.decode(z).cpu(), z, None)


def at_random(generator: Generator, number: int) -> Float[Tensor, "1 latent"]:
    """The latent of this number: N(0, 1) in every component, by seed."""
    z = torch.randn(1, generator.latent, generator=views.generator("drawn", number))
    return z.to(generator.device)


def _picture(
    generator: Generator, number: int
) -> tuple[Float[Tensor, "1 3 h w"], critters.Factors | None]:
    if generator.of == "digits":
        return digits.held_out()[number : number + 1].float(), None
    if generator.of in collections.NAMES:
        return collections.held_out(generator.of)[number : number + 1], None
    every = critters.sample(COUNT, seed=SEED)
    factors = {name: column[number : number + 1] for name, column in every.items()}
    return portrait(factors, generator.side), factors


def portrait(factors: critters.Factors, side: int) -> Float[Tensor, "n 3 h w"]:
    """The pictures of critters, a row of factors each."""
    return critters.render(factors, side, parts=False, landmarks=False).image
