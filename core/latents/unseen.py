"""Pictures that a generator has not learned from, by number: where edits and walks begin."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from core.models import Generator
from core.worlds import critters, digits

SEED, COUNT = 4, 64  # of the critters; the held-out digits are a hundred


@dataclass(frozen=True)
class Unseen:
    """One picture, and the factors that made it where it is a critter."""

    x: Float[Tensor, "1 3 h w"]
    factors: critters.Factors | None


def unseen(generator: Generator, number: int) -> Unseen:
    """The critter or the digit of this number, 0 to 63, in the size of the generator's pictures."""
    if generator.of == "digits":
        return Unseen(digits.held_out()[number : number + 1].float(), None)
    every = critters.sample(COUNT, seed=SEED)
    factors = {name: column[number : number + 1] for name, column in every.items()}
    return Unseen(portrait(factors, generator.side), factors)


def portrait(factors: critters.Factors, side: int) -> Float[Tensor, "n 3 h w"]:
    """The pictures of critters, a row of factors each."""
    return critters.render(factors, side, parts=False, landmarks=False).image
