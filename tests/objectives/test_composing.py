"""What can be asked for by name is the algebra's, and what is wanted besides is a share of the score."""

import pytest
import torch

from core import models, pictures
from core.objectives import PICTURE, Objective, channel, composing, direction, logit, neuron, toward
from core.objectives.named import named, paired
from core.objectives.together import diversity

NOISE = torch.Generator().manual_seed(7)
A, OUT = torch.randn(6, 4, 5, 5, generator=NOISE), torch.randn(6, 10, generator=NOISE)
X = torch.rand(6, 3, 8, 8, generator=NOISE)
READ = {"a": A, "out": OUT, PICTURE: X}
VECTOR = torch.tensor([0.5, -1.0, 0.0, 2.0])
SPACE = composing.TargetSpace("a", 4, "out", 10, lambda number: VECTOR * number)


@pytest.mark.parametrize(
    ("name", "power", "wanted"),
    [
        ("unit", 0, channel("a", 2)),
        ("unit", 2, toward("a", torch.eye(4)[2], power=2)),
        ("neuron", 0, neuron("a", 2)),
        ("class", 0, logit("out", 6)),
        ("direction", 0, direction("a", 6 * VECTOR)),
        ("direction", 1, toward("a", 6 * VECTOR, power=1)),
    ],
)
def test_a_name_and_a_number_ask_for_one_objective(name, power, wanted):
    found = composing.target(name, SPACE, number=6, power=power)  # unit 6 of 4 is unit 2
    torch.testing.assert_close(found.score(READ), wanted.score(READ))


def test_a_pair_is_a_difference_or_a_way_from_one_to_the_other():
    one, other = channel("a", 0), channel("a", 3)
    a, b = one.score(READ), other.score(READ)
    assert composing.paired([one, one], other, "alone") == [one, one]
    (less,) = composing.paired([one], other, "minus")
    torch.testing.assert_close(less.score(READ), a - b)
    way = composing.paired([one] * 5, other, "turning into")
    for t, step in zip((0, 0.25, 0.5, 0.75, 1), way, strict=True):
        torch.testing.assert_close(step.score(READ), (1 - t) * a + t * b)


def test_what_is_wanted_besides_is_a_share_of_the_score():
    one = channel("a", 0)
    size = one.score(READ).abs()
    apart = composing.shaped(one, layer="a", apart=0.5)
    cosines = diversity("a").score(READ)
    torch.testing.assert_close(apart.score(READ), one.score(READ) + 0.5 * size * cosines)
    for name, (make, usual) in composing.PENALTIES.items():
        found = composing.shaped(one, layer="a", against=name, weight=2.0)
        costs = 2 * size * make().score(READ) / usual
        torch.testing.assert_close(found.score(READ), one.score(READ) - costs)


def test_the_share_does_not_make_the_score_itself_worth_less():
    """Were the size of the score part of the slope, climbing it would be punished."""
    a = A.clone().requires_grad_()
    shaped = composing.shaped(channel("a", 0), layer="a", against="colour", weight=4.0)
    (up,) = torch.autograd.grad(shaped.score(READ | {"a": a}).sum(), a)
    (plain,) = torch.autograd.grad(channel("a", 0).score({"a": a}).sum(), a)
    torch.testing.assert_close(up, plain)


@pytest.mark.parametrize("name", composing.PENALTIES)
def test_a_penalty_is_measured_in_photographs(name):
    make, usual = composing.PENALTIES[name]
    photographs = torch.stack([pictures.square(pictures.load(n), 160) for n in pictures.shipped()])
    assert make().score({PICTURE: photographs}).mean() == pytest.approx(usual, rel=0.02)


def test_several_looks_at_a_picture_are_scored_by_their_mean_and_compared_within_a_look():
    both = channel("a", 1) + diversity("a") + composing.PENALTIES["colour"][0]()
    halves = [
        both.score({"a": half, PICTURE: X[:3]}) for half in (A[:3], A[3:])
    ]  # three pictures, looked at twice
    found = composing.over_looks(both, 2).score({"a": A, PICTURE: X[:3]})
    torch.testing.assert_close(found, (halves[0] + halves[1]) / 2)
    assert composing.over_looks(both, 1) is both


def test_the_ceiling_is_asked_of_units_that_clip():
    six = {"a": torch.full((1, 4, 5, 5), 6.0)}
    for name, clips, wanted in (("unit", True, 1.0), ("unit", False, 0.0), ("class", True, 0.0)):
        found: Objective = composing.ceiling(name, SPACE, number=1, clips=clips)
        assert found.score(six).item() == wanted


def test_pairs_are_named_as_they_are_asked():
    labels = models.load("lite0").labels
    zebra, sorrel = (named("class", "", n, labels) for n in (340, 339))
    assert paired(zebra, sorrel, "minus") == "the class zebra minus the class sorrel"
    assert named("unit", "b", 3, ()) == "unit 3 of b"
    assert named("unit", "b", 3, (), several=4) == "4 units of b from 3 on"
    assert paired("unit 3 of b", "unit 4 of b", "turning into").startswith("the mixtures of unit 3")
