"""L-BFGS and momentum go down as their papers say, and never leave the finite numbers."""

import pytest
import torch

from core.steps import descent

ONE = torch.ones(1)


def down(f, p, steps, **how):
    """The best that so many trials of L-BFGS find of a function."""
    mine = descent.lbfgs_start(p, 1)
    for _ in range(steps):
        mine = descent.lbfgs(mine, descent.slopes(mine["p"], lambda p: [f(p)]), ONE, **how)
    return mine


def rosenbrock(p):
    x = p.flatten()
    return (100 * (x[1:] - x[:-1].square()).square() + (1 - x[:-1]).square()).sum()


def ill(size):
    """A quadratic whose axes differ a hundredfold, and its bottom."""
    noise = torch.Generator().manual_seed(0)
    turn = torch.linalg.qr(torch.randn(size, size, generator=noise, dtype=torch.float64))[0]
    matrix = turn @ torch.diag(torch.logspace(-1, 1, size, dtype=torch.float64)) @ turn.T
    bottom = torch.randn(1, size, generator=noise, dtype=torch.float64)
    return lambda p: 0.5 * ((p - bottom) @ matrix @ (p - bottom).T).sum(), bottom


def test_the_bottom_of_a_quadratic_is_found():
    f, bottom = ill(20)
    ones = torch.ones(1, dtype=torch.float64)
    mine = descent.lbfgs_start(torch.zeros_like(bottom), 1)
    for _ in range(150):
        mine = descent.lbfgs(mine, descent.slopes(mine["p"], lambda p: [f(p)]), ones, first=1.0)
    torch.testing.assert_close(mine["good"], bottom, rtol=1e-4, atol=1e-4)


def test_rosenbrock_falls_as_far_as_with_torch_optim():
    start = torch.tensor([[-1.2, 1.0, -0.5, 0.8]])
    ours = float(down(rosenbrock, start, 80, first=0.1)["terms"][0])
    theirs = start.clone().requires_grad_()
    optimizer = torch.optim.LBFGS(
        [theirs], max_iter=80, max_eval=80, history_size=10, line_search_fn="strong_wolfe"
    )

    def closure():
        optimizer.zero_grad()
        loss = rosenbrock(theirs)
        loss.backward()
        return loss

    optimizer.step(closure)
    assert ours < max(1e-6, 10 * float(rosenbrock(theirs.detach())))


def test_the_two_loops_are_the_inverse_that_bfgs_builds():
    """Nocedal and Wright (6.17), written out as matrices."""
    noise = torch.Generator().manual_seed(1)
    size = 6
    moved, turned = (
        torch.randn(descent.PAIRS, 1, size, generator=noise, dtype=torch.float64) for _ in range(2)
    )
    turned = moved + 0.1 * turned
    inverse = torch.stack([1 / (s * y).sum() for s, y in zip(moved, turned, strict=True)])
    last = turned[-1, 0]
    eye = torch.eye(size, dtype=torch.float64)
    found = eye / (inverse[-1] * last @ last)
    for s, y, rho in zip(moved[:, 0], turned[:, 0], inverse, strict=True):
        left = eye - rho * torch.outer(s, y)
        found = left @ found @ left.T + rho * torch.outer(s, s)
    slope = torch.randn(1, size, generator=noise, dtype=torch.float64)
    pairs = {"moved": moved, "turned": turned, "inverse": inverse}
    torch.testing.assert_close(descent._product(slope, pairs), slope @ found.T)


def test_what_was_kept_never_gets_worse():
    mine, worst = descent.lbfgs_start(torch.tensor([[-1.2, 1.0]]), 1), float("inf")
    for _ in range(60):
        mine = descent.lbfgs(
            mine, descent.slopes(mine["p"], lambda p: [rosenbrock(p)]), ONE, first=2.0
        )
        assert float(mine["terms"]) <= worst
        worst = float(mine["terms"])


def test_a_trial_that_is_not_finite_is_given_up_for_a_nearer_one():
    def walled(p):  # no number beyond 2
        x = p.sum()
        return torch.where(x < 2, (x - 1.9).square(), x.new_tensor(torch.nan))

    mine = down(walled, torch.zeros(1, 1), 40, first=50.0)
    assert mine["good"].isfinite().all()
    torch.testing.assert_close(mine["good"], torch.full((1, 1), 1.9), atol=1e-2, rtol=0)


def test_a_weight_that_changes_is_weighed_anew_at_what_was_kept():
    """Two wells; the weight moves from the one to the other in the middle of a run."""
    mine = descent.lbfgs_start(torch.zeros(1, 3), 2)
    wells = [torch.tensor([[1.0, 0, 0]]), torch.tensor([[0, 0, -2.0]])]
    for step in range(80):
        weights = torch.tensor([1.0, 0.0] if step < 40 else [0.0, 1.0])
        seen = descent.slopes(mine["p"], lambda p: [(p - w).square().sum() for w in wells])
        mine = descent.lbfgs(mine, seen, weights, first=0.5)
        if step == 39:
            torch.testing.assert_close(mine["good"], wells[0], atol=1e-3, rtol=0)
    torch.testing.assert_close(mine["good"], wells[1], atol=1e-3, rtol=0)


def test_momentum_walks_the_path_of_torch_optim():
    f, bottom = ill(5)
    start = torch.zeros_like(bottom)
    ours, ones = descent.momentum_start(start), torch.ones(1, dtype=torch.float64)
    theirs = start.clone().requires_grad_()
    optimizer = torch.optim.SGD([theirs], lr=0.01, momentum=0.9)
    for _ in range(12):
        ours = descent.momentum(
            ours, descent.slopes(ours["p"], lambda p: [f(p)]), ones, learning_rate=0.01
        )
        optimizer.zero_grad()
        f(theirs).backward()
        optimizer.step()
    torch.testing.assert_close(ours["p"], theirs.detach())


def test_on_a_plateau_the_rate_falls_to_a_tenth():
    mine = descent.momentum_start(torch.zeros(1, 2))
    flat = descent.Slopes(torch.ones(1), torch.zeros(1, 1, 2))
    for _ in range(descent.PLATEAU + 1):
        assert float(mine["rate"]) == 1
        mine = descent.momentum(mine, flat, ONE, learning_rate=1.0)
    assert float(mine["rate"]) == pytest.approx(0.1)


def test_slopes_are_those_of_autograd():
    p = torch.randn(1, 4, generator=torch.Generator().manual_seed(2))
    seen = descent.slopes(p, lambda p: [p.square().sum(), p.sin().sum()])
    worth, slope = seen.weighed(torch.tensor([2.0, 3.0]))
    torch.testing.assert_close(slope, 4 * p + 3 * p.cos())
    torch.testing.assert_close(worth, 2 * p.square().sum() + 3 * p.sin().sum())


def test_the_plain_one_takes_the_steps_of_torchs_own():
    """With its history, its first short step, and a picture that its closure clamps."""
    f, _ = ill(48)
    begun = torch.full((1, 3, 4, 4), 0.4, dtype=torch.float64)
    theirs, seen = begun.clone().requires_grad_(), []
    optimiser = torch.optim.LBFGS([theirs], history_size=7)

    def loss(p):
        return f(4 * p.view(1, -1) - 2) + (p - 0.5).abs().pow(3).sum()

    def closure():
        with torch.no_grad():
            theirs.clamp_(0, 1)
        optimiser.zero_grad()
        found = loss(theirs)
        found.backward()
        seen.append(found.detach())
        return found

    optimiser.step(closure)
    optimiser.step(closure)
    mine, found = descent.plain_start(begun, 7), []
    for _ in seen:
        p = mine["p"].clamp(0, 1).requires_grad_()
        found.append(loss(p).detach())
        (slope,) = torch.autograd.grad(loss(p), p)
        mine = descent.plain({**mine, "p": p.detach()}, slope)
    assert len(seen) > 20
    torch.testing.assert_close(torch.stack(found), torch.stack(seen))


def test_the_plain_one_goes_on_from_its_last_picture_where_a_slope_is_lost():
    p = torch.ones(1, 3, 4, 4)
    mine = descent.plain(descent.plain_start(p, 3), p)
    lost = descent.plain(mine, torch.full_like(p, torch.nan))
    assert torch.equal(lost["p"], p)
    assert torch.equal(descent.plain(lost, p)["p"], descent.plain(mine | {"p": p}, p)["p"])


START = {"terms": torch.tensor([1.0]), "slopes": torch.tensor([[[-1.0]]])}
FALLS = {"good": torch.zeros(1, 1), "p": torch.ones(1, 1), "way": torch.ones(1, 1)}


def tried(worth, trials=0.0, **how):
    """After a trial of a whole step that was promised a fall of 1 from 1."""
    numbers = {"length": torch.tensor(1.0), "trials": torch.tensor(trials)}
    mine = descent.lbfgs_start(torch.zeros(1, 1), 1) | START | FALLS | numbers
    seen = descent.Slopes(torch.as_tensor([worth]), torch.tensor([[[-0.5]]]))
    return descent.lbfgs(mine, seen, ONE, **{"first": 1.0, **how})


def test_a_step_is_taken_that_falls_by_armijos_share_of_what_was_promised():
    least = torch.tensor(1.0) - descent.ENOUGH
    for worth, taken in ((1 - 2e-4, True), (least, True), (1 - 0.5e-4, False), (1.0, False)):
        after = tried(worth)
        assert bool(after["good"] == 1) is taken
        assert float(after["terms"]) == (pytest.approx(float(worth)) if taken else 1)


@pytest.mark.parametrize(("worth", "length"), [(1.5, 1 / 3), (0.99995, 0.5), (100.0, 0.1)])
def test_a_step_too_far_is_shortened_to_the_bottom_of_a_parabola(worth, length):
    after = tried(worth)
    torch.testing.assert_close(after["p"], torch.full((1, 1), length), rtol=1e-3, atol=0)
    assert torch.equal(after["way"], FALLS["way"])
    assert float(after["trials"]) == 1


def test_after_six_trials_that_failed_it_starts_anew_with_a_tenth_of_the_first_step():
    sixth, seventh = (tried(9.0, trials=float(n), first=2.0) for n in (5, 6))
    assert (float(sixth["trials"]), float(sixth["length"])) == (6, pytest.approx(0.1))
    assert float(seventh["trials"]) == 0
    torch.testing.assert_close(seventh["way"], torch.full((1, 1), 2.0))  # downhill, as long
    torch.testing.assert_close(seventh["p"], torch.full((1, 1), 0.2))


def test_the_first_step_is_as_long_as_is_said_and_of_it_the_share_is_tried():
    p = torch.tensor([[3.0, 4.0]])
    seen = descent.Slopes(torch.ones(1), p[None])
    after = descent.lbfgs(descent.lbfgs_start(p, 1), seen, ONE, first=2.0, pace=0.5)
    torch.testing.assert_close(after["way"], -2 * p / 5)
    torch.testing.assert_close(after["p"], p - p / 5)


def test_the_plain_one_stands_still_where_nothing_is_to_be_gained():
    p = torch.ones(1, 3, 4, 4)
    after = descent.plain(descent.plain_start(p, 3), torch.full_like(p, 1e-7))
    assert torch.equal(after["p"], p)
    assert not after["way"].any()
