"""Modes are counted where they are made, and near is near."""

import pytest
import torch

from core.metrics import modes
from core.metrics.samples import SamplesError
from core.worlds import plane


def ring(n=4000, seed=0):
    data = plane.mixture(plane.ring(), plane.SD)
    return plane.sampled(data, n, torch.Generator().manual_seed(seed))


def test_the_ring_itself_has_all_its_modes_and_the_share_of_a_rayleigh_within_three_deviations():
    found = modes.among_means(ring(), plane.ring(), sd=plane.SD)
    assert (found.found, found.of) == (8, 8)
    assert found.near == pytest.approx(1 - torch.exp(torch.tensor(-4.5)).item(), abs=0.006)


def test_a_generator_of_one_mode_has_one():
    x = plane.ring()[3] + plane.SD * torch.randn(500, 2, generator=torch.Generator().manual_seed(0))
    assert modes.among_means(x, plane.ring(), sd=plane.SD).found == 1


def test_what_lies_between_the_modes_counts_for_none():
    turned = (
        ring() @ torch.tensor([[0.9239, 0.3827], [-0.3827, 0.9239]]).double()
    )  # by 22.5 degrees
    found = modes.among_means(turned, plane.ring(), sd=plane.SD)
    assert found.found == 0
    assert found.near < 0.02


@pytest.mark.parametrize(("few", "found"), [(19, 9), (20, 10)])
def test_a_mode_counts_from_a_fifth_of_its_even_share(few, found):
    labels = torch.cat((torch.arange(1000 - few) % 9, torch.full((few,), 9)))
    assert modes.among_classes(labels, 10) == modes.Modes(found, 10, 1.0)


def test_what_no_class_is_seen_in_is_not_near():
    found = modes.among_classes(torch.tensor([0, 1, -1, -1]), 2)
    assert found == modes.Modes(2, 2, 0.5)


def test_what_cannot_be_counted_is_refused():
    with pytest.raises(SamplesError, match="no samples"):
        modes.among_classes(torch.zeros(0, dtype=torch.int64), 2)
    with pytest.raises(SamplesError, match="run from 0 to 1"):
        modes.among_classes(torch.tensor([0, 2]), 2)
    with pytest.raises(SamplesError, match="sd = 0 is out of range"):
        modes.among_means(ring(9), plane.ring(), sd=0.0)
    with pytest.raises(SamplesError, match="have 2 and 3 numbers each"):
        modes.among_means(ring(9), torch.zeros(2, 3), sd=1.0)
