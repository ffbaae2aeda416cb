"""How sure a figure is: the same figure of samples drawn again, with replacement.

Efron, Bootstrap Methods: Another Look at the Jackknife, 1979; the percentile interval.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from core.priors import views

TIMES, SHARE = 1000, 0.95
AT_ONCE = 100  # draws of which the weights are held in memory


# from weights of samples that sum to 1, a row for each draw, to the figure of each draw
Figure = Callable[[Float[Tensor, "draws n"]], Float[Tensor, " draws"]]


@dataclass(frozen=True)
class Interval:
    """A figure, and between which values it lies in 95 of 100 draws."""

    value: float
    low: float
    high: float


def interval(figure: Figure, n: int) -> Interval:
    """The interval of a figure of n samples."""
    whole = figure(torch.full((1, n), 1 / n, dtype=torch.float64))
    draws = [figure(_weights(AT_ONCE, n, first)) for first in range(0, TIMES, AT_ONCE)]
    ends = torch.tensor([(1 - SHARE) / 2, (1 + SHARE) / 2], dtype=torch.float64)
    low, high = torch.cat(draws).double().quantile(ends).tolist()
    return Interval(float(whole), low, high)


def mean(values: Float[Tensor, " n"]) -> Interval:
    """The interval of a mean."""
    v = values.double().cpu()
    return interval(lambda weights: weights @ v, len(v))


def explained(predicted: Float[Tensor, "n k"], true: Float[Tensor, "n k"]) -> Interval:
    """R2, the explained share of the variance of all columns together."""
    return interval(_share(predicted, true), len(true))


def mean_explained(pairs: Sequence[tuple[Float[Tensor, "n _"], Float[Tensor, "n _"]]]) -> Interval:
    """The mean of the R2 of several (predicted, true)."""
    shares = [_share(predicted, true) for predicted, true in pairs]
    return interval(lambda w: torch.stack([share(w) for share in shares]).mean(0), len(pairs[0][1]))


def _share(predicted: Float[Tensor, "n k"], true: Float[Tensor, "n k"]) -> Figure:
    true = true.double().cpu()
    missed = (predicted.double().cpu() - true).square().sum(1)
    square = true.square().sum(1)

    def share(weights: Tensor) -> Tensor:
        variance = weights @ square - (weights @ true).square().sum(1)
        return 1 - weights @ missed / variance

    return share


def _weights(draws: int, n: int, number: int) -> Float[Tensor, "draws n"]:
    """How often each sample is drawn, over n."""
    noise = views.generator("bootstrap", n, number)
    drawn = torch.randint(n, (draws, n), generator=noise)
    counts = torch.zeros(draws, n, dtype=torch.float64)
    return counts.scatter_add_(1, drawn, torch.ones_like(counts)) / n
