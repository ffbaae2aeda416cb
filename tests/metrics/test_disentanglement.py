"""Three codes whose scores are known: the factors themselves, a turn of them, each twice."""

import math

import pytest
import torch
from sklearn.metrics import mutual_info_score

from core.metrics import disentanglement
from core.metrics.samples import SamplesError

N, NAMES = 4000, ("yaw", "smile", "warmth", "tilt")


def world(n=N):
    """Four independent factors, uniform, and the same as a matrix."""
    noise = torch.Generator().manual_seed(0)
    v = torch.rand(n, 4, generator=noise, dtype=torch.float64) * 2 - 1
    return dict(zip(NAMES, v.T, strict=True)), v


def turn(k, seed=1):
    noise = torch.Generator().manual_seed(seed)
    return torch.linalg.qr(torch.randn(k, k, generator=noise, dtype=torch.float64)).Q


def evenly():
    """A turn that says as much of every factor in every number: Hadamard's."""
    h = torch.tensor([[1.0, 1], [1, -1]], dtype=torch.float64)
    return torch.kron(h, h) / 2


def mean(scores):
    return sum(scores.values()) / len(scores)


def test_the_factors_themselves_score_1():
    factors, v = world()
    assert mean(disentanglement.mig(v, factors)) > 0.96
    found = disentanglement.dci(v, factors)
    assert found.disentanglement > 0.97
    assert found.completeness > 0.97
    assert all(one.value > 0.99 for one in found.informativeness.values())


def test_order_sign_scale_and_idle_numbers_change_nothing():
    factors, v = world()
    noise = torch.randn(N, 3, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    z = torch.cat((noise, -7 * v[:, [2, 0, 3, 1]] + 5, torch.zeros(N, 1)), 1)
    assert mean(disentanglement.mig(z, factors)) > 0.96
    found = disentanglement.dci(z, factors)
    assert min(found.disentanglement, found.completeness) > 0.95
    assert found.importance[3:7].argmax(0).tolist() == [1, 3, 0, 2]
    assert (found.importance[[0, 1, 2, 7]] < 0.05).all()


def test_a_turn_of_the_factors_scores_0_although_it_says_all_of_them():
    factors, v = world()
    z = v @ evenly()
    assert mean(disentanglement.mig(z, factors)) < 0.03
    found = disentanglement.dci(z, factors)
    assert found.disentanglement < 0.05
    assert found.completeness < 0.05
    assert all(one.value > 0.99 for one in found.informativeness.values())
    some = disentanglement.dci(v @ turn(4), factors)
    assert found.disentanglement < some.disentanglement < 0.6


def test_factors_that_stand_twice_have_no_gap_but_are_disentangled():
    factors, v = world()
    z = torch.cat((v, v), 1)
    assert mean(disentanglement.mig(z, factors)) == pytest.approx(0, abs=1e-9)
    assert disentanglement.dci(z, factors).disentanglement > 0.97


def test_a_number_counts_by_how_much_it_is_used():
    """Two numbers that serve one factor each, and a faint one that serves both alike."""
    _, v = world()
    pair = {"a": v[:, 0] + 0.2 * v[:, 2], "b": v[:, 1] + 0.2 * v[:, 2]}
    found = disentanglement.dci(v[:, :3], pair)
    assert found.disentanglement == pytest.approx(2 / 2.4, abs=0.02)  # unweighed it were 2 / 3


def test_one_number_for_two_factors_is_complete_but_not_disentangled():
    factors, v = world()
    pair = {name: factors[name] for name in NAMES[:2]}
    noise = torch.randn(N, 1, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    found = disentanglement.dci(torch.cat((v[:, :1] + v[:, 1:2], noise), 1), pair)
    assert found.disentanglement < 0.05
    assert found.completeness > 0.9
    assert found.informativeness["yaw"].value == pytest.approx(0.5, abs=0.08)


def test_classes_and_circles_are_factors():
    noise = torch.Generator().manual_seed(0)
    kind = torch.randint(4, (N,), generator=noise)
    turns = torch.rand(N, generator=noise)
    factors = {"background": kind, "hue": turns}
    z = torch.stack((kind.double(), turns.double()), 1)
    found = disentanglement.mig(z, factors, circular=("hue",))
    assert found["background"] == pytest.approx(1, abs=0.03)
    assert found["hue"] > 0.95
    angle = 2 * torch.pi * turns
    classes = torch.nn.functional.one_hot(kind)
    z = torch.cat((classes, torch.stack((angle.sin(), angle.cos()), 1)), 1).double()
    score = disentanglement.dci(z, factors, circular=("hue",))
    assert score.disentanglement > 0.95
    assert all(one.value > 0.99 for one in score.informativeness.values())
    assert disentanglement.dci(z, factors).informativeness["hue"].value < 0.8


def test_mutual_information_is_scikit_learns_and_of_a_series_with_itself_its_entropy():
    noise = torch.Generator().manual_seed(0)
    a = torch.randint(6, (500,), generator=noise)
    b = (a + torch.randint(3, (500,), generator=noise)) % 5
    found = disentanglement.mutual_information(a, b)
    assert found == pytest.approx(mutual_info_score(a.numpy(), b.numpy()))
    even = torch.arange(60) % 6
    assert disentanglement.mutual_information(even, even) == pytest.approx(math.log(6))
    assert disentanglement.mutual_information(even, even * 0) == pytest.approx(0, abs=1e-12)


def test_what_is_too_much_by_chance_is_as_much_as_is_said():
    """361 / (2 n) nats for independent numbers in 20 bins (Miller 1955)."""
    noise = torch.Generator().manual_seed(0)
    a, b = torch.randint(20, (2, N), generator=noise)
    assert disentanglement.mutual_information(a, b) == pytest.approx(361 / (2 * N), rel=0.2)


def test_what_has_no_score_is_refused():
    factors, v = world(200)
    for measure in (disentanglement.mig, disentanglement.dci):
        with pytest.raises(SamplesError, match="1 latent numbers and 4 factors"):
            measure(v[:, :1], factors)
        with pytest.raises(SamplesError, match="4 latent numbers and 0 factors"):
            measure(v, {})
        with pytest.raises(SamplesError, match="hat has one value only"):
            measure(v, {**factors, "hat": torch.zeros(200)})
        with pytest.raises(SamplesError, match=r"Latents and values of yaw .* 150 and 200"):
            measure(v[:150], factors)
    with pytest.raises(SamplesError, match="No factor is read out"):
        disentanglement.dci(torch.zeros(200, 4), factors)
