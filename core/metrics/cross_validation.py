"""How much of a factor a line reads off latents, where none are set aside to be judged on.

Every latent is judged by a fit that never saw it, in five folds. Quantities are
read by ridge regression (R2), classes by logistic regression (balanced accuracy,
the mean over classes of how many of them are right). Beside it stands the same
with the factor's values in another order: what a fit of this size finds in nothing.
"""

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from core.metrics import bootstrap, ridge
from core.metrics.bootstrap import Interval
from core.metrics.factors import Factor, checked, classes, columns, is_categorical
from core.metrics.samples import SamplesError, samples, shuffled

FOLDS = 5
TINY = 1e-12


@dataclass(frozen=True)
class FactorReadout:
    """read: R2 (1 is all of it, 0 or less none) or balanced accuracy (chance is 1 / classes).

    null: the same of shuffled values. measure: which of the two it is.
    """

    read: Interval
    null: Interval
    measure: str


def cross_validated(
    z: Float[Tensor, "n latent"],
    values: Factor,
    *,
    name: str = "the factor",
    circular: bool = False,
    seed: int = 0,
) -> FactorReadout:
    """What five folds read out of the latents, and its null.

    values: one for each latent, whole numbers for classes. circular: a quantity in turns,
    read by its sine and cosine. Raises SamplesError for a factor of one value, and where
    there are fewer than 10 latents, or fewer than 5 of a class.
    """
    x = samples(z, "latents", least=2 * FOLDS)
    found = checked(values, x, name)
    other = shuffled(found, seed)
    if is_categorical(values):
        _refuse_rare(found, name)
        read, null = (_balanced_accuracy(x, classes(y), seed) for y in (found, other))
        return FactorReadout(read, null, "balanced accuracy")
    read, null = (
        _explained(x, columns(y, categorical=False, circular=circular), seed)
        for y in (found, other)
    )
    return FactorReadout(read, null, "R2")


def balanced_accuracy(said: Int64[Tensor, " n"], true: Int64[Tensor, " n"]) -> Interval:
    """The mean over the classes that there are of the share of each that is said right."""
    of_class = F.one_hot(classes(true)).double()
    right = of_class * (said == true).double()[:, None]

    def figure(weights: Float64[Tensor, "draws n"]) -> Float64[Tensor, " draws"]:
        drawn = weights @ of_class  # a class may be missing from a draw
        shares = (weights @ right) / drawn.clamp(min=TINY)
        return shares.sum(1) / (drawn > 0).sum(1)

    return bootstrap.interval(figure, len(true))


def _explained(x: Float64[Tensor, "n d"], y: Float64[Tensor, "n m"], seed: int) -> Interval:
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))
    said = torch.empty_like(y)
    for fold in order.chunk(FOLDS):
        rest = torch.ones(len(x), dtype=torch.bool)
        rest[fold] = False
        said[fold] = ridge.predicted(x[fold], ridge.fit(x[rest], y[rest]))
    return bootstrap.explained(said, y)


def _balanced_accuracy(x: Float64[Tensor, "n d"], y: Int64[Tensor, " n"], seed: int) -> Interval:
    from sklearn.linear_model import LogisticRegression  # a second to import
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    fit = make_pipeline(
        StandardScaler(), LogisticRegression(max_iter=1000, class_weight="balanced")
    )
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    said: Any = cross_val_predict(fit, x.numpy(), y.numpy(), cv=folds)
    return balanced_accuracy(torch.from_numpy(said), y)


def _refuse_rare(values: Float64[Tensor, " n"], name: str) -> None:
    labels, counts = values.unique(return_counts=True)
    rarest = int(counts.argmin())
    if counts[rarest] < FOLDS:
        raise SamplesError(
            f"{name} = {labels[rarest]:g} occurs {int(counts[rarest])} times: {FOLDS} folds need "
            f"{FOLDS} of every class."
        )
