"""A readout finds what lies in a latent along a straight line, and an interval covers it."""

import math

import pytest
import torch

from core.metrics import bootstrap, readout
from core.worlds import critters


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_the_interval_of_a_mean_is_that_of_theory():
    values = 3 + 2 * noise(400)
    found = bootstrap.mean(values)
    half = 1.96 * float(values.std()) / math.sqrt(400)
    assert found.value == pytest.approx(float(values.mean()), abs=1e-6)
    assert found.high - found.low == pytest.approx(2 * half, rel=0.12)
    assert found == bootstrap.mean(values)


def test_r2_is_one_for_the_truth_nought_for_its_mean_and_negative_below():
    true = noise(300, 2)
    assert bootstrap.explained(true, true).value == 1
    mean = true.mean(0).expand_as(true)
    assert bootstrap.explained(mean, true).value == pytest.approx(0, abs=1e-6)
    assert bootstrap.explained(-true, true).value < -1


def test_r2_is_scikit_learns():
    metrics = pytest.importorskip("sklearn.metrics")
    true, said = noise(200, 1), noise(200, 1) + 0.5 * noise(200, 1, seed=1)
    known = metrics.r2_score(true.numpy(), said.numpy())
    assert bootstrap.explained(said, true).value == pytest.approx(known, abs=1e-6)


def test_what_is_in_the_latent_is_read_and_what_is_not_is_not():
    factors, truth = critters.sample(600, seed=0), critters.sample(300, seed=1)

    def latent(f):
        angle = 2 * math.pi * f["bg_hue"]
        columns = (f["smile"], f["hat"].float(), angle.sin(), angle.cos(), (f["bg"] == 1).float())
        return torch.stack(columns, 1) + 3.0

    found = readout.shares(latent(factors), factors, latent(truth), truth)
    for name in ("smile", "hat", "bg_hue"):
        assert found[name].value > 0.999
    assert 0.2 < found["bg"].value < 0.5  # one scenery of four
    assert found["gaze"].value < 0.05
    assert found["gaze"].low <= found["gaze"].value <= found["gaze"].high


def test_the_droop_of_the_ears_is_read_within_a_species():
    factors = critters.sample(500, seed=0)
    column = readout.columns("ear_flop", factors)
    for species in (0, 1):
        assert column[factors["species"] == species].mean().abs() < 1e-5
    assert column.std() < factors["ear_flop"].std() / 2


def test_a_yes_or_no_is_one_column_and_a_choice_one_for_each_word():
    factors = critters.sample(200, seed=0)
    assert readout.columns("hat", factors).shape == (200, 1)
    assert torch.equal(readout.columns("hat", factors)[:, 0], factors["hat"].float())
    assert readout.columns("bg", factors).shape == (200, 4)
    assert readout.columns("species", factors).shape == (200, 1)  # no rabbits were drawn
    assert torch.equal(readout.columns("species", factors)[:, 0], factors["species"].float())
