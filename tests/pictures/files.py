"""Picture files made by hand, small enough to know every pixel of."""

import io
import struct
import zlib

import torch
from PIL import Image

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def saved(picture, form, **options):
    file = io.BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def noise(height=9, width=14, seed=0):
    return torch.rand(3, height, width, generator=torch.Generator().manual_seed(seed))


def corners(mode="RGB"):
    """Red, green over blue, white, 16 x 24 px: every turn and mirror shows."""
    picture = Image.new("RGB", (16, 24), RED)
    picture.paste(GREEN, (8, 0, 16, 12))
    picture.paste(BLUE, (0, 12, 8, 24))
    picture.paste(WHITE, (8, 12, 16, 24))
    return picture.convert(mode)


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def raw_png(width, height, rows, *, bits=8, colour=2, extra=b""):
    """A PNG by hand: what Pillow does not write."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + head + extra + body
