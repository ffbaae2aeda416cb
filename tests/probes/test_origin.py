"""Origin: the network's picture is its own, the mosaic comes near to it, and what is named is there."""

import json
from dataclasses import replace
from itertools import islice

import pytest
import torch

from core import models, run
from core.diffusion import memory, sampling, schedules
from core.models.catalogue import WEIGHTS
from core.priors import views
from core.probes import origin
from core.worlds import thumbnails

NOW = origin.Settings(steps=6, known=200)


@pytest.fixture(scope="module")
def networks():
    return {name: models.load(of, "denoiser") for name, of in origin.uses.items()}


def frames(networks, now, count, tape=()):
    return list(islice(run.Run(origin, now, networks, tape=list(tape)), count))


def small(panel, name="digits"):
    """The pixels of a panel, as numbers in [-1, 1]."""
    sheet = thumbnails.SHEETS[name]
    by = panel.shape[1] // sheet.side
    return (panel[None, : sheet.channels, ::by, ::by] - 0.5) * 2


def test_the_picture_is_the_networks_own_from_this_noise(networks):
    *_, last = frames(networks, NOW, 6)
    x = torch.randn(1, 1, 16, 16, generator=views.generator(NOW.noise, "origin"))
    network = networks["digits"]

    def guess(x_t, alpha_bar):
        return sampling.guess_from_x_0(x_t, network.x_0(x_t, alpha_bar).clamp(-1, 1), alpha_bar)

    visited = schedules.visited("cosine", "leading", 6)
    for done in sampling.chain(guess, x, visited, torch.Generator()):
        x = done.x_next
    assert torch.allclose(small(last.panels["picture"]), x.clamp(-1, 1), atol=1e-3)


def test_the_memory_ends_in_a_picture_that_it_knows(networks):
    *_, last = frames(networks, replace(NOW, steps=20, patch="1 px"), 20)
    _, apart = memory.nearest(small(last.panels["memory"]), thumbnails.signed("digits")[:200])
    assert float(apart) < 1e-2


def test_patches_as_large_as_the_picture_are_the_memory(networks):
    *_, last = frames(networks, replace(NOW, patch="the whole"), 6)
    assert torch.allclose(last.panels["mosaic"], last.panels["memory"], atol=1e-3)
    assert last.numbers["mosaic r2"] == pytest.approx(float(last.numbers["memory r2"]), abs=1e-3)


def test_what_is_named_is_the_training_picture_that_is_shown_and_its_patch_is_like_the_mosaics(
    networks,
):
    *_, last = frames(networks, replace(NOW, steps=20, known=1400), 20)
    known = thumbnails.signed("digits")
    source = known[int(last.numbers["training picture"])][None]
    assert torch.allclose(small(last.panels["source"]), source, atol=1e-5)
    of = {}
    for name, x in (("mosaic", small(last.panels["mosaic"])), ("source", source)):
        left, top, right, bottom = (
            (last.panels[f"patch of {name}"].values[0] * 16).round().int().tolist()
        )
        of[name] = x[0, 0, top:bottom, left:right]
    assert of["mosaic"].shape == of["source"].shape
    apart = of["mosaic"] - of["source"]
    assert float(apart.square().mean().sqrt()) < 0.3
    assert float(last.numbers["share"]) < 0.9 or abs(float(apart[1, 1])) < 0.05


def test_another_point_moves_the_ring_and_nothing_else(networks):
    whole = frames(networks, NOW, 4)
    moved = frames(networks, NOW, 4, tape=[(2, {"point": (0.1, 0.9)})])
    for name in origin.MADE:
        assert torch.equal(whole[3].panels[name], moved[3].panels[name])
    here = moved[3].panels["patch of picture"].values
    assert not torch.equal(whole[3].panels["patch of picture"].values, here)
    assert float(here[0, 0]) == 0  # at the left edge, where the patch is cut off


@pytest.mark.parametrize(
    "change", [{"noise": 4}, {"known": 50}, {"patch": "3 px"}, {"place": "its own place"}]
)
def test_any_other_change_begins_again(networks, change):
    seen = frames(networks, NOW, 4, tape=[(2, change)])
    assert [int(frame.numbers["step"]) for frame in seen] == [1, 2, 1, 2]


def test_after_the_last_step_it_stands(networks):
    seen = frames(networks, replace(NOW, steps=3), 6)
    assert [int(frame.numbers["step"]) for frame in seen] == [1, 2, 3, 3, 3, 3]
    assert torch.equal(seen[2].panels["mosaic"], seen[5].panels["mosaic"])


@pytest.mark.parametrize("name", list(origin.uses))
def test_the_card_says_how_much_is_explained_and_what_was_not_reached(name):
    card = json.loads((WEIGHTS / f"{origin.uses[name]}.json").read_text())
    mosaic, memories, others = (
        card["reached"][of]["value"]
        for of in ("r2 of the mosaic", "r2 of the memory", "r2 of the mosaic with other pictures")
    )
    assert mosaic > memories > others
    missed = {"r2 of the mosaic": mosaic < 0.6, "r2 of the memory": memories > 0.5}
    said = " ".join(card["not reached"])
    assert {of: f"{of}:" in said for of in missed} == missed
    assert len(card["patches"]) == 20


def test_the_caption_says_the_numbers():
    numbers = {
        "step": 20, "patch": 3, "mosaic r2": 0.93, "memory r2": 0.69, "shuffled r2": 0.31, "share": 0.5,
        "training picture": 600,
    }  # fmt: skip
    said = origin.caption(origin.Settings(), numbers, {})
    assert said.startswith("Step 20 of 20: the mosaic of 3 x 3 patches explains 93%")
    assert said.endswith("50% from picture 600.")
