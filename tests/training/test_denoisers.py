"""A denoiser learns, is stopped and goes on, ships, and its card says what was measured."""

import json

import pytest
import torch

from core.models.denoisers.trained import Trained
from core.networks import denoiser, shipping
from core.priors import views
from core.training import course, denoised, denoisers, learning
from core.training.denoised import Learned
from core.worlds import conditions, critters

NAME = denoisers.CRITTERS


def pictures(n=64):
    factors = critters.sample(n, seed=1)
    x = critters.render(factors, parts=False, landmarks=False).image
    told = conditions.numbers(conditions.CRITTERS, factors)
    return Learned((x * 255).round().byte(), told, (x[:32] * 255).round().byte())


def recipe(steps=40):
    return denoisers.recipe_for(NAME, steps=steps, is_tiny=True)


def test_of_one_in_eight_nothing_is_told_and_of_most_all():
    told = torch.ones(20_000, 6)
    known = denoisers.known_part(told, views.generator("test"))
    count = known.sum(1)
    assert float((count == 0).float().mean()) == pytest.approx(
        denoisers.NOTHING + denoisers.SOME / 64, abs=0.01
    )
    assert float((count == 6).float().mean()) == pytest.approx(
        1 - denoisers.NOTHING - denoisers.SOME * 63 / 64, abs=0.015
    )


def test_a_step_is_drawn_from_its_number():
    stage, learned = course.started(denoisers.initialised(recipe())), pictures()
    one, again, other = (
        float(denoisers.losses(stage.network, learned, step, recipe().plan)["loss"].detach())
        for step in (3, 3, 4)
    )
    assert one == again != other


def test_it_learns():
    stage, learned, plan = (
        course.started(denoisers.initialised(recipe(40))),
        pictures(),
        recipe(40).plan,
    )
    found = []
    for step in range(40):
        loss = denoisers.losses(stage.network, learned, step, plan)["loss"]
        course.descend(stage, loss, rate=2e-3, clip=1.0, average=0.9)
        found.append(float(loss))
    assert sum(found[-8:]) < 0.75 * sum(found[:8])


def test_it_begins_with_the_picture_of_nothing():
    module = denoisers.initialised(recipe())
    x = torch.randn(2, 3, 64, 64)
    told = torch.ones(2, 6)
    assert torch.equal(module(x, torch.tensor([10.0, 900.0]), told, told), torch.zeros_like(x))


def test_what_was_asked_is_obeyed_or_not():
    said, read = torch.tensor([0.0, 1.0]), torch.tensor([0.2, 0.9])
    assert denoised.obeys("glasses", torch.tensor([0.0, 0.0]), said).tolist() == [True, False]
    assert denoised.obeys("dark", read, torch.tensor([0.35, 0.5])).tolist() == [True, False]
    assert denoised.obeys("smile", torch.tensor([0.2]), torch.tensor([-0.1])).tolist() == [True]


def test_the_nearest_of_what_was_learned_is_found():
    learned = pictures()
    x = learned.pixels[5:7].float() / 255
    assert denoised.nearest(x, learned.pixels).max() < 2e-3
    assert float(denoised.nearest(x, learned.pixels[20:]).min()) > 0.02
    shifted = (x + 0.1).clamp(0, 2)
    assert denoised.nearest(shifted, learned.pixels)[0] == pytest.approx(0.1, abs=1e-3)


@pytest.mark.slow
def test_a_tiny_one_ships_with_its_card(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    out, asked = tmp_path / "tiny.safetensors", recipe(6)
    stopped = denoisers.train(NAME, asked, out=out, is_stopped=lambda: True)
    with pytest.raises(learning.TrainingStopped, match="Stopped after step 1 of 6"):
        list(stopped)
    reports = list(denoisers.train(NAME, asked, out=out))
    assert reports[-1].doing == "measuring"
    weights, said = shipping.unpack(out.read_bytes())
    card = json.loads(out.with_suffix(".json").read_text())
    assert card["reached"] == said["reached"]
    assert {f"obeyed: {name}" for name in conditions.CRITTERS} <= said["reached"].keys()
    assert {"KID", "KID of true pictures", "nearest over that of true pictures"} <= said[
        "reached"
    ].keys()
    assert any(
        "obeyed: species" in one for one in said["not reached"]
    )  # nothing is learned in six steps
    module = denoiser.network(denoiser.form(said["form"]), weights)
    assert isinstance(denoised.model_of(NAME, module), Trained)
