"""Errors of pictures are those that can be worked out by hand."""

import math

import pytest
import torch

from core.metrics import fidelity
from core.metrics.samples import SamplesError


def test_the_psnr_of_an_even_error_is_its_decibels():
    x = torch.rand(3, 3, 4, 4) * 0.5
    y = x + torch.tensor([0.1, 0.01, 0.0])[:, None, None, None]
    found = fidelity.psnr(x, y)
    torch.testing.assert_close(found[:2], torch.tensor([20.0, 40.0]), rtol=0, atol=1e-3)
    assert found[2] == math.inf


def test_the_map_ratio_is_the_quotient_of_the_errors():
    x = torch.rand(5, 3, 4, 4)
    assert fidelity.map_ratio(x, x + 0.2, x - 0.1) == pytest.approx(4, rel=1e-4)
    assert fidelity.map_ratio(x, x + 0.1, x - 0.1) == pytest.approx(1, rel=1e-4)


def test_what_has_no_ratio_is_said():
    x = torch.rand(5, 3, 4, 4)
    with pytest.raises(SamplesError, match="reproduces these pictures without an error"):
        fidelity.map_ratio(x, x + 0.2, x)
    with pytest.raises(SamplesError, match="Pictures stand side by side, and there are 5 and 4"):
        fidelity.psnr(x, x[:4])
