"""What may stand between a picture and the network: a file, a blur, another size.

An attack that knows of it looks through it: a blur and a size have slopes of
their own, rounding and files let the slope straight through (Athalye, Carlini and
Wagner, Obfuscated Gradients, 2018).
"""

import random
from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from core.attacks.task import Network
from core.metrics import disturbances

QUALITY, SIGMA, SMALLEST = 75, 1.0, 0.8  # of the JPEG, of the blur in px, of the side

Pictures = Float[Tensor, "n 3 h w"]
Defence = Callable[[Pictures, str], Pictures]  # pictures, and what is drawn from


def compressed(x: Pictures, draw: str) -> Pictures:
    """Each as a JPEG, written and read."""
    files = [disturbances.compressed(one, QUALITY) for one in x.detach()]
    return x + (torch.stack(files) - x).detach()


def blurred(x: Pictures, draw: str) -> Pictures:
    """Each by a Gaussian."""
    return torch.stack([disturbances.blurred(one, SIGMA) for one in x])


def resized(x: Pictures, draw: str) -> Pictures:
    """All smaller by chance, somewhere on grey (Xie et al. 2018)."""
    drawn = random.Random(draw)
    height, width = x.shape[-2:]
    share = drawn.uniform(SMALLEST, 1)
    tall, wide = max(1, round(share * height)), max(1, round(share * width))
    top, left = drawn.randint(0, height - tall), drawn.randint(0, width - wide)
    small = F.interpolate(x, (tall, wide), mode="bilinear", antialias=True)
    return F.pad(small, (left, width - wide - left, top, height - tall - top), value=0.5)


DEFENCES: dict[str, Defence] = {"JPEG": compressed, "blur": blurred, "resize": resized}


def behind(name: str, answers: Network, draw: str) -> Network:
    """The network behind a defence, or "none"; what is drawn hangs on `draw`."""
    return answers if name == "none" else lambda x: answers(DEFENCES[name](x, draw))
