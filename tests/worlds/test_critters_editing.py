"""A true edit changes what it names and nothing else; a true walk ends where it should."""

import pytest
import torch
from torch.nn import functional as F

from core.worlds import critters
from core.worlds.critters import FACTORS, PARTS, SPECIES, FactorError

N = 16


@pytest.fixture(scope="module")
def some():
    """All three species, with nothing worn."""
    f = critters.sample(N, seed=8, species=SPECIES)
    for name in ("glasses", "collar", "hat"):
        f = critters.intervene(f, name, "no")
    return f


@pytest.fixture(scope="module")
def scene(some):
    return critters.render(some, 64)


def one(seed, **given):
    return critters.sample(1, seed=seed, **given)


@pytest.mark.parametrize("name", [name for name in FACTORS if name != "species"])
def test_an_edit_sets_one_factor(some, name):
    to = FACTORS[name].low
    edited = critters.intervene(some, name, to)
    assert bool((edited[name] == to).all())
    assert all(torch.equal(edited[other], some[other]) for other in FACTORS if other != name)
    assert some is not edited


def test_an_edit_takes_words_and_one_number_each(some):
    assert bool((critters.intervene(some, "bg", "dots")["bg"] == 2).all())
    each = torch.linspace(-1, 1, N)
    assert torch.equal(critters.intervene(some, "yaw", each)["yaw"], each)


def test_a_new_species_keeps_the_share_of_its_droop():
    cat = critters.intervene(one(0, species=("cat",)), "ear_flop", 0.35 / 4)
    dog = critters.intervene(cat, "species", "dog")
    assert float(dog["ear_flop"]) == pytest.approx(0.55 + 0.45 / 4)
    assert float(critters.intervene(dog, "species", "cat")["ear_flop"]) == pytest.approx(0.35 / 4)
    changed = [name for name in FACTORS if not torch.equal(cat[name], dog[name])]
    assert changed == ["species", "ear_flop"]


def test_the_same_species_keeps_ears_of_another():
    odd = critters.intervene(one(0, species=("cat",)), "ear_flop", 0.9)
    assert torch.equal(critters.intervene(odd, "species", "cat")["ear_flop"], odd["ear_flop"])


# what an edit may touch; an edge may shift by a pixel, and soft fur shows a little under all
FACE = ("head", "muzzle", "mouth", "ear")
TOUCHED = {
    "gaze": ("eye",),
    "eye_hue": ("eye",),
    "eye_size": ("eye", *FACE),
    "eye_open": ("eye", "head"),
    "smile": ("whisker", "nose", *FACE),
    "mouth_open": ("mouth", "muzzle", "head"),
    "stripes": ("head",),
    "patch": ("head", "muzzle", "eye", "ear"),
    "blaze": ("head", "muzzle", "eye", "body"),
    "collar": ("collar",),
    "glasses": ("glasses", "eye", "head", "muzzle"),
    "hat": ("hat",),
    "bg": ("background",),
    "bg_hue": ("background",),
}


def touched(scene, parts):
    """Pixels of these parts. Whiskers are thinner than a pixel, and mostly background."""
    found = torch.isin(scene.parts, torch.tensor([PARTS.index(part) for part in parts]))
    return found | ((scene.parts == 0) & (scene.alpha > 0) if "whisker" in parts else False)


@pytest.mark.parametrize("name", TOUCHED)
def test_an_edit_touches_only_what_it_may(some, scene, name):
    row = FACTORS[name]
    for to in (row.low, 0.6 if row.kind == "circular" else row.high):
        after = critters.render(critters.intervene(some, name, to), 64)
        changed = (after.image - scene.image).abs().amax(1) > 0.02
        mine = touched(scene, TOUCHED[name]) | touched(after, TOUCHED[name])
        near = F.max_pool2d(mine[:, None].float(), 3, 1, 1)[:, 0] > 0
        assert not bool((changed & ~near).any())
    assert bool(changed.any())


PAINT = ("warmth", "dark", "stripes", "patch", "blaze", "eye_hue", "bg", "bg_hue", "light_dir",
         "light")  # fmt: skip


@pytest.mark.parametrize("name", PAINT)
def test_paint_moves_nothing(some, scene, name):
    after = critters.render(critters.intervene(some, name, FACTORS[name].low), 64)
    assert torch.equal(after.parts, scene.parts)
    assert torch.equal(after.alpha, scene.alpha)
    assert torch.equal(after.boxes, scene.boxes)
    assert torch.equal(after.landmarks, scene.landmarks)
    assert not torch.equal(after.image, scene.image)


def test_places_move_by_their_pixels(some):
    """The frame is 64 px for 2, and the head moves by 0.10 of it to each side, 0.06 up and down."""
    for name, axis, reach in (("x", 0, 0.10), ("y", 1, 0.06)):
        low, high = (critters.render(critters.intervene(some, name, v), 64) for v in (-1, 1))
        moved = high.landmarks - low.landmarks
        assert torch.allclose(moved[..., axis], torch.tensor(2 * reach * 32), atol=1e-3)
        assert float(moved[..., 1 - axis].abs().max()) < 1e-3


@pytest.mark.parametrize(("name", "high"), [("species", 1), ("bg", 3), ("bg_hue", 0.5)])
def test_what_has_no_order_shows(some, name, high):
    a, b = (critters.render(critters.intervene(some, name, v), 64) for v in (0, high))
    gap = (a.image - b.image).abs().amax((1, 2, 3))
    assert float(gap.median()) > 0.1


def area(part):
    return lambda s: (s.parts == PARTS.index(part)).sum((1, 2))


def mean(part, weights):
    """The mean over a part of its colours, weighted."""

    def measured(s):
        mine = (s.parts == PARTS.index(part))[:, None]
        colour = (s.image * mine).sum((2, 3)) / mine.sum((2, 3))
        return colour @ torch.tensor(weights)

    return measured


def gazing(s):
    """How far to the right of the eyes' own middle their dark is."""
    ink = (1 - s.image.mean(1)) * (s.parts == PARTS.index("eye"))
    x = torch.arange(64) + 0.5
    dark = (ink.sum(1) * x).sum(1) / ink.sum((1, 2))
    return dark - s.landmarks[:, :2, 0].mean(1)


def nearer_right(s):
    return s.image[..., 32:].mean((1, 2, 3)) - s.image[..., :32].mean((1, 2, 3))


GREY = [1 / 3] * 3
RISES = {
    "warmth": mean("head", [1.0, 0.0, -1.0]),
    "dark": mean("head", [-1 / 3] * 3),
    "stripes": mean("head", [-1 / 3] * 3),
    "patch": mean("head", [-1 / 3] * 3),
    "blaze": mean("head", GREY),
    "ear_flop": lambda s: s.landmarks[:, 5:, 1].sum(1),
    "ear_size": area("ear"),
    "face_width": area("head"),
    "muzzle": area("muzzle"),
    "eye_size": area("eye"),
    "eye_hue": mean("eye", [-1.0, 0.0, 1.0]),
    "eye_open": area("eye"),
    "gaze": gazing,
    "smile": lambda s: -s.landmarks[:, 3:5, 1].sum(1),
    "mouth_open": area("mouth"),
    "yaw": lambda s: s.landmarks[:, 2, 0] - s.landmarks[:, 5:, 0].mean(1),
    "tilt": lambda s: s.landmarks[:, 1, 1] - s.landmarks[:, 0, 1],
    "x": lambda s: s.landmarks[:, 2, 0],
    "y": lambda s: s.landmarks[:, 2, 1],
    "scale": lambda s: s.boxes[:, 2] - s.boxes[:, 0],
    "light_dir": nearer_right,
    "light": lambda s: s.image.mean((1, 2, 3)),
    "glasses": area("glasses"),
    "collar": area("collar"),
    "hat": area("hat"),
}


@pytest.mark.parametrize("name", RISES)
def test_more_of_a_factor_is_more_of_what_it_says(some, name):
    row = FACTORS[name]
    low, high = (critters.intervene(some, name, v) for v in (row.low, row.high))
    less, more = (RISES[name](critters.render(f, 64)) for f in (low, high))
    assert bool((more > less).all())


def test_all_that_has_an_order_rises():
    assert set(RISES) == set(FACTORS) - {"species", "bg", "bg_hue"}


def test_a_walk_ends_at_its_ends():
    cat, dog = one(1, species=("cat",)), one(2, species=("dog",))
    path = critters.morph(cat, dog, 5)
    for at, end in ((0, cat), (-1, dog)):
        alone = critters.render(end)
        assert float((path.image[at] - alone.image[0]).abs().max()) < 1e-5
        assert torch.equal(path.boxes[at], alone.boxes[0])


def test_a_walk_goes_straight_and_hues_the_short_way():
    a = critters.intervene(critters.intervene(one(1), "bg_hue", 0.9), "smile", -1)
    b = critters.intervene(critters.intervene(one(2), "bg_hue", 0.2), "smile", 0)
    factors, blend = critters.walk(a, b, 4)
    assert torch.allclose(factors["bg_hue"], torch.tensor([0.9, 0.0, 0.1, 0.2]), atol=1e-6)
    assert torch.allclose(factors["smile"], torch.tensor([-1, -2 / 3, -1 / 3, 0]), atol=1e-6)
    assert torch.allclose(blend.sum(1), torch.ones(4))


def test_a_walk_from_cat_to_dog_is_steady():
    """No step changes much more of the picture than its share: the shape is a blend, not a switch."""
    cat = one(3, species=("cat",))
    image = critters.morph(cat, critters.intervene(cat, "species", "dog"), 17).image
    step = (image[1:] - image[:-1]).abs().mean((1, 2, 3))
    assert float(step.max() / step.mean()) < 2.5
    assert float(step.min()) > 0


def test_what_is_worn_changes_in_the_middle():
    a = critters.intervene(one(4), "hat", "no")
    factors, _ = critters.walk(a, critters.intervene(a, "hat", "yes"), 5)
    assert factors["hat"].tolist() == [0, 0, 1, 1, 1]


@pytest.mark.parametrize(
    ("name", "to", "said"),
    [
        ("tail", 1, "no factor 'tail'"),
        ("smile", -2, "smile = -2 is out of range: choose -1 to 1"),
        ("smile", "glad", "smile cannot be 'glad': give a number"),
        ("species", "cow", "species cannot be 'cow': choose from cat, dog, rabbit"),
        ("hat", 2, "hat = 2 is out of range"),
        ("yaw", torch.zeros(3), "yaw has 3 values for 16 pictures"),
        ("yaw", torch.zeros(3, 2), "not 2 axes"),
        ("light", float("inf"), "light = not a number"),
    ],
)
def test_a_bad_edit_is_a_sentence(some, name, to, said):
    with pytest.raises(FactorError, match=said):
        critters.intervene(some, name, to)


def test_a_bad_walk_is_a_sentence(some):
    with pytest.raises(FactorError, match="steps = 1 is out of range"):
        critters.walk(one(0), one(1), 1)
    with pytest.raises(FactorError, match="from one critter to another"):
        critters.walk(some, one(1), 3)
