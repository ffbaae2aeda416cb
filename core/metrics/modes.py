"""How many of the kinds that there are does a generator make?

A kind counts as made where it gets a fifth of its even share, as in the counts of
stacked digits (Che et al. 2017, https://arxiv.org/abs/1612.02136).
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from core.metrics.samples import SamplesError, distances, same_width, samples

SHARE = 0.2  # of an even share makes a mode count
WITHIN = 3  # standard deviations


@dataclass(frozen=True)
class Modes:
    """found of so many; near: the share of samples that lie in any of them."""

    found: int
    of: int
    near: float


def among_classes(labels: Int64[Tensor, " n"], classes: int) -> Modes:
    """Of samples that a classifier has labelled 0 to classes - 1; -1 is for none of them."""
    if not len(labels):
        raise SamplesError("There are no samples: give at least 1.")
    if int(labels.min()) < -1 or int(labels.max()) >= classes:
        raise SamplesError(f"Labels of {classes} classes run from 0 to {classes - 1}; -1 is none.")
    known = labels[labels >= 0]
    counts = known.bincount(minlength=classes)
    found = int((counts >= SHARE / classes * len(labels)).sum())
    return Modes(found, classes, len(known) / len(labels))


def among_means(x: Float[Tensor, "n d"], means: Float[Tensor, "k e"], *, sd: float) -> Modes:
    """Of points, each counted for the nearest mean where it lies within 3 sd of it."""
    points, centres = samples(x, "points"), samples(means, "means")
    same_width(points, centres, "Points and means")
    if not sd > 0:
        raise SamplesError(f"sd = {sd:g} is out of range: choose a number above 0.")
    apart, nearest = distances(points, centres).min(1)
    return among_classes(torch.where(apart <= WITHIN * sd, nearest, -1), len(centres))
