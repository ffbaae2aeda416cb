"""The sum of the linear model is exact, and what the page says of the network is true."""

from itertools import islice

import pytest
import torch

from core import models, run
from core.pictures import heat
from core.probes import linear


def frame(**settings):
    now = linear.Settings(**{"breathing": False, **settings})
    return next(run.Run(linear, now, run.resolve(linear, now)))


@pytest.mark.parametrize("sample", [0, 17, 31, 58, 72, 99])
@pytest.mark.parametrize("epsilon", [1, 16, 50])
def test_the_logits_change_by_epsilon_times_the_sizes_of_the_weights(sample, epsilon):
    numbers = frame(sample=sample, epsilon=epsilon, target=8, contrast=0.6).numbers
    assert float(numbers["clipped"]) == 0
    wanted = epsilon / 255 * float(numbers["sum of weights"])
    assert float(numbers["change"]) == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("direction", ["sign", "random", "across"])
def test_where_pixels_clip_the_sum_is_exact_with_what_was_lost(direction):
    numbers = frame(contrast=1.0, epsilon=60, direction=direction).numbers
    assert abs(float(numbers["clipped"])) > 0.01
    wanted = float(numbers["predicted change"] - numbers["clipped"])
    assert float(numbers["change"]) == pytest.approx(wanted, abs=1e-6)


def test_the_sum_is_what_the_network_of_the_catalogue_says():
    found = frame(epsilon=20)
    model = models.load("digits-linear")
    own, target = (int(found.numbers[name]) for name in ("digit", "target"))
    start = 3 * (linear.digits.SIDE * linear.TIMES + linear.GAP)
    cut = found.panels["picture"][:, : linear.digits.SIDE * linear.TIMES, start:]
    x = cut[None, :, :: linear.TIMES, :: linear.TIMES]
    logits = model.activations(x, model.output)[0]
    assert float(logits[target] - logits[own]) == pytest.approx(
        float(found.numbers["margin"]), abs=1e-4
    )


def test_the_sign_is_the_worst_step_of_its_size_and_at_right_angles_nothing_happens():
    change = {d: float(frame(direction=d).numbers["change"]) for d in linear.DIRECTIONS}
    assert change["sign"] > 4 * abs(change["random"])
    assert change["sign"] > 50 * abs(change["across"])


def test_every_pixel_moves_by_whole_levels():
    x, slope = torch.rand(28, 28).double(), torch.randn(28, 28).double()
    for make in linear.DIRECTIONS.values():
        step = make(slope, torch.Generator().manual_seed(0))
        assert step.abs().unique().tolist() == [1]
    assert torch.equal((linear.on_grid(x) * 255).round() / 255, linear.on_grid(x))


def test_a_digit_that_is_to_become_itself_goes_to_the_nearest_other():
    assert int(frame(sample=31, target=3).numbers["target"]) != 3


def test_epsilon_breathes_from_nothing_to_all_of_it():
    now = linear.Settings()
    frames = islice(run.Run(linear, now, run.resolve(linear, now)), linear.BREATH // 2 + 1)
    levels = [int(f.numbers["epsilon"]) for f in frames]
    assert levels[0] == 0
    assert levels == sorted(levels)
    assert levels[-1] == now.epsilon


def test_weights_for_the_target_are_warm_and_against_it_blue():
    shown = linear._weights(torch.tensor([[2.0, -1.0, 0.0]]).double())
    torch.testing.assert_close(shown[:, 0, 0], torch.tensor(heat.WARM))
    torch.testing.assert_close(shown[:, 0, 1], torch.tensor(linear.COLD) / 2)
    assert shown[:, 0, 2].tolist() == [0, 0, 0]
    assert linear.COLD[0] < linear.COLD[1] < linear.COLD[2]
