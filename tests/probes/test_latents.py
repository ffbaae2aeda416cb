"""An edit moves what it is asked to move, and the truth stands beside it."""

from dataclasses import replace
from itertools import islice

import pytest
import torch

from core import models, records, run
from core.latents import leaks, spaces, unseen
from core.probe import SettingError
from core.probes import latents
from core.worlds import critters

NOW = latents.Settings(breathing=False)
FIRST = 6  # frames until all six edits are known
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
    held = latents.way(generator, replace(NOW, edit="glasses", hold=("all others",)))
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
    numbers = frame(replace(EIGEN, hold=("all others",))).numbers
    assert numbers["achieved"] == frame(EIGEN).numbers["achieved"]
    said = latents.caption(replace(EIGEN, hold=("all others",)), numbers, {})
    assert "Nothing is held" in said
    held = replace(NOW, edit="dark", hold=("all others",))
    assert "Nothing is held" not in latents.caption(held, frame(held).numbers, {})


def test_locks_keep_the_readouts_that_are_locked_and_leave_the_others_free():
    generator = models.load("critters-vae", "generator")
    held = latents.way(generator, replace(NOW, hold=("dark", "smile")))
    assert held.held == ("dark", "smile")
    normals = spaces.normals(generator, "independent", NOW.method)
    along = {name: abs(float(held.direction @ normal)) for name, normal in normals.items()}
    assert max(along["dark"], along["smile"]) < 1e-5
    assert max(along[name] for name in along if name not in ("glasses", "dark", "smile")) > 0.05


def test_what_is_edited_is_never_locked():
    free, same = frame(NOW), frame(replace(NOW, hold=("glasses",)))
    generator = models.load("critters-vae", "generator")
    both = latents.way(generator, replace(NOW, hold=("dark", "glasses")))
    assert both.held == both.compared.locked == ("dark",)
    assert torch.equal(free.panels["picture"], same.panels["picture"])
    assert "Nothing is held" not in latents.caption(
        replace(NOW, hold=("glasses",)), same.numbers, {}
    )


def test_a_locked_attribute_is_shown_among_the_bars_and_in_the_matrices():
    found = frame(replace(NOW, hold=("y",)))
    assert "Y, held" in found.panels["changes"].names
    assert not any(", held" in name for name in frame(NOW).panels["changes"].names)
    for name in ("cosines", "leakage", "locked leakage"):
        assert found.panels[name].names[0] == "glasses"
        assert "y" in found.panels[name].names
        assert found.panels[name].values.shape == (6, 6)
    assert found.numbers["held moves"] >= 0


def test_the_matrices_are_measured_a_critter_a_frame_and_then_stand():
    going = run.Run(latents, NOW, run.resolve(latents, NOW))
    seen = list(islice(going, FIRST + leaks.COUNT + 2))
    counts = [*[0] * FIRST, *range(1, leaks.COUNT + 1), leaks.COUNT, leaks.COUNT]
    assert [int(one.numbers["measured"]) for one in seen] == counts
    cosines = [one.panels["cosines"].values for one in seen]
    assert [int(one.diagonal().sum().round()) for one in cosines[: FIRST + 1]] == [
        1,
        2,
        3,
        4,
        5,
        6,
        6,
    ]
    assert not torch.equal(
        seen[FIRST].panels["leakage"].values, seen[FIRST + 1].panels["leakage"].values
    )
    assert torch.equal(seen[-3].panels["leakage"].values, seen[-1].panels["leakage"].values)
    going.live.set(critter=7, amount=1.0)
    assert next(going).numbers["measured"] == leaks.COUNT  # they do not hang on these
    going.live.set(hold=("dark",))
    assert next(going).numbers["measured"] == 0


def test_stopped_while_it_measures_the_same_matrices_follow():
    settings, tape = replace(NOW, hold=("dark",)), [(4, {"hold": ("smile",)})]
    resources = run.resolve(latents, settings)
    for stop in (2, 3, 4, 5, FIRST + 4, FIRST + 6):
        whole = run.Run(latents, settings, resources, tape=list(tape))
        state = list(islice(whole, stop))[-1].state()
        again = run.Run(latents, settings, resources, tape=list(tape), state=state)
        for one, other in zip(islice(whole, 4), islice(again, 4), strict=True):
            assert one.numbers["measured"] == other.numbers["measured"]
            for name in ("cosines", "leakage", "locked leakage"):
                assert torch.equal(one.panels[name].values, other.panels[name].values)


def test_an_attribute_that_the_network_does_not_have_cannot_be_locked():
    settings = replace(NOW, hold=("wings",))
    with pytest.raises(SettingError, match="has no attribute 'wings': choose from species"):
        run.Run(latents, settings, run.resolve(latents, settings))


def test_old_links_and_new_ones_are_played_with_their_locks():
    old = {"v": 2, "settings": {"hold": "all others"}, "tape": [[2, {"hold": "nothing"}]]}
    settings, tape, said = records.read(latents, old)
    assert (settings.hold, tape, said) == (("all others",), [(2, {"hold": ()})], [])
    going = run.Run(latents, replace(EIGEN, hold=("towards 8",)), run.resolve(latents, EIGEN))
    next(going)
    going.live.set(hold=["towards 5", "towards 8", "towards 5"])
    seen = [next(going).panels["picture"] for _ in range(2)]
    packed = records.unpack(records.pack(going.record()))
    assert packed["settings"]["hold"] == ["towards 8"]
    assert packed["tape"] == [[1, {"hold": ["towards 5", "towards 8"]}]]
    again, said = run.replay(latents, packed)
    assert said == []
    replayed = [one.panels["picture"] for one in islice(again, 3)][1:]
    assert all(torch.equal(a, b) for a, b in zip(replayed, seen, strict=True))
