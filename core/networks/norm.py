"""The norm of our networks of critters."""

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
