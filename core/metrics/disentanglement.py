"""Does every factor have a latent number of its own?

MIG: of each factor's entropy, by how much more the first latent number knows than
the second (Chen et al. 2018, https://arxiv.org/abs/1802.04942). It is near 0 where
two numbers know the same, so that a code which says everything twice fails.

DCI: of a sparse linear fit, whether each number serves one factor
(disentanglement), each factor needs one number (completeness), and how much the
fit explains (informativeness; Eastwood and Williams 2018,
https://openreview.net/forum?id=By-7dz-AZ, with lasso, as there).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from core.metrics import bootstrap
from core.metrics.bootstrap import Interval
from core.metrics.factors import Factor, bins, checked, columns, is_categorical
from core.metrics.samples import SamplesError, samples

BINS = 20
TEST = 0.2  # of the samples, on which informativeness is measured

Latents = Float[Tensor, "n latent"]
Factors = Mapping[str, Factor]


@dataclass(frozen=True)
class Dci:
    """disentanglement, completeness in [0, 1]; informativeness: R2 of each factor on new samples.

    importance: of each latent number (row) for each factor (column), not negative.
    """

    disentanglement: float
    completeness: float
    informativeness: dict[str, Interval]
    importance: Float64[Tensor, "latent factor"]


def mig(z: Latents, factors: Factors, *, circular: Collection[str] = ()) -> dict[str, float]:
    """The gap of each factor, in [0, 1]; the score is their mean.

    Numbers are cut into 20 bins of equal width, circular factors around their circle. The
    mutual information of n samples is too large by about 361 / (2 n) nats, of all numbers
    alike. Raises SamplesError.
    """
    x = samples(z, "latents", least=2)
    _two_of_each(x, factors, least=1)
    codes = [bins(x[:, i], BINS) for i in range(x.shape[1])]
    return {name: _gap(codes, _binned(x, name, factors, circular)) for name in factors}


def mutual_information(a: Int64[Tensor, " n"], b: Int64[Tensor, " n"]) -> float:
    """Of two series of bins, in nats: the sum of p(a, b) log p(a, b) / (p(a) p(b))."""
    rows, cells = int(a.max()) + 1, int(b.max()) + 1
    p = (a * cells + b).bincount(minlength=rows * cells).view(rows, cells).double() / len(a)
    return float((p.xlogy(p) - p.xlogy(p.sum(1, keepdim=True) * p.sum(0))).sum())


def dci(z: Latents, factors: Factors, *, circular: Collection[str] = (), seed: int = 0) -> Dci:
    """All three, by lasso whose penalty is chosen in five folds. Raises SamplesError."""
    x = samples(z, "latents", least=20)
    _two_of_each(x, factors, least=2)
    spread = x.std(0)
    x = (x - x.mean(0)) / torch.where(spread > 0, spread, 1.0)
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))
    test, rest = order.tensor_split([round(TEST * len(x))])
    importance, informativeness = [], {}
    for name, values in factors.items():
        found, categorical = checked(values, x, name), is_categorical(values)
        y = _standardised(columns(found, categorical=categorical, circular=name in circular))
        weights, said = _lasso(x, y, test, rest)
        importance.append(weights)
        informativeness[name] = bootstrap.explained(said, y[test])
    matrix = torch.stack(importance, 1)
    if not matrix.any():
        raise SamplesError("No factor is read out of any latent number: there is nothing to score.")
    return Dci(_apart(matrix), _alone(matrix), informativeness, matrix)


def _gap(codes: list[Int64[Tensor, " n"]], factor: Int64[Tensor, " n"]) -> float:
    known = sorted((mutual_information(code, factor) for code in codes), reverse=True)
    return (known[0] - known[1]) / mutual_information(factor, factor)


def _binned(
    x: Tensor, name: str, factors: Factors, circular: Collection[str]
) -> Int64[Tensor, " n"]:
    values = factors[name]
    kind = {"categorical": is_categorical(values), "circular": name in circular}
    return bins(checked(values, x, name), BINS, **kind)


def _lasso(
    x: Float64[Tensor, "n d"], y: Float64[Tensor, "n column"], test: Tensor, rest: Tensor
) -> tuple[Float64[Tensor, " d"], Float64[Tensor, "t column"]]:
    """The size of each weight, in the mean over the columns, and what is said of the test rows."""
    from sklearn.linear_model import LassoCV  # a second to import

    weights, said = torch.zeros(x.shape[1], dtype=torch.float64), []
    for column in y.T:
        fit: Any = LassoCV(cv=5).fit(x[rest].numpy(), column[rest].numpy())
        weights += torch.from_numpy(fit.coef_).abs() / y.shape[1]
        said.append(torch.from_numpy(fit.predict(x[test].numpy())))
    return weights, torch.stack(said, 1)


def _standardised(y: Float[Tensor, "n column"]) -> Float64[Tensor, "n column"]:
    y = y.double()
    return (y - y.mean(0)) / y.std(0)


def _apart(importance: Float64[Tensor, "d f"]) -> float:
    """Disentanglement: 1 - the entropy of each row over log f, weighed by the row's share."""
    rows = importance[importance.sum(1) > 0]
    return float((_ordered(rows) * rows.sum(1)).sum() / rows.sum())


def _alone(importance: Float64[Tensor, "d f"]) -> float:
    """Completeness: 1 - the entropy of each column over log d, in the mean."""
    columns = importance.T[importance.sum(0) > 0]
    return float(_ordered(columns).sum() / importance.shape[1])


def _ordered(rows: Float64[Tensor, "n k"]) -> Float64[Tensor, " n"]:
    p = rows / rows.sum(1, keepdim=True)
    return 1 + p.xlogy(p).sum(1) / torch.tensor(rows.shape[1]).double().log()


def _two_of_each(x: Tensor, factors: Factors, *, least: int) -> None:
    if x.shape[1] < 2 or len(factors) < least:
        raise SamplesError(
            f"{x.shape[1]} latent numbers and {len(factors)} factors cannot be told apart: give at "
            f"least 2 and {least}."
        )
