"""Schedules fall from 1, are those of the papers, and the list of times is ours."""

import math
from itertools import pairwise

import pytest
import torch
from diffusers.schedulers.scheduling_ddim import DDIMScheduler

from core.diffusion import schedules
from core.diffusion.schedules import ScheduleError

RIGHT = {"linear": "linear", "cosine": "squaredcos_cap_v2"}
SPACINGS = list(schedules.SPACINGS)


@pytest.mark.parametrize("name", RIGHT)
def test_less_of_the_picture_is_left_at_every_later_time(name):
    alpha_bars = schedules.SCHEDULES[name]()
    assert alpha_bars.shape == (1001,)
    assert alpha_bars[0] == 1
    assert (alpha_bars.diff() < 0).all()
    assert alpha_bars[-1] > 0


@pytest.mark.parametrize(("name", "theirs"), RIGHT.items())
def test_a_schedule_is_that_of_diffusers(name, theirs):
    table = DDIMScheduler(beta_schedule=theirs).alphas_cumprod.double()
    ratio = schedules.SCHEDULES[name]()[1:] / table
    assert float((ratio - 1).abs().max()) < 1e-4  # theirs is float32


def test_the_ends_are_those_of_the_papers():
    assert float(schedules.linear()[1]) == pytest.approx(1 - 1e-4)
    assert float(schedules.linear()[-1]) == pytest.approx(4.04e-5, rel=1e-2)
    assert float(schedules.cosine()[-1]) == pytest.approx(2.4e-9, rel=2e-2)
    half = math.cos((0.5 + 0.008) / 1.008 * math.pi / 2) / math.cos(0.008 / 1.008 * math.pi / 2)
    assert float(schedules.cosine()[500]) == pytest.approx(half**2)


def test_the_printed_order_has_the_same_rates_and_rises_with_the_noise():
    printed, right = schedules.as_printed(), schedules.linear()
    assert torch.equal(printed.sort().values, right.sort().values)
    assert (printed[1:].diff() > 0).all()  # alpha_T > ... > alpha_1
    assert printed[0] == 1
    with pytest.raises(ScheduleError, match="must fall with t"):
        schedules.falling(printed)


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ([0.9, 0.5], "a clean picture has 1"),
        ([1.0, 0.5, 0.5], "must fall"),
        ([1.0, 0.5, 0.0], "above 0"),
        ([1.0, math.nan], "must fall"),
    ],
)
def test_a_table_that_is_no_schedule_is_refused(table, why):
    with pytest.raises(ScheduleError, match=why):
        schedules.falling(torch.tensor(table, dtype=torch.float64))


@pytest.mark.parametrize("spacing", SPACINGS)
def test_every_number_of_steps_has_so_many_steps_down_to_nought(spacing):
    for steps in [*range(2, 201), 1000]:
        times = schedules.SPACINGS[spacing](steps)
        assert len(times) == steps + 1
        assert times[-1] == 0
        assert times[0] <= 1000
        apart = [a - b for a, b in pairwise(times)]
        assert min(apart) >= 1
        assert max(apart[:-1]) - min(apart[:-1]) <= 1


def test_the_spacings_are_those_of_their_names():
    assert schedules.leading(50)[:2] == (981, 961)
    assert schedules.leading(50)[-3:] == (21, 1, 0)
    assert schedules.trailing(50)[:2] == (1000, 980)
    assert schedules.trailing(50)[-3:] == (40, 20, 0)
    assert schedules.leading(1000) == schedules.trailing(1000) == tuple(range(1000, -1, -1))


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("steps", [-1, 0, 1, 1001])
def test_a_number_of_steps_out_of_range_is_refused(spacing, steps):
    with pytest.raises(ScheduleError, match=f"steps = {steps} is out of range: choose 2 to 1000"):
        schedules.SPACINGS[spacing](steps)


def test_what_is_visited_is_the_table_at_the_times():
    table, times = schedules.cosine(), schedules.leading(10)
    visited = schedules.visited("cosine", "leading", 10)
    assert visited.tolist() == [float(table[t]) for t in times]
