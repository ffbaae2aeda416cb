"""Eigendigits are what their name says: principal components, computed here once more."""

import numpy as np
import pytest
import torch

from core import models
from core.models import InputError, UnknownNetworkError
from core.models.generators import latents
from core.probe import Attribute, Latent, SettingError
from core.worlds import digits


@pytest.fixture(scope="module")
def generator():
    return models.load("digits-eigen", "generator")


@pytest.fixture(scope="module")
def x():
    return digits.held_out()


def test_it_is_a_generator_by_the_contract(generator):
    assert isinstance(generator, models.Model)
    assert isinstance(generator, models.Generator)
    assert generator.family == "generator"
    assert "%" in generator.card.accuracy


def test_its_directions_are_scikit_learns_principal_components(generator, x):
    from sklearn.decomposition import PCA

    flat = x[:, 0].flatten(1).double().numpy()
    known = PCA(generator.latent, svd_solver="full").fit(flat)
    z = np.eye(generator.latent)
    mine = generator.decode(torch.zeros(1, generator.latent)).double()[0, 0].flatten()
    assert np.allclose(mine.clamp(0, 1).numpy(), np.clip(known.mean_, 0, 1), atol=1e-5)
    deviations = np.sqrt(known.explained_variance_ * (len(flat) - 1) / len(flat))
    for i in (0, 1, 31):
        theirs = np.clip(known.mean_ + deviations[i] * known.components_[i], 0, 1)
        other = np.clip(known.mean_ - deviations[i] * known.components_[i], 0, 1)
        row = torch.tensor(z[i : i + 1], dtype=torch.float32)
        found = generator.decode(row)[0, 0].flatten().numpy()
        assert min(abs(found - theirs).max(), abs(found - other).max()) < 1e-4


def test_a_latent_comes_back_from_its_picture_where_nothing_was_cut_off(generator):
    z = 0.02 * torch.randn(5, generator.latent, generator=torch.Generator().manual_seed(0))
    plain = generator._mean + (z * generator.deviations) @ generator._directions
    shown = plain.view(-1, 1, digits.SIDE, digits.SIDE).expand(-1, 3, -1, -1)
    assert torch.allclose(generator.encode(shown), z, atol=1e-4)


def test_the_latents_of_the_digits_have_variance_one(generator, x):
    z = generator.encode(x)
    assert torch.allclose(z.mean(0), torch.zeros(generator.latent), atol=1e-4)
    assert torch.allclose(z.var(0, unbiased=False), torch.ones(generator.latent), atol=1e-3)


def test_an_attribute_leads_towards_its_digit(generator, x):
    z = generator.encode(x)
    for digit in range(10):
        along = z @ generator.attributes[f"towards {digit}"]
        mine = torch.tensor([digits.digit(which) == digit for which in range(len(z))])
        assert along[mine].mean() > along[~mine].mean() + 1


def test_its_twin_has_other_directions_of_the_same_size(generator):
    twin = generator.twin(0)
    assert twin.fingerprint != generator.fingerprint
    assert twin.twin(0).fingerprint == twin.twin(0).fingerprint
    gram = twin._directions @ twin._directions.T
    assert torch.allclose(gram, torch.eye(twin.latent), atol=1e-5)
    assert torch.equal(twin.deviations, generator.deviations)


def test_what_is_no_latent_of_it_is_refused(generator):
    with pytest.raises(InputError, match="reads latents"):
        generator.decode(torch.zeros(1, 3))
    with pytest.raises(InputError, match="reads pictures of 28 px"):
        generator.encode(torch.zeros(1, 3, 32, 32))
    with pytest.raises(SettingError, match="takes up to 32"):
        generator.check(Latent(of="generator", shown=99), "z", (0.0,) * 40, None)
    with pytest.raises(SettingError, match="no attribute 'hat'"):
        generator.check(Attribute(of="generator"), "way", "hat", None)


def test_a_classifier_is_no_generator_and_the_other_way_round():
    with pytest.raises(UnknownNetworkError, match="lite0 is a classifier, not a generator"):
        models.load("lite0", "generator")
    with pytest.raises(UnknownNetworkError, match="digits-eigen is a generator, not a classifier"):
        models.load("digits-eigen", "classifier")
    with pytest.raises(UnknownNetworkError):
        models.load("digits-eigen", "denoiser")


def test_a_latent_begins_with_what_was_set_and_goes_on_by_seed():
    one, other = (latents.filled((1.0, -2.0), 6, seed) for seed in (0, 1))
    assert one[:2].tolist() == [1.0, -2.0] == other[:2].tolist()
    assert not torch.equal(one[2:], other[2:])
    assert torch.equal(one, latents.filled((1.0, -2.0), 6, 0))
