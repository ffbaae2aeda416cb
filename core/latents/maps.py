"""Affine maps from one latent space into another, learned from pictures that both encode.

Asperti and Tonelli, Comparing the Latent Space of Generative Models, 2022,
https://arxiv.org/abs/2207.06812, find that a linear map carries a latent of one
generator to one of another that decodes to nearly the same picture. How much that says is
seen beside three others: a map learned from shuffled pairs, the mean latent, and the
same map from latents that nobody would call understanding (pixel PCA, an encoder with
random weights), which are given as `source`.

The map is `core.metrics.ridge`'s; how well it does is `core.metrics.fidelity.map_ratio`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from core.latents.errors import LatentError
from core.metrics import ridge
from core.metrics.ridge import Affine
from core.metrics.samples import match, samples, shuffled

SIZES = (25, 50, 100, 250, 500, 1000, 2000, 4000)  # pairs that a map is learned from
LEAST = 10  # pairs, fewer of which say nothing about the rest

Source = Float[Tensor, "n source"]
Target = Float[Tensor, "pairs target"]  # as many as there are of the source


@dataclass(frozen=True)
class Support:
    """A map learned from so many pairs, and what its judge said of it."""

    pairs: int
    affine: Affine
    value: float


def fitted(source: Source, target: Target, *, penalty: float | None = None) -> Affine:
    """The affine map from pairs of latents of the same pictures.

    The penalty is chosen by leaving one out unless it is given (`ridge.fit`). Fewer pairs than
    numbers in a latent are then held by the penalty alone; without one, at penalty 0, they
    are refused. Raises SamplesError, and LatentError for fewer than 10 pairs and for latents
    that stand twice, which leaving one out would not leave out.
    """
    _refuse_copies(samples(source, "pairs"))
    return ridge.fit(source, target, penalty=penalty)


def from_shuffled_pairs(source: Source, target: Target, *, seed: int) -> Affine:
    """The null: the same two sets, who belongs to whom drawn by seed."""
    match(source, target, "Latents of the two spaces")
    return fitted(source, shuffled(target, seed))


def mean_latent(source: Source, target: Target) -> Affine:
    """The null: whatever comes, the mean of the targets."""
    x, y = samples(source, "inputs"), samples(target, "outputs", least=2)
    weights = torch.zeros(x.shape[1], y.shape[1], dtype=torch.float64)
    n = len(y)
    error = float((y - y.mean(0)).square().mean()) * (n / (n - 1)) ** 2  # as leaving one out has it
    return Affine(weights, y.mean(0), torch.inf, error)


def curve(
    source: Source,
    target: Target,
    judge: Callable[[Affine], float],
    *,
    sizes: Sequence[int] = SIZES,
    seed: int = 0,
) -> Iterator[Support]:
    """Maps learned from more and more pairs, each with the judge's value of it.

    The pairs are drawn by seed, the smaller sets inside the larger. judge: the error on pairs
    that are not among these, such as a map ratio. Sizes above what there is are left out.
    """
    match(source, target, "Latents of the two spaces")
    order = torch.randperm(len(source), generator=torch.Generator().manual_seed(seed))
    order = order.to(source.device)
    for pairs in sorted(sizes):
        if pairs <= len(source):
            affine = fitted(source[order[:pairs]], target[order[:pairs]])
            yield Support(pairs, affine, judge(affine))


def carried(direction: Float[Tensor, " source"], affine: Affine) -> Float[Tensor, " target"]:
    """Where the map takes a direction, of length 1; raises LatentError where it takes it to zero."""
    found = direction.cpu().double() @ affine.weights
    if not found.any():
        raise LatentError("The map takes this direction to zero: it has nothing of it.")
    return (found / found.norm()).to(direction)


def _refuse_copies(x: Tensor) -> None:
    if len(x) < LEAST:
        raise LatentError(f"{len(x)} pairs are too few for a map: give at least {LEAST}.")
    copies = len(x) - len({row.tobytes() for row in x.numpy()})
    if copies:
        raise LatentError(
            f"{copies} of {len(x)} pairs are copies of others: leaving one out would leave its "
            "copy in. Give each pair once."
        )
