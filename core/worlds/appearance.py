"""What can be told of any picture by arithmetic: how bright it is, how warm, where its light is.

Of faces and emoji nobody knows factors. These take their place where an edit wants an
attribute: each is a mean over pixels, exact, and says no more than its name.
"""

from collections.abc import Callable, Mapping

import torch
from jaxtyping import Float
from torch import Tensor

LUMA = (0.2126, 0.7152, 0.0722)  # of R, G and B: ITU-R BT.709
EDGE = 8  # a picture's side over the width of what is called its edge

Pictures = Float[Tensor, "n 3 h w"]
Values = Float[Tensor, " n"]


def luma(x: Pictures) -> Float[Tensor, "n h w"]:
    """How bright each pixel is, in [0, 1]."""
    return torch.einsum("nchw,c->nhw", x, torch.tensor(LUMA).to(x))


def brightness(x: Pictures) -> Values:
    """The mean luma, in [0, 1]."""
    return luma(x).mean((1, 2))


def warmth(x: Pictures) -> Values:
    """How much more red there is than blue, in [-1, 1]."""
    return (x[:, 0] - x[:, 2]).mean((1, 2))


def colourfulness(x: Pictures) -> Values:
    """How far the largest of R, G and B is from the smallest, in [0, 1]."""
    return (x.amax(1) - x.amin(1)).mean((1, 2))


def contrast(x: Pictures) -> Values:
    """The standard deviation of the luma."""
    return luma(x).std((1, 2), unbiased=False)


def light_from_the_left(x: Pictures) -> Values:
    """How much brighter the left half is than the right one, in [-1, 1]."""
    left, right = luma(x).tensor_split(2, 2)
    return left.mean((1, 2)) - right.mean((1, 2))


def light_from_above(x: Pictures) -> Values:
    """How much brighter the upper half is than the lower one, in [-1, 1]."""
    upper, lower = luma(x).tensor_split(2, 1)
    return upper.mean((1, 2)) - lower.mean((1, 2))


def bright_edge(x: Pictures) -> Values:
    """How much brighter the edge is than all of it, in [-1, 1]: an eighth of the side wide."""
    y = luma(x)
    wide = max(1, y.shape[-1] // EDGE)
    inside = torch.ones(y.shape[1:], dtype=torch.bool, device=y.device)
    inside[wide:-wide, wide:-wide] = False
    return y[:, inside].mean(1) - y.mean((1, 2))


def symmetry(x: Pictures) -> Values:
    """1 less the mean distance between a picture and its mirror image, at most 1."""
    return 1 - (x - x.flip(3)).abs().mean((1, 2, 3))


ATTRIBUTES: Mapping[str, Callable[[Pictures], Values]] = {
    "bright": brightness,
    "warm": warmth,
    "colourful": colourfulness,
    "contrast": contrast,
    "light from the left": light_from_the_left,
    "light from above": light_from_above,
    "bright edge": bright_edge,
    "symmetric": symmetry,
}


def measured(x: Pictures) -> dict[str, Values]:
    """Every attribute of every picture, by name."""
    return {name: of(x) for name, of in ATTRIBUTES.items()}
