"""Leakage of edits whose leakage is known."""

import pytest
import torch

from core.metrics import leakage
from core.metrics.samples import SamplesError


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


SPREAD = torch.tensor([1.0, 2.0, 0.5])


def edited(matrix, n=50):
    """What a reader says before and after edits that move every picture by these many SD."""
    before = drawn(n, 3) * SPREAD
    return before, [before + row * SPREAD for row in matrix]


def test_the_matrix_is_what_the_edits_were_made_of():
    true = torch.tensor([[1.0, 0.2, -0.3], [0.0, 1.0, 0.1], [-0.4, 0.0, 1.0]])
    before, after = edited(true)
    found = torch.stack([leakage.changes(before, one, SPREAD) for one in after])
    matrix = leakage.leakage_matrix(found)
    torch.testing.assert_close(matrix, true, rtol=0, atol=1e-5)
    assert leakage.leakage(matrix, [0, 1, 2]) == pytest.approx((0.2 + 0.3 + 0.1 + 0.4) / 6)


def test_true_edits_do_not_leak_and_longer_ones_leak_no_more():
    assert leakage.leakage(torch.eye(3), [0, 1, 2]) == 0
    matrix = torch.tensor([[1.0, 0.2], [-0.1, 1.0]])
    assert leakage.leakage(3 * matrix, [0, 1]) == pytest.approx(leakage.leakage(matrix, [0, 1]))


def test_one_edit_of_many_factors_has_a_leakage():
    assert leakage.leakage(torch.tensor([[0.5, 2.0, -0.5]]), [1]) == pytest.approx(0.25)


def test_a_circle_is_gone_round_the_short_way():
    before = torch.tensor([[0.9, 0.0], [0.1, 0.0]])
    after = torch.tensor([[0.1, 0.9], [0.9, -0.9]])
    found = leakage.changes(before, after, torch.ones(2), circular=(0,))
    torch.testing.assert_close(found, torch.tensor([[0.2, 0.9], [-0.2, -0.9]]))
    assert torch.equal(before, torch.tensor([[0.9, 0.0], [0.1, 0.0]]))


def test_an_edit_succeeds_where_its_own_factor_crosses_and_no_other_moves():
    before = torch.tensor([[-1.0, 0, 0]]).repeat(7, 1)
    after = before.clone()
    after[:, 0] = torch.tensor([1.0, -0.2, 1, 1, 1, -2, 1])
    after[2, 1] = 1.1  # more than half of its deviation of 2
    after[3, 2] = -0.24  # less than half of .5
    after[4, 2] = -0.26
    upwards = torch.tensor([True, True, True, True, True, False, False])
    inside = torch.ones(7).bool()
    settings = {"target": 0, "boundary": 0.0, "upwards": upwards}
    found = leakage.succeeded(before, after, SPREAD, **settings, inside=inside)
    assert found.tolist() == [True, False, False, True, False, True, False]
    inside[0] = False
    assert not leakage.succeeded(before, after, SPREAD, **settings, inside=inside)[0]


def test_what_cannot_be_measured_is_refused():
    with pytest.raises(SamplesError, match="has no standard deviation"):
        leakage.changes(drawn(4, 2), drawn(4, 2), torch.tensor([1.0, 0.0]))
    with pytest.raises(SamplesError, match="do not move their own factors"):
        leakage.leakage(-torch.eye(3), [0, 1, 2])
    with pytest.raises(SamplesError, match="3 edits of 3 factors, and 2 targets"):
        leakage.leakage(torch.eye(3), [0, 1])
