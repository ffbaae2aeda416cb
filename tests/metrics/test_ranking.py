"""The area under the ROC curve is a count of pairs, and scikit-learn's."""

import pytest
import torch
from sklearn.metrics import roc_auc_score

from core.metrics.ranking import auroc
from core.metrics.samples import SamplesError


@pytest.mark.parametrize("shape", [(80,), (5, 4, 6)])
@pytest.mark.parametrize("levels", [3, 1000])
def test_it_counts_the_pairs_in_order_and_is_scikit_learns(shape, levels):
    noise = torch.Generator().manual_seed(0)
    score = torch.randint(levels, shape, generator=noise).float()
    positive = torch.rand(shape, generator=noise) < 0.3
    found = auroc(score, positive)
    pairs = score[positive][:, None] - score[~positive]
    assert found == pytest.approx(float(((pairs > 0) + 0.5 * (pairs == 0)).float().mean()))
    expected = roc_auc_score(positive.flatten().numpy(), score.flatten().numpy())
    assert found == pytest.approx(expected)


def test_a_perfect_score_is_1_its_opposite_0_and_a_constant_a_half():
    positive = torch.arange(20) >= 13
    assert auroc(torch.arange(20.0), positive) == 1
    assert auroc(-torch.arange(20.0), positive) == 0
    assert auroc(torch.ones(20), positive) == 0.5


@pytest.mark.parametrize(
    ("score", "positive", "said"),
    [
        (torch.rand(4), torch.zeros(4).bool(), "0 of 4 are positive"),
        (torch.rand(4), torch.ones(4).bool(), "4 of 4 are positive"),
        (torch.tensor([1, float("nan")]), torch.tensor([True, False]), "not finite"),
        (torch.rand(4), torch.ones(3).bool(), "side by side"),
    ],
)
def test_what_has_no_curve_is_refused(score, positive, said):
    with pytest.raises(SamplesError, match=said):
        auroc(score, positive)
