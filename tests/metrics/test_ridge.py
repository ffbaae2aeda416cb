"""The ridge is least squares with its penalty, and its error is that of really leaving one out."""

import pytest
import torch
from sklearn.linear_model import Ridge

from core.metrics import ridge
from core.metrics.samples import SamplesError


def drawn(*shape, seed=0):
    noise = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=noise, dtype=torch.float64)


def problem(n=60, source=8, target=3, noise=0.5):
    x = drawn(n, source) * torch.linspace(0.1, 5, source, dtype=torch.float64) + 3
    return x, x @ drawn(source, target, seed=1) - 2 + noise * drawn(n, target, seed=2)


@pytest.mark.parametrize("penalty", [0, 1e-3, 0.3, 10])
def test_it_is_scikit_learns(penalty):
    x, y = problem()
    ours = ridge.fit(x, y, penalty=penalty)
    alpha = penalty * float((x - x.mean(0)).square().sum(0).mean())
    theirs = Ridge(alpha=alpha, solver="svd").fit(x.numpy(), y.numpy())
    torch.testing.assert_close(ours.weights, torch.from_numpy(theirs.coef_).T)
    torch.testing.assert_close(ours.bias, torch.from_numpy(theirs.intercept_))
    torch.testing.assert_close(ridge.predicted(x, ours), torch.from_numpy(theirs.predict(x)))


@pytest.mark.parametrize(("n", "penalty"), [(60, 1e-3), (60, 3.0), (6, 0.1)])
def test_its_error_is_that_of_leaving_one_out(n, penalty):
    x, y = problem(n)
    variance = (x - x.mean(0)).square().sum(0).mean()
    errors = []
    for i in range(n):
        rest = torch.arange(n) != i
        left = (x[rest] - x[rest].mean(0)).square().sum(0).mean()
        found = ridge.fit(x[rest], y[rest], penalty=float(penalty * variance / left))
        errors.append((ridge.predicted(x[i : i + 1], found) - y[i]).square().mean())
    assert ridge.fit(x, y, penalty=penalty).error == pytest.approx(float(sum(errors)) / n, rel=1e-8)


def test_the_penalty_that_is_chosen_has_the_least_error():
    x, y = problem(noise=20)
    chosen = ridge.fit(x, y)
    errors = {p: ridge.fit(x, y, penalty=p).error for p in ridge.PENALTIES}
    assert chosen.penalty == min(errors, key=errors.__getitem__)
    assert chosen.penalty > ridge.fit(*problem(noise=0.01)).penalty


def test_an_affine_map_without_noise_is_found_exactly():
    x, y = problem(noise=0)
    found = ridge.fit(x, y, penalty=0)
    torch.testing.assert_close(found.weights, drawn(8, 3, seed=1))
    torch.testing.assert_close(found.bias, torch.full((3,), -2.0, dtype=torch.float64))


def test_scale_and_place_of_the_inputs_change_nothing():
    x, y = problem()
    one, other = ridge.fit(x, y, penalty=0.1), ridge.fit(1000 * x - 7, y, penalty=0.1)
    torch.testing.assert_close(ridge.predicted(x, one), ridge.predicted(1000 * x - 7, other))


def test_answers_have_the_precision_of_what_is_asked():
    x, y = problem()
    assert ridge.predicted(x.float(), ridge.fit(x, y)).dtype == torch.float32


@pytest.mark.parametrize(
    ("x", "y", "penalty", "said"),
    [
        (torch.rand(9, 2), torch.rand(8, 1), None, "Inputs and outputs .* 9 and 8"),
        (torch.rand(2, 2), torch.rand(2, 1), None, "2 inputs: give at least 3"),
        (torch.full((9, 2), 0.3), torch.rand(9, 1), None, "All inputs are the same"),
        (torch.zeros(9, 2), torch.rand(9, 1), None, "All inputs are the same"),
        (torch.rand(9, 2), torch.rand(9, 1), -1.0, "penalty = -1 is out of range"),
        (torch.rand(9, 2), torch.rand(9, 1), float("nan"), "penalty = nan is out of range"),
        (torch.rand(9, 9), torch.rand(9, 1), 0.0, "9 inputs of 9 numbers .* which needs 10"),
        (torch.rand(9, 1).expand(9, 2), torch.rand(9, 1), 0.0, "differ in every number"),
        (torch.rand(9, 0), torch.rand(9, 1), None, "one row of numbers a sample"),
    ],
)
def test_what_cannot_be_fitted_is_refused(x, y, penalty, said):
    with pytest.raises(SamplesError, match=said):
        ridge.fit(x, y, penalty=penalty)
