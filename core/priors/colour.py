"""Colours as ImageNet's pixels vary together: luminance, red-blue, green-magenta.

The matrix square root of the pixels' covariance, its largest column of norm 1
(Olah, Mordvintsev and Schubert, Feature Visualization, 2017).
"""

import torch
from jaxtyping import Float
from torch import Tensor

_ROOT = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))  # rows: red, green, blue


def matrix(like: Tensor) -> Float[Tensor, "3 3"]:
    """From the decorrelated axes to red, green and blue, on the device of `like`."""
    root = torch.tensor(_ROOT)
    return (root / root.norm(dim=0).max()).to(like)


def correlate(x: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 3 h w"]:
    """Decorrelated axes to red, green and blue."""
    return torch.einsum("nchw,dc->ndhw", x, matrix(x))


def decorrelate(x: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 3 h w"]:
    """Red, green and blue to the decorrelated axes: the inverse of `correlate`."""
    inverse = torch.linalg.inv(matrix(x).cpu().double()).to(x)
    return torch.einsum("nchw,dc->ndhw", x, inverse)


def capped(x: Float[Tensor, "n 3 h w"], contrast: float) -> Float[Tensor, "n 3 h w"]:
    """Mean 0 and a standard deviation of at most `contrast` over each whole picture.

    Without it low frequencies grow until the sigmoid clips into neon.
    """
    centred = x - average(x)
    deviation = average(centred.square()).sqrt()
    return centred / (deviation + 1e-5) * deviation.clamp(max=contrast)


def standard(
    x: Float[Tensor, "n 3 h w"], of: Float[Tensor, "n 3 H W"] | None = None
) -> Float[Tensor, "n 3 h w"]:
    """Mean 0 and standard deviation 1 over each whole picture; of a part, the `of` is the whole."""
    whole = x if of is None else of
    mean = average(whole)
    return (x - mean) / (average((whole - mean).square()).sqrt() + 1e-5)


def flat(x: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 3 h w"]:
    """A picture before its colours were correlated and pressed into [0, 1]."""
    return decorrelate(torch.logit(x.clamp(0.02, 0.98)))


def average(x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c 1 1"]:
    """The mean of each picture, the same for all its channels, added up channel by channel.

    One sum over a whole picture is cut into as many parts as there are threads
    and rounds otherwise at each count, and so does its slope; these do not.
    """
    return x.mean((2, 3), keepdim=True).mean(1, keepdim=True).expand(-1, x.shape[1], -1, -1)


def level(x: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 3 1 1"]:
    """The mean that `capped` takes away: what a given picture's brightness is kept by."""
    return average(flat(x))
