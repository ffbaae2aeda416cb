"""The five lines of Python make the picture that the page shows."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
import torch
from torch import Tensor

from apps.kit.code import lines
from core import pictures, probes, run
from core.export import saved

SMALL = {
    "features": {"canvas": 64, "view": 64, "count": 3, "control": False},
    "dream": {"size": 64, "octaves": 1, "control": False},
    "style": {"size": 64, "sizes": 1, "control": False},
    "fool": {"size": 64, "landscape": 0, "control": False},
    "inversion": {"size": 64, "layer": "blocks.1", "control": False},
    "painter": {"size": 48, "crop": 48, "control": False},
    "evolve": {"batch": 64, "size": 14, "control": False},
    "linear": {"breathing": False, "control": False},
}
STEERED = {
    "features": {"learning_rate": 0.2},
    "dream": {"layer": "blocks.2"},
    "style": {"weight_5": 3.0},
    "fool": {"epsilon": 8, "step_size": 1.0},
    "inversion": {"smoothness": 4.0},
    "painter": {"learning_rate": 0.02},
    "evolve": {"mutation": 3.0},
    "linear": {"epsilon": 10},
}
LATER = {"painter": 4, "evolve": 12}  # frames until a change shows, where two are too few


def run_of(name: str, uploads: dict[str, Tensor] | None = None, **changes: object) -> run.Run:
    probe = probes.load(name)
    settings = replace(probe.Settings(), **SMALL[name], **changes)
    return run.Run(probe, settings, run.resolve(probe, settings, uploads))


def shown(going: run.Run, frames: int) -> Tensor:
    *_, frame = islice(going, frames)
    panel = frame.panels["picture"]
    assert isinstance(panel, Tensor)
    return pictures.eight_bit(pictures.whole(panel))


@pytest.mark.parametrize("name", probes.names())
def test_a_steered_run_is_done_again_in_five_lines(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    going = run_of(name)
    shown(going, 2)
    going.live.set(**STEERED[name])
    later = LATER.get(name, 2)
    there = shown(going, later)
    program = lines(going.record())
    assert len(program.strip().splitlines()) == 5
    assert str(STEERED[name]) in program
    monkeypatch.chdir(tmp_path)
    exec(program, {})  # noqa: S102
    assert torch.equal(pictures.read(tmp_path / f"{name}.png"), there)
    assert not torch.equal(shown(run_of(name), 2 + later), there)


def test_a_picture_of_ones_own_is_read_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    x = pictures.eight_bit(pictures.square(pictures.load("bee"), 64))
    (tmp_path / "mine.png").write_bytes(pictures.png(x))
    name = saved.name_of(pictures.to_uint8(x))
    going = run_of("dream", {name: x}, picture=name)
    there = shown(going, 2)
    monkeypatch.chdir(tmp_path)
    exec(lines(going.record()), {})  # noqa: S102
    assert torch.equal(pictures.read(tmp_path / "dream.png"), there)


def test_a_picture_and_a_mask_are_read_from_a_file_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    mine = {
        file: pictures.eight_bit(pictures.square(pictures.load(name), 64))
        for file, name in (("mine.png", "bee"), ("mine-2.png", "flower"))
    }
    uploads = {}
    for file, x in mine.items():
        (tmp_path / file).write_bytes(pictures.png(x))
        uploads[saved.name_of(pictures.to_uint8(x))] = x
    picture, mask = uploads
    going = run_of("dream", uploads, picture=picture, mask=mask)
    there = shown(going, 2)
    monkeypatch.chdir(tmp_path)
    exec(lines(going.record()), {})  # noqa: S102
    assert torch.equal(pictures.read(tmp_path / "dream.png"), there)


def test_what_a_record_has_not_is_left_to_the_defaults():
    assert "range(1)" in lines({"probe": "dream", "step": "many", "settings": {"gone": 1}})
    with pytest.raises(LookupError, match="no probe 'gone'"):
        lines({"probe": "gone"})
