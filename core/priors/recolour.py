"""A style without its colours: by luminance alone, or in the colours of the content.

Gatys, Bethge, Hertzmann and Shechtman, Preserving Color in Neural Artistic
Style Transfer, 2016, https://arxiv.org/abs/1606.05897.
"""

import torch
from jaxtyping import Float
from torch import Tensor

LUMA = (0.299, 0.587, 0.114)
RIDGE = 1e-5  # of the colours' covariance: a picture of one colour has one, too

Picture = Float[Tensor, "1 3 _ _"]


def grey(x: Picture) -> Picture:
    """The luminance, three times."""
    weights = x.new_tensor(LUMA)[:, None, None]
    return (x * weights).sum(1, keepdim=True).expand(-1, 3, -1, -1)


def with_chroma(luminance: Picture, of: Picture) -> Picture:
    """The luminance of one picture with the hues of another; before anything is clipped."""
    return luminance + of - grey(of)


def lit(x: Picture, like: Picture) -> Picture:
    """A grey picture with the mean and deviation of another's luminance."""
    mine, other = grey(x), grey(like)
    spread = other.std(correction=0) / (mine.std(correction=0) + 1e-6)
    return ((mine - mine.mean()) * spread + other.mean()).clamp(0, 1)


def matched(x: Picture, like: Picture) -> Picture:
    """A picture with the mean and covariance of another's colours; before anything is clipped."""
    (mean, root), (goal_mean, goal_root) = _moments(x), _moments(like)
    turn = goal_root @ torch.linalg.inv(root)
    flat = turn @ (x.flatten(2)[0] - mean) + goal_mean
    return flat.view_as(x)


def _moments(x: Picture) -> tuple[Tensor, Tensor]:
    """Mean and symmetric root of the covariance of a picture's colours."""
    flat = x.flatten(2)[0]
    mean = flat.mean(1, keepdim=True)
    covariance = (flat - mean) @ (flat - mean).T / flat.shape[1]
    values, vectors = torch.linalg.eigh(covariance + RIDGE * torch.eye(3, device=x.device))
    return mean, vectors @ (values.clamp(min=0).sqrt()[:, None] * vectors.T)
