"""How much of each factor can be read off latents by an affine map: R2 on held-out critters.

A share of 1 says that the factor lies in the latent along a straight line, 0 that the
map does no better than the mean. The map is ridge regression, its penalty chosen by
leaving one out on the critters that it is fitted to.
"""

from collections.abc import Mapping

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from core.metrics import bootstrap, ridge
from core.metrics import factors as parts
from core.metrics.bootstrap import Interval
from core.worlds import critters

WITHIN = {"ear_flop": "species"}  # each species has a range of its own, so it is read within one


def columns(name: str, factors: critters.Factors) -> Float[Tensor, "n k"]:
    """A factor as numbers that an affine map can give.

    The droop of the ears is that within its species.
    """
    row, values = critters.FACTORS[name], factors[name]
    if row.kind == "circular":
        values = (values - row.low) / (row.high - row.low)
    if name in WITHIN:
        group = F.one_hot(factors[WITHIN[name]].long()).float()
        means = (group.T @ values) / group.sum(0).clamp(min=1)
        values = values - group @ means
    kind = {"categorical": row.kind == "categorical", "circular": row.kind == "circular"}
    return parts.columns(values, **kind)


def shares(
    z: Float[Tensor, "n latent"],
    factors: critters.Factors,
    held_out: Float[Tensor, "m latent"],
    truth: critters.Factors,
) -> Mapping[str, Interval]:
    """R2 of every factor on held-out critters, from maps fitted to the others."""
    found = {}
    for name in critters.FACTORS:
        read = ridge.fit(z, columns(name, factors))
        found[name] = bootstrap.explained(ridge.predicted(held_out, read), columns(name, truth))
    return found
