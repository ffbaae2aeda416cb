"""A frame on its way is made no larger, and no more often, than somebody can see."""

import io
import json

import torch
from PIL import Image

from apps.stage.sight.frame import JPEG, MARKS, MOVING, PNG, Shown, bytes_of
from core import pictures
from core.probe import Frame, Marks


def frame(x, step=0):
    return Frame(step, {"picture": x}, {}, dict)


def test_a_large_picture_is_sent_small_while_it_moves_and_whole_at_rest():
    x = torch.rand(3, 40, 2 * MOVING + 10)
    shown = Shown(frame(x))
    moving = Image.open(io.BytesIO(shown.jpegs["picture"]))
    assert moving.width <= MOVING
    assert torch.equal(pictures.read(shown.pngs["picture"]), pictures.eight_bit(x))
    assert shown.size == {"picture": [x.shape[2], 40]}


def test_a_picture_that_stays_is_neither_copied_nor_encoded_again():
    x = torch.rand(1, 3, 16, 16)
    first = Shown(frame(x[0]))
    first.encode()
    again = Shown(frame(x[0], 1), first)
    assert again.jpegs["picture"] is first.jpegs["picture"]
    other = Shown(frame(x[0].clone() / 2, 2), again)
    assert other.jpegs["picture"] != first.jpegs["picture"]


def test_reducing_averages_whole_blocks():
    x = torch.arange(3 * 4 * 8, dtype=torch.uint8).view(3, 4, 8)
    small = pictures.reduced(x, 4)
    assert small.shape == (3, 2, 4)
    blocks = x.float().view(3, 2, 2, 4, 2).mean((2, 4))
    assert (small.float() - blocks).abs().max() <= 0.5
    assert pictures.reduced(x, 8) is x


def test_marks_are_their_json_and_their_numbers_row_by_row():
    grid = torch.arange(12.0).view(4, 3).T  # not in one piece
    for over in ("", "x", "xy", "é"):
        sent = bytes_of(Marks("grid", grid, over=over, low=-1, high=12))
        n = int.from_bytes(sent[:4], "little")
        assert n % 4 == 0
        assert json.loads(sent[4 : 4 + n]) == {
            "form": "grid", "shape": [3, 4], "classes": False, "names": [], "over": over,
            "low": -1, "high": 12, "axes": [],
        }  # fmt: skip
        values = torch.frombuffer(bytearray(sent[4 + n :]), dtype=torch.float32)
        assert values.view(3, 4).equal(grid)


def test_marks_are_without_loss_while_pictures_move_and_at_rest():
    bars = Marks("bars", torch.tensor([0.5, 1.0], dtype=torch.bfloat16))
    shown = Shown(Frame(0, {"b": bars, "words": "Two.", "picture": torch.rand(3, 8, 8)}, {}, dict))
    moving, resting = shown.encoded(JPEG), shown.encoded(PNG)
    assert [(name, how) for name, (how, _) in moving.items()] == [("b", MARKS), ("picture", JPEG)]
    assert [(name, how) for name, (how, _) in resting.items()] == [("b", MARKS), ("picture", PNG)]
    assert moving["b"] == resting["b"]
    assert shown.size == {"picture": [8, 8]}
