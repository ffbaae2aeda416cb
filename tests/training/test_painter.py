"""The recipe of the painters that ship, and the verb that uses one."""

import json

import pytest

from core import __main__ as command
from core import pictures
from core.networks import painter as network
from core.priors import octaves
from core.training import painter


def said(capsys, *arguments):
    code = command.main(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err


def test_a_training_ends_in_a_file_that_paints_and_a_card(tmp_path, capsys):
    file, out = tmp_path / "mine.safetensors", tmp_path / "cat.png"
    asked = ("--style", "glass", "--steps", "1", "-o", str(file), "--quiet")
    assert said(capsys, "train", "painter", *asked)[0] == 0
    card = json.loads(file.with_suffix(".json").read_text())
    assert card["recipe"]["style"] == "glass"
    assert card["reached"]["steps"] == 1
    assert len(card["reached"]["left of the distance to the style"]) == 4
    assert said(capsys, "paint", str(file), "cat", "-o", str(out), "--size", "64")[0] == 0
    p = network.read(file)
    cat = octaves.sized(pictures.load("cat"), 64)
    assert (pictures.read(out) - network.painted(p, cat)[0]).abs().max() < 0.51 / 255


def test_the_same_seed_trains_the_same_painter():
    recipe = painter.Recipe(crop=48, steps=2)
    (one, p), (other, q) = (list(painter.train(recipe))[-1] for _ in range(2))
    assert one == other
    assert (p == q).all()


def test_a_step_moves_no_parameter_by_more_than_the_rate():
    p = next(painter.train(painter.Recipe(crop=48, steps=1, seed=1)))[1]
    moved = (p - network.initial_parameters(1)).abs()
    assert moved.max() <= 0.003 * 1.01
    assert moved.max() > 0


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("train", "painter", "--steps", "0", "-o", "x.safetensors"), "steps = 0 is out of range"),
        (("train", "painter", "--style", "rococo", "-o", "x.safetensors"), "no picture 'rococo'"),
        (("paint", "none.safetensors", "cat", "-o", "x.png"), "no painter in none.safetensors"),
        (("paint", "none.safetensors", "cat", "-o", "x.gif"), "x.gif is no .png"),
        (("paint", "x", "cat", "-o", "x.png", "--size", "9"), "size = 9 is out of range"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(arguments, why, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, _, err = said(capsys, *arguments)
    assert code == command.ASKED_WRONG
    assert why in err
