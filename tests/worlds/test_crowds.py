"""Crowds: each critter is where its box is, and as hidden as is said."""

import pytest
import torch

from core.worlds import critters
from core.worlds.critters import SPECIES, FactorError, crowds
from core.worlds.critters.anatomy import sheet
from core.worlds.critters.canvas import blank
from core.worlds.critters.portrait import portray
from core.worlds.critters.rendering import extent, shares
from core.worlds.critters.scenery import background, lit

N = 40


@pytest.fixture(scope="module")
def crowd():
    return critters.crowd(N, seed=1)


def test_the_first_of_many_are_the_few(crowd):
    few = critters.crowd(5, seed=1)
    assert torch.allclose(few.image, crowd.image[:5], atol=1e-5)
    assert all(torch.equal(a, b) for a, b in zip(few.boxes, crowd.boxes[:5], strict=True))


def test_boxes_lie_inside_and_are_seen(crowd):
    assert crowd.image.shape == (N, 3, 128, 128)
    assert len(crowd.boxes) == len(crowd.labels) == len(crowd.occlusion) == N
    for boxes, labels, occlusion in zip(crowd.boxes, crowd.labels, crowd.occlusion, strict=True):
        assert len(boxes) == len(labels) == len(occlusion) <= 5
        assert bool((boxes >= 0).all() & (boxes <= 128).all())
        assert bool((boxes[:, 2:] > boxes[:, :2]).all())
        assert bool((occlusion >= 0).all() & (occlusion <= 0.65).all())
        assert bool((labels < 2).all())
    assert any(bool((o > 0.1).any()) for o in crowd.occlusion)


def test_counts_are_even():
    counts = torch.tensor([len(b) for b in critters.crowd(200, seed=0, size=64, k=(0, 1)).boxes])
    assert 0.35 < float(counts.float().mean()) < 0.65


def test_nobody_is_nobody():
    empty = critters.crowd(3, seed=0, size=64, k=(0, 0))
    assert [tuple(b.shape) for b in empty.boxes] == [(0, 4)] * 3
    assert empty.image.shape == (3, 3, 64, 64)


def test_species_are_those_asked_for():
    labels = torch.cat(critters.crowd(6, seed=0, size=64, k=(2, 2), species=("rabbit",)).labels)
    assert set(labels.tolist()) == {SPECIES.index("rabbit")}


@pytest.fixture(scope="module")
def many():
    f = critters.sample(64, seed=3, species=SPECIES)
    f = critters.intervene(f, "hat", "yes")
    return f, crowds._places(64, 0)


def test_a_critter_cut_out_is_the_critter_painted_whole(many):
    """Painted in a crop and laid over, against painted on the whole picture.

    What is painted over an edge thinner than a pixel is not in the alpha: 0.06 of one pixel.
    """
    f, places = many
    size, one = 96, torch.tensor([5])
    f = {name: column[one] for name, column in f.items()}
    for place in (places[5], torch.tensor([-0.8, 0.5, 0.4]), torch.tensor([0.9, -0.5, 0.2])):
        s = sheet(f, shares(f, None), place[None])
        there, here = blank(s, size, parts=False), blank(s, size, parts=False)
        for canvas in (there, here):
            background(canvas, s)
        portray(there, s)
        (cutout,) = crowds._cutouts(f, place[None], torch.tensor([0]), size)
        boxes, _, occlusion = crowds._composed(here.colour[:, 0], [cutout], f["species"])
        for canvas in (there, here):
            lit(canvas, s)
        assert float((here.colour - there.colour).abs().max()) < 0.06
        assert float((here.colour - there.colour).abs().mean()) < 1e-4
        if len(boxes):
            assert torch.equal(boxes, extent(there.head))
            inside = float((there.head > 0.5).sum() / (cutout[2][4] > 0.5).sum())
            assert float(occlusion) == pytest.approx(1 - inside, abs=1e-6)


def test_a_crop_holds_all_of_its_critter(many):
    f, places = many
    for _, _, planes in crowds._cutouts(f, places, torch.arange(64), 128):
        edge = torch.cat((planes[:, 0], planes[:, -1], planes[:, :, 0], planes[:, :, -1]), 1)
        assert float(edge.abs().max()) == 0


def test_what_is_nearer_hides_what_is_behind(many):
    """Two at one place: of the far one nothing is left, of the near one nothing is hidden."""
    f, _ = many
    places = torch.tensor([[0.0, 0.0, 0.2], [0.0, 0.0, 0.4]])
    two = {name: column[:2] for name, column in f.items()}
    cutouts = list(crowds._cutouts(two, places, torch.tensor([0, 1]), 128))
    image = torch.zeros(3, 128, 128)
    boxes, _, occlusion = crowds._composed(image, cutouts, two["species"])
    assert len(boxes) == 1
    assert float(boxes[0, 2] - boxes[0, 0]) > 40
    assert float(occlusion) == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"n": 0}, "n = 0 pictures is out of range"),
        ({"k": (3, 2)}, "k = 3 to 2 critters is out of range: choose 0 to 8"),
        ({"k": (0, 9)}, "k = 0 to 9 critters"),
        ({"size": 32}, "size = 32 px is out of range: choose 64 to 2048"),
        ({"seed": -1}, "seed = -1 is out of range"),
        ({"species": ("cow",)}, "no species 'cow'"),
    ],
)
def test_what_cannot_be_drawn_is_a_sentence(given, said):
    with pytest.raises(FactorError, match=said):
        critters.crowd(**({"n": 1, "seed": 0} | given))
