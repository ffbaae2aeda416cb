"""A readout finds what is in the latents, and its null finds nothing."""

import pytest
import torch
from sklearn.metrics import balanced_accuracy_score

from core.metrics import cross_validation
from core.metrics.samples import SamplesError


def drawn(*shape, seed=0):
    noise = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=noise, dtype=torch.float64)


def test_of_a_line_with_noise_the_share_of_the_variance_is_read_out():
    z = drawn(3000, 8)
    y = z @ drawn(8, seed=1)
    y = y / y.std() + 0.5 * drawn(3000, seed=2)
    found = cross_validation.cross_validated(z, y)
    assert found.measure == "R2"
    assert found.read.value == pytest.approx(1 / 1.25, abs=0.02)
    assert abs(found.null.value) < 0.02


def test_what_a_line_cannot_see_is_not_read_out():
    z = drawn(2000, 8)
    assert abs(cross_validation.cross_validated(z, z[:, 0].square()).read.value) < 0.02


def test_noise_of_many_numbers_explains_nothing_that_it_did_not_see():
    """On the samples that it was fitted to, 100 numbers explain most of 120 values."""
    found = cross_validation.cross_validated(drawn(120, 100), drawn(120, seed=1))
    assert found.read.value < 0.1


def test_classes_are_read_out_and_chance_is_one_over_their_number():
    z, y = drawn(1500, 6), torch.arange(1500) % 3
    found = cross_validation.cross_validated(z + 6 * torch.nn.functional.one_hot(y, 6), y)
    assert found.measure == "balanced accuracy"
    assert found.read.value > 0.99
    assert found.null.value == pytest.approx(1 / 3, abs=0.05)


def test_a_rare_class_counts_as_much_as_a_common_one():
    z, y = drawn(2000, 4), (torch.arange(2000) % 20 == 0).long()
    found = cross_validation.cross_validated(z, y)
    assert found.read.value == pytest.approx(
        0.5, abs=0.08
    )  # always saying 0 would be right in 95 %
    z[:, 0] += 1.5 * y  # parted half-way, each side is right in Phi(.75) = 77 %
    assert cross_validation.cross_validated(z, y).read.value == pytest.approx(0.77, abs=0.06)
    z[:, 0] += 8 * y
    assert cross_validation.cross_validated(z, y).read.value > 0.98


def test_a_circle_is_read_by_its_sine_and_cosine():
    turns = torch.rand(1000, generator=torch.Generator().manual_seed(0)).double()
    angle = 2 * torch.pi * turns
    z = torch.stack((angle.sin(), angle.cos(), drawn(1000)), 1)
    assert cross_validation.cross_validated(z, turns, circular=True).read.value > 0.999
    assert cross_validation.cross_validated(z, turns).read.value < 0.8


def test_balanced_accuracy_is_scikit_learns():
    said, true = torch.arange(90) % 3, torch.arange(90) // 20
    assert cross_validation.balanced_accuracy(said, true).value == pytest.approx(
        balanced_accuracy_score(true.numpy(), said.numpy())
    )


def test_a_seed_decides():
    z, y = drawn(60, 8), drawn(60, seed=1)
    assert cross_validation.cross_validated(z, y, seed=1) == cross_validation.cross_validated(
        z, y, seed=1
    )
    assert cross_validation.cross_validated(z, y, seed=1) != cross_validation.cross_validated(
        z, y, seed=2
    )


@pytest.mark.parametrize(
    ("y", "said"),
    [
        (torch.ones(40), "smile has one value only, 1"),
        (torch.zeros(40).long(), "smile has one value only, 0"),
        (torch.arange(39.0), "Latents and values of smile .* 40 and 39"),
        ((torch.arange(40) < 4).long(), "smile = 1 occurs 4 times: 5 folds need 5"),
        (torch.full((40,), float("nan")), "40 of 40 values of smile are not finite"),
    ],
)
def test_factors_that_cannot_be_read_are_refused(y, said):
    with pytest.raises(SamplesError, match=said):
        cross_validation.cross_validated(drawn(40, 3), y, name="smile")
    with pytest.raises(SamplesError, match="There are 9 latents: give at least 10"):
        cross_validation.cross_validated(drawn(9, 3), torch.arange(9.0))
