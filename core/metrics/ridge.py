"""An affine map of least squares, its penalty chosen by leaving one out.

    weights = (X^T X + lambda I)^-1 X^T Y,  bias = mean(y) - mean(x) weights

with X and Y centred, so that the bias costs nothing. For such a map the error of
each sample as all others predict it needs no second fit: it is the residual
divided by 1 - h, h being how much the sample pulls its own prediction (Hoerl and
Kennard, Ridge Regression, 1970; Allen's PRESS, 1974). Everything is float64: the
normal equations square the condition.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from core.metrics.samples import SamplesError, match, samples

PENALTIES = tuple(10.0**power for power in range(-6, 3))  # of the mean variance: one a decade
SINGULAR = 1e-10  # of the largest eigenvalue: directions below it do not vary


@dataclass(frozen=True)
class Affine:
    """y = x weights + bias.

    penalty: lambda over n times the mean variance of x. error: mean square of each y as the
    other samples predict it.
    """

    weights: Float64[Tensor, "source target"]
    bias: Float64[Tensor, " target"]
    penalty: float
    error: float


def fit(
    x: Float[Tensor, "n source"], y: Float[Tensor, "m target"], *, penalty: float | None = None
) -> Affine:
    """The affine map from x to y, with the penalty given or with the best of PENALTIES.

    penalty: in units of the mean variance of x, so that no scale of x changes its
    meaning; 0 is plain least squares. Raises SamplesError where n and m differ, where
    there are fewer than 3 samples or x does not vary, where the penalty is negative,
    and where plain least squares has no single answer.
    """
    x, y = samples(x, "inputs", least=3), samples(y, "outputs", least=3)
    match(x, y, "Inputs and outputs")
    means = x.mean(0), y.mean(0)
    x, y = x - means[0], y - means[1]
    variances, axes = torch.linalg.eigh(x.T @ x)
    variances = variances.clamp(min=0)
    if not variances.mean() > SINGULAR * means[0].square().mean():
        raise SamplesError("All inputs are the same: give some that differ.")
    along = x @ axes
    moments = along.T @ y
    choices = PENALTIES if penalty is None else (penalty,)
    _refuse(choices[0], variances, len(x))
    errors = _left_out(along, y, variances, moments, choices)
    penalty, error = min(zip(choices, errors, strict=True), key=lambda pair: pair[1])
    weights = axes @ (moments / _enlarged(variances, penalty)[:, None])
    return Affine(weights, means[1] - means[0] @ weights, penalty, error)


def predicted(x: Float[Tensor, "n source"], affine: Affine) -> Float[Tensor, "n target"]:
    """The affine map's answers, on the device and in the precision of x."""
    return (x.cpu().double() @ affine.weights + affine.bias).to(x)


def _enlarged(variances: Float64[Tensor, " source"], penalty: float) -> Float64[Tensor, " source"]:
    return variances + penalty * variances.mean()


def _left_out(
    along: Float64[Tensor, "n source"],
    y: Float64[Tensor, "n target"],
    variances: Float64[Tensor, " source"],
    moments: Float64[Tensor, "source target"],
    penalties: Sequence[float],
) -> list[float]:
    """The mean square error of leaving one out, for each penalty."""
    enlarged = torch.stack([_enlarged(variances, penalty) for penalty in penalties])
    pulls = 1 / len(y) + along.square() @ (1 / enlarged).T  # (n, penalty): each sample's own
    factors = (1 - pulls).square().reciprocal() / y.numel()
    return [
        float(factors[:, i] @ (y - along @ (moments / one[:, None])).square_().sum(1))
        for i, one in enumerate(enlarged)
    ]


def _refuse(penalty: float, variances: Float64[Tensor, " source"], n: int) -> None:
    if not penalty >= 0:
        raise SamplesError(f"penalty = {penalty:g} is out of range: choose 0 or more.")
    if penalty == 0 and not variances[0] > SINGULAR * variances[-1]:
        raise SamplesError(
            f"{n} inputs of {len(variances)} numbers do not fix a plain least squares, which "
            f"needs {len(variances) + 1} that differ in every number: give more, or a penalty."
        )
