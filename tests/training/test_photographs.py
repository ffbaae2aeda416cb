"""Photographs are read as they lie, and what is held out stays out."""

import numpy as np
import pytest
import torch
from PIL import Image

from core import pictures
from core.training.photographs import PhotographsError, read


@pytest.fixture
def plain(tmp_path):
    """Folders named by a class and by a wnid, twenty pictures each, and one that is no class."""
    for number, name in enumerate(("lion", "n01443537", "no such thing")):
        (tmp_path / name).mkdir()
        for k in range(20):
            pixels = np.full((9, 12, 3), 10 * k + number, np.uint8)
            Image.fromarray(pixels).save(tmp_path / name / f"{k:02}.png")
    return tmp_path


def test_the_tiles_of_a_sheet_come_in_their_order(folder):
    trained, _ = read(folder, ())
    sheet = pictures.to_uint8(pictures.read(folder / "tiny64/train/1.jpg"))
    assert trained["tiny64"].pixels[7].equal(sheet[:, 32:64, 64:96])  # second row, third column


def test_labels_are_the_classes_of_the_sheets(folder):
    trained, held_out = read(folder, ())
    assert trained["tiny64"].labels.tolist() == [1] * 20 + [291] * 20
    assert trained["caltech128"].labels.tolist() == [-1] * 7
    assert held_out["tiny64"].labels.tolist() == [1, 291] * 3


def test_every_fifth_of_one_a_class_is_held_out(folder):
    trained, held_out = read(folder, ())
    assert held_out["one128"].labels.tolist() == [0, 5]
    assert trained["one128"].labels.tolist() == [1, 2, 3, 4, 6, 7, 8, 9]


def test_plain_folders_go_by_name_or_by_wnid(plain, lite0):
    trained, held_out = read(plain, lite0.labels)
    assert sorted(trained["pictures"].labels.unique().tolist()) == [1, 291]
    assert len(trained["pictures"]) == 36
    assert len(held_out["pictures"]) == 4
    assert trained["pictures"].pixels.shape[1:] == (3, 128, 128)


def test_no_picture_is_both_trained_on_and_held_out(plain, lite0):
    trained, held_out = (sets["pictures"] for sets in read(plain, lite0.labels))
    seen = set(map(tuple, trained.pixels[:, :, 0, 0].tolist()))
    assert seen.isdisjoint(map(tuple, held_out.pixels[:, :, 0, 0].tolist()))


def test_a_split_that_is_there_is_kept(plain, lite0):
    for split in ("train", "val"):
        (plain / split).mkdir()
    (plain / "lion").rename(plain / "train" / "lion")
    (plain / "n01443537").rename(plain / "val" / "n01443537")
    trained, held_out = read(plain, lite0.labels)
    assert trained["pictures"].labels.equal(torch.full((20,), 291))
    assert held_out["pictures"].labels.equal(torch.full((20,), 1))


def test_a_folder_without_classes_says_what_one_looks_like(tmp_path, lite0):
    with pytest.raises(PhotographsError, match=r"no labelled pictures in .* folder of pictures"):
        read(tmp_path, lite0.labels)
