"""Sprites fit the network that they were made of, and are shown with no other."""

import json
from dataclasses import replace

import pytest
import torch
from PIL import Image

from core import models
from core.atlas import sprites
from core.atlas.crew import Order, written
from core.probe import SettingError
from core.probes.features import Settings

LARGEST = 8 * 10**6  # bytes of all that ship


@pytest.fixture(scope="module")
def network():
    return models.load("lite0")


def test_the_stages_of_the_first_network_ship_whole(network):
    sheets = sprites.shipped(network)
    stages = {name for name, info in network.layers.items() if info.kind == "stage output"}
    assert stages <= set(sheets)
    for layer, sheet in sheets.items():
        assert sheet.count == network.layer(layer).channels
        with Image.open(sheet.path) as opened:
            assert opened.width == sheet.columns * sheet.tile
            assert opened.height == -(-sheet.count // sheet.columns) * sheet.tile
        for one in sheet.units():
            assert one["silent"] or one["score"] > 0
    assert sum(path.stat().st_size for path in sprites.SHIPPED.rglob("*")) < LARGEST


def test_the_sprites_are_no_grey_mush(network):
    """Every tile of the stages has contrast; the stem has units for plain colours."""
    for layer, sheet in sprites.shipped(network).items():
        with Image.open(sheet.path) as opened:
            whole = opened.convert("RGB")
        for unit in range(sheet.count if layer.startswith("blocks") else 0):
            left, top = (at * sheet.tile for at in (unit % sheet.columns, unit // sheet.columns))
            tile = whole.crop((left, top, left + sheet.tile, top + sheet.tile))
            levels = torch.frombuffer(bytearray(tile.tobytes()), dtype=torch.uint8)
            assert levels.float().std() > 12, (layer, unit)


def test_pictures_in_the_sprites_beat_the_photographs(network):
    times = [
        one["score"] / one["photographs"]
        for layer, sheet in sprites.shipped(network).items()
        if layer.startswith("blocks")
        for one in sheet.units()
        if one["photographs"] > 0
    ]
    assert torch.tensor(times).median() > 3


def test_sprites_of_other_weights_are_not_shown(network, monkeypatch, tmp_path):
    assert sprites.shipped(network)
    other = models.random("lite0", 0)
    index = json.loads((sprites.SHIPPED / "lite0" / sprites.INDEX).read_bytes())
    folder = tmp_path / other.name
    folder.mkdir()
    (folder / sprites.INDEX).write_text(json.dumps(index))
    monkeypatch.setattr(sprites, "SHIPPED", tmp_path)
    assert sprites.shipped(other) == {}
    (folder / sprites.INDEX).write_text(json.dumps({**index, "fingerprint": other.fingerprint}))
    sprites._index.cache_clear()
    assert sprites.shipped(other)
    sprites._index.cache_clear()


def test_a_sheet_holds_the_pictures_of_the_atlas(tmp_path, network):
    small = Settings(canvas=48, view=48, steps=2)
    order = Order(tmp_path / "atlas", ("blocks.0",), workers=1, quiet=True, settings=small)
    written(replace(order, units=(0, 1)))
    with pytest.raises(SettingError, match=r"Unit 2 of blocks\.0 is not in"):
        sprites.written(tmp_path / "atlas", tmp_path)
    written(order)
    told = sprites.written(tmp_path / "atlas", tmp_path)
    assert (told["layers"], told["units"]) == (["blocks.0"], 16)
    with Image.open(tmp_path / sprites.CARD) as card:
        assert card.width == sprites.WIDE * sprites.SMALL
    assert {path.name for path in (tmp_path / "lite0").iterdir()} == {"index.json", "blocks.0.webp"}
    tile, wide = sprites.TILE, sprites.COLUMNS
    with Image.open(tmp_path / "lite0" / "blocks.0.webp") as sheet:
        for unit in (0, 9, 15):
            left, top = unit % wide * tile, unit // wide * tile
            mine = sheet.convert("RGB").crop((left, top, left + tile, top + tile))
            with Image.open(tmp_path / f"atlas/blocks.0/{unit:04}.webp") as opened:
                true = opened.convert("RGB").resize((tile, tile), Image.Resampling.LANCZOS)
            assert _apart(mine, true) < 6
    with pytest.raises(SettingError, match="holds no atlas"):
        sprites.written(tmp_path, tmp_path)


def _apart(one: Image.Image, other: Image.Image) -> float:
    """The mean difference in 8-bit levels."""
    a, b = (torch.frombuffer(bytearray(x.tobytes()), dtype=torch.uint8) for x in (one, other))
    return float((a.int() - b.int()).abs().float().mean())
