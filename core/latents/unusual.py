"""Where a picture is not like those that a generator was trained on.

What an autoencoder has never seen does not come back from it. The error of a pixel
says little by itself: eyes are always drawn worse than the sky. So it is smoothed, and
held against what is usual, half at that place and half anywhere; 1 is usual. What is usual
at that place alone makes too much of corners that are nearly always drawn well.

    e = blur(mean_c (x - dec(enc(x)))^2),   map = 2 e / (E[e at that place] + E[e anywhere])
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from core.models import Generator, cache
from core.worlds import critters

COUNT, AT_ONCE = 256, 64  # critters that say what is usual
BLUR = 5  # px a side of the mean that a pixel's error is taken from
CHANGED = 1 / 32  # of the range, in any colour: a pixel that has been changed

Pictures = Float[Tensor, "n 3 h w"]


@dataclass(frozen=True)
class Usual:
    """What comes of ordinary pictures. error: what is usual at each pixel; scores: of each, sorted."""

    error: Float[Tensor, "h w"]
    scores: Float[Tensor, " n"]

    def map(self, x: Pictures, made: Pictures) -> Float[Tensor, "n h w"]:
        """How many times as large as usual the error is at each pixel."""
        return errors(x, made) / self.error

    def share_below(self, score: Float[Tensor, ""]) -> float:
        """The share of ordinary pictures that are less unusual than this."""
        return float((self.scores < score).float().mean())


def errors(x: Pictures, made: Pictures) -> Float[Tensor, "n h w"]:
    """The squared error of each pixel, in the mean over colours and the pixels around it."""
    squares = (x - made).square().mean(1, keepdim=True)
    return F.avg_pool2d(squares, BLUR, 1, BLUR // 2, count_include_pad=False)[:, 0]


def score(found: Float[Tensor, "n h w"]) -> Float[Tensor, " n"]:
    """How unusual each picture is: the mean of its map."""
    return found.mean((1, 2))


@torch.no_grad()
def usual(generator: Generator, numbers: int) -> Usual:
    """What is usual of critters, of a generator through whose latent so many numbers pass.

    The first time it takes a second or two; then it is kept.
    """
    key = f"usual-{critters.VERSION}-{generator.fingerprint}-{numbers}"
    kept = cache.recall(key, "usual")
    if kept:
        return Usual(kept[0]["error"], kept[0]["scores"])
    factors = critters.sample(COUNT, seed=critters.KNOWN)
    pictures = critters.render(factors, generator.side, parts=False, landmarks=False).image
    parts = pictures.split(AT_ONCE)
    found = torch.cat([errors(x, returned(generator, x, numbers)) for x in parts])
    error = (found.mean(0) + found.mean()) / 2
    scores = score(found / error).sort().values
    cache.keep(key, "usual", {"error": error, "scores": scores})
    return Usual(error, scores)


def returned(generator: Generator, x: Pictures, numbers: int) -> Pictures:
    """The pictures as they come back, the first `numbers` of their latents alone."""
    z = generator.encode(x.to(generator.device))
    z = torch.where(torch.arange(z.shape[1], device=z.device) < numbers, z, 0.0)
    return generator.decode(z).cpu()


def changed(before: Float[Tensor, "3 h w"], after: Float[Tensor, "3 h w"]) -> Bool[Tensor, "h w"]:
    """Which pixels are others than before."""
    return ((after - before).abs() > CHANGED).any(0)
