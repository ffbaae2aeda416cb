"""How near pictures are to those that they should be.

Pictures are in [0, 1], so that the largest possible error is 1.
"""

from jaxtyping import Float
from torch import Tensor

from core.metrics.samples import SamplesError, match

Pictures = Float[Tensor, "n channel h w"]
Others = Float[Tensor, "m channel h w"]  # as many


def mean_squares(x: Pictures, y: Others) -> Float[Tensor, " n"]:
    """The mean squared error of each picture."""
    match(x, y, "Pictures")
    return (x - y).flatten(1).square().mean(1)


def psnr(x: Pictures, y: Others) -> Float[Tensor, " n"]:
    """Peak signal to noise of each picture, in dB: -10 log10 of the mean squared error.

    Infinite where two pictures are the same.
    """
    return -10 * mean_squares(x, y).log10()


def map_ratio(x: Pictures, mapped: Others, own: Others) -> float:
    """M / R: the error of pictures decoded from mapped latents over that of their own latents.

    mapped: dec_2(map(enc_1(x))); own: dec_2(enc_2(x)). 1 where the map loses nothing. Raises
    SamplesError where the second model reproduces every picture, and nothing can be divided by.
    """
    error, floor = (float(mean_squares(x, y).double().mean()) for y in (mapped, own))
    if not floor > 0:
        raise SamplesError(
            "The second model reproduces these pictures without an error, so that there is no "
            "ratio: choose pictures that it was not made of."
        )
    return error / floor
