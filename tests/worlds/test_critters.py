"""Critters: the same factors give the same picture, and what is said of a pixel is so."""

import math

import pytest
import torch
from torch.nn import functional as F

from core.worlds import critters
from core.worlds.critters import FACTORS, LANDMARKS, PARTS, SPECIES, FactorError, portrait
from core.worlds.critters.canvas import PARTS as PAINTED

N = 32
MEANS, REDS = [0.63193, 0.60134, 0.59843], [0.4315, 0.8129, 0.7783, 0.4361]
COUNTS = [13540, 1478, 1530, 4874, 1169, 1230, 155, 205, 156, 51, 188, 0]


@pytest.fixture(scope="module")
def some():
    return critters.sample(N, seed=3, species=SPECIES)


@pytest.fixture(scope="module")
def scene(some):
    return critters.render(some, 64)


def first(factors, n):
    return {name: column[:n] for name, column in factors.items()}


def edited(factors, **values):
    for name, value in values.items():
        factors = critters.intervene(factors, name, value)
    return factors


def test_the_same_factors_give_the_same_bits(some, scene):
    again = critters.render(some, 64)
    assert torch.equal(again.image, scene.image)
    assert torch.equal(again.parts, scene.parts)


def test_a_picture_does_not_depend_on_its_neighbours(some, scene):
    few = critters.render(first(some, 3), 64)
    assert float((few.image - scene.image[:3]).abs().max()) < 1e-5
    assert torch.equal(few.boxes, scene.boxes[:3])


def test_no_window_cuts_off_what_is_painted_in_it(some, monkeypatch):
    windowed = critters.render(some, 96)
    monkeypatch.setattr(portrait, "window", lambda *_: (slice(None), slice(None)))
    whole = critters.render(some, 96)
    assert float((windowed.image - whole.image).abs().max()) < 2e-5
    assert torch.equal(windowed.parts, whole.parts)


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
    assert 0 <= float(scene.alpha.min()) < float(scene.alpha.max()) <= 1


@pytest.mark.parametrize(("small", "large"), [(32, 64), (64, 256), (100, 200)])
def test_a_large_picture_made_small_is_the_small_picture(some, small, large):
    times = large // small
    a, b = (critters.render(first(some, 16), size) for size in (small, large))
    assert float((F.avg_pool2d(b.image, times) - a.image).abs().mean()) < 0.01
    assert float((F.avg_pool2d(b.alpha, times) - a.alpha).abs().mean()) < 0.005
    assert torch.allclose(a.landmarks * times, b.landmarks, atol=1e-3)
    assert float((a.boxes * times - b.boxes).abs().max()) <= times


@pytest.mark.parametrize("size", [16, 33, 512])
def test_any_size_will_do(some, size):
    assert critters.render(first(some, 2), size).image.shape == (2, 3, size, size)


MIRRORED = ("x", "yaw", "tilt", "gaze", "light_dir")


def test_a_mirrored_critter_is_a_mirrored_picture(some):
    """The hat's stripes, the shine of the collar and the patch are on one side; so is the scenery."""
    there = edited(some, bg="plain", hat="no", collar="no", patch=0)
    back = edited(there, **{name: -there[name] for name in MIRRORED})
    a, b = critters.render(there, 64), critters.render(back, 64)
    assert float((a.image.flip(3) - b.image).abs().max()) < 1e-5
    assert float((a.alpha.flip(2) - b.alpha).abs().max()) < 1e-5
    mirrored = torch.stack((64 - b.landmarks[..., 0], b.landmarks[..., 1]), 2)
    assert torch.allclose(a.landmarks[:, [1, 0, 2, 4, 3, 6, 5]], mirrored, atol=1e-3)


def test_what_is_no_background_is_covered(scene):
    assert float(((scene.parts > 0) == (scene.alpha > 0.5)).float().mean()) > 0.998


def test_what_is_wholly_covered_does_not_show_the_scenery(some):
    """The alpha is that of compositing: what it leaves of the background is what shows."""
    bare = edited(some, glasses="no", collar="no", hat="no", light=1, bg="plain")
    a, b = (critters.render(edited(bare, bg_hue=hue), 64) for hue in (0.1, 0.6))
    gap = (a.image - b.image).abs().amax(1)
    assert float(gap[a.alpha == 1].max()) < 1e-6
    assert float(gap[a.alpha == 0].min()) > 0.05
    part = (a.alpha > 0.2) & (a.alpha < 0.8)
    far = gap.amax((1, 2), keepdim=True)
    assert bool((gap[part] < ((1 - a.alpha) * far + 0.01)[part]).all())


@pytest.mark.parametrize(
    ("landmark", "part"), [(0, "eye"), (1, "eye"), (2, "nose"), (5, "ear"), (6, "ear")]
)
def test_a_landmark_lies_on_its_part(some, landmark, part):
    scene = critters.render(edited(some, hat="no"), 64)
    at = scene.landmarks[:, landmark].long().clamp(0, 63)
    found = scene.parts[torch.arange(N), at[:, 1], at[:, 0]]
    inside = scene.visible[:, landmark]
    assert bool((found[inside] == PARTS.index(part)).all()), LANDMARKS[landmark]
    assert int(inside.sum()) > N - 8


@pytest.mark.parametrize("landmark", [3, 4])
def test_the_corners_of_the_mouth_are_its_ends(some, landmark):
    """Within 2 px, and on the mouth's own side of its middle."""
    scene = critters.render(edited(some, glasses="no", tilt=0), 128)
    for k in range(N):
        rows, columns = (scene.parts[k] == PARTS.index("mouth")).nonzero().T + 0.5
        x, y = scene.landmarks[k, landmark]
        assert float(torch.hypot(columns - x, rows - y).min()) < 2, LANDMARKS[landmark]
        end = columns.min() if landmark == 3 else columns.max()
        assert abs(float(end - x)) < 3, LANDMARKS[landmark]


def test_a_smile_lifts_the_corners_of_the_mouth(some):
    glad, sad = (critters.render(edited(some, smile=s, tilt=0), 64) for s in (1, -1))
    lift = sad.landmarks[:, 3:5, 1] - glad.landmarks[:, 3:5, 1]
    assert float(lift.min()) > 3  # px


def test_boxes_hold_heads_ears_and_hats(some, scene):
    inside = torch.zeros(N, 64, 64, dtype=torch.bool)
    for k, (left, top, right, bottom) in enumerate(scene.boxes.long().tolist()):
        inside[k, top:bottom, left:right] = True
    for part in ("head", "ear", "hat", "eye", "nose"):
        mine = scene.parts == PARTS.index(part)
        assert not bool((mine & ~inside).any()), part
    held = (scene.parts == PARTS.index("ear")) | (scene.parts == PARTS.index("head"))
    bare = (some["hat"] == 0) & (some["species"] < 2)
    columns = held.any(1)
    first_column = columns.to(torch.int8).argmax(1)
    assert torch.equal(first_column[bare].float(), scene.boxes[bare, 0])


def test_a_hat_makes_the_box_taller_and_no_wider(some):
    bare, hatted = (critters.render(edited(some, hat=h, tilt=0), 64).boxes for h in (0, 1))
    assert bool((hatted[:, 1] <= bare[:, 1]).all())
    cats = some["species"] < 2
    assert bool((hatted[cats, 1] < bare[cats, 1]).any())
    assert torch.equal(hatted[:, [0, 2, 3]], bare[:, [0, 2, 3]])


def test_heads_fill_the_frame(some):
    scene = critters.render(edited(some, scale=1, face_width=1, species="cat", tilt=0), 64)
    face = (scene.parts >= PARTS.index("head")) & (scene.parts <= PARTS.index("mouth"))
    wide = face.any(1).sum(1) / 64
    assert 0.70 < float(wide.float().mean()) < 0.80


def test_ears_are_inside_the_picture():
    """One in eight may touch its edge."""
    scene = critters.render(critters.sample(128, seed=1), 64)
    ear = scene.parts == PARTS.index("ear")
    cut = ear[:, 0].any(1) | ear[:, :, 0].any(1) | ear[:, :, -1].any(1)
    assert float(cut.float().mean()) < 1 / 8
    assert float(scene.visible[:, 5:].float().mean()) > 0.99


def test_an_area_is_that_of_its_formula(some):
    """Two lenses are two discs of known radius."""
    f = edited(first(some, 8), glasses="yes", scale=1, eye_size=1, tilt=0, species="cat")
    bare = critters.render(edited(f, glasses="no"), 256)
    worn = critters.render(f, 256)
    changed = ((worn.image - bare.image).abs().amax(1) > 0.004).float().sum((1, 2))
    r = (0.25 * 1.06 + 0.075 + 0.036) * 0.70 * 128  # px: lens and half a rim
    least = 2 * math.pi * r**2
    assert bool((changed > 0.9 * least).all())
    assert bool((changed < 1.25 * least).all())  # bridge and temples


def test_version_1_looks_like_this(some):
    """Whatever changes more than the last bits is another version, and weights say which is theirs."""
    scene = critters.render(first(some, 24), 32)
    assert critters.VERSION == 1
    assert scene.image.mean((0, 2, 3)).tolist() == pytest.approx(MEANS, abs=2e-5)
    assert scene.image[:4, 0, 16, 16].tolist() == pytest.approx(REDS, abs=1e-4)
    counts = torch.bincount(scene.parts.flatten().long(), minlength=len(PARTS))
    assert counts.tolist() == pytest.approx(COUNTS, abs=2)


def test_parts_are_those_of_the_painter():
    assert PARTS is PAINTED
    assert len(PARTS) == 12
    assert len(FACTORS) == 28


def test_bad_sizes_are_sentences(some):
    with pytest.raises(FactorError, match="size = 8 px is out of range: choose 16 to 2048"):
        critters.render(some, 8)
    with pytest.raises(FactorError, match="size = 4096 px"):
        critters.render(some, 4096)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"smile": torch.full((N,), 1.5)}, r"smile = 1\.5 is out of range: choose -1 to 1"),
        ({"dark": torch.full((N,), math.nan)}, "dark = not a number is out of range"),
        ({"bg_hue": torch.ones(N)}, "bg_hue = 1 is out of range: choose 0 to below 1"),
        ({"species": torch.full((N,), 3)}, r"species = 3 .*choose 0 \(cat\), 1 \(dog\)"),
        ({"hat": torch.full((N,), 0.5)}, "hat is a whole number"),
        ({"yaw": torch.zeros(N - 1)}, r"yaw has the shape \(31,\) where species has 32 numbers"),
        ({"tail": torch.zeros(N)}, "no factor 'tail': choose from species, warmth"),
    ],
)
def test_bad_factors_are_sentences_that_name_them(some, change, said):
    with pytest.raises(FactorError, match=said):
        critters.render({**some, **change})


def test_a_missing_factor_is_named(some):
    with pytest.raises(FactorError, match="lack gaze"):
        critters.render({name: column for name, column in some.items() if name != "gaze"})


def test_no_critters_are_a_sentence(some):
    with pytest.raises(FactorError, match="nothing to draw"):
        critters.render(first(some, 0))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ([0.5, 0.6, -0.1], "share below 0"),
        ([0.5, 0.6, math.nan], "not a number"),
        ([0.5, 0.6, 0.1], "does not sum to 1"),
        ([0.5, 0.5], r"give 32 rows, one a critter, of 3 shares: cat, dog, rabbit"),
    ],
)
def test_a_blend_that_is_none_is_a_sentence(some, row, said):
    with pytest.raises(FactorError, match=said):
        critters.render(some, blend=torch.tensor(row).expand(N, -1))
