"""Every picture a visitor may drop is read as what it shows, or refused in a sentence."""

import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from core import pictures
from core.pictures import PictureError, read
from tests.pictures.files import BLUE, GREEN, RED, WHITE, corners, noise, raw_png, saved


def at(x, down, right):
    """The 8-bit colour of the pixel in the middle of a quarter: 0 or 1 down, 0 or 1 right."""
    y, z = ((2 * i + 1) * n // 4 for i, n in ((down, x.shape[1]), (right, x.shape[2])))
    return tuple(int(v) for v in (x[:, y, z] * 255).round())


def quarters(x):
    return [at(x, down, right) for down in (0, 1) for right in (0, 1)]


def near(found, wanted, levels=3):
    return np.abs(np.subtract(found, wanted)).max() <= levels


def swapped_profile():
    """An RGB profile whose red and green have changed places: reading it must show."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for i in range(int.from_bytes(profile[128:132])):
        at = 132 + 12 * i
        tag = bytes(profile[at : at + 4])
        profile[at : at + 4] = {b"rXYZ": b"gXYZ", b"gXYZ": b"rXYZ"}.get(tag, tag)
    return bytes(profile)


def linear_grey_profile():
    """A grey profile without gamma: half the light, 128, is 188 in sRGB."""
    white = b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)  # D50
    curve = b"curv\0\0\0\0" + struct.pack(">I", 0)  # no entries: the identity
    tags = struct.pack(">I4sII4sII", 2, b"wtpt", 156, 20, b"kTRC", 176, 12) + white + curve
    head = struct.pack(
        ">I4xI4s4s4s12x4s", 128 + len(tags), 0x02100000, b"mntr", b"GRAY", b"XYZ ", b"acsp"
    )
    light = struct.pack(">3i", 63190, 65536, 54061)
    return head + bytes(68 - len(head)) + light + bytes(48) + tags


def palette_with_alpha():
    picture = Image.new("P", (16, 24))
    picture.putpalette([*RED, *GREEN, *BLUE, *WHITE])
    picture.paste(1, (8, 0, 16, 12))
    picture.paste(2, (0, 12, 8, 24))
    return saved(picture, "PNG", transparency=bytes([255, 0, 255, 255]))  # green is not seen


def rgba():
    picture = corners("RGBA")
    picture.putalpha(Image.new("L", picture.size, 51))  # a fifth
    return picture


FOUR = [RED, GREEN, BLUE, WHITE]
FILES = {
    "PNG": (saved(corners(), "PNG"), FOUR),
    "JPEG": (saved(corners(), "JPEG", quality=95, subsampling=0), FOUR),
    "lossless WebP": (saved(corners(), "WEBP", lossless=True), FOUR),
    "BMP": (saved(corners(), "BMP"), FOUR),
    "GIF": (saved(corners(), "GIF"), FOUR),
    "interlaced palette": (saved(corners("P"), "PNG"), FOUR),
    "palette with alpha": (palette_with_alpha(), [RED, WHITE, BLUE, RED]),
    "alpha": (saved(rgba(), "PNG"), [(255, 204, 204), (204, 255, 204), (204, 204, 255), WHITE]),
    "alpha in WebP": (
        saved(rgba(), "WEBP", lossless=True, exact=True),
        [(255, 204, 204), (204, 255, 204), (204, 204, 255), WHITE],
    ),
    "grey": (saved(corners("L"), "PNG"), [(76,) * 3, (150,) * 3, (29,) * 3, WHITE]),
    "grey with alpha": (
        saved(Image.merge("LA", [Image.new("L", (4, 4), v) for v in (0, 51)]), "PNG"),
        [(204,) * 3] * 4,
    ),
    "grey with a clear level": (
        saved(Image.new("L", (4, 4), 10), "PNG", transparency=10),
        [WHITE] * 4,
    ),
    "RGB with a clear colour": (
        saved(corners(), "PNG", transparency=BLUE),
        [RED, GREEN, WHITE, WHITE],
    ),
    "two levels": (saved(Image.new("1", (4, 4), 1), "PNG"), [WHITE] * 4),
    "CMYK": (saved(corners("CMYK"), "JPEG", quality=95), FOUR),
    "16-bit grey": (
        saved(Image.fromarray(np.full((4, 4), 128 * 257, np.uint16)), "PNG"),
        [(128,) * 3] * 4,
    ),
    "16-bit RGB": (
        raw_png(2, 2, (b"\0" + struct.pack(">3H", 65535, 257 * 100, 0) * 2) * 2, bits=16),
        [(255, 100, 0)] * 4,
    ),
    "16-bit RGBA": (
        raw_png(2, 2, (b"\0" + struct.pack(">4H", 0, 0, 0, 0) * 2) * 2, bits=16, colour=6),
        [WHITE] * 4,
    ),
    "animated GIF": (
        saved(corners(), "GIF", save_all=True, append_images=[Image.new("RGB", (16, 24))]),
        FOUR,
    ),
    "animated WebP": (
        saved(
            corners(),
            "WEBP",
            save_all=True,
            append_images=[Image.new("RGB", (16, 24))],
            lossless=True,
        ),
        FOUR,
    ),
    "animated PNG": (
        saved(corners(), "PNG", save_all=True, append_images=[Image.new("RGB", (16, 24))]),
        FOUR,
    ),
    "ICC profile": (
        saved(corners(), "PNG", icc_profile=swapped_profile()),
        [GREEN, RED, BLUE, WHITE],
    ),
    "ICC profile of a grey": (
        saved(Image.new("L", (4, 4), 128), "PNG", icc_profile=linear_grey_profile()),
        [(188,) * 3] * 4,
    ),
    "ICC profile of a grey with alpha": (
        saved(Image.new("LA", (4, 4), (128, 255)), "PNG", icc_profile=linear_grey_profile()),
        [(188,) * 3] * 4,
    ),
    "ICC profile and alpha": (
        saved(rgba(), "PNG", icc_profile=swapped_profile()),
        [(204, 255, 204), (255, 204, 204), (204, 204, 255), WHITE],
    ),
    "ICC profile in JPEG": (
        saved(corners(), "JPEG", quality=95, subsampling=0, icc_profile=swapped_profile()),
        [GREEN, RED, BLUE, WHITE],
    ),
    "broken ICC profile": (saved(corners(), "PNG", icc_profile=b"\0" * 200), FOUR),
    "ICC profile cut short": (
        saved(corners(), "PNG", icc_profile=swapped_profile()[:140]),
        FOUR,
    ),
    "ICC profile of another space": (
        saved(corners("L"), "PNG", icc_profile=swapped_profile()),
        [(76,) * 3, (150,) * 3, (29,) * 3, WHITE],
    ),
    "broken EXIF": (saved(corners(), "PNG", exif=b"Exif\0\0nonsense, and more of it"), FOUR),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_read_as_what_it_shows(name):
    data, wanted = FILES[name]
    x = read(data)
    assert x.dtype == torch.float32
    assert x.min() >= 0
    assert x.max() <= 1
    assert near(quarters(x), wanted)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_picture_stands_upright_whichever_way_the_camera_was_held(orientation, form):
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }.get(orientation)
    lying = corners() if undo is None else corners().transpose(undo)
    exif = Image.Exif()
    exif[0x0112] = orientation
    x = read(saved(lying, form, exif=exif, quality=95))
    assert x.shape == (3, 24, 16)
    assert near(quarters(x), FOUR, levels=40)  # colour is coarse in a small WebP


def test_an_orientation_that_does_not_exist_is_ignored():
    exif = Image.Exif()
    exif[0x0112] = 77
    assert quarters(read(saved(corners(), "PNG", exif=exif))) == FOUR


def test_sixteen_bit_grey_is_scaled_and_not_clipped():
    levels = np.arange(0, 65536, 16, dtype=np.uint16).reshape(64, 64)
    x = read(saved(Image.fromarray(levels), "PNG"))
    wanted = torch.from_numpy(levels.astype(np.float32)) / 65535
    assert (x - wanted).abs().max() <= 0.5 / 255 + 1e-6


def test_alpha_lies_over_the_colour_that_was_chosen():
    clear = saved(Image.new("RGBA", (3, 3), (9, 9, 9, 0)), "PNG")
    assert near(quarters(read(clear, over=(0, 0.2, 1))), [(0, 51, 255)] * 4, levels=0)


def test_two_levels_are_black_and_white():
    x = read(saved(corners("1"), "PNG"))
    assert set(x.unique().tolist()) == {0.0, 1.0}


@pytest.mark.parametrize(("height", "width"), [(1, 1), (31, 4000), (4000, 31), (1, 5000)])
def test_any_shape_is_read(height, width):
    x = noise(height, width)
    assert torch.equal(read(pictures.png(x)), pictures.eight_bit(x))


def test_content_decides_what_a_file_is_and_not_its_name(tmp_path):
    path = tmp_path / "picture.jpg"
    path.write_bytes(saved(corners(), "PNG"))
    assert quarters(read(path)) == FOUR


def test_a_bounded_side_keeps_the_shape_and_makes_nothing_larger():
    assert read(saved(corners(), "PNG"), side=12).shape == (3, 12, 8)
    assert read(saved(corners(), "PNG"), side=100).shape == (3, 24, 16)


def cut(data, share=0.6):
    return data[: int(len(data) * share)]


NOISY = Image.fromarray((noise(64, 64).permute(1, 2, 0) * 255).byte().numpy())
LIMIT = r"the lab takes up to 40 megapixels\. Make it smaller and drop it again\.$"
DAMAGED = r"that is damaged or cut short\. Save or download it anew and drop it again\.$"
REMEDY = (
    r"; the lab reads PNG, JPEG, WebP, GIF and BMP\. Save it as one of these and drop it again\.$"
)
BIG_GIF = b"GIF89a" + struct.pack("<HH", 65535, 65535) + saved(corners(), "GIF")[10:]
VP8X = b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0" + b"\xff\x3f\0" * 2
REFUSED = {
    "bomb": (raw_png(50000, 50000, b"\0" * 99), "^This picture is 50000 x 50000 px; " + LIMIT),
    "a little too large": (raw_png(8000, 5001, b"\0"), "^This picture is 8000 x 5001 px; " + LIMIT),
    "GIF bomb": (BIG_GIF, "^This picture is 65535 x 65535 px; " + LIMIT),
    "WebP bomb": (VP8X, "^This picture is 16384 x 16384 px; " + LIMIT),
    "21 MB": (
        b"\xff\xd8\xff" + bytes(21 * 10**6),
        r"^This file is larger than the 20 MB .* JPEG\.$",
    ),
    "empty": (b"", r"^This file is empty\. Choose another and drop it again\.$"),
    **{
        f"{form} cut short": (cut(saved(NOISY, form)), f"^This is a {name} {DAMAGED}")
        for form, name in zip(("PNG", "JPEG", "WEBP", "GIF", "BMP"), pictures.FORMATS, strict=True)
    },
    "a header and no more": (b"\x89PNG\r\n\x1a\n", f"^This is a PNG {DAMAGED}"),
    "a palette and no colours": (
        raw_png(1, 1, b"\0\0", colour=3),
        f"^This is a PNG {DAMAGED}",
    ),
    "no pixels": (raw_png(0, 0, b""), f"^This is a PNG {DAMAGED}"),
    "HEIC": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", f"^This is a HEIC picture{REMEDY}"),
    "AVIF": (b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", f"^This is an AVIF picture{REMEDY}"),
    "film": (b"\0\0\0\x18ftypmp42\0\0\0\0", f"^This is a film{REMEDY}"),
    "TIFF": (saved(corners(), "TIFF"), f"^This is a TIFF picture{REMEDY}"),
    "icon": (saved(corners(), "ICO"), f"^This is an icon{REMEDY}"),
    "JPEG 2000": (saved(corners(), "JPEG2000"), f"^This is a JPEG 2000 picture{REMEDY}"),
    "PDF": (saved(corners(), "PDF"), f"^This is a PDF document{REMEDY}"),
    "SVG": (b'<?xml version="1.0"?>\n<svg xmlns="x"></svg>', f"^This is an SVG drawing{REMEDY}"),
    "web page": (b"\n<!DOCTYPE html><html></html>", f"^This is a web page{REMEDY}"),
    "text": ("BMW fährt. ".encode() * 999, f"^This is a text{REMEDY}"),
    "EPS": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", f"^This is a text{REMEDY}"),
    "other bytes": (
        bytes(range(256)),
        f"^This is a file of a kind that the lab does not know{REMEDY}",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_with_the_remedy(name):
    data, sentence = REFUSED[name]
    with pytest.raises(PictureError, match=sentence):
        read(data)


@pytest.mark.filterwarnings("ignore")  # Pillow's own, about damage that it lives with
def test_no_damage_gets_past_the_sentence():
    dice = np.random.default_rng(0)
    sound = [data for data, _ in FILES.values()]
    for _ in range(1000):
        data = bytearray(sound[dice.integers(len(sound))])
        for place in dice.integers(len(data), size=dice.integers(1, 9)):
            data[place] = dice.integers(256)
        try:
            x = read(bytes(data[: dice.integers(len(data) // 2, len(data) + 1)]))
        except PictureError:
            continue
        assert x.isfinite().all()


def test_a_missing_file_is_named():
    with pytest.raises(PictureError, match=r"nowhere\.png cannot be read: no such file"):
        read(Path("nowhere.png"))


def test_threads_read_what_each_alone_reads():
    files = [data for data, _ in FILES.values()] * 4
    alone = [read(data) for data in files]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(read, files))
    assert all(torch.equal(a, b) for a, b in zip(alone, together, strict=True))
