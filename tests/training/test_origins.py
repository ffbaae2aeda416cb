"""A small denoiser is trained, and its card says where its pictures come from."""

import json

import pytest
import torch

from core.diffusion import memory, mosaic, schedules
from core.models.denoisers import trained
from core.networks import shipping
from core.training import denoisers, origins
from core.worlds import thumbnails


def recipe():
    return denoisers.recipe_for("digits-denoiser", is_tiny=True)


@pytest.fixture
def few(monkeypatch):
    known = thumbnails.signed("digits")[:64]
    monkeypatch.setattr(thumbnails, "signed", lambda _: known)
    monkeypatch.setattr(origins, "STEPS", 3)
    monkeypatch.setattr(origins, "MADE", 64)
    monkeypatch.setattr(origins, "SUBSET", 16)
    monkeypatch.setattr(origins, "JUDGED", {"digits": 4})
    return known


def test_training_leaves_weights_and_a_card_with_patches_and_figures(few, tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_CACHE", str(tmp_path / "cache"))
    out = tmp_path / "digits-denoiser.safetensors"
    reports = list(denoisers.train("digits-denoiser", recipe(), out=out))
    assert [one.doing for one in reports][-2:] == ["calibrating", "measuring"]
    weights, said = shipping.unpack(out.read_bytes())
    card = json.loads(out.with_suffix(".json").read_text())
    assert card["patches"] == said["patches"]
    assert [int(t) for t, _ in said["patches"]] == [666, 333, 0]
    assert {"r2 of the mosaic", "r2 of the memory", "KID", "KID of real pictures"} <= card[
        "reached"
    ].keys()
    assert weights.keys() == denoisers.initialised(recipe()).state_dict().keys()


def test_the_calibrated_side_is_that_of_the_patches_that_made_the_pictures(few):
    visited = schedules.visited("cosine", "leading", 3)
    made = mosaic.denoiser(few, lambda _: 5)
    x = torch.randn(2, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    assert mosaic.calibrated(made, x, visited, few)[-1] == 5
    assert mosaic.side_at([[900.0, 15], [100.0, 3]], visited[0]) == 15
    assert mosaic.side_at([[900.0, 15], [100.0, 3]], visited[2]) == 3


def test_the_mosaic_and_the_memory_explain_themselves_and_not_each_other(few):
    noises = origins.noises_of(few, 4, "judged")
    found = origins.compared(memory.denoiser(few), few, noises, lambda _: 3)
    assert found["r2 of the memory"].value == pytest.approx(1, abs=1e-6)
    assert found["r2 of the mosaic"].value < 0.9
    assert found["distance to the nearest picture it learned from"].value < 0.3
    assert found["r2 of the memory with other pictures"].value < 0.9


def test_pictures_of_a_recipe_are_those_of_the_sheet():
    gives = denoisers.pictures(recipe())
    with pytest.raises(StopIteration) as end:
        next(gives)
    assert torch.equal(end.value.value.pixels, thumbnails.learned("digits"))
    assert end.value.value.told.shape[1] == len(end.value.value.unseen) == 0
    assert {"digits-denoiser", "emoji-denoiser"} <= trained.TITLES.keys()
