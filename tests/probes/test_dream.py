"""Dream does what DeepDream says it does, and goes on."""

from itertools import islice, pairwise

import pytest
import torch
import torch.nn.functional as F

from core import run
from core.priors import calm, octaves
from core.probes import dream

QUICK = dream.Settings(size=128, octaves=3, steps=4, layer="blocks.3", control=True)


@pytest.fixture(scope="module")
def frames():
    going = run.Run(dream, QUICK, run.resolve(dream, QUICK))
    return list(islice(going, 20))


def test_octaves_grow_to_the_size_that_was_asked_for():
    sizes = dream.sizes(300, 400, dream.Settings(size=400, octaves=4, ratio=1.35))
    assert sizes[-1] == (288, 400)
    assert all(side % 16 == 0 for size in sizes for side in size)
    assert sizes == sorted(sizes)


def test_no_octave_is_smaller_than_the_network_can_use():
    assert min(dream.sizes(100, 3000, dream.Settings(size=64, octaves=8))) >= (32, 32)


def test_the_layer_is_driven_further_than_by_the_photograph(frames):
    found = run.resolve(dream, QUICK)
    photograph = octaves.resize(found["picture"][None], dream.sizes(1, 1, QUICK)[-1])
    before = found["network"].activations(photograph, "blocks.3").square().mean()
    assert frames[11].numbers["activation"] > 1.3 * before


def test_the_dream_goes_on_after_its_last_octave(frames):
    length = dream.length(QUICK)
    assert length == 12
    late = [frame.panels["picture"] for frame in frames[length:]]
    assert all(x.shape == late[0].shape for x in late)
    assert all((a - b).abs().mean() > 1e-3 for a, b in pairwise(late))


def test_the_control_dreams_another_dream(frames):
    assert (frames[11].panels["picture"] - frames[11].panels["control"]).abs().mean() > 0.02


def test_no_pixel_clips_at_eight_bits(frames):
    x = frames[-1].panels["picture"]
    assert x.min() > 0.5 / 255
    assert x.max() < 1 - 0.5 / 255


def test_pressing_leaves_the_middle_alone_and_keeps_the_order():
    x = torch.linspace(-0.5, 1.5, 401)
    pressed = calm.within(x)
    middle = (x >= calm.KNEE) & (x <= 1 - calm.KNEE)
    assert torch.equal(pressed[middle], x[middle])
    assert (pressed.diff() >= 0).all()
    assert pressed.min() > 0
    assert pressed.max() < 1


@pytest.mark.parametrize("sigma", [2.0, 3.0])
def test_smoothing_is_the_sum_of_three_gaussian_blurs(sigma):
    slope = torch.randn(1, 3, 48, 64)

    def blur(x, s):
        reach = int(6 * s + 1)
        t = torch.arange(-reach, reach + 1.0)
        kernel = torch.exp(-(t**2) / (2 * s**2))
        kernel = (kernel / kernel.sum()).view(1, 1, -1)
        for dim in (2, 3):
            rows = x.movedim(dim, -1)
            padded = F.pad(rows.flatten(0, -2)[:, None], (reach, reach), mode="circular")
            x = F.conv1d(padded, kernel).view(rows.shape).movedim(-1, dim)
        return x

    expected = blur(slope, sigma) + blur(slope, 2 * sigma) + blur(slope, sigma / 2)
    torch.testing.assert_close(calm.smoothed(slope, sigma), expected, atol=2e-2, rtol=0)


def test_without_zoom_or_step_a_late_dream_only_settles():
    settings = dream.Settings(
        size=64, octaves=1, steps=1, step_size=0, zoom=0, control=False, layer="blocks.1"
    )
    going = run.Run(dream, settings, run.resolve(dream, settings))
    early, *_, late = islice(going, 6)
    assert (early.panels["picture"] - late.panels["picture"]).abs().mean() < 0.08
