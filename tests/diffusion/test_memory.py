"""The exact denoiser of pictures is a softmax over them, and its samples are pictures that it knows."""

import math

import pytest
import torch

from core.diffusion import memory, sampling, schedules
from core.worlds import thumbnails


def scalar(value):
    return torch.tensor(value, dtype=torch.float64)


def drawn(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def test_it_is_the_mean_over_all_pictures_as_one_would_write_it():
    pictures, x_t, a = drawn(7, 2, 3), drawn(4, 2, 3, seed=1), 0.6
    found = memory.recalled(x_t, scalar(a), pictures)
    for b in range(4):
        weights = [
            math.exp(-float((x_t[b] - math.sqrt(a) * p).square().sum()) / (2 * (1 - a)))
            for p in pictures
        ]
        mean = sum(w * p for w, p in zip(weights, pictures, strict=True)) / sum(weights)
        assert torch.allclose(found.x_0[b], mean, atol=1e-9)
        assert int(found.which[b]) == weights.index(max(weights))
        assert float(found.share[b]) == pytest.approx(max(weights) / sum(weights))


@pytest.mark.parametrize("alpha_bar", [2e-9, 1e-4, 0.5, 1 - 1e-4, 1 - 1e-9])
def test_single_precision_holds_at_every_noise(alpha_bar):
    pictures, a = drawn(20, 3, 8, 8, dtype=torch.float32), scalar(alpha_bar)
    x_t = sampling.noised(pictures[:6], drawn(6, 3, 8, 8, seed=2, dtype=torch.float32), a)
    single = memory.recalled(x_t, a, pictures)
    double = memory.recalled(x_t.double(), a, pictures.double())
    assert float((single.x_0 - double.x_0).abs().max()) < 1e-3
    assert torch.equal(single.which, double.which)


def test_where_nearly_all_is_noise_it_says_the_mean():
    pictures = drawn(20, 3, 8, 8)
    found = memory.recalled(drawn(2, 3, 8, 8, seed=3), scalar(2e-9), pictures)
    assert float((found.x_0 - pictures.mean(0)).abs().max()) < 1e-2
    assert float(found.share.max()) < 0.06


@pytest.mark.parametrize("name", list(thumbnails.SHEETS))
def test_from_forty_noises_forty_pictures_of_the_training_set(name):
    pictures = thumbnails.signed(name)
    x = drawn(40, *pictures.shape[1:], seed=4, dtype=torch.float32)
    visited = schedules.visited("cosine", "leading", 50)
    for done in sampling.chain(memory.denoiser(pictures), x, visited, torch.Generator()):
        x = done.x_next
    which, apart = memory.nearest(x, pictures)
    assert float(apart.max()) < 1e-2
    assert len(which.unique()) > 20
