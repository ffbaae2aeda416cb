"""The command line does what its help says, and says what is wrong."""

import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from core import __main__ as command
from core import disk, pictures, probes, records, run
from core.export import saved
from core.priors import octaves
from core.probe import Attributes, Choice, Range, declared

QUICK = ["--steps", "2", "--octaves", "2", "--size", "64", "--quiet", "--no-control"]


@pytest.mark.parametrize("name", probes.names())
def test_help_names_every_setting_with_its_limits(told: Any, name: str):
    code, _, said = told(name, "--help")
    said = " ".join(said.split()).replace("- ", "-")  # lines are broken at hyphens too
    assert code == 0
    for field, setting in declared(probes.load(name).Settings).items():
        assert f"--{field.replace('_', '-')}" in said
        if isinstance(setting.kind, Range):
            assert f"{setting.kind.low:g} to {setting.kind.high:g}" in said
        if isinstance(setting.kind, Choice):
            assert ", ".join(setting.kind.options) in said
        default = setting.default
        if isinstance(setting.kind, Attributes):
            default = ", ".join(default) or setting.kind.without
        assert f"default {default}" in said


def test_a_dream_goes_to_a_file_that_brings_it_back(told: Any, tmp_path: Path):
    code, result, _ = told("dream", *QUICK, "--seed", 3, "-o", tmp_path / "a.png")
    assert code == 0
    assert result["step"] == 3
    assert result["settings"]["seed"] == 3
    assert result["numbers"]["activation"] > 0
    x = pictures.read(tmp_path / "a.png")
    assert (result["height"], result["width"]) == tuple(x.shape[1:])
    record, inputs = saved.unpacked((tmp_path / "a.png").read_bytes())
    assert record["settings"] == {
        "steps": 2, "octaves": 2, "size": 64, "control": False, "seed": 3,
    }  # fmt: skip
    assert not inputs
    code, again, _ = told("replay", tmp_path / "a.png", "--quiet", "-o", tmp_path / "b.png")
    assert code == 0
    assert (tmp_path / "b.png").read_bytes() == (tmp_path / "a.png").read_bytes()
    code, again, _ = told("replay", result["link"], "--quiet", "-o", tmp_path / "c.png")
    assert (tmp_path / "c.png").read_bytes() == (tmp_path / "a.png").read_bytes()
    assert again["numbers"] == result["numbers"]


def test_what_survives_is_added_to_the_line(told: Any, tmp_path: Path):
    code, result, _ = told("dream", *QUICK, "--survival", "-o", tmp_path / "a.png")
    assert code == 0
    rows = {row["said"]: row["kept"]["picture"][0] for row in result["survival"]}
    assert list(rows)[1:3] == ["shift 5 px", "scale 90 %"]
    assert 0.9 < rows["8-bit"] < 1.1
    assert rows["lite2"] > 0
    code, again, _ = told("replay", tmp_path / "a.png", "--survival", "-o", tmp_path / "b.png")
    assert again["survival"] == result["survival"]


def test_a_file_of_ones_own_travels_inside_the_picture(told: Any, tmp_path: Path):
    mine = tmp_path / "mine.jpg"
    mine.write_bytes(pictures.shipped()["bee"].read_bytes())
    code, result, _ = told("dream", *QUICK, "--picture", mine, "-o", tmp_path / "a.png")
    assert code == 0
    assert result["link"] is None
    mine.unlink()
    assert told("replay", tmp_path / "a.png", "--quiet", "-o", tmp_path / "b.png")[0] == 0
    assert (tmp_path / "b.png").read_bytes() == (tmp_path / "a.png").read_bytes()
    assert told("dream", *QUICK, "--picture", "bee", "-o", tmp_path / "c.png")[0] == 0
    assert (pictures.read(tmp_path / "c.png") - pictures.read(tmp_path / "a.png")).abs().max() < 0.1


def test_a_mask_of_ones_own_travels_too_and_the_rest_stays(told: Any, tmp_path: Path):
    mask = tmp_path / "mask.png"
    Image.fromarray(np.repeat([[0, 255]], 40, 0).astype("uint8").repeat(20, 1)).save(mask)
    code, result, _ = told(
        "dream", *QUICK, "--picture", "bee", "--mask", mask, "-o", tmp_path / "a.png"
    )
    assert code == 0
    assert result["link"] is None
    assert "Outside the mask" in result["caption"]
    mask.unlink()
    assert told("replay", tmp_path / "a.png", "--quiet", "-o", tmp_path / "b.png")[0] == 0
    assert (tmp_path / "b.png").read_bytes() == (tmp_path / "a.png").read_bytes()
    x = pictures.read(tmp_path / "a.png")
    size = (x.shape[1], x.shape[2])
    still = pictures.eight_bit(octaves.resize(pictures.load("bee")[None], size).clamp(0, 1))[0]
    middle = x.shape[2] // 2
    assert torch.equal(x[:, :, : middle - 2], still[:, :, : middle - 2])
    assert not torch.equal(x[:, :, middle:], still[:, :, middle:])


@pytest.mark.parametrize("suffix", ["gif", "mp4"])
def test_a_film_of_any_kind_is_written(told: Any, tmp_path: Path, suffix: str):
    path = tmp_path / f"a.{suffix}"
    code, result, _ = told("dream", *QUICK, "--frames", 6, "-o", path)
    assert code == 0
    assert (result["width"], result["height"]) == (64, 64)
    assert path.stat().st_size > 1000


def test_a_class_goes_by_its_name_or_number(told: Any, tmp_path: Path):
    short = ["features", "--target", "class", "--frames", 1, "--no-control", "--quiet"]
    named = told(*short, "--label", "Flamingo", "-o", tmp_path / "a.png")[1]
    numbered = told(*short, "--label", 130, "-o", tmp_path / "a.png")[1]
    assert named["settings"]["label"] == numbered["settings"]["label"] == 130
    assert "flamingo" in named["caption"]
    code, _, said = told(*short, "--label", "crane", "-o", tmp_path / "a.png")
    assert code == 2
    assert "crane (bird), crane (machine)" in said


def test_a_point_is_given_as_two_numbers(told: Any, called: Any, tmp_path: Path):
    few = ("sampler", "--steps", "2", "--count", "8", "--frames", "1", "--quiet")
    code, found, _ = told(*few, "--start", "1", "-1.5", "-o", tmp_path / "a.png")
    assert (code, found["settings"]["start"]) == (0, [1.0, -1.5])
    code, _, _ = called(*few, "--twin", "start=0.5,1", "-o", tmp_path / "b.png")
    assert code == 0
    for wrong, said in (
        (("1",), "two numbers, x and y"), (("1", "9"), "out of range"), (("1", "b"), "no list of numbers"),
    ):  # fmt: skip
        code, _, words = told(*few, "--start", *wrong, "-o", tmp_path / "c.png")
        assert code == 2
        assert said in words


def test_a_set_of_attributes_is_given_as_their_names(told: Any, called: Any, tmp_path: Path):
    few = ("latents", "--network", "digits-eigen", "--edit", "towards 3", "--frames", "1", "--quiet")  # fmt: skip
    names = ("--hold", "towards 8", "towards 5")
    code, found, _ = told(*few, *names, "-o", tmp_path / "a.png")
    assert (code, found["settings"]["hold"]) == (0, ["towards 5", "towards 8"])
    code, _, _ = called("replay", tmp_path / "a.png", "--quiet", "-o", tmp_path / "again.png")
    assert code == 0
    assert (tmp_path / "again.png").read_bytes() == (tmp_path / "a.png").read_bytes()
    for words, held in ((("all others",), ["all others"]), (("nothing",), []), ((), [])):
        code, found, _ = told(*few, "--hold", *words, "-o", tmp_path / "b.png")
        assert (code, found["settings"].get("hold", [])) == (0, held)
    code, _, _ = called(*few, "--twin", "hold=towards 8,towards 5", "-o", tmp_path / "c.png")
    assert code == 0
    code, _, words = told(*few, "--hold", "smile", "-o", tmp_path / "d.png")
    assert code == 2
    assert "has no attribute 'smile': choose from towards 0" in words


def test_panels_of_two_sizes_stand_side_by_side_at_one_height(told: Any, tmp_path: Path):
    told(
        "unusual", "--panel", "picture", "given", "--frames", "1", "-o", tmp_path / "a.png", "--quiet"
    )  # fmt: skip
    with Image.open(tmp_path / "a.png") as found:
        assert found.size == (256 + 1 + 256, 256)


def test_a_webp_moves_and_panels_stand_side_by_side(told: Any, tmp_path: Path):
    code, result, _ = told(
        "dream", "--size", 64, "--octaves", 2, "--steps", 4, "--quiet", "--every", 2,
        "--panel", "picture", "control", "-o", tmp_path / "a.webp",
    )  # fmt: skip
    assert code == 0
    assert result["width"] > 1.9 * result["height"]
    with Image.open(tmp_path / "a.webp") as moving:
        assert moving.n_frames >= 5
        assert moving.size == (result["width"], result["height"])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["dreams", "-o", "a.png"], "choose from"),
        (["dream", "--layers", "x", "-o", "a.png"], "did you mean --layer?"),
        (["dream", "--layer", "blocks.44", "-o", "a.png"], "blocks.4"),
        (["dream", "--network", "lite9", "-o", "a.png"], "lite0"),
        (["dream", "--octaves", "9", "-o", "a.png"], "choose 1 to 8"),
        (["dream", "--octaves", "two", "-o", "a.png"], "not a whole number"),
        (["dream", "--jitter", "nan", "-o", "a.png"], "not a whole number"),
        (["dream", "--ratio", "nan", "-o", "a.png"], "choose 1.1 to 2"),
        (["dream", "--picture", "cats", "-o", "a.png"], "choose cat"),
        (["dream", "--picture", "none.jpg", "-o", "a.png"], "no file none.jpg"),
        (["dream", "--picture", "README.md", "-o", "a.png"], "README.md"),
        (["dream", "--panel", "left", *QUICK, "-o", "a.png"], "no panel 'left'"),
        (["dream", "-o", "a.txt"], "none of .png, .webp, .gif, .mp4"),
        (["dream", "--mask", "sky", *QUICK, "-o", "a.png"], "choose left, right, top"),
        (["dream", "--mask", "none.png", "-o", "a.png"], "a name of left, right, top"),
        (["dream", "--size", "5000", "-o", "a.png"], "choose 64 to 4096 px"),
        (["dream", *QUICK, "--frames", "70", "--every", "1", "-o", "a.gif"], "up to 60 pictures"),
        (["sheet", "dream", "-o", "a.gif"], "neither a .png nor a .webp"),
        (["dream", "-o", "nowhere/a.png"], "no folder nowhere"),
        (["features", "--unit", "4000", "-o", "a.png"], "4000 is out of range"),
        (["features", "--target", "pixel", "-o", "a.png"], "choose unit"),
        (["replay", "nonsense", "-o", "a.png"], "link is damaged"),
        (["replay", "missing.png", "-o", "a.png"], "missing.png"),
        (["sheet", "features", "--number", "0", "-o", "a.png"], "choose 1 to 400"),
        (["sheet", "dream", "--pictures", "nowhere", "-o", "a.png"], "no folder nowhere"),
    ],
)
def test_what_cannot_be_is_answered_with_a_sentence(
    told: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str], sentence: str
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "README.md").write_text("no picture")
    code, result, said = told(*arguments)
    assert code in (1, 2)
    assert not result
    assert sentence in said
    assert len(said.strip().splitlines()) == 1
    assert "Traceback" not in said
    assert {path.name for path in tmp_path.iterdir()} == {"README.md"}


def test_a_full_disk_is_answered_and_what_stood_there_stays(
    told: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    there = tmp_path / "a.png"
    there.write_bytes(b"before")

    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    code, _, said = told("dream", *QUICK, "-o", there)
    assert code == 1
    assert "No space left" in said
    assert "make room" in said
    assert there.read_bytes() == b"before"
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_ctrl_c_keeps_what_was_reached(told: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    pull = run.Run.__next__

    def until_third(self: run.Run) -> Any:
        if self.step == 3:
            raise KeyboardInterrupt
        return pull(self)

    monkeypatch.setattr(run.Run, "__next__", until_third)
    code, result, said = told("dream", *QUICK, "-o", tmp_path / "a.png")
    assert code == 130
    assert result["step"] == 2
    assert said == f"Stopped at step 3 of 4: the picture so far is in {tmp_path / 'a.png'}.\n"
    monkeypatch.undo()
    told("dream", *QUICK, "--frames", 3, "-o", tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_ctrl_c_while_it_is_measured_keeps_the_picture(
    told: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    def stopped(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("core.export.one.survival_of", stopped)
    path = tmp_path / "a.png"
    code, result, said = told("dream", *QUICK, "--survival", "-o", path)
    assert (code, result["file"]) == (130, str(path))
    assert said == f"Stopped before all was measured: the picture is in {path}.\n"
    assert path.exists()


LINK = records.pack({"v": 1, "probe": "dream", "settings": {}})
WRITES = {
    "a probe": ("dream", "-o", "x.png"),
    "a state": ("dream", "-o", "a.png", "--resume", "x.state"),
    "a pair": ("dream", "--twin", "seed=1", "-o", "x.png"),
    "a replay": ("replay", LINK, "-o", "x.png"),
    "a sheet": ("sheet", "dream", "-o", "x.png"),
    "an atlas": ("atlas", "-o", "x"),
    "sprites": ("sprites", "x", "-o", "x"),
    "a gallery": ("gallery", "make", "x/y"),
    "an exhibit": ("gallery", "keep", LINK, "-o", "x.png"),
    "training": ("train", "painter", "-o", "x.safetensors"),
    "a painting": ("paint", "mosaic", "cat", "-o", "x.png"),
}


@pytest.mark.parametrize("arguments", WRITES.values(), ids=WRITES)
def test_what_cannot_be_written_is_refused_before_anything_is_done(
    told: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: tuple[str, ...]
):
    def tried(**place: Any) -> None:
        raise PermissionError(13, "Permission denied")

    def begun(*_: Any, **__: Any) -> None:
        raise AssertionError("It has begun.")

    monkeypatch.chdir(tmp_path)
    closed = tmp_path / "closed"
    closed.mkdir()
    make = tempfile.mkstemp
    monkeypatch.setattr(
        tempfile, "mkstemp", lambda **at: (tried if at["dir"] == closed else make)(**at)
    )
    monkeypatch.setattr(command, "values", begun)
    monkeypatch.setattr(records, "unpack", begun)
    placed = [str(closed / word) if word.startswith("x") else word for word in arguments]
    code, _, said = told(*placed)
    assert code == 2
    assert said == (
        f"Nothing can be written in the folder {closed} (Permission denied): name another one.\n"
    )
    assert list(tmp_path.rglob("*")) == [closed]


def test_a_file_is_tried_without_leaving_anything(tmp_path: Path):
    disk.check_writable(tmp_path / "a.png")
    disk.check_writable(tmp_path / "new" / "deep" / "atlas", folder=True)
    disk.check_writable(tmp_path, folder=True)
    assert not list(tmp_path.iterdir())
    with pytest.raises(disk.TargetError, match="is a folder: name a file in it"):
        disk.check_writable(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_folder_that_even_root_cannot_write_to_is_refused(told: Any):
    code, _, said = told("dream", *QUICK, "-o", "/proc/x.png")
    assert (code, said) == (2, "Nothing can be written in the folder /proc: name another one.\n")


def test_a_link_of_another_version_is_played_with_a_sentence(told: Any, tmp_path: Path):
    settings = {"size": 64, "octaves": 1, "steps": 1, "control": False, "gone": 1}
    link = records.pack({"v": 99, "probe": "dream", "fingerprint": "0", "settings": settings})
    code, result, said = told("replay", f"?r={link}", "--quiet", "-o", tmp_path / "a.png")
    assert code == 0
    assert result["settings"]["size"] == 64
    assert "another version" in said
    assert "no setting 'gone'" in said
    assert "other weights" in said


def test_a_sheet_is_drawn_by_seed_and_names_the_worst(told: Any, tmp_path: Path):
    short = ["--number", 4, "--steps", 2, "--canvas", 64, "--view", 64, "--quiet"]
    code, one, _ = told("sheet", "features", *short, "-o", tmp_path / "a.png")
    assert code == 0
    assert len(one["tiles"]) == 4
    assert [re.sub("/.*", "", name) for name in one["tiles"]] == [
        "blocks.1", "blocks.3", "blocks.5", "blocks.6",
    ]  # fmt: skip
    assert len(one["worst"]) == 3
    assert one["tiles"][one["worst"][0]] == min(one["tiles"].values())
    again = told("sheet", "features", *short, "-o", tmp_path / "b.png")[1]
    assert again["tiles"] == one["tiles"]
    assert (tmp_path / "b.png").read_bytes() == (tmp_path / "a.png").read_bytes()
    other = told("sheet", "features", *short, "--draw", 1, "-o", tmp_path / "c.png")[1]
    assert other["tiles"].keys() != one["tiles"].keys()


def test_a_sheet_of_dreams_takes_a_folder(told: Any, tmp_path: Path):
    folder = tmp_path / "mine"
    folder.mkdir()
    for name in ("bee", "cat", "tiger"):
        (folder / f"my-{name}.jpg").write_bytes(pictures.shipped()[name].read_bytes())
    short = ["--steps", 1, "--octaves", 1, "--size", 64, "--quiet"]
    code, result, _ = told("sheet", "dream", *short, "--pictures", folder, "-o", tmp_path / "a.png")
    assert code == 0
    assert sorted(result["tiles"]) == ["my-bee", "my-cat", "my-tiger"]


def test_training_without_pictures_is_answered_with_what_it_reads(told: Any, tmp_path: Path):
    code, _, said = told(
        "train", "lite0-robust", "--pictures", tmp_path / "none", "-o", tmp_path / "a.safetensors"
    )
    assert code == 2
    assert "no labelled pictures" in said
    assert "index.json" in said


def test_a_twin_is_written_beside_the_run_and_replayed_to_the_same_bytes(capsys, tmp_path: Path):
    path, again = tmp_path / "pair.png", tmp_path / "again.png"
    assert command.main(["dream", *QUICK, "--twin", "layer=blocks.2", "-o", str(path)]) == 0
    one, other = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (one["settings"]["layer"], other["settings"]["layer"]) == ("blocks.4", "blocks.2")
    both = pictures.read(path)
    assert (one["width"], one["height"]) == tuple(both.shape[:0:-1])
    for line, place in ((one, both[:, :, :64]), (other, both[:, :, -64:])):
        alone = tmp_path / "alone.png"
        layer = line["settings"]["layer"]
        command.main(["dream", *QUICK, "--layer", layer, "-o", str(alone)])
        assert pictures.read(alone).equal(place)
    capsys.readouterr()
    for what in (path, one["link"]):
        assert command.main(["replay", str(what), "--quiet", "-o", str(again)]) == 0
        assert again.read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("twin", "file", "sentence"),
    [
        ("seed=0", "a.png", "A twin differs in a setting"),
        ("sed=1", "a.png", "There is no setting 'sed'"),
        ("seed", "a.png", "seed = '' is not a whole number"),
        ("control=maybe", "a.png", "is not true or false"),
        ("seed=1", "a.webp", "A pair is written as a .png"),
    ],
)
def test_a_twin_that_cannot_be_is_answered(told: Any, tmp_path: Path, twin, file, sentence):
    code, _, said = told("dream", *QUICK, "--twin", twin, "-o", tmp_path / file)
    assert code == 2
    assert sentence in said


def test_a_still_picture_is_no_last_moment_of_a_breath(called, tmp_path):
    """What the help names is what the file shows; a frame that is asked for is that one."""
    asked = ("latents", "--edit", "glasses", "--amount", "1.5", "--no-control", "--quiet", "-o")
    code, said, _ = called(*asked, tmp_path / "still.png")
    assert code == 0
    assert json.loads(said)["numbers"]["moved"] == 1.5
    code, said, _ = called(*asked, tmp_path / "third.png", "--frames", "3")
    assert 0 < json.loads(said)["numbers"]["moved"] < 0.5
    code, said, _ = called(*asked, tmp_path / "said.png", "--breathing")
    assert abs(json.loads(said)["numbers"]["moved"]) < 0.5
