"""An edit moves what it is asked to move, and the truth stands beside it."""

from dataclasses import replace
from itertools import islice

import pytest
import torch

from core import models, run
from core.latents import spaces, unseen
from core.probe import SettingError
from core.probes import latents
from core.worlds import critters

NOW = latents.Settings(breathing=False)
EIGEN = latents.Settings(network="digits-eigen", edit="towards 3", critter=45, breathing=False)


def frame(settings, step=0):
    resources = run.resolve(latents, settings)
    return next(islice(run.Run(latents, settings, resources), step, None))


def test_an_edit_moves_its_attribute_further_than_all_others_and_a_random_direction():
    numbers = frame(EIGEN).numbers
    assert numbers["achieved"] > 3 * numbers["others"]
    assert numbers["achieved"] > 3 * numbers["control achieved"].abs()
    assert frame(replace(EIGEN, amount=-3.0)).numbers["achieved"] < 0


def test_digits_have_no_truth_to_stand_beside():
    assert "truth" not in frame(EIGEN).panels
    assert "asked" not in frame(EIGEN).numbers


def test_without_a_step_nothing_moves_and_the_truth_is_the_critter():
    found = frame(replace(NOW, amount=0.0, edit="dark"))
    assert found.numbers["others"] == 0
    assert found.numbers["asked"] == 0
    every = critters.sample(unseen.COUNT, seed=unseen.SEED)
    one = {name: column[NOW.critter : NOW.critter + 1] for name, column in every.items()}
    expected = critters.render(one, latents.DRAWN, parts=False, landmarks=False).image[0]
    assert torch.equal(found.panels["truth"], expected)


@pytest.mark.parametrize("edit", ["dark", "species", "x", "warmth"])
def test_a_large_factor_follows_the_truth(edit: str):
    for amount in (-2.0, 2.0):
        numbers = frame(replace(NOW, edit=edit, amount=amount)).numbers
        assert numbers["achieved"] * amount > 0
        assert numbers["achieved"].abs() > 2 * numbers["others"]


def test_the_control_goes_as_far():
    settings = replace(NOW, edit="dark")
    generator = models.load("critters-vae", "generator")
    start, found = latents.started(generator, 5), latents.way(generator, settings)
    made = latents.manifold.null_directions(found.direction, 1, seed=0)[0]
    assert made.norm() == pytest.approx(float(found.direction.norm()), rel=1e-5)
    assert not torch.equal(made, found.direction)
    assert start.z.shape == (1, generator.latent)


def test_what_is_held_keeps_its_readout_along_the_way():
    generator = models.load("critters-vae", "generator")
    free = latents.way(generator, replace(NOW, edit="glasses"))
    held = latents.way(generator, replace(NOW, edit="glasses", hold="all others"))
    for name, normal in spaces.normals(generator, "independent", NOW.method).items():
        along = float(held.direction @ normal)
        if name == "glasses":
            # the same change of the edited read-out a deviation
            assert held.step * along == pytest.approx(free.step, rel=1e-4)
        else:
            assert abs(along) < 1e-5, name


def test_a_tied_world_leaks_more_than_an_independent_one():
    far = replace(NOW, edit="glasses", method="mean difference")
    leak = {
        world: [
            float(frame(replace(far, world=world, critter=n)).numbers["others"]) for n in range(6)
        ]
        for world in ("independent", "tied-0.8")
    }
    assert sum(leak["tied-0.8"]) > 1.3 * sum(leak["independent"])


def test_a_breath_goes_to_both_sides_and_back():
    going = run.Run(latents, replace(EIGEN, breathing=True), run.resolve(latents, EIGEN))
    moved = [float(next(going).numbers["moved"]) for _ in range(latents.BREATH + 1)]
    assert moved[0] == moved[-1] == 0
    assert max(moved) == pytest.approx(3, abs=1e-5)
    assert min(moved) == pytest.approx(-3, abs=1e-5)


def test_the_frontier_is_where_the_edited_point_crosses_it():
    found = frame(EIGEN).panels
    frontier = float(found["frontier"].values[0, 0, 0])
    way = found["way"].values[0, :, 0]
    generator = models.load("digits-eigen", "generator")
    plane = spaces.frontier(generator, "independent", EIGEN.method, "towards 3")
    z = latents.started(generator, 45).z
    side = float((z @ plane.normal + plane.bias)[0])
    assert (float(way[0]) > frontier) == (side > 0)


def test_an_attribute_of_another_generator_is_refused():
    with pytest.raises(SettingError, match="towards 3"):
        run.Run(
            latents,
            replace(EIGEN, edit="glasses"),
            run.resolve(latents, replace(EIGEN, edit="glasses")),
        )


def test_where_nothing_can_be_held_the_edit_is_free_and_says_so():
    numbers = frame(replace(EIGEN, hold="all others")).numbers
    assert numbers["achieved"] == frame(EIGEN).numbers["achieved"]
    said = latents.caption(replace(EIGEN, hold="all others"), numbers, {})
    assert "Nothing is held" in said
    held = replace(NOW, edit="dark", hold="all others")
    assert "Nothing is held" not in latents.caption(held, frame(held).numbers, {})
