"""The shipped gallery comes from its command, and any saved run can be turned into such a picture."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from core import pictures, probes
from core.gallery import checking, keeping, making
from tests.gallery.test_checking import anew, of


@pytest.fixture
def told(called: Any) -> Any:
    """Run a command in this process: its exit code, its JSON lines and what went to stderr."""

    def call(*arguments: object) -> tuple[int, list[dict[str, Any]], str]:
        code, out, err = called(*arguments)
        return code, [json.loads(line) for line in out.splitlines()], err

    return call


def test_the_command_makes_the_shipped_ones_again_and_finds_them_true(told, tmp_path: Path):
    for start in ("linear", "lite0-fgsm"):
        code, lines, _ = told("gallery", "make", tmp_path, "--only", start)
        assert (code, len(lines)) == (0, 1)
        made = Path(lines[0]["file"])
        there = keeping.SHIPPED / made.name
        assert lines[0]["name"] == checking.check(there.read_bytes()).name
        assert (pictures.read(made) - pictures.read(there)).abs().mean() < 0.5 / 255
    code, lines, _ = told("gallery", "check", tmp_path)
    assert (code, [line["verdict"] for line in lines]) == (0, ["kept", "kept"])


def test_every_shipped_picture_comes_from_one_of_the_attempts():
    tried = tuple(f"{i:02}-{one.name}" for i, one in enumerate(making.ATTEMPTS))
    assert all(name.startswith(tried) for name in keeping.shipped())
    assert sum(any(n.startswith(one) for n in keeping.shipped()) for one in tried) >= 13
    for attempt in making.ATTEMPTS:
        probes.load(attempt.probe).Settings(**attempt.settings)


def test_another_seed_draws_other_photographs_and_classes():
    attempt = making.ATTEMPTS[0]
    one, same, other = (
        making.sampled(attempt, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1)
    )
    assert one == same
    assert {"picture", "target"} <= one.keys()
    assert one["target"] != other["target"]


def test_a_saved_wall_gives_the_elite_that_is_asked_for(told, tmp_path: Path):
    wall, elite = tmp_path / "wall.png", tmp_path / "elite.png"
    told("evolve", "--frames", 9, "--batch", 64, "--no-control", "--quiet", "-o", wall)
    code, _, said = told("gallery", "check", wall)
    assert code == 1
    code, lines, _ = told("gallery", "keep", wall, "--label", 4, "-o", elite)
    assert (code, lines[0]["name"], lines[0]["side"]) == (0, "4", 28)
    assert told("gallery", "check", elite)[0] == 0
    for more, sentence in [
        ((wall, "--label", 10, "-o", elite), "choose 0 to 9"),
        ((wall, "--label", 4, "-o", tmp_path / "a.jpg"), "is no .png"),
        (("?r=nonsense", "-o", elite), "This link is damaged"),
    ]:
        code, _, said = told("gallery", "keep", *more)
        assert code == 2
        assert sentence in said


def test_a_file_that_says_what_is_false_makes_the_command_fail(told, tmp_path: Path):
    (tmp_path / "a.png").write_bytes(anew(of("linear"), label=5))
    (tmp_path / "b.png").write_bytes(of("linear"))
    code, lines, _ = told("gallery", "check", tmp_path)
    assert (code, [line["verdict"] for line in lines]) == (1, ["no longer", "kept"])
    assert told("gallery", "check", tmp_path / "b.png")[0] == 0
    (tmp_path / "empty").mkdir()
    code, _, said = told("gallery", "check", tmp_path / "empty")
    assert (code, "There are no PNGs in" in said) == (2, True)
