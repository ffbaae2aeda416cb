"""Kept states stay few, and close enough to go back quickly."""

import torch

from apps.stage.past.states import RECENT, STRIDE, States


def filled(steps: int, *, kilobytes: int = 1, **limits: int) -> States:
    kept = States(**limits)
    for step in range(steps):
        if kept.due(step):
            kept.put(step, {"step": step + 1, "x": torch.zeros(256 * kilobytes)})
    return kept


def back(kept: States, step: int) -> int:
    """Steps to compute until this one is there again."""
    found = kept.before(step)
    return step - (found[0] if found else -1)


def test_memory_is_bounded_however_long_a_run_lasts():
    for steps in (10, 100, 1000, 5000):
        kept = filled(steps, limit=40_000)
        assert kept.bytes <= 40_000
        assert len(kept) <= 40


def test_the_number_of_states_is_bounded_however_small_they_are():
    assert len(filled(2000, kilobytes=0, count=50)) <= 50


def test_the_first_state_is_never_thinned_out():
    kept = filled(5000, limit=40_000)
    assert kept.before(1) is not None


def test_going_back_a_little_costs_a_few_steps():
    kept = filled(5000, limit=40_000)
    assert max(back(kept, step) for step in range(5000 - STRIDE * (RECENT - 1), 5000)) <= STRIDE


def test_going_far_back_costs_a_fair_share_of_the_way():
    kept = filled(5000, limit=40_000)
    assert max(back(kept, step) for step in range(5000)) <= 5000 / len(kept) * 4


def test_a_state_that_is_too_large_is_not_kept_at_all():
    kept = filled(100, kilobytes=100, limit=40_000)
    assert len(kept) == kept.bytes == 0


def test_another_future_forgets_the_states_of_the_old_one():
    kept = filled(100)
    before = kept.bytes
    kept.forget(after=50)
    assert kept.before(1000) == kept.before(50 + STRIDE)
    assert 0 < kept.bytes < before
