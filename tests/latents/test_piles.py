"""Two piles make the direction that a few lines make too, and are judged as a loop judges them."""

import pytest
import torch

from core.latents import directions, piles
from core.latents.errors import LatentError
from core.latents.piles import NONE, ONE, TWO


def latents(n=12, latent=5, seed=0):
    return torch.randn(n, latent, generator=torch.Generator().manual_seed(seed))


def split(*rows):
    return torch.tensor(rows)


MIXED = split(ONE, TWO, NONE, TWO, ONE, NONE, TWO, ONE, NONE, NONE, TWO, ONE)


def test_the_direction_is_from_the_mean_of_one_to_the_mean_of_the_other():
    z = latents()
    plane = piles.direction(z, MIXED, "mean difference")
    ones = sum(z[i] for i in range(12) if MIXED[i] == ONE) / 4
    twos = sum(z[i] for i in range(12) if MIXED[i] == TWO) / 4
    way = (twos - ones) / (twos - ones).norm()
    assert torch.allclose(plane.normal, way, atol=1e-6)
    half = directions.distance(((ones + twos) / 2)[None], plane)
    assert half.abs() < 1e-5


@pytest.mark.parametrize("method", piles.METHODS)
def test_one_and_one_are_enough_and_lead_from_one_to_the_other(method: str):
    z = latents(2, 64)
    plane = piles.direction(z, split(TWO, ONE), method)
    assert plane.normal.norm() == pytest.approx(1, abs=1e-5)
    low, high = directions.distance(z[[1, 0]], plane).tolist()
    assert low < 0 < high
    if method != "logistic":  # which standardises every number first
        assert torch.allclose(plane.normal, (z[0] - z[1]) / (z[0] - z[1]).norm(), atol=1e-5)


@pytest.mark.parametrize("method", piles.METHODS)
@pytest.mark.parametrize("those", [(ONE, ONE), (TWO, NONE), (NONE, NONE)])
def test_without_two_piles_there_is_no_direction(method: str, those: tuple[int, ...]):
    assert piles.direction(latents(2), split(*those), method) is None


def test_two_piles_of_one_mean_have_no_direction():
    z = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    assert piles.direction(z, split(ONE, ONE, TWO, TWO), "mean difference") is None


@pytest.mark.parametrize("name", ["LDA", "logistic"])
def test_many_latents_give_the_direction_that_edits_take(name: str):
    z = latents(60)
    upper = z[:, 0] + 0.3 * latents(60, 1, 1)[:, 0] > 0
    mine = piles.direction(z, torch.where(upper, TWO, ONE), name)
    whole = directions.METHODS[name](z, upper)
    assert torch.allclose(mine.normal, whole.normal, atol=1e-5)
    with pytest.raises(LatentError, match="give at least 6"):
        directions.METHODS[name](z[:5], upper[:5])


def test_lda_of_few_is_the_shrunk_covariance_by_hand():
    """Ledoit and Wolf's share of `sklearn`'s own estimator, and a solve in place of an inverse."""
    from sklearn.covariance import LedoitWolf

    z, those = latents(6, 9), split(ONE, TWO, ONE, TWO, TWO, ONE)
    upper = those == TWO
    means = z[~upper].mean(0), z[upper].mean(0)
    within = torch.cat((z[~upper] - means[0], z[upper] - means[1])).double().numpy()
    sigma = torch.from_numpy(LedoitWolf(assume_centered=True).fit(within).covariance_)
    way = torch.linalg.solve(sigma, (means[1] - means[0]).double())
    plane = piles.direction(z, those, "LDA")
    assert torch.allclose(plane.normal.double(), way / way.norm(), atol=1e-5)


def by_hand(z, those):
    """Leave one out by the nearer of two means, which is the side of the plane half-way."""
    right = judged = 0
    for i in range(len(z)):
        if those[i] == NONE:
            continue
        rest = [j for j in range(len(z)) if j != i]
        mine = [z[j] for j in rest if those[j] == those[i]]
        its = [z[j] for j in rest if those[j] not in (those[i], NONE)]
        if mine and its:
            near, far = sum(mine) / len(mine), sum(its) / len(its)
            judged += 1
            right += bool((z[i] - near).norm() < (z[i] - far).norm())
    return right, judged


@pytest.mark.parametrize("seed", range(5))
def test_leaving_one_out_is_what_a_loop_over_nearest_means_says(seed: int):
    z = latents(12, 3, seed)
    found = piles.left_out(z, MIXED, "mean difference")
    assert (found.right, found.judged) == by_hand(z, MIXED.tolist())
    assert found.judged == 8
    assert 0 <= found.share <= 1


def test_one_that_is_alone_in_its_pile_cannot_be_judged():
    found = piles.left_out(latents(3), split(ONE, TWO, TWO), "mean difference")
    assert found.judged == 2
    assert piles.left_out(latents(2), split(ONE, TWO), "LDA").judged == 0


def test_what_is_far_apart_falls_on_its_side_and_shuffled_does_not():
    z = latents()
    z[:, 0] += 20.0 * (MIXED == TWO)
    for name in piles.METHODS:
        assert piles.left_out(z, MIXED, name).share == 1
    chance = [
        piles.left_out(z, piles.shuffled(MIXED, seed), "mean difference").share
        for seed in range(20)
    ]
    assert sum(chance) / 20 < 0.75


def test_chance_sorts_the_same_pictures_into_piles_of_the_same_sizes():
    seen = set()
    for seed in range(20):
        found = piles.shuffled(MIXED, seed)
        assert torch.equal(found == NONE, MIXED == NONE)
        assert (found == TWO).sum() == (MIXED == TWO).sum()
        assert torch.equal(found, piles.shuffled(MIXED, seed))
        seen.add(tuple(found.tolist()))
    assert len(seen) > 10


def test_a_tile_more_moves_few_of_those_that_chance_has_sorted():
    for seed in range(10):
        before = piles.shuffled(MIXED, seed)
        more = MIXED.clone()
        more[2] = TWO
        after = piles.shuffled(more, seed)
        there = MIXED != NONE
        assert (before[there] != after[there]).sum() <= 1


def test_the_clearest_are_sorted_first_and_in_turns():
    values = torch.tensor([0.5, 0.1, 0.9, 0.4, 0.6, 0.2])
    found = piles.by_value(values, 6)
    assert found.piles.tolist() == [ONE if v <= 0.45 else TWO for v in values.tolist()]
    assert [found.rank.tolist().index(i) for i in range(6)] == [1, 2, 5, 4, 3, 0]
    few = piles.by_value(values, 2)
    assert few.piles.tolist() == [NONE, ONE, TWO, NONE, NONE, NONE]


def test_of_two_values_the_larger_is_pile_two_and_the_rest_comes_last():
    found = piles.by_value(torch.tensor([0.0, 0, 1, 0, 0]), 3)
    assert found.piles.tolist() == [ONE, ONE, TWO, NONE, NONE]


GIVEN = piles.Given(split(ONE, TWO, NONE, ONE), split(2, 0, 3, 1))


def test_a_hand_goes_before_what_was_given_and_comes_later():
    hands = piles.put(piles.untouched(4), GIVEN.piles, 2, TWO)
    hands = piles.put(hands, GIVEN.piles, 1, ONE)
    assert piles.sorted_into(hands, GIVEN.piles).tolist() == [ONE, ONE, TWO, ONE]
    assert piles.order(hands, GIVEN) == [3, 0, 2, 1]
    assert piles.order(piles.untouched(4), GIVEN) == [1, 3, 0]
    gone = piles.put(hands, GIVEN.piles, 3, NONE)
    assert piles.order(gone, GIVEN) == [0, 2, 1]


def test_every_move_can_be_taken_back_and_what_moves_nothing_is_none():
    hands = [piles.untouched(4)]
    hands.append(piles.put(hands[-1], GIVEN.piles, 2, TWO))
    hands.append(piles.swapped(hands[-1], GIVEN.piles))
    assert piles.sorted_into(hands[-1], GIVEN.piles).tolist() == [TWO, ONE, ONE, TWO]
    hands.append(piles.cleared(hands[-1], GIVEN.piles))
    assert not piles.sorted_into(hands[-1], GIVEN.piles).any()
    for again in (piles.cleared, piles.swapped):
        assert again(hands[-1], GIVEN.piles) is hands[-1]
    assert piles.put(hands[-1], GIVEN.piles, 0, NONE) is hands[-1]
    back = hands[-1]
    for was in reversed(hands[:-1]):
        back = piles.undone(back)
        assert torch.equal(back.pile, was.pile)
        assert torch.equal(back.when, was.when)
    assert piles.undone(back) is back


def test_a_hundredth_move_forgets_the_first():
    hands = piles.untouched(4)
    for i in range(piles.REMEMBERED + 5):
        hands = piles.put(hands, GIVEN.piles, 0, (TWO, NONE)[i % 2])
    assert len(hands.past) == piles.REMEMBERED


def test_how_far_piles_are_apart_is_the_difference_of_their_means():
    rows = latents(12, 3)
    found = piles.apart(rows, MIXED)
    for k in range(3):
        ones = [float(rows[i, k]) for i in range(12) if MIXED[i] == ONE]
        twos = [float(rows[i, k]) for i in range(12) if MIXED[i] == TWO]
        assert float(found[k]) == pytest.approx(sum(twos) / 4 - sum(ones) / 4, abs=1e-5)
    assert not piles.apart(rows, split(*([ONE] * 12))).any()


def test_the_cosine_is_that_of_the_angle():
    def plane(angle):
        angle = torch.tensor(angle)
        return directions.Hyperplane(torch.stack((angle.cos(), angle.sin())), 0.3)

    assert piles.cosine(plane(0.2), plane(1.4)) == pytest.approx(float(torch.tensor(1.2).cos()))
