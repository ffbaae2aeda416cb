"""The step of the training: its noise, its times, its weights."""

import math

import pytest
import torch

from core.diffusion import loss, sampling, schedules


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


def test_times_are_even_in_the_angle():
    found = loss.alpha_bars(20_000, chance())
    phi = found.sqrt().acos()
    assert phi.min() >= loss.LEAST - 1e-9
    middle = (loss.LEAST + math.pi / 2) / 2
    assert phi.mean() == pytest.approx(middle, abs=0.01)
    assert phi.std() == pytest.approx((math.pi / 2 - loss.LEAST) / math.sqrt(12), abs=0.01)


def test_x_t_is_made_of_picture_and_noise():
    x_0 = torch.rand(4, 3, 8, 8) * 2 - 1
    alpha_bar = torch.tensor([0.1, 0.5, 0.9, 0.99], dtype=torch.float64)
    x_t, epsilon = loss.noised(x_0, alpha_bar, chance())
    for i, a in enumerate(alpha_bar):
        assert torch.allclose(x_t[i], sampling.noised(x_0[i], epsilon[i], a.float()), atol=1e-6)
    assert epsilon.std() == pytest.approx(1, abs=0.05)


def test_the_loss_of_x_0_is_the_error_of_v():
    x_0, said = torch.randn(3, 1, 4, 4).double(), torch.randn(3, 1, 4, 4).double()
    alpha_bar = torch.tensor([0.1, 0.5, 0.9], dtype=torch.float64)
    x_t, epsilon = loss.noised(x_0, alpha_bar, chance())
    a = loss.each(alpha_bar, x_0)
    v = sampling.v_from(x_0, epsilon.double(), a)
    seen = sampling.v_from(said, sampling.epsilon_from_x_0(x_t.double(), said, a), a)
    wanted = (v - seen).square().mean()
    assert loss.of_x_0(said, x_0, alpha_bar) == pytest.approx(float(wanted), rel=1e-5)


def test_nearly_clean_pictures_count_no_more_than_the_largest_weight():
    x_0, said = torch.zeros(1, 1, 2, 2), torch.ones(1, 1, 2, 2)
    assert loss.of_x_0(said, x_0, torch.tensor([1 - 1e-6])) == pytest.approx(loss.LARGEST)


def test_the_best_guess_is_the_mean_of_what_it_may_be():
    """The loss of two pictures that look alike is least at their mean."""
    x_0 = torch.tensor([[1.0], [-0.5]])
    at = torch.tensor([0.2, 0.2])
    losses = [float(loss.of_x_0(torch.full((2, 1), v), x_0, at)) for v in (0.15, 0.25, 0.35)]
    assert losses[1] < min(losses[0], losses[2])
    assert loss.of_epsilon(x_0, x_0) == 0


def test_times_of_the_table_are_its_places():
    table = schedules.cosine()
    found = schedules.times(table[1:])
    assert torch.allclose(found[:-1], torch.arange(999.0, dtype=torch.float64), atol=1e-6)
    assert found[-1] == pytest.approx(999, abs=0.05)
    assert schedules.times(table[[501, 701]].float()) == pytest.approx([500, 700], abs=1e-2)
