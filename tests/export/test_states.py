"""A run that was cut short goes on from its file as if nothing had happened."""

from pathlib import Path
from typing import Any

import pytest
import torch

from core import __main__ as command
from core import run
from core.export import one, states
from core.probe import SettingError

EVOLVE = ("evolve", "--quiet", "--batch", "32", "--size", "14", "--no-control")
RECORD = {
    "v": 2,
    "probe": "evolve",
    "fingerprints": {"network": "a"},
    "settings": {"seed": 3},
    "tape": [],
}


@pytest.mark.parametrize("encoding", ["graphs", "pixels"])
def test_an_evolution_that_was_cut_short_ends_in_the_same_bytes(told, tmp_path, encoding):
    whole, cut, state = (tmp_path / name for name in ("whole.png", "cut.png", "a.state"))
    asked = (*EVOLVE, "--encoding", encoding)
    told(*asked, "--frames", 21, "-o", whole)
    for frames in (7, 18, 21):  # the log of ancestors is tidied after 16
        code, result, _ = told(*asked, "--frames", frames, "--resume", state, "-o", cut)
        assert (code, result["step"]) == (0, frames - 1)
        assert (cut.read_bytes() == whole.read_bytes()) is (frames == 21)


def test_ctrl_c_leaves_a_state_of_the_last_whole_step(told, monkeypatch, tmp_path: Path):
    whole, cut, state = (tmp_path / name for name in ("whole.png", "cut.png", "a.state"))
    told(*EVOLVE, "--frames", 8, "-o", whole)
    pull = run.Run.__next__

    def until_fifth(self: run.Run) -> Any:
        frame = pull(self)
        if self.step == 5:  # the step was begun, and is lost
            raise KeyboardInterrupt
        return frame

    monkeypatch.setattr(run.Run, "__next__", until_fifth)
    code, result, _ = told(*EVOLVE, "--frames", 8, "--resume", state, "-o", cut)
    assert (code, result["step"]) == (130, 3)
    monkeypatch.undo()
    code, result, _ = told(*EVOLVE, "--frames", 8, "--resume", state, "-o", cut)
    assert (code, result["step"]) == (0, 7)
    assert cut.read_bytes() == whole.read_bytes()


def test_a_state_stands_on_the_disk_while_the_run_goes_on(monkeypatch, tmp_path: Path):
    monkeypatch.setattr(one, "EVERY", 0.0)
    found, write = [], states.write
    monkeypatch.setattr(
        states, "write", lambda *given: (write(*given), found.append(given[2]["step"]))
    )
    path = tmp_path / "a.state"
    command.main([*EVOLVE, "--frames", "3", "--resume", str(path), "-o", str(tmp_path / "a.png")])
    assert found == [1, 2, 3, 3]
    assert path.exists()


def test_what_cannot_be_resumed_is_answered_with_the_remedy(told, tmp_path: Path):
    state, picture = tmp_path / "a.state", tmp_path / "a.png"
    asked = (*EVOLVE, "--resume", state, "-o", picture)
    assert told(*asked, "--frames", 2)[0] == 0
    picture.unlink()
    for more, sentence in [
        (("--frames", 2), "over after 2 frames: ask for more with --frames"),
        (("--frames", 4, "--seed", 1), 'its settings is {"batch": 32, "size": 14, "control": fal'),
        (("--frames", 4, "--twin", "seed=1"), "leave out --twin, or --resume"),
        (("--frames", 4, "-o", tmp_path / "a.webp"), "--resume goes with a .png"),
    ]:
        code, _, said = told(*asked, *more)
        assert code == 2
        assert sentence in said
    state.write_bytes(b"nothing")
    assert "is no state of a run" in told(*asked, "--frames", 4)[2]
    assert not picture.exists()


def test_a_file_gives_back_what_was_kept_bit_for_bit(tmp_path: Path):
    x = torch.randn(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    state = {
        "step": 7,
        "share": 0.1,
        "odds": torch.tensor([float("inf"), -0.0]),
        "half": x.half(),
        "small": x.to(torch.uint8).expand(2, 3, 4, 5),
        "twice": x,
        "again": x,  # of the same memory
        "turned": x.to(memory_format=torch.channels_last),
    }
    path = tmp_path / "a.state"
    assert states.read(path, RECORD) is None
    states.write(path, RECORD, state)
    found = states.read(path, RECORD)
    assert found.keys() == state.keys()
    for name, value in state.items():
        same = torch.equal(found[name], value) if isinstance(value, torch.Tensor) else None
        assert found[name] == value if same is None else same
    with pytest.raises(SettingError, match=r'its fingerprints is \{"network": "a"\}'):
        states.read(path, RECORD | {"fingerprints": {"network": "b"}})


def test_a_state_of_version_1_goes_on_if_its_network_is_the_same(monkeypatch, tmp_path: Path):
    path = tmp_path / "a.state"
    with monkeypatch.context() as before:
        before.setattr(states, "SAME", ("v", "probe", "fingerprint", "settings", "tape"))
        states.write(path, {**RECORD, "v": 1, "fingerprint": "a"}, {"step": 3})
    assert states.read(path, RECORD) == {"step": 3}
    with pytest.raises(SettingError, match="its fingerprints is"):
        states.read(path, RECORD | {"fingerprints": {"network": "b"}})
