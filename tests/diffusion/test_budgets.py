"""Budgets are spent evaluation by evaluation, and what is found is what a solver reaches alone."""

from functools import partial

import pytest
import torch

from core.diffusion import answers, budgets, exact, schedules, solvers
from core.diffusion.solvers import SOLVERS
from core.worlds import plane

pytest.importorskip("diffusers")
RING = plane.DENSITIES["ring"]()
X = torch.randn(64, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def noise():
    return torch.Generator().manual_seed(1)


def begun():
    return budgets.Start(exact.denoiser(RING), X, "linear", "trailing", noise)


@pytest.fixture(scope="module")
def answer():
    return answers.Answer(exact.denoiser(RING), X, "linear").x(answers.PARTS)


def found(answer, small=(5, 8)):
    return budgets.Curves(
        begun(),
        partial(budgets.distance, answer=answer),
        lambda x: (x.norm(dim=1) > 1).double().mean(),
        small,
    )


def test_curves_grow_by_what_is_spent_and_not_by_how_often_they_are_asked(answer):
    at_once, bit_by_bit = found(answer), found(answer)
    part = bit_by_bit.upto(0)
    for spent in range(0, 120, 7):
        part = bit_by_bit.upto(spent)
    whole = at_once.upto(119)
    assert part.keys() <= whole.keys()
    for name, curve in part.items():
        assert torch.equal(curve, whole[name][: len(curve)])
    assert len(at_once.upto(10**6)) == len(SOLVERS)


def test_a_point_of_a_curve_is_where_that_solver_ends_alone(answer):
    curves = found(answer).upto(10**6)
    for name, solver in SOLVERS.items():
        steps = solver.steps(8)
        alpha_bars = schedules.visited("linear", "trailing", steps)
        *_, last = solvers.run(name, exact.denoiser(RING), X, alpha_bars, noise())
        cost, distance, _ = curves[name][1].tolist()
        assert cost == last.evaluations <= 8
        assert distance == pytest.approx(float(budgets.distance(last.x_next, answer)))


def test_more_evaluations_bring_every_solver_nearer_that_draws_no_noise(answer):
    curves = found(answer, (5, 40)).upto(10**6)
    for name, solver in SOLVERS.items():
        if not solver.random:
            assert curves[name][1, 1] < 0.3 * curves[name][0, 1]


def test_a_runner_keeps_its_way_and_what_it_saw(answer):
    runner = budgets.Runner(begun(), "heun", 8)
    assert runner.evaluations == 7
    assert [len(runner.x(k)) for k in (0, 3, 2, 7, 9)] == [1, 4, 3, 8, 8]
    assert torch.equal(runner.x_0(0), X)
    assert torch.equal(runner.x_0(7), runner.x(7)[-1])
    assert not torch.equal(runner.x_0(6), runner.x(6)[-1])


def test_what_is_no_number_is_far_away(answer):
    assert budgets.distance(torch.full_like(X, torch.nan), answer) == budgets.LOST
    assert budgets.distance(answer, answer) == 0
