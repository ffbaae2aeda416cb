"""What may happen to a picture, as data: names, strengths, and functions from picture to picture.

Where a disturbance has a direction or noise there are a few fixed draws of it,
by number, the same for every picture.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from core import pictures
from core.pictures import Rgb
from core.priors import views

SMALLEST = 32  # px: a picture is made no smaller
_KEY = "survival"  # in place of a run's seed


def rounded(x: Rgb, bits: float, draw: int = 0) -> Rgb:
    """To so many bits a colour; 8 bits are what a file has."""
    levels = 2**bits - 1
    return (x.clamp(0, 1) * levels).round() / levels


def shifted(x: Rgb, px: float, draw: int = 0) -> Rgb:
    """To the right, left, down or up."""
    right, down = ((px, 0), (-px, 0), (0, px), (0, -px))[draw]
    return views.rigid_motion(x, right=right, down=down)


def scaled(x: Rgb, percent: float, draw: int = 0) -> Float[Tensor, "3 H W"]:
    """The whole picture at this share of its size, antialiased."""
    height, width = (max(SMALLEST, round(n * percent / 100)) for n in x.shape[-2:])
    return pictures.resized(x, height, width)


def turned(x: Rgb, degrees: float, draw: int = 0) -> Rgb:
    """About its middle, to the left or to the right."""
    return views.rigid_motion(x, degrees=(degrees, -degrees)[draw])


def blurred(x: Rgb, sigma: float, draw: int = 0) -> Rgb:
    """By a Gaussian, the picture reflected at its border."""
    # not torchvision's gaussian_blur, which is the same up to 2e-6: it rounds otherwise, and what
    # has been measured is to stay; at 384 px it takes 7 ms for 33 at sigma 1, 67 for 46 at 4
    reach = math.ceil(4 * sigma)
    if reach == 0:
        return x
    at = torch.arange(-reach, reach + 1, device=x.device)
    bell = (-(at**2) / (2 * sigma**2)).exp()
    bell = (bell / bell.sum()).view(1, 1, -1, 1)
    for _ in range(2):  # down, then across
        padded = F.pad(x[:, None], (0, 0, reach, reach), mode="reflect")
        x = F.conv2d(padded, bell)[:, 0].transpose(1, 2)
    return x


def compressed(x: Rgb, quality: float, draw: int = 0) -> Rgb:
    """As a JPEG of this quality, written and read; colour at half resolution, as most have it."""
    file = pictures.jpeg(pictures.to_uint8(x), int(quality), subsampling=2)
    return pictures.read(file).to(x)


def noisy(x: Rgb, levels: float, draw: int = 0) -> Rgb:
    """With Gaussian noise of so many 8-bit levels."""
    grain = torch.randn(x.shape, generator=views.generator(_KEY, "noise", draw))
    return (x + grain.to(x) * (levels / 255)).clamp(0, 1)


@dataclass(frozen=True)
class Disturbance:
    """Something done to a picture: `change(picture, strength, draw)`, from weak to strong.

    named and does, the beginning of a sentence, have a place for the strength;
    `usual` is the strength of the chart.
    """

    named: str
    does: str
    help: str
    strengths: tuple[float, ...]
    usual: float
    change: Callable[[Rgb, float, int], Rgb]
    draws: int = 1

    def said(self, strength: float) -> str:
        """The name with the strength in it."""
        return self.named.format(f"{strength:g}")


DISTURBANCES = {
    "8-bit": Disturbance(
        "{}-bit", "Rounding to {} bits", "rounded to so many bits a colour; 8 are what a file has",
        (8, 6, 5, 4, 3), 8, rounded,
    ),
    "shift": Disturbance(
        "shift {} px", "A shift of {} px", "moved right, left, down and up; the mean", (1, 2, 5, 10, 20), 5, shifted, 4,
    ),
    "scale": Disturbance(
        "scale {} %", "A size of {} %", "made smaller, antialiased", (95, 90, 80, 65, 50), 90, scaled
    ),
    "rotation": Disturbance(
        "turn {}°", "A turn of {}°", "turned to the left and to the right; the mean", (2, 5, 10, 20, 45), 5, turned, 2,
    ),
    "blur": Disturbance(
        "blur {} px", "A blur of {} px", "a Gaussian blur of this deviation", (0.5, 1, 1.5, 2, 4), 1, blurred
    ),
    "JPEG": Disturbance(
        "JPEG {}", "JPEG at quality {}", "written as a JPEG of this quality and read again",
        (90, 75, 50, 25, 10), 75, compressed,
    ),
    "noise": Disturbance(
        "noise {}", "Noise of {} levels", "Gaussian noise of so many of 255 levels; the mean of two draws",
        (2, 4, 8, 16, 32), 8, noisy, 2,
    ),
}  # fmt: skip
