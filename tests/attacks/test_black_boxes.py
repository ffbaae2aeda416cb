"""Square and NES ask only; the one beside torchattacks, the other beside a loop of 15 lines."""

import pytest
import torch
import torchattacks

from core.attacks import ATTACKS, grid, is_fooled, nes, radius, square, steps, until_fooled
from core.attacks.losses import cross_entropy
from core.attacks.task import answer
from core.priors import views


@pytest.mark.parametrize("side", [3, 5, 8, 17])
def test_a_bump_is_that_of_torchattacks(network, side):
    attack = torchattacks.Square(network)
    attack.set_device(torch.device("cpu"))
    theirs = attack.eta(side)
    ours = [square.bump(side, is_upright=upright) for upright in (True, False)]
    gaps = [(one - theirs).abs().max() for one in ours]
    assert min(gaps) < 1e-6 or side == 17  # theirs leaves its outermost ring at nought there
    assert min(gaps) < 0.01


def test_the_share_of_a_square_is_that_of_torchattacks(network):
    attack = torchattacks.Square(network, n_queries=1000)
    attack.rescale_schedule = True
    for turn in range(1000):
        assert square.share(turn, 1000) == attack.p_selection(turn)


@pytest.mark.parametrize("norm", ["Linf", "L2"])
def test_square_fools_as_many_with_as_many_queries_as_torchattacks(norm, network, x, labels, task):
    one = task(norm, 4, steps=80)
    _, queries = until_fooled(ATTACKS["Square"], one)
    attack = torchattacks.Square(network, norm=norm, eps=float(one.radius[0]), n_queries=80)
    attack.set_device(torch.device("cpu"))
    attack.rescale_schedule = True
    theirs = attack(x, labels)
    assert abs(int((queries > 0).sum()) - int(is_fooled(one, answer(one, theirs)).sum())) <= 1


def test_queries_are_counted_until_it_fools(task):
    one = task("Linf", 3, steps=60)
    _, readings = until_fooled(ATTACKS["Square"], one)
    *_, memory = steps(ATTACKS["Square"], one)
    expected = torch.where(readings > 0, readings.clamp(max=60), 60)
    assert memory["queries"].long().equal(expected)


def test_square_never_gets_worse(task):
    losses = torch.stack([m["loss"] for m in steps(ATTACKS["Square"], task("L2", 1, steps=40))])
    assert (losses.diff(dim=0) >= 0).all()
    assert (losses[-1] > losses[0]).any()


def by_hand(task, turns):
    """NES as the paper writes it: noise, its mirror image, and the mean of noise times gain."""
    change, inertia = torch.zeros_like(task.x), torch.zeros_like(task.x)
    for turn in range(turns):
        slope = torch.zeros_like(task.x)
        for chunk in range(nes.CHUNKS):
            noise = views.generator(task.seed, turn * nes.CHUNKS + chunk, "nes")
            for u in torch.randn((nes.AT_ONCE, 1, *task.x.shape[1:]), generator=noise):
                for i in range(len(task.x)):
                    loss = []
                    for sign in (1, -1):
                        asked = (task.x[i] + change[i] + sign * nes.SIGMA * u[0]).clamp(0, 1)
                        loss.append(
                            cross_entropy(task.network(asked[None]), task.labels[i : i + 1])[0]
                        )
                    slope[i] += u[0] * (loss[0] - loss[1]) / (2 * nes.SIGMA * nes.PAIRS)
        inertia = nes.INERTIA * inertia + (1 - nes.INERTIA) * slope
        change = change + task.step_size * task.radius[0] * inertia.sign()
        change = (task.x + change.clamp(-task.radius[0], task.radius[0])).clamp(0, 1) - task.x
    return task.x + change


def test_nes_is_the_loop_of_the_paper(task):
    one = task("Linf", 4, steps=2 * nes.CHUNKS, on_grid=False)
    *_, memory = steps(ATTACKS["NES"], one)
    assert (memory["x"] - by_hand(one, 2)).abs().gt(1e-6).float().mean() < 0.01  # signs of near 0
    assert memory["queries"].tolist() == [2 * (2 * nes.PAIRS + 1)] * len(one.x)


def test_the_estimate_points_along_the_slope(network, x, labels, task):
    one = task("Linf", 4, on_grid=False)
    nothing = torch.zeros_like(x)
    guess = sum(nes.estimate(one, nothing, turn) for turn in range(120)) / (120 * nes.AT_ONCE)
    seen = x.clone().requires_grad_()
    (slope,) = torch.autograd.grad(cross_entropy(network(seen), labels).sum(), seen)
    alike = torch.cosine_similarity(guess.flatten(1), slope.flatten(1))
    assert alike.min() > 0.45  # 600 of 768 directions


@pytest.mark.parametrize("name", ["Square", "NES"])
def test_a_black_box_stays_in_its_ball_and_in_a_file(name, task):
    one = task("Linf", 2, steps=20)
    for memory in steps(ATTACKS[name], one):
        assert grid.is_on(memory["x"]).sum() == 0
        assert (grid.distance(one.x, memory["x"], "Linf") <= radius("Linf", 2, one.x) + 1e-7).all()
