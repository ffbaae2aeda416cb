"""What 1000 steps make of a noise is computed once, a part at a time; and what else is asked of pictures."""

import pytest
import torch

from core.diffusion import (
    answers,
    exact,
    examples,
    gauges,
    microscope,
    sampling,
    schedules,
    starts,
    wishes,
)
from core.training import portraits
from core.worlds import conditions, critters, plane

RING = exact.denoiser(plane.DENSITIES["ring"]())


def test_the_parts_are_the_whole():
    x = torch.randn(8, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    answer = answers.Answer(RING, x, "linear")
    visited = schedules.visited("linear", "trailing", 1000)
    *_, last = sampling.chain(RING, x, visited, torch.Generator())
    assert torch.equal(answer.x(answers.PARTS), last.x_next)
    assert torch.equal(answer.x(0), x)


def test_the_same_question_has_one_answer_and_another_schedule_another():
    x = torch.zeros(1, 2, dtype=torch.float64)
    one = answers.answer(("a", 1), RING, x, "cosine")
    assert answers.answer(("a", 1), RING, x + 1, "cosine") is one
    assert answers.answer(("a", 1), RING, x, "linear") is not one
    assert answers.answer(("a", 2), RING, x, "cosine") is not one


def test_what_is_known_was_learned_from():
    assert examples.SEED == portraits.LEARNED
    first = critters.sample(examples.KNOWN, seed=portraits.LEARNED)
    x = critters.render({n: f[:2] for n, f in first.items()}, parts=False, landmarks=False).image
    assert torch.equal(examples.known()[:2], x * 2 - 1)
    assert starts.SEED not in (portraits.LEARNED, portraits.HELD_OUT)


def test_a_wish_is_told_where_it_is_asked():
    table = conditions.CRITTERS
    found = wishes.condition(table, {"species": 1.0, "dark": 0.25})
    assert found.told[0, 0] == 1
    assert found.told[0, list(table).index("dark")] == -0.5
    assert found.known[0].tolist() == [1, 0, 1, 0, 0, 0]
    assert wishes.condition(table, {}) is None
    assert wishes.condition({}, {"species": 1.0}) is None


def test_numbers_of_critters_lie_between_minus_one_and_one():
    factors = critters.sample(200, seed=3)
    told = conditions.numbers(conditions.CRITTERS, factors)
    assert told.shape == (200, 6)
    assert told.abs().max() <= 1
    assert set(told[:, 0].tolist()) == {-1.0, 1.0}
    assert torch.allclose(told[:, 2], factors["dark"] * 2 - 1)


def test_what_was_asked_is_found_or_not():
    table = conditions.CRITTERS
    read = {"dark": torch.tensor([0.2, 0.9])}
    likely = {"species": torch.tensor([[0.9, 0.1, 0.0], [0.3, 0.7, 0.0]])}
    found = wishes.obeyed(table, {"species": 0.0, "dark": 0.2}, read, likely)
    assert found.tolist() == pytest.approx([(0.9 + 1) / 2, (0.3 + 0.3) / 2])


def test_the_pixel_is_where_the_ring_stands():
    x = torch.arange(48.0).view(1, 3, 4, 4)
    guess = sampling.Guess(2 * x, 3 * x)
    found = gauges.at_pixel((0.9, 0.9), x, guess)
    assert found["x_t here"] == x[0, :, 0, 3].mean()
    assert found["x_0 here"] == 2 * found["x_t here"]
    assert gauges.at_pixel((0.0, 0.0), x, guess)["x_t here"] == x[0, :, 3, 0].mean()
    assert gauges.at_pixel((1.0, 1.0), x, guess)["epsilon here"] == 3 * x[0, :, 0, 3].mean()


def test_gauges_of_pictures():
    x = torch.zeros(1, 3, 8, 8)
    assert gauges.detail(x) == 0
    assert gauges.apart(x, x + 0.5) == 0.25
    chequered = (torch.arange(64).view(8, 8) + torch.arange(8)[:, None]) % 2 * 2.0 - 1
    assert gauges.detail(chequered.expand(1, 3, 8, 8)) == pytest.approx(4)
    assert torch.equal(gauges.unit(x - 3), torch.zeros(1, 3, 8, 8))


def test_the_microscope_shows_its_points_on_their_data():
    x = microscope.noise(3)
    panels = microscope.panels("cat", x, x / 2)
    assert torch.equal(panels["points"].values, x.float())
    assert panels["points"].over == microscope.PANEL
    assert torch.equal(panels["ways"].values[:, 1], x[: microscope.WAYS].float() / 2)
    near = plane.nearest(microscope.clean("cat", 3), plane.POINTS["cat"]())
    assert near.mean() < 0.05
