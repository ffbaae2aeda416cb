"""The five lines of Python make the picture that the page shows."""

from itertools import islice
from pathlib import Path

import pytest
import torch
from torch import Tensor

from apps.kit.code import lines
from core import pictures, probes, run
from core.export import saved
from core.pictures import panels
from tests import quick

STEERED = {  # where the first live setting shows nothing within a few frames
    "dream": {"layer": "blocks.2"},
    "fool": {"epsilon": 8, "step_size": 1.0},
    "painter": {"learning_rate": 0.02},
    "evolve": {"mutation": 3.0},
    "style": {"weight_5": 3.0},
    "features": {"learning_rate": 0.2},
}
LATER = {"evolve": 12}  # frames until a change shows, where four are too few


def run_of(name: str, uploads: dict[str, Tensor] | None = None, **changes: object) -> run.Run:
    probe = probes.load(name)
    settings = quick.settings(name, **changes)
    return run.Run(probe, settings, run.resolve(probe, settings, uploads))


def shown(going: run.Run, frames: int) -> Tensor:
    *_, frame = islice(going, frames)
    return pictures.eight_bit(panels.shown(frame.panels, panels.first(frame.panels)))


@pytest.mark.parametrize("name", probes.names())
def test_a_steered_run_is_done_again_in_five_lines(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    going, steered = run_of(name), STEERED.get(name, quick.change(name))
    there, later = shown(going, 2 if steered else 1), LATER.get(name, 4)
    if steered:
        going.live.set(**steered)
        there = shown(going, later)
    program = lines(going.record())
    assert len(program.strip().splitlines()) == 5
    assert not steered or str(going.live.tape[0][1]) in program
    monkeypatch.chdir(tmp_path)
    exec(program, {})  # noqa: S102
    assert torch.equal(pictures.read(tmp_path / f"{name}.png"), there)
    if name in STEERED:
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
