"""Held-out views are fixed, and what is said of their scores is what they are."""

import pytest
import torch

from core.metrics import held_out
from core.priors import views


def numbers(score, best, kept=0.5, ceiling=0.0):
    names = ("held-out score", "largest of the photographs", "kept", "at the ceiling")
    return dict(zip(names, (score, best, kept, ceiling), strict=True))


SEEN = "on views never seen in the ascent"
SAID = {
    "one": (
        numbers(6.0, 2.0),
        f"A picture that drives unit 3 to 3.0 times the best of the shipped photographs, {SEEN} "
        "(50% of the score is kept).",
    ),
    "the least of several": (
        numbers([6.0, 3.0, 1.0], [2.0, 2.0, -1.0], [0.5, 0.2, 0.9], [0.0, 0.0, 0.0]),
        "Pictures that drive unit 3 to at least 1.5 times the best of the shipped photographs, "
        f"{SEEN} (20% of the score is kept).",
    ),
    "nothing to be compared with": (
        numbers(1.0, 0.0),
        f"A picture that drives unit 3 to 1.00, against 0.00 for the best of the shipped "
        f"photographs, {SEEN} (50% of the score is kept).",
    ),
    "at the ceiling": (
        numbers([6.0, 6.0], [2.0, 2.0], [1.0, 1.0], [0.75, 0.0]),
        "Saturated: 75% of unit 3 stand at ReLU6's ceiling of 6, where it is flat.",
    ),
    "silent": (
        numbers(0.0, 0.0),
        "Silent here: unit 3 is 0 on it and on every shipped photograph.",
    ),
    "one of two silent": (
        numbers([0.0, 5.0], [0.0, 1.0], [0.5, 0.5], [0.0, 0.0]),
        "Silent here: 1 of 2 pictures: unit 3 is 0 on it and on every shipped photograph.",
    ),
}


@pytest.mark.parametrize(("given", "sentence"), SAID.values(), ids=SAID)
def test_the_verdict_is_what_the_numbers_say(given, sentence):
    assert held_out.verdict_sentence("unit 3", given) == sentence


def test_half_at_the_ceiling_is_not_saturated_yet():
    assert held_out.verdict_sentence("unit 3", numbers(6.0, 2.0, ceiling=0.5)).startswith(
        "A picture that"
    )


def test_of_what_is_avoided_the_least_is_told_with_its_own_sign():
    given = numbers([-0.5, 2.0], [-0.2, 3.0], [1.0, 1.0], [0.0, 0.0])
    assert held_out.verdict_on_the_least("unit 3", given) == (
        f"Unit 3 is at -2.00 there, {SEEN}; the lowest that a shipped photograph takes it to "
        "is -3.00."
    )
    assert held_out.verdict_on_the_least("unit 3", numbers(0.0, 0.0)) == (
        "Unit 3 is 0 on it, as on a photograph: behind a ReLU it cannot fall below."
    )


def test_the_halves_are_lucids_views_of_the_canvas_and_crops_of_three_fifths_at_least():
    x = torch.rand(3, 40, 40, generator=views.generator(0))
    batch = x.expand(held_out.EACH, 3, 40, 40)
    noise = views.generator("held out", "lucid's views")
    expected = views.look(batch, views.lucid(8, noise, side=40), side=24, pad=views.PAD)
    assert torch.equal(held_out.looks(x, "lucid's views", side=24), expected)
    drawn = views.crops(8, views.generator("held out", "crops"), smallest=0.6, rotation=15)
    assert torch.equal(held_out.looks(x, "crops", side=24), views.look(batch, drawn, side=24))
