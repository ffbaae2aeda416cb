"""Our steps are those of torchattacks and foolbox; rounded they stay in the ball and in a file."""

import pytest
import torch
import torchattacks

from core import pictures
from core.attacks import ATTACKS, Task, done, grid, is_fooled, radius, scattered, steps
from core.attacks.task import answer, blank, subset
from core.attacks.uphill import blurred, diverse
from core.attacks.uphill import slope as slope_of
from core.priors import views

FLOAT = {"on_grid": False}


def theirs(name, network, **how):
    found = getattr(torchattacks, name)(network, **how)
    found.set_device(torch.device("cpu"))
    return found


def against(attack, x, labels, targets=None):
    if targets is None:
        return attack(x, labels)
    attack.set_mode_targeted_by_label(quiet=True)
    return attack(x, targets)


@pytest.fixture(params=["untargeted", "targeted"])
def targets(request, labels):
    return None if request.param == "untargeted" else (labels + 3) % 12


def test_fgsm_is_that_of_torchattacks(network, x, labels, task, targets):
    ours = done(ATTACKS["FGSM"], task(targets=targets, steps=1, **FLOAT))
    found = against(theirs("FGSM", network, eps=4 / 255), x, labels, targets)
    torch.testing.assert_close(ours, found, atol=1e-6, rtol=0)


def test_pgd_is_that_of_torchattacks(network, x, labels, task, targets):
    how = {"eps": 4 / 255, "alpha": 1 / 255, "steps": 7, "random_start": False}
    ours = done(ATTACKS["PGD"], task(targets=targets, steps=7, **FLOAT))
    found = against(theirs("PGD", network, **how), x, labels, targets)
    torch.testing.assert_close(ours, found, atol=1e-6, rtol=0)


def test_pgd_from_the_same_random_start_is_that_of_torchattacks(network, x, labels, task):
    one = task(steps=5, **FLOAT)
    begun = scattered(one, views.generator(1))
    attack = theirs("PGD", network, eps=4 / 255, alpha=1 / 255, steps=1, random_start=False)
    found = x + begun["change"]
    for _ in range(5):  # their first step from ours, then inside the same ball
        found = x + (attack(found, labels) - x).clamp(-4 / 255, 4 / 255)
    torch.testing.assert_close(done(ATTACKS["PGD"], one, begun), found, atol=1e-6, rtol=0)


def test_pgd_in_l2_is_that_of_torchattacks_far_from_the_ends(network, labels, task):
    """There the cube does not cut the ball, so that their way back is a projection too."""
    x = 0.4 + 0.2 * torch.rand(6, 3, 16, 16, generator=views.generator(2))
    labels = network(x).argmax(1)
    attack = theirs("PGDL2", network, eps=0.3, alpha=0.075, steps=6, random_start=False)
    ours = Task(network, x, labels, torch.full((6,), 0.3), norm="L2", steps=6, on_grid=False)
    torch.testing.assert_close(done(ATTACKS["PGD"], ours), attack(x, labels), atol=1e-6, rtol=0)


def test_momentum_is_that_of_torchattacks(network, x, labels, task, targets):
    attack = theirs("MIFGSM", network, eps=4 / 255, alpha=1 / 255, steps=6)
    ours = done(ATTACKS["MI-FGSM"], task(targets=targets, steps=6, **FLOAT))
    torch.testing.assert_close(ours, against(attack, x, labels, targets), atol=1e-6, rtol=0)


def test_the_blurred_slope_is_that_of_torchattacks(network):
    slope = torch.randn(2, 3, 24, 24, generator=views.generator(3))
    kernel = theirs("TIFGSM", network).stacked_kernel
    found = torch.nn.functional.conv2d(slope, kernel, padding="same", groups=3)
    torch.testing.assert_close(blurred(slope), found, atol=1e-6, rtol=1e-5)


def test_diverse_views_keep_the_size_and_come_in_half_of_the_turns(task, x):
    seen = [diverse(task(), turn)(x) for turn in range(64)]
    assert {one.shape for one in seen} == {x.shape}
    assert 16 < sum(torch.equal(one, x) for one in seen) < 48


@pytest.mark.parametrize("name", [n for n, a in ATTACKS.items() if not a.is_nearest])
@pytest.mark.parametrize("norm", ["Linf", "L2", "L1"])
@pytest.mark.parametrize("levels", [1, 3])
def test_every_picture_on_the_way_is_in_its_ball_and_in_a_file(name, norm, levels, task):
    if norm not in ATTACKS[name].norms:
        return
    one = task(norm, levels, steps=8)
    limit = radius(norm, levels, one.x)
    for memory in steps(ATTACKS[name], one):
        assert grid.is_on(memory["x"]).sum() == 0
        assert torch.equal(memory["x"], pictures.eight_bit(memory["x"]))
        assert (grid.distance(one.x, memory["x"], norm) <= limit * (1 + 1e-6)).all()


@pytest.mark.parametrize("norm", ["Linf", "L2", "L1"])
def test_an_attack_fools_and_as_much_noise_does_not(norm, task):
    one = task(norm, 6, steps=12)
    x = done(ATTACKS["PGD"], one)
    assert is_fooled(one, answer(one, x)).float().mean() > 0.8
    noise = grid.rounded(one.x, scattered(one, views.generator(5))["change"], norm)
    assert is_fooled(one, answer(one, noise)).float().mean() < 0.2


def test_what_is_remembered_is_of_the_picture_that_was_read(task):
    for memory in steps(ATTACKS["MI-DI-TI"], task(steps=4)):
        torch.testing.assert_close(memory["logits"], task().network(memory["x"]))


def test_a_slope_goes_straight_through_the_rounding(task):
    """Steps of a quarter of a level add up, though each alone would be rounded away."""
    one = task("Linf", 1, steps=6, step_size=0.25)
    moved = [grid.distance(one.x, m["x"], "Linf").max() * 255 for m in steps(ATTACKS["PGD"], one)]
    assert moved[1] == 0
    assert round(float(moved[-1])) == 1


def test_pictures_are_attacked_each_by_itself(task, x):
    whole = done(ATTACKS["PGD"], task(steps=5))

    for i in range(len(x)):
        alone, _ = subset(task(steps=5), blank(task()), torch.tensor([i]))
        torch.testing.assert_close(done(ATTACKS["PGD"], alone)[0], whole[i], atol=1e-6, rtol=0)


def test_on_a_linear_loss_the_attack_finds_the_best_change_there_is():
    """The steepest of all changes in a ball is radius times the unit slope."""
    slope = torch.randn(1, 3, 32, 32, generator=views.generator(6))
    middle = torch.full((5, 3, 32, 32), 0.5)  # far from the ends

    def network(x):
        return torch.stack((0 * x.sum((1, 2, 3)), (x * slope).sum((1, 2, 3))), 1)

    one = Task(
        network, middle, torch.zeros(5).long(), torch.full((5,), 0.5), norm="L2", steps=40,
        on_grid=False, loss="margin",
    )  # fmt: skip
    found = done(ATTACKS["PGD"], one, scattered(one, views.generator(7))) - middle
    best = (0.5 * slope / slope.norm()).expand_as(middle)
    torch.testing.assert_close(found, best, atol=1e-3, rtol=0)


def test_the_slope_of_any_loss_is_its_gradient(x):
    torch.testing.assert_close(slope_of(lambda x: x.square().sum((1, 2, 3)), x), 2 * x)
