"""A folder of small pictures in the form that natural-small has."""

import json

import numpy as np
import pytest
from PIL import Image

from core import models

CLASSES = (1, 291)  # goldfish and lion
TILE, COLUMNS, COUNT = 32, 5, 20


def _sheet(path, seed, count=COUNT):
    """Tiles of one colour with noise, as a contact sheet."""
    random = np.random.default_rng(seed)
    rows = -(-count // COLUMNS)
    tiles = random.uniform(0, 255, (rows * COLUMNS, 1, 1, 3)) + random.normal(
        0, 20, (rows * COLUMNS, TILE, TILE, 3)
    )
    sheet = tiles.reshape(rows, COLUMNS, TILE, TILE, 3).swapaxes(1, 2)
    pixels = sheet.reshape(rows * TILE, COLUMNS * TILE, 3).clip(0, 255).astype(np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, quality=95)


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Two classes in many pictures, ten classes in one each, and pictures of none."""
    root = tmp_path_factory.mktemp("pictures")
    about = {"tile": TILE, "columns": COLUMNS}
    rows = [
        {"file": f"tiny64/train/{k}.jpg", "count": COUNT, "imagenet_index": k, "set": "tiny64"}
        for k in CLASSES
    ]
    rows += [
        {
            "file": "tiny64/val.jpg", "count": 6, "set": "tiny64", "split": "val",
            "labels": [*CLASSES] * 3,
        },
        {"file": "one128/0.jpg", "count": 10, "set": "one128", "labels": list(range(10))},
        {"file": "caltech128/anchor.jpg", "count": 7, "set": "caltech128"},
    ]  # fmt: skip
    rows = [{"split": "train", **about, **row} for row in rows]
    for seed, row in enumerate(rows):
        _sheet(root / row["file"], seed, row["count"])
    (root / "index.json").write_text(json.dumps(rows))
    return root


@pytest.fixture(scope="session")
def lite0():
    return models.load("lite0")
