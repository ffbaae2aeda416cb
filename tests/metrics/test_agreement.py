"""R2 is the squared correlation, and pictures of others explain less."""

import numpy as np
import pytest
import torch

from core.metrics import agreement
from core.metrics.samples import SamplesError


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_it_is_numpys_correlation_squared():
    x, y = drawn(3, 2, 5), drawn(3, 2, 5, seed=1)
    for found, a, b in zip(agreement.r2(x, y), x, y, strict=True):
        assert float(found) == pytest.approx(np.corrcoef(a.flatten(), b.flatten())[0, 1] ** 2)


def test_brightness_and_contrast_change_nothing():
    x = drawn(3, 2, 5)
    assert torch.allclose(agreement.r2(x, 3 * x - 1), torch.ones(3).double())


def test_a_flat_picture_explains_nothing():
    assert torch.equal(agreement.r2(torch.ones(2, 1, 4), drawn(2, 1, 4)), torch.zeros(2).double())


def test_shuffled_is_what_other_pictures_explain():
    common = drawn(1, 100)
    x = common + drawn(9, 100, seed=1)
    assert float(agreement.r2(x, x).min()) == pytest.approx(1)
    assert 0.1 < float(agreement.shuffled(x, x).median()) < 0.5


def test_one_picture_has_no_others():
    with pytest.raises(SamplesError, match="at least two"):
        agreement.shuffled(drawn(1, 4), drawn(1, 4))
