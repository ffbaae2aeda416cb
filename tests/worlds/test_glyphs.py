"""Glyphs: the ink is where the strokes are, and the factors move the strokes as they say."""

import math

import pytest
import torch
from torch.nn import functional as F

from core.worlds import glyphs
from core.worlds.factors import FactorError
from core.worlds.glyphs import FACTORS

N = 40


@pytest.fixture(scope="module")
def some():
    """Four of each digit, in turn."""
    return glyphs.intervene(glyphs.sample(N, seed=4), "digit", torch.arange(N) % 10)


def rows(factors, who):
    return {name: column[who] for name, column in factors.items()}


def edited(factors, **values):
    for name, value in values.items():
        factors = glyphs.intervene(factors, name, value)
    return factors


def test_the_first_of_many_are_the_few():
    few, many = (glyphs.sample(n, seed=5) for n in (64, 130))
    assert all(torch.equal(few[name], many[name][:64]) for name in FACTORS)
    other = glyphs.sample(64, seed=6)
    assert not any(torch.equal(few[name], other[name]) for name in FACTORS)


def test_factors_are_drawn_as_their_rows_say():
    f = glyphs.sample(8000, seed=0)
    for name, row in FACTORS.items():
        column = f[name].double()
        assert row.low <= float(column.min()) <= float(column.max()) <= row.high, name
        sd = glyphs.JITTER if name.startswith("jitter") else (row.high - row.low) / math.sqrt(12)
        sd = math.sqrt((10**2 - 1) / 12) if name == "digit" else sd
        assert float(column.mean()) == pytest.approx((row.low + row.high) / 2, abs=4 * sd / 89)
        assert float(column.std()) == pytest.approx(sd, rel=0.04), name
    found = torch.corrcoef(torch.stack([c.double() for c in f.values()])) - torch.eye(len(f))
    assert float(found.abs().max()) < 4.5 / math.sqrt(8000)


def test_the_ink_is_the_distance_to_the_strokes(some):
    """Against points strewn along every piece, one glyph of each digit."""
    image = glyphs.render(some, 40)
    across = (2 * torch.arange(40) + 1) / 40 - 1
    pixels = torch.stack(torch.meshgrid(across, across, indexing="xy"), 2).view(-1, 2)
    along = torch.linspace(0, 1, 60)[:, None]
    for k in range(10):
        one = rows(some, torch.tensor([k]))
        ends = glyphs.skeleton(one)[0]
        line = (ends[:, None, 0] + along * (ends[:, None, 1] - ends[:, None, 0])).view(-1, 2)
        distance = torch.cdist(pixels, line).amin(1).view(40, 40) - one["thickness"]
        expected = (0.5 - distance * 20).clamp(0, 1) * one["ink"]
        assert float((image[k, 0] - expected).abs().max()) < 0.01


def test_strokes_run_through_their_points(some):
    for digit, drawing in enumerate(glyphs.DRAWINGS):
        one = rows(some, torch.tensor([digit]))
        points, pieces = glyphs.placed(one)[0], glyphs.skeleton(one)[0].reshape(-1, 2)
        drawn = sorted({k for stroke in drawing.strokes for k in stroke})
        assert drawn == list(range(len(points)))
        assert float(torch.cdist(points, pieces).amin(1).max()) < 1e-3
        assert len(points) <= glyphs.POINTS


def test_a_large_picture_made_small_is_the_small_picture(some):
    a, b = glyphs.render(some, 28), glyphs.render(some, 112)
    assert float((F.avg_pool2d(b, 4) - a).abs().mean()) < 0.004


def test_a_picture_does_not_depend_on_its_neighbours(some):
    few = rows(some, torch.tensor([13, 2, 37]))
    assert torch.allclose(glyphs.render(few), glyphs.render(some)[[13, 2, 37]], atol=1e-6)


def test_a_slant_shears_and_a_width_widens(some):
    upright = edited(rows(some, torch.arange(10, 11)), slant=0, width=1, x=0, jitter_x0=0)
    before = glyphs.placed(upright)
    sheared = glyphs.placed(edited(upright, slant=0.4)) - before
    level = before[..., 1] - glyphs.AWAY[1] * upright["y"] - jitters(upright, "y")
    assert torch.allclose(sheared[..., 0], -0.4 * level, atol=1e-6)
    assert float(sheared[..., 1].abs().max()) == 0
    bare = before[..., 0] - jitters(upright, "x")
    wide = glyphs.placed(edited(upright, width=1.2))[..., 0] - jitters(upright, "x")
    assert torch.allclose(wide, 1.2 * bare, atol=1e-6)


def jitters(factors, axis):
    digit = int(factors["digit"][0])
    count = len(glyphs.DRAWINGS[digit].points)
    return torch.stack([factors[f"jitter_{axis}{k}"] for k in range(count)], 1)


def test_a_move_by_whole_pixels_is_a_move(some):
    """At 100 px, 0.16 of half a picture is 8 px and 0.14 is 7."""
    here, there = (glyphs.render(edited(some, x=x, y=y), 100) for x, y in ((0, 0), (1, -1)))
    assert torch.allclose(here[..., 7:, :-8], there[..., :-7, 8:], atol=1e-4)


def test_ink_is_a_factor_of_the_picture(some):
    full, grey = (glyphs.render(edited(some, ink=ink)) for ink in (1, 0.75))
    assert torch.allclose(grey, 0.75 * full, atol=1e-6)
    assert float(full.amax((1, 2, 3)).min()) == 1


def test_a_broad_pen_leaves_more_ink(some):
    fine, broad = (glyphs.render(edited(some, thickness=t)).sum((1, 2, 3)) for t in (0.05, 0.1))
    ratio = broad / fine
    assert float(ratio.min()) > 1.5
    assert float(ratio.max()) < 2.1


SHOWN = [name for name in FACTORS if not name.startswith("jitter")]


@pytest.mark.parametrize("name", [*SHOWN, "jitter_x0", "jitter_y3", "jitter_x12"])
def test_every_factor_shows(some, name):
    """A jitter shows in the digits that have its point."""
    row = FACTORS[name]
    a, b = (glyphs.render(edited(some, **{name: v})) for v in (row.low, row.high))
    gap = (a - b).abs().amax((1, 2, 3)) > 0.01
    point = int(name[8:]) if name.startswith("jitter") else 0
    has = torch.tensor([len(glyphs.DRAWINGS[k % 10].points) > point for k in range(N)])
    assert torch.equal(gap, has)


def test_a_plain_reader_tells_the_digits_apart():
    """Ridge regression on a thousand, read on others."""
    train, test = glyphs.sample(1000, seed=1), glyphs.sample(400, seed=2)
    a, b = (glyphs.render(f).flatten(1).double() for f in (train, test))
    a, b = (F.pad(x, (0, 1), value=1.0) for x in (a, b))
    wanted = F.one_hot(train["digit"], 10).double()
    weights = torch.linalg.solve(a.T @ a + 10 * torch.eye(a.shape[1]), a.T @ wanted)
    right = ((b @ weights).argmax(1) == test["digit"]).double().mean()
    assert float(right) > 0.85


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"n": 0}, "n = 0 pictures is out of range"),
        ({"seed": -3}, "seed = -3 is out of range"),
    ],
)
def test_what_cannot_be_drawn_is_a_sentence(given, said):
    with pytest.raises(FactorError, match=said):
        glyphs.sample(**({"n": 2, "seed": 0} | given))


def test_bad_factors_are_sentences(some):
    with pytest.raises(FactorError, match=r"slant = 0\.7 is out of range: choose -0\.4 to 0\.4"):
        glyphs.intervene(some, "slant", 0.7)
    with pytest.raises(FactorError, match="size = 4 px is out of range: choose 8 to 1024"):
        glyphs.render(some, 4)
    with pytest.raises(FactorError, match="one digit at a time"):
        glyphs.skeleton(some)
    with pytest.raises(FactorError, match="lack ink"):
        glyphs.render({name: column for name, column in some.items() if name != "ink"})
