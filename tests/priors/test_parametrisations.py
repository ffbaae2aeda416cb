"""Parameters render to pictures, and a given picture comes back."""

import pytest
import torch

from core.priors import PARAMETRISATIONS, colour, fourier, views


@pytest.mark.parametrize("name", ["fourier", "pixels"])
@pytest.mark.parametrize("size", [(32, 32), (24, 33), (31, 18)])
def test_a_picture_that_is_encoded_comes_back(name, size):
    prior, (height, width) = PARAMETRISATIONS[name], size
    x = torch.rand(2, 3, height, width, generator=views.generator(0)) * 0.4 + 0.3
    p = prior.encode(x, decay=1.25)
    level = colour.level(x)
    back = prior.picture(p, height=height, width=width, decay=1.25, contrast=9.0, level=level)
    torch.testing.assert_close(back, x, atol=2e-3, rtol=0)


@pytest.mark.parametrize("name", ["fourier", "pixels"])
def test_noise_starts_almost_grey(name):
    prior = PARAMETRISATIONS[name]
    p = prior.start(32, 48, [views.generator(seed) for seed in (0, 1)])
    x = prior.picture(p, height=32, width=48, decay=1.25, contrast=1.2)
    assert x.shape == (2, 3, 32, 48)
    assert (x - 0.5).abs().max() < 0.2
    assert not torch.equal(x[0], x[1])


@pytest.mark.parametrize("name", PARAMETRISATIONS)
def test_each_seed_starts_another_picture_of_this_size(name):
    prior = PARAMETRISATIONS[name]
    p = prior.start(32, 48, [views.generator(seed) for seed in (0, 1, 0)])
    x = prior.picture(p, height=32, width=48, decay=0, contrast=1.2)
    assert x.shape == (3, 3, 32, 48)
    assert 0 < x.min() < x.max() < 1
    assert torch.equal(x[0], x[2])
    assert not torch.equal(x[0], x[1])


def test_contrast_is_capped_however_large_the_parameters():
    x = torch.randn(2, 3, 32, 32) * 50
    deviation = colour.capped(x, 1.2).std((1, 2, 3))
    torch.testing.assert_close(deviation, torch.full((2,), 1.2), rtol=1e-3, atol=0)


def test_contrast_below_the_cap_is_left_alone():
    x = torch.randn(1, 3, 32, 32) * 0.3
    torch.testing.assert_close(colour.capped(x, 1.2), x - x.mean(), atol=1e-4, rtol=0)


def test_the_colour_matrix_is_a_root_of_the_pixels_covariance():
    root = torch.tensor(colour._ROOT)
    covariance = torch.tensor(
        [[0.0761, 0.0692, 0.0627], [0.0692, 0.0754, 0.0714], [0.0627, 0.0714, 0.0819]]
    )
    torch.testing.assert_close(root @ root.T, covariance, atol=5e-4, rtol=0)


def test_the_spectrum_falls_as_one_over_frequency_to_the_decay():
    p = torch.ones(1, 3, 64, 33, 2)
    scale = fourier._scale(64, 64, decay=1.25, like=p)
    assert scale[0, 8, 0] / scale[0, 16, 0] == pytest.approx(2**1.25, rel=1e-4)
