"""A picture that is saved comes back as its eight bits, with the text that was put inside."""

import tracemalloc
import zlib

import pytest
import torch

from core import pictures
from core.pictures import PictureError, read
from tests.pictures.files import chunk, corners, noise, raw_png, saved


def test_a_saved_picture_comes_back_as_its_eight_bits():
    x = noise() * 1.4 - 0.2  # beyond black and white too
    assert torch.equal(read(pictures.png(x)), pictures.eight_bit(x))


def test_eight_bits_stay_as_they_are():
    every = torch.arange(256).float().div(255).expand(3, 1, 256)
    assert torch.equal(pictures.eight_bit(every), every)
    once = pictures.eight_bit(noise())
    assert torch.equal(pictures.eight_bit(once), once)


def test_what_is_beyond_black_and_white_is_black_and_white():
    beyond = torch.tensor([-9.0, -0.2, 1.2, 9.0]).expand(3, 1, 4)
    assert pictures.to_uint8(beyond)[0, 0].tolist() == [0, 0, 255, 255]


def test_eight_bits_are_the_nearest_levels_of_a_batch_too():
    x = torch.stack([noise(seed=s) for s in range(3)])
    assert (pictures.eight_bit(x) - x).abs().max() <= 0.5 / 255 + 1e-6


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_picture_that_is_not_finite_is_not_saved(value):
    x = noise()
    x[1, 2, 3] = value
    with pytest.raises(PictureError, match=r"not finite.*Go back to an earlier step"):
        pictures.png(x)


@pytest.mark.parametrize("text", ["", "plain", "Größe → ☃ 猫 🐈", "a\0b\nc", "x" * 3 * 10**6])
def test_text_travels_with_a_picture(text):
    data = pictures.png(noise(), text)
    assert pictures.text_in(data) == text
    assert torch.equal(read(data), pictures.eight_bit(noise()))


def with_text(body, name=b"iTXt"):
    return raw_png(1, 1, b"\0\0\0\0", extra=chunk(name, body))


def test_text_is_found_in_a_compressed_chunk():
    body = b"ascent\0\1\0en\0\0" + zlib.compress("☃".encode())
    assert pictures.text_in(with_text(body)) == "☃"


@pytest.mark.parametrize(
    "data",
    [
        pictures.png(noise()),
        with_text(b"other\0\0\0\0\0text"),
        with_text(b"ascent\0text", b"tEXt"),
        saved(corners(), "JPEG"),
        b"",
        b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffiTXtascent",
    ],
)
def test_a_picture_without_our_text_has_none(data):
    assert pictures.text_in(data) is None


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (with_text(b"ascent\0\1\0\0\0" + zlib.compress(bytes(10**8))), r"more than the 4 MB"),
        (with_text(b"ascent\0\0\0\0\0" + bytes(5 * 10**6)), r"more than the 4 MB"),
        (with_text(b"ascent\0\1\0\0\0nonsense"), r"is damaged\. Save it anew\.$"),
        (with_text(b"ascent\0\0\0\0\0\xff\xfe"), r"is damaged\. Save it anew\.$"),
        (with_text(b"ascent\0"), r"is damaged\. Save it anew\.$"),
        (pictures.png(noise(), "plain").replace(b"plain", b"plane"), r"is damaged\. Save it anew"),
    ],
    ids=["a text bomb", "too long", "not zlib", "not UTF-8", "no flags", "changed"],
)
def test_text_that_cannot_be_trusted_is_refused(data, sentence):
    with pytest.raises(PictureError, match=sentence):
        pictures.text_in(data)


def test_a_text_bomb_is_not_unpacked():
    data = with_text(b"ascent\0\1\0\0\0" + zlib.compress(bytes(10**8)))
    tracemalloc.start()
    with pytest.raises(PictureError):
        pictures.text_in(data)
    assert tracemalloc.get_traced_memory()[1] < 20e6
    tracemalloc.stop()


def test_more_text_than_can_be_read_again_is_not_written():
    with pytest.raises(PictureError, match="more than the 4 MB"):
        pictures.png(noise(), "é" * 2_000_001)


def test_a_jpeg_shows_the_picture_in_all_its_colours():
    y, x = torch.meshgrid(torch.linspace(0, 1, 64), torch.linspace(0, 1, 96), indexing="ij")
    smooth = torch.stack([x, y, 1 - x])
    again = read(pictures.jpeg(pictures.to_uint8(smooth)))
    assert (again - smooth).abs().max() < 8 / 255
    coarse = pictures.jpeg(pictures.to_uint8(smooth), quality=20)
    assert len(coarse) < len(pictures.jpeg(pictures.to_uint8(smooth)))


def test_a_jpeg_keeps_coloured_edges():
    stripes = torch.stack([torch.arange(64) % 2, torch.zeros(64), (torch.arange(64) + 1) % 2])
    x = stripes[:, None].expand(3, 64, 64).float()
    assert (read(pictures.jpeg(pictures.to_uint8(x))) - x).abs().mean() < 0.1
