"""All solvers race from one noise, and what is said of them is what they reached."""

from dataclasses import replace
from functools import cache
from itertools import islice

import pytest
import torch

from core import run
from core.diffusion import budgets
from core.diffusion.solvers import SOLVERS
from core.models.denoisers.trained import Trained
from core.models.model import Card
from core.networks import denoiser, initial
from core.networks.denoiser import Form
from core.probes import race
from core.worlds import plane

pytest.importorskip("diffusers")
NOW = race.Settings()
FRAMES = race.effort(NOW.data).frames


@cache
def network():
    """Random weights: what is tested is the race."""
    module = denoiser.Denoiser(Form(side=16, widths=(32, 32), attends=(False, True)))
    initial.draw(module, 0)
    card = Card(origin="", licence="", training_data="", accuracy="")
    still = module.eval().requires_grad_(False)
    return Trained(still, name="critters-small", title="Small", card=card)


def frames(settings, count):
    return list(islice(run.Run(race, settings, {"network": network()}), count))


def at(frame, name):
    return frame.panels[name]


def end(settings):
    """The frame at which the first race ends."""
    return frames(settings, FRAMES + 1 + settings.evaluations)[-1]


def numbers(frame):
    return {name: float(value) for name, value in frame.numbers.items()}


def said(settings, frame):
    return race.caption(settings, numbers(frame), {})


def test_before_the_race_the_answer_is_found_in_a_thousand_steps():
    first, *_, last = frames(NOW, FRAMES)
    assert said(NOW, first) == "First the answer: 100 of a thousand steps from this noise."
    assert last.numbers["answered"] == 100
    assert last.numbers["evaluations"] == 0
    alone, answer = race.course(NOW), race.Race(NOW).answer()
    shown = at(last, "answer").values.double()
    assert torch.allclose(shown, answer[: race.SHOWN], atol=1e-6)
    assert alone.share(answer) > 0.97


def test_each_frame_is_one_evaluation_and_at_the_end_the_guess_is_where_it_is():
    known = frames(NOW, FRAMES + 1 + NOW.evaluations + 3)
    made = [int(frame.numbers["evaluations"]) for frame in known[FRAMES:]]
    assert made == [*range(NOW.evaluations + 1), *[NOW.evaluations] * 3]
    last = known[-1]
    answer = race.Race(NOW).answer()
    runner = race.Race(NOW).runner("dpm++ 2m", 10)
    assert last.numbers["distance"] == pytest.approx(
        float(budgets.distance(runner.x(10)[-1], answer)), rel=1e-5
    )


def test_the_caption_says_who_is_how_far_and_who_is_nearest():
    frame = end(NOW)
    n = numbers(frame)
    text = said(NOW, frame)
    assert text.startswith(f"10 of 10 evaluations: DPM++ 2M is {n['distance']:.2g} from the answer")
    assert f"DDIM is {n['control distance']:.2g} from the answer" in text
    nearest = list(SOLVERS.values())[int(n["nearest"])]
    assert text.endswith(f"Of all that draw no noise {nearest.title} comes nearest.")
    assert not nearest.random


def test_of_a_solver_that_draws_noise_the_distance_is_not_spoken_of():
    settings = replace(NOW, solver="Euler ancestral", evaluations=50)
    frame = end(settings)
    assert "Euler ancestral draws noise and goes elsewhere, 9" in said(settings, frame)
    titles = {solver.title for solver in SOLVERS.values() if not solver.random}
    assert set(at(frame, "race").names) == titles
    assert set(at(frame, "error").names) == titles


def test_the_curves_grow_to_every_budget_of_every_solver():
    known = frames(NOW, race.length(NOW, {}) + 1)
    sizes = [at(frame, "share").values.shape[:2] for frame in known]
    assert sizes[0] == (0, 0)
    assert sizes[-1] == (len(SOLVERS), len(budgets.BUDGETS))
    assert sizes == sorted(sizes)
    whole = at(known[-1], "error")
    assert whole.values.min() >= 0
    assert whole.values.max() <= 1
    assert [whole.names[i] for i in (-1, -2)] == ["DPM++ 2M", "DDIM"]  # on top of the others
    assert whole.classes[-2:].tolist() == [1, 0]
    one = race.SPENT, race.OFF
    distances = one[1].low * (one[1].high / one[1].low) ** whole.values[-1, :, 1].double()
    assert distances[0] == pytest.approx(0.34, abs=0.03)


def test_what_is_shown_of_the_control_is_the_other_solver_from_the_same_noise():
    frame = end(NOW)
    other = end(replace(NOW, solver="DDIM", against="DPM++ 2M"))
    assert torch.equal(at(frame, "control x_t").values, at(other, "x_t").values)
    assert torch.equal(at(frame, "x_t").values, at(other, "control x_t").values)
    first = frames(NOW, 1)[0]
    assert torch.equal(at(first, "x_t").values, at(first, "control x_t").values)


def test_another_budget_begins_another_race_and_keeps_the_curves():
    going = run.Run(race, NOW, {"network": network()})
    *_, before = islice(going, 40)
    going.live.set(evaluations=20)
    after = next(going)
    assert after.numbers["evaluations"] == 0
    assert at(after, "share").values.shape[1] >= at(before, "share").values.shape[1] > 0
    going.live.set(times="leading")
    fresh = next(going)
    assert at(fresh, "share").values.shape[1] == 0
    assert fresh.numbers["answered"] == 100 / FRAMES


def test_a_race_that_is_not_run_again_stands_at_its_end():
    still = frames(replace(NOW, again=False), 70)
    assert still[-1].numbers["evaluations"] == NOW.evaluations
    again = frames(NOW, FRAMES + 1 + NOW.evaluations + race.RESTING)
    assert again[-1].numbers["evaluations"] == 0


def test_a_point_is_on_the_data_within_three_deviations_or_near_a_point():
    ring, cat = race.course(NOW), race.course(replace(NOW, data="cat"))
    assert ring.share
    assert cat.share
    mean = plane.DENSITIES["ring"]().means[:1]
    apart = torch.tensor([[0.0, 0], [0.2, 0.2], [0.22, 0.22]], dtype=torch.float64)
    assert ring.share(mean + apart) == pytest.approx(2 / 3)
    assert cat.share(torch.cat((plane.cat()[:2], apart[:1] + 9))) == pytest.approx(2 / 3)


PICTURES = replace(NOW, data="critters", schedule="cosine", solver="LMS", evaluations=5)


@pytest.mark.slow
def test_critters_race_by_their_network_from_one_noise():
    settings = replace(PICTURES, evaluations=8)
    frame = frames(settings, race.effort("critters").frames + 1 + 8)[-1]
    assert set(frame.panels) == {"picture", "control", "error", "answer", "race"}
    alone = race.Race(settings, network())
    answer = alone.answer()
    assert torch.equal(at(frame, "answer"), race._picture(answer, race.SMALL))
    end = alone.runner("lms", 8).x(8)[-1]
    assert torch.equal(at(frame, "picture"), race._picture(end, race.SIDE))
    off = (end - answer).square().mean().sqrt()
    assert frame.numbers["distance"] == pytest.approx(float(off), rel=1e-4)
    assert f"LMS is {127.5 * float(off):.2g} levels from the answer" in said(settings, frame)
    assert set(at(frame, "race").names) == {"LMS", "DDIM"}
    assert "nearest" not in said(settings, frame)


@pytest.mark.slow
def test_of_a_critter_by_a_solver_that_draws_noise_no_distance_is_said():
    settings = replace(PICTURES, solver="DDPM", evaluations=5)
    frame = frames(settings, race.effort("critters").frames + 1 + 5)[-1]
    assert "DDPM draws noise and makes another; DDIM is" in said(settings, frame)
