"""The slopes of tiles add up to the slope of the whole picture."""

import pytest
import torch

from core import models, objectives, pictures
from core.priors import octaves
from core.steps import ascent, tiles


@pytest.fixture(scope="module")
def network():
    return models.load("lite0")


@pytest.fixture
def photograph(monkeypatch):
    """More than is read at once, of sides that no coarse stride divides."""
    monkeypatch.setattr(tiles, "WHOLE", 256)
    monkeypatch.setattr(tiles, "CORE", 112)
    return octaves.resize(pictures.load("temple")[None], (176, 592)).clamp(0, 1)


def added_up(x, objective, network, *, margin, shift=(0, 0)):
    whole, score = torch.zeros_like(x), torch.zeros(1)
    plan = tiles.planned(*x.shape[2:], margin=margin)
    for tile in plan:
        scores, found = tiles.slopes(x, tile, [objective], network, shift=shift)
        tiles.add(whole, found, tile)
        score += scores
    return whole, score, len(plan)


@pytest.mark.parametrize("layer", ["blocks.1", "blocks.2", "blocks.3", "blocks.4"])
def test_tiles_add_up_to_the_whole_to_a_ten_thousandth_borders_included(network, photograph, layer):
    shift = (5, -9)
    objective = objectives.layer(layer)
    rolled = torch.roll(photograph, shift, (2, 3))
    (seen,) = ascent.slopes(rolled, [objective], network)
    margin = tiles.margin(network, [layer])
    whole, score, count = added_up(photograph, objective, network, margin=margin, shift=shift)
    assert count == 12
    assert (whole - seen.slope).abs().max() < 1e-4 * seen.slope.abs().mean()
    assert (whole - seen.slope).norm() < 1e-5 * seen.slope.norm()
    torch.testing.assert_close(score, seen.score)


def test_without_the_margin_there_are_seams(network, photograph):
    objective = objectives.layer("blocks.2")
    (seen,) = ascent.slopes(photograph, [objective], network)
    whole, _, _ = added_up(photograph, objective, network, margin=0)
    assert (whole - seen.slope).norm() > 0.01 * seen.slope.norm()


@pytest.mark.parametrize("length", [784, 1024, 1072, 2048, 2720, 4096])
def test_cores_cover_each_px_once_and_crops_keep_the_padding_of_the_whole(length):
    plan = tiles.planned(length, length, margin=96)
    spans = [tile.across for tile in plan if tile.down.first == 0]
    assert [s.first for s in spans[1:]] == [s.last for s in spans[:-1]]
    assert (spans[0].first, spans[-1].last) == (0, length)
    for span in spans:
        assert span.start % tiles.GRID == 0
        assert (span.end - span.start - length) % tiles.GRID == 0
        assert span.last - span.first <= tiles.CORE + tiles.GRID


def test_a_picture_that_can_be_read_at_once_is_one_tile():
    (tile,) = tiles.planned(768, 768, margin=32)
    assert (tile.down.start, tile.down.end) == (0, 768)
    assert len(tiles.planned(400, 1400, margin=32)) == 1


def test_several_objectives_share_a_reading_and_keep_their_own_slopes(network):
    x = pictures.load("bee")[None, :, :128, :128]
    both = [objectives.layer("blocks.2"), objectives.channel("blocks.3", 7)]
    together = ascent.slopes(x, both, network)
    for one, seen in zip(both, together, strict=True):
        alone = ascent.slope(x, one, network, picture=lambda p: p)
        torch.testing.assert_close(seen.slope, alone.slope, rtol=1e-4, atol=1e-8)
        torch.testing.assert_close(seen.score, alone.score)


def test_mixed_slopes_have_their_shares_whatever_their_units():
    one, other = torch.randn(2, 1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    found = ascent.mixed(torch.cat([one, 1000 * other]), [0.25, 0.75])
    expected = 0.25 * one / one.abs().mean() + 0.75 * other / other.abs().mean()
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    assert torch.equal(ascent.mixed(one, [1.0]), one)
