"""Diffusion: what is shown is what was computed, and what is asked for is what comes out."""

from dataclasses import replace

import pytest
import torch

from core import models, run
from core.diffusion import examples, memory, places, sampling, schedules, starts
from core.metrics import fidelity
from core.probes import diffusion
from core.probes.diffusion import INVERTED, PURE, SOILED, Settings

NOW = Settings(steps=6, pricing=False, control=False)


def frames(now, tape=None, state=None):
    made = run.Run(diffusion, now, run.resolve(diffusion, now), tape=tape, state=state)
    return list(made)


@pytest.fixture(scope="module")
def network():
    return models.load("critters-denoiser", "denoiser")


@pytest.mark.parametrize("begins", [PURE, SOILED, INVERTED])
@pytest.mark.parametrize("solver", ["DDIM", "Heun"])
def test_it_is_as_long_as_it_says(begins, solver):
    now = replace(NOW, begins=begins, solver=solver)
    assert len(frames(now)) == diffusion.length(now, {})


@torch.no_grad()
def test_it_is_the_chain_of_the_network(network):
    shown = frames(NOW)
    visited = schedules.visited("cosine", "trailing", 6)
    ask = diffusion.guided(network, NOW, 1000)
    *_, last = sampling.chain(ask, starts.noise(3, 64, 0), visited, torch.Generator())
    picture = shown[-1].panels["x_t"]
    assert torch.equal(picture, diffusion._panel(last.x_next, diffusion.SMALL))


def test_the_formula_holds_at_the_pixel():
    for frame in frames(replace(NOW, species="a cat", guidance=3.0))[1:-1]:
        n = {name: float(value) for name, value in frame.numbers.items()}
        a = n["alpha_bar"]
        x_0 = (n["x_t here"] - (1 - a) ** 0.5 * n["epsilon here"]) / a**0.5
        assert x_0 == pytest.approx(n["x_0 here"], abs=1e-3)


def test_evaluations_are_counted():
    def count(now):
        return float(frames(now)[-1].numbers["evaluations"])

    assert count(NOW) == 6
    assert count(replace(NOW, species="a dog")) == 12
    assert count(replace(NOW, species="a dog", guidance=1.0)) == 6
    assert count(replace(NOW, solver="Heun")) == 6 + 4
    assert count(replace(NOW, begins=INVERTED, depth=1.0)) == 6 * 4 + 6


@pytest.mark.parametrize("word", ["a cat", "a dog"])
def test_what_is_asked_is_read(word):
    shown = frames(replace(NOW, species=word, steps=12))[-1]
    assert float(shown.numbers["obeyed"]) > 0.9
    assert (float(shown.numbers["dog"]) > 0.5) == (word == "a dog")


def test_a_change_of_mind_changes_what_comes_later_alone():
    now = replace(NOW, species="a cat", then="then a dog", crossing=0.5)
    changed, plain = frames(now), frames(replace(NOW, species="a cat"))
    same = [
        torch.equal(a.panels["picture"], b.panels["picture"])
        for a, b in zip(changed, plain, strict=True)
    ]
    assert same == [True] * 3 + [False] * 4
    by_hand = frames(replace(NOW, species="a cat"), tape=[(3, {"species": "a dog"})])
    assert torch.equal(by_hand[-1].panels["picture"], changed[-1].panels["picture"])


def test_going_on_without_a_change_gives_the_same_bytes():
    now = replace(NOW, eta=0.7, solver="DDIM", control=True, species="a cat")
    whole = frames(now)
    for at in (0, 3):
        rest = frames(now, state=whole[at].state())
        for one, other in zip(rest, whole[at + 1 :], strict=True):
            assert torch.equal(one.panels["picture"], other.panels["picture"])
            assert torch.equal(one.panels["control"], other.panels["control"])
            assert torch.equal(one.panels["points"].values, other.panels["points"].values)
            assert one.numbers["evaluations"] == other.numbers["evaluations"]


@pytest.mark.parametrize("solver", ["Heun", "DPM++ 2M"])
def test_a_solver_that_remembers_goes_on_as_well(solver):
    now = replace(NOW, solver=solver)
    whole = frames(now)
    rest = frames(now, state=whole[2].state())
    assert torch.equal(rest[-1].panels["picture"], whole[-1].panels["picture"])


def test_paint_stays_until_the_rest_fits_to_it():
    red = {
        "action": "paint",
        "x": 0.5,
        "y": 0.5,
        "size": 0.2,
        "red": 1.0,
        "green": 0.0,
        "blue": 0.0,
    }
    painted = frames(NOW, tape=[(1, red)])
    plain = frames(NOW)
    middle = painted[2].panels["picture"][:, 128, 128]
    assert middle.tolist() == pytest.approx([1, 0, 0], abs=0.02)
    end, before = (shown[-1].panels["picture"][:, 128, 128] for shown in (painted, plain))
    assert end[0] - end[1:].mean() > before[0] - before[1:].mean() + 0.1
    wiped = frames(NOW, tape=[(1, red), (2, {"action": "wipe"})])
    assert wiped[2].panels["picture"][:, 128, 128].tolist() != middle.tolist()


def test_a_picture_is_noised_as_far_as_it_was_asked():
    now = replace(NOW, begins=SOILED, depth=0.5)
    shown = frames(now)
    way = diffusion.itinerary(now)
    left = [float(one.numbers["alpha_bar"]) for one in shown]
    assert left[0] == 1
    assert min(left) == pytest.approx(float(way.alpha_bar(way.first(0.5))))
    assert left.index(min(left)) == 24
    clean = starts.original(None, 5, 3, 64)
    first = shown[0].panels["picture"]
    assert torch.equal(first, diffusion._panel(clean, diffusion.SIDE))


def test_an_inverted_picture_comes_back(network):
    now = replace(NOW, begins=INVERTED, depth=1.0, steps=20)
    shown = frames(now)
    assert float(shown[-1].numbers["round trip"]) > 20
    clean = starts.original(None, 5, 3, 64)
    found = fidelity.psnr(diffusion.gauges.unit(clean), shown[-1].panels["x_t"][None, :, ::3, ::3])
    assert found.shape == (1,)
    asked = frames(replace(now, worn="with glasses"))
    assert float(asked[-1].numbers["round trip"]) < float(shown[-1].numbers["round trip"])


def test_the_price_is_the_distance_to_a_thousand_steps(monkeypatch):
    monkeypatch.setattr(diffusion.answers, "PARTS", 2)  # of a short answer
    monkeypatch.setattr(diffusion.answers, "PART", 4)
    monkeypatch.setattr(diffusion.answers, "STEPS", 8)
    now = replace(NOW, pricing=True, seed=12345)
    shown = frames(now)
    assert len(shown) == diffusion.length(now, {})
    assert "distance" not in shown[-2].numbers
    eight = frames(replace(now, steps=8, pricing=False))[-1]
    x, wanted = (one.panels["x_t"] for one in (shown[-1], eight))
    apart = float((x - wanted).square().mean().sqrt())
    assert float(shown[-1].numbers["distance"]) == pytest.approx(apart, rel=0.15)


def test_who_knows_pictures_by_heart_ends_on_one():
    now = replace(NOW, control=True, beside="by heart", steps=20)
    shown = frames(now)[-1]
    assert float(shown.numbers["control to the nearest"]) < 1e-3
    assert float(shown.numbers["to the nearest"]) > 0.05
    end = shown.panels["control"]
    _, apart = memory.nearest(end[None, :, 2::4, 2::4] * 2 - 1, examples.known())
    assert float(apart[0]) < 0.1


def test_random_weights_find_nothing():
    now = replace(NOW, control=True, beside="random", species="a cat")
    shown = frames(now)[-1]
    assert float(shown.numbers["control obeyed"]) < float(shown.numbers["obeyed"])


@pytest.mark.parametrize("begins", [PURE, SOILED, INVERTED])
def test_a_network_that_can_be_asked_nothing_draws_as_well(begins):
    now = replace(NOW, network="digits-denoiser", begins=begins, control=True, species="a cat")
    shown = frames(now)[-1]
    assert shown.panels["picture"].shape == (3, 256, 256)
    assert "obeyed" not in shown.numbers
    assert "control detail" in shown.numbers  # random weights: nothing else is known of digits
    plain = frames(replace(now, species="any critter", guidance=7.0))[-1]
    assert torch.equal(plain.panels["picture"], shown.panels["picture"])


def test_two_noises_are_mixed_on_the_way():
    one, other, between = (starts.noise(3, 64, 4, mix) for mix in (0.0, 1.0, 0.5))
    assert torch.allclose(other, starts.noise(3, 64, 5), atol=1e-5)
    assert float((between * one).mean()) == pytest.approx(0.7, abs=0.03)


@pytest.mark.parametrize("step", [0, 3, 6])
def test_a_caption_says_where_it_stands(step):
    now = replace(NOW, species="a cat")
    shown = frames(now)[step]
    said = diffusion.caption(now, {n: float(v) for n, v in shown.numbers.items()}, {})
    wanted = {0: "6 steps to go", 3: "3 steps to go", 6: "Done after 12 evaluations"}[step]
    assert wanted in said
    assert "the reader sees a" in said


def test_a_place_that_is_over_is_not_gone_on_from():
    assert places.back(frames(NOW)[-2].state()).mine.t == 0
