"""APGD, DeepFool and FMN beside torchattacks and foolbox; early exit beside the whole attack."""

import foolbox
import pytest
import torch
import torchattacks

from core.attacks import (
    ATTACKS,
    Task,
    done,
    grid,
    is_fooled,
    nearest,
    perturbed,
    radius,
    steps,
    until_fooled,
)
from core.attacks.apgd import checkpoints
from core.attacks.task import answer

FAR = 60.0  # levels: no limit for a search


def share(task, x):
    return int(is_fooled(task, answer(task, x)).sum())


@pytest.mark.parametrize(("norm", "levels"), [("Linf", 2), ("Linf", 4), ("L2", 3)])
@pytest.mark.parametrize(("ours", "theirs"), [("cross entropy", "ce"), ("DLR", "dlr")])
def test_apgd_fools_as_many_as_that_of_torchattacks(norm, levels, ours, theirs, network, task):
    one = task(norm, levels, steps=21, loss=ours, on_grid=False)
    size = float(one.radius[0])
    attack = torchattacks.APGD(network, norm=norm, eps=size, steps=20, loss=theirs)
    found = attack(one.x, one.labels)
    best = one.x
    fools = torch.zeros(len(one.x), dtype=torch.bool)
    for memory in steps(ATTACKS["APGD"], one):
        fools |= is_fooled(one, memory["logits"])
        best = memory["best change"]
    assert abs(int(fools.sum()) - share(one, found)) <= 1
    assert torch.isfinite(best).all()


def test_checkpoints_are_those_of_the_paper():
    """P = 0, .22, .41, .57, ... of 100 steps, nearer and nearer."""
    assert list(checkpoints(100))[:6] == [22, 41, 57, 70, 80, 87]
    assert list(checkpoints(100).values()) == [22, 19, 16, 13, 10, 7, 6, 6]


def test_the_step_halves_where_nothing_is_found(task):
    """A flat loss never rises, so that every checkpoint but the first halves the step."""
    flat = task(steps=40)
    flat = Task(lambda x: 0 * x.flatten(1)[:, :12] + torch.arange(12.0), flat.x, flat.labels,
                flat.radius, steps=40)  # fmt: skip
    sizes = [float(memory["size"][0]) for memory in steps(ATTACKS["APGD"], flat)]
    assert sizes[0] == 2
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < 0.1


def fb(network):
    return foolbox.PyTorchModel(network, bounds=(0, 1), device=torch.device("cpu"))


def least(task, attack):
    """The distance of the closest picture that fooled, by picture."""
    *_, memory = steps(ATTACKS[attack], task)
    return memory["closest size"]


@pytest.mark.parametrize("norm", ["L2", "Linf"])
def test_deepfool_goes_no_farther_than_that_of_foolbox(norm, network, x, labels, task):
    named = {"L2": foolbox.attacks.L2DeepFoolAttack, "Linf": foolbox.attacks.LinfDeepFoolAttack}
    attack = named[norm](steps=20, candidates=10)
    _, theirs, fools = attack(fb(network), x, labels, epsilons=None)
    assert fools.all()
    one = task(norm, FAR, steps=20, on_grid=False)
    torch.testing.assert_close(
        least(one, "DeepFool"), one.ball.size(theirs - x), atol=1e-4, rtol=0.02
    )


@pytest.mark.parametrize("norm", ["L2", "Linf"])
def test_fmn_goes_no_farther_than_that_of_foolbox(norm, network, x, labels, task):
    named = {"L2": foolbox.attacks.L2FMNAttack, "Linf": foolbox.attacks.LInfFMNAttack}
    _, theirs, _ = named[norm](steps=60)(fb(network), x, labels, epsilons=None)
    one = task(norm, FAR, steps=60, on_grid=False, loss="margin")
    assert least(one, "FMN").median() <= one.ball.size(theirs - x).median() * 1.001


@pytest.mark.parametrize("norm", ["L2", "L1"])
def test_a_search_ends_nearer_than_a_ball_that_is_just_large_enough(norm, task):
    """Bisect the radius of PGD: an independent way to the same number, from above."""
    one = task(norm, FAR, steps=60, on_grid=False, loss="margin")
    found = least(one, "FMN")
    low, high = torch.zeros_like(found), radius(norm, FAR, one.x)
    for _ in range(8):
        middle = (low + high) / 2
        ball = Task(one.network, one.x, one.labels, middle, norm=norm, steps=12, on_grid=False)
        fools = is_fooled(ball, answer(ball, done(ATTACKS["PGD"], ball)))
        low, high = torch.where(fools, low, middle), torch.where(fools, middle, high)
    assert (found <= high * 1.1).all()


@pytest.mark.parametrize("name", ["DeepFool", "FMN"])
@pytest.mark.parametrize("norm", ["L2", "Linf"])
def test_the_closest_picture_fools_from_a_file(name, norm, task):
    one = task(norm, FAR, steps=40, loss="margin")
    *_, memory = steps(ATTACKS[name], one)
    found = memory["closest"]
    assert is_fooled(one, answer(one, found)).all()
    assert grid.is_on(found).sum() == 0
    torch.testing.assert_close(memory["closest size"], grid.distance(one.x, found, norm))


@pytest.mark.parametrize("name", ["DeepFool", "FMN"])
def test_a_search_can_have_a_target(name, labels, task):
    one = task("L2", FAR, steps=60, targets=(labels + 3) % 12, loss="margin")
    assert is_fooled(one, answer(one, done(ATTACKS[name], one))).float().mean() > 0.8


@pytest.mark.parametrize("name", ["PGD", "MI-FGSM", "APGD", "Square"])
def test_solved_pictures_leave_and_the_rest_goes_on_as_in_the_whole(name, task):
    one = task("Linf", 2, steps=9)
    x, readings = until_fooled(ATTACKS[name], one)
    first = torch.zeros(len(one.x), dtype=torch.long)
    for turn, memory in enumerate(steps(ATTACKS[name], one), 1):
        fools = is_fooled(one, memory["logits"])
        new = fools & (first == 0)
        first[new] = turn
        torch.testing.assert_close(x[new], memory["x"][new], atol=1e-6, rtol=0)
    assert first.equal(torch.where(readings <= one.steps, readings, 0))
    assert is_fooled(one, answer(one, x)).equal(readings > 0)


@pytest.mark.parametrize("on_grid", [True, False])
def test_the_last_touch_goes_nearer_and_still_fools(on_grid, task):
    one = task("L2", FAR, steps=20, on_grid=on_grid)
    *_, memory = steps(ATTACKS["DeepFool"], one)
    far = nearest.size(one, memory["closest"])
    beyond = perturbed(one, 1.5 * (memory["closest"] - one.x))
    near = nearest.tightened(one, beyond)
    assert is_fooled(one, answer(one, near)).all()
    assert (nearest.size(one, near) <= nearest.size(one, beyond)).all()
    assert (nearest.size(one, near) <= far * 1.05).all()
