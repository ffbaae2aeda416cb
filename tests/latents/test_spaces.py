"""What is known of latents: sides, frontiers, read-outs, and the true edit."""

import pytest
import torch

from core import models
from core.latents import directions, spaces
from core.latents.errors import LatentError
from core.worlds import critters, digits

EIGEN = "digits-eigen"


@pytest.fixture(scope="module")
def eigen():
    return models.load(EIGEN, "generator")


def test_the_sides_of_a_digit_are_that_digit_and_all_others(eigen):
    known = spaces.known(eigen)
    assert known.sides("towards 3").tolist() == [digits.digit(i) == 3 for i in range(100)]


def test_the_sides_of_a_continuous_factor_part_at_the_median():
    values = torch.tensor([0.3, 0.1, 0.9, 0.7, 0.2])
    known = models.Known(torch.zeros(5, 2), {"dark": values})
    assert known.sides("dark").tolist() == [False, False, True, True, False]


def test_a_frontier_parts_most_digits_from_the_others(eigen):
    known = spaces.known(eigen)
    for method in directions.METHODS:
        plane = spaces.frontier(eigen, "independent", method, "towards 0")
        right = (directions.distance(known.z, plane) > 0) == known.sides("towards 0")
        assert right.float().mean() > 0.9, method


def test_the_readout_is_that_of_the_labels_in_deviations(eigen):
    known, affine = spaces.known(eigen), spaces.readout(eigen)
    read = known.z.double() @ affine.weights + affine.bias
    at = list(known.values).index("towards 1")
    labels = known.values["towards 1"].double()
    labels = (labels - labels.mean()) / labels.std()
    assert torch.corrcoef(torch.stack((read[:, at], labels)))[0, 1] > 0.8


def test_a_world_that_is_not_known_is_refused_with_those_that_are(eigen):
    with pytest.raises(LatentError, match="choose from independent"):
        spaces.known(eigen, "tied-0.8")


def test_a_true_edit_moves_one_factor_and_stops_at_its_limit():
    one = {name: column[:1] for name, column in critters.sample(64, seed=4).items()}
    found = spaces.true_edit(one, "smile", by=0.25, crossed=False)
    assert float(found["smile"] - one["smile"]) == pytest.approx(
        min(0.25, 1 - float(one["smile"])), abs=1e-6
    )
    assert float(spaces.true_edit(one, "smile", by=9, crossed=False)["smile"]) == 1
    assert float(spaces.true_edit(one, "smile", by=-9, crossed=False)["smile"]) == -1
    assert all(torch.equal(found[name], one[name]) for name in one if name != "smile")


@pytest.mark.parametrize("crossed", [False, True])
def test_what_is_there_or_not_is_there_on_the_far_side_of_the_frontier(crossed):
    one = {name: column[:1] for name, column in critters.sample(64, seed=4).items()}
    assert int(spaces.true_edit(one, "glasses", by=0.1, crossed=crossed)["glasses"]) == crossed
