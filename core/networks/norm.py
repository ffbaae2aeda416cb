"""The norms of our networks of critters."""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class Norm(nn.GroupNorm):
    """A group norm that gives the same bytes on any number of threads, where it does not learn.

    torch's own adds up channels-last maps in parts, as many as there are threads.
    """

    def forward(self, input: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
        """Each group of channels at mean 0 and variance 1, then scaled and shifted."""
        if self.training:
            return super().forward(input)
        groups = input.reshape(len(input), self.num_groups, -1)
        variance, mean = torch.var_mean(groups, 2, correction=0, keepdim=True)
        x = ((groups - mean) * (variance + self.eps).rsqrt()).view(input.shape)
        return x * self.weight[:, None, None] + self.bias[:, None, None]


class Steered(nn.GroupNorm):
    """A group norm that may be scaled and shifted more at each call; the same bytes on any threads.

    Where it does not learn, two sums a channel are all that is read before the one pass that
    writes: half the time of `Norm`. The variance is the mean of squares less the square of the mean,
    as torch's own for channels-last maps.
    """

    def forward(
        self,
        input: Float[Tensor, "n c h w"],
        gamma: Float[Tensor, "n c"] | None = None,
        beta: Float[Tensor, "n c"] | None = None,
    ) -> Float[Tensor, "n c h w"]:
        """The norm, times 1 + gamma, plus beta."""
        if self.training:
            x = super().forward(input)
            if gamma is None or beta is None:
                return x
            return x * (1 + gamma[:, :, None, None]) + beta[:, :, None, None]
        n, c, h, w = input.shape
        count = h * w * c // self.num_groups
        sums = input.sum((2, 3)).view(n, self.num_groups, -1).sum(2, keepdim=True)
        squares = input.square().sum((2, 3))
        mean = sums / count
        variance = squares.view(n, self.num_groups, -1).sum(2, keepdim=True) / count - mean**2
        spread = (variance.clamp(min=0) + self.eps).rsqrt()
        scale = self.weight * spread.expand(-1, -1, c // self.num_groups).reshape(n, c)
        shift = self.bias - mean.expand(-1, -1, c // self.num_groups).reshape(n, c) * scale
        if gamma is not None and beta is not None:
            scale, shift = scale * (1 + gamma), shift * (1 + gamma) + beta
        return torch.addcmul(shift[:, :, None, None], input, scale[:, :, None, None])


class Unnormed(nn.Module):
    """In a norm's place where there shall be none: it scales and shifts alone."""

    def forward(
        self,
        input: Float[Tensor, "n c h w"],
        gamma: Float[Tensor, "n c"] | None = None,
        beta: Float[Tensor, "n c"] | None = None,
    ) -> Float[Tensor, "n c h w"]:
        """The maps, times 1 + gamma, plus beta."""
        if gamma is None or beta is None:
            return input
        return input * (1 + gamma[:, :, None, None]) + beta[:, :, None, None]
