"""What is climbed, beside the definitions written out."""

import pytest
import torch
from torchattacks.attacks.apgd import APGD

from core.attacks import LOSSES, fooled
from core.attacks.losses import dlr
from core.priors import views

LOGITS = torch.randn(5, 7, generator=views.generator("logits")) * 3
LABELS, TARGETS = torch.tensor([0, 1, 2, 3, 4]), torch.tensor([6, 5, 0, 1, 2])


def written_out(name, z, y, t):
    rest = [value for k, value in enumerate(z) if k != (y if t is None else t)]
    p, best = z.softmax(0), z.sort(descending=True).values
    if t is None:
        return {
            "cross entropy": -p[y].log(),
            "margin": max(rest) - z[y],
            "logit": -z[y],
            "DLR": (max(rest) - z[y]) / (best[0] - best[2]),
        }[name]
    return {
        "cross entropy": p[t].log(),
        "margin": z[t] - max(rest),
        "logit": z[t],
        "DLR": (z[t] - z[y]) / (best[0] - (best[2] + best[3]) / 2),
    }[name]


@pytest.mark.parametrize("name", sorted(LOSSES))
@pytest.mark.parametrize("targets", [None, TARGETS])
def test_a_loss_is_what_its_definition_says(name, targets):
    found = LOSSES[name](LOGITS, LABELS, targets)
    for i, value in enumerate(found):
        target = None if targets is None else int(targets[i])
        torch.testing.assert_close(value, written_out(name, LOGITS[i], int(LABELS[i]), target))


def test_dlr_is_that_of_torchattacks():
    theirs = APGD.dlr_loss(None, LOGITS, LABELS)
    torch.testing.assert_close(dlr(LOGITS, LABELS), theirs)


def test_dlr_does_not_change_with_the_scale_of_the_logits():
    torch.testing.assert_close(dlr(LOGITS, LABELS, TARGETS), dlr(9 * LOGITS, LABELS, TARGETS))


@pytest.mark.parametrize("targets", [None, TARGETS])
def test_who_is_fooled_has_a_margin_above_nought(targets):
    assert torch.equal(
        fooled(LOGITS, LABELS, targets), LOSSES["margin"](LOGITS, LABELS, targets) > 0
    )
