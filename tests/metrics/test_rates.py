"""What a JPEG costs: the bytes of its scan, found by a second reader of the file."""

import io
import itertools

import numpy as np
import pytest
import torch
from PIL import Image

from core import pictures
from core.metrics import rates


@pytest.fixture(scope="module")
def x():
    return torch.nn.functional.interpolate(pictures.load("cat")[None], (64, 64))[0].clamp(0, 1)


def test_the_tables_are_what_two_files_of_one_quality_begin_with_alike(x):
    # files of one size and quality differ in their scans alone
    one, other = (pictures.jpeg(pictures.to_uint8(p), 30, subsampling=2) for p in (x, 1 - x))
    tables = len(one) - 2 - rates.scan_bytes(one)
    assert tables == len(other) - 2 - rates.scan_bytes(other)
    assert one[:tables] == other[:tables]
    assert 500 < tables < 800


def test_more_bytes_leave_more_of_the_picture(x):
    found = rates.jpegs(x)
    assert all(a.bytes < b.bytes for a, b in itertools.pairwise(found))
    assert all(a.error > b.error for a, b in zip(found[::4], found[4::4], strict=False))
    file = pictures.jpeg(pictures.to_uint8(x), rates.QUALITIES[0], subsampling=2)
    there = np.array(Image.open(io.BytesIO(file)).convert("RGB")) / 255
    assert np.allclose(found[0].x.permute(1, 2, 0).numpy(), there, atol=1e-6)
    assert found[0].error == pytest.approx(
        ((there - x.permute(1, 2, 0).numpy()) ** 2).mean(), rel=1e-4
    )


def test_the_largest_that_can_be_paid_is_taken_or_the_smallest_there_is(x):
    found = rates.jpegs(x)
    assert rates.at_most(found, found[5].bytes) == found[5]
    assert rates.at_most(found, found[5].bytes - 1) == found[4]
    assert rates.at_most(found, 3) == found[0]
    assert rates.at_most(found, 10**6) == found[-1]
