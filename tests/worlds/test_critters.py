"""Critters: the same factors give the same picture, and what is said of a pixel is so."""

import pytest
import torch
from torch.nn import functional as F

from core.worlds import critters
from core.worlds.critters import FACTORS, LANDMARKS, PARTS, SPECIES, FactorError

N = 96


@pytest.fixture(scope="module")
def some():
    return critters.sample(N, seed=3)


@pytest.fixture(scope="module")
def scene(some):
    return critters.render(some, 64)


def first(factors, n):
    return {name: column[:n] for name, column in factors.items()}


def test_the_same_factors_give_the_same_bits(some, scene):
    again = critters.render(some, 64)
    assert torch.equal(again.image, scene.image)
    assert torch.equal(again.parts, scene.parts)


def test_a_picture_does_not_depend_on_its_neighbours(some, scene):
    few = critters.render(first(some, 3), 64)
    assert float((few.image - scene.image[:3]).abs().max()) < 1e-5
    assert torch.equal(few.boxes, scene.boxes[:3])


def test_pictures_are_the_same_without_parts_and_landmarks(some, scene):
    bare = critters.render(some, 64, parts=False, landmarks=False)
    assert torch.equal(bare.image, scene.image)
    assert bare.parts is None
    assert bare.landmarks is None


def test_pictures_are_pictures(scene):
    assert scene.image.shape == (N, 3, 64, 64)
    assert scene.image.dtype == torch.float32
    assert scene.image.is_contiguous()
    assert 0 <= float(scene.image.min()) < 0.2
    assert 0.8 < float(scene.image.max()) <= 1


@pytest.mark.parametrize(("small", "large"), [(32, 64), (64, 256)])
def test_a_large_picture_made_small_is_the_small_picture(some, small, large):
    a, b = (critters.render(first(some, 32), size) for size in (small, large))
    shrunk = F.avg_pool2d(b.image, large // small)
    assert float((shrunk - a.image).abs().mean()) < 0.01
    assert torch.allclose(a.landmarks * (large // small), b.landmarks, atol=1e-3)
    assert float((a.boxes * (large // small) - b.boxes).abs().max()) <= 2 * (large // small)


def test_what_is_no_background_is_covered(scene):
    assert float(((scene.parts > 0) == (scene.alpha > 0.5)).float().mean()) > 0.998


@pytest.mark.parametrize(
    ("landmark", "part"), [(0, "eye"), (1, "eye"), (2, "nose"), (5, "ear"), (6, "ear")]
)
def test_a_landmark_lies_on_its_part(scene, landmark, part):
    at = scene.landmarks[:, landmark].long()
    found = scene.parts[torch.arange(N), at[:, 1].clamp(0, 63), at[:, 0].clamp(0, 63)]
    inside = scene.visible[:, landmark]
    assert bool((found[inside] == PARTS.index(part)).all()), LANDMARKS[landmark]
    assert int(inside.sum()) > N - 8


def test_bad_sizes_and_factors_are_sentences(some):
    with pytest.raises(FactorError, match="size = 8 px is out of range: choose 16 to 2048"):
        critters.render(some, 8)
    with pytest.raises(FactorError, match=r"smile = 1\.5 is out of range: choose -1 to 1"):
        critters.intervene(some, "smile", 1.5)
    assert len(FACTORS) == 28
    assert len(SPECIES) == 3
