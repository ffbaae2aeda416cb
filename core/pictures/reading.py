"""Pictures out of files: content, not its name, decides what a file is.

What is too large is refused before it is decoded.
"""

import codecs
import contextlib
import io
import re
import struct
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image, ImageCms
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile
from torch import Tensor

Rgb = Float[Tensor, "3 h w"]
Colour = tuple[float, float, float]

MEGABYTES, MEGAPIXELS = 20, 40
WHITE = (1.0, 1.0, 1.0)
FORMATS = ("PNG", "JPEG", "WebP", "GIF", "BMP")
READS = f"{', '.join(FORMATS[:-1])} and {FORMATS[-1]}"
REMEDY = f"the lab reads {READS}. Save it as one of these and drop it again."


class PictureError(ValueError):
    """A picture that cannot be read or written; the message names the remedy."""


def read(data: bytes | Path, *, over: Colour = WHITE, side: int | None = None) -> Rgb:
    """The picture in a file, upright, in sRGB, transparent parts over the colour `over`.

    `side` bounds the longer side before the pixels become floats. Raises PictureError.
    """
    if isinstance(data, Path):
        data = _bytes(data)
    pixels = torch.from_numpy(np.array(_decoded(data, over, side)))
    return pixels.permute(2, 0, 1).contiguous().float().div_(255)


def _decoded(data: bytes, over: Colour, side: int | None) -> Image.Image:
    opened = _opened(data)
    try:
        opened.load()
        picture = _upright(_flat(opened, over), opened)
    except _DAMAGED:
        raise PictureError(_damaged(format_of(data))) from None
    if side is not None:
        picture.thumbnail((side, side), Image.Resampling.BILINEAR)  # antialiased, as `fit` is
    return picture


# what Pillow's decoders raise for files that are not what they claim
_DAMAGED = (
    OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, OverflowError,
    MemoryError, AssertionError, struct.error, Image.DecompressionBombError,
)  # fmt: skip


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MEGABYTES * 10**6 + 1)
    except OSError as error:
        why = (error.strerror or "it cannot be opened").lower()
        raise PictureError(f"{path} cannot be read: {why}. Choose another file.") from None


def _opened(data: bytes) -> Image.Image:
    """The file's header read and its size allowed; no pixel is decoded yet."""
    if not data:
        raise PictureError("This file is empty. Choose another and drop it again.")
    if len(data) > MEGABYTES * 10**6:
        size = f"This file is larger than the {MEGABYTES} MB that the lab takes"
        raise PictureError(f"{size}. Make the picture smaller, or save it as JPEG.")
    known = format_of(data)
    if known not in _READERS:
        raise PictureError(f"This is {known}; {REMEDY}")
    _allow(_claimed(data, known))
    try:
        # the reader itself: Image.open would look through every format and only warn of a bomb
        opened = _READERS[known](io.BytesIO(data))
    except _DAMAGED:
        raise PictureError(_damaged(known)) from None
    _allow(opened.size)
    return opened


_READERS = {
    "a PNG": PngImageFile,
    "a JPEG": JpegImageFile,
    "a WebP": WebPImageFile,
    "a GIF": GifImageFile,
    "a BMP": BmpImageFile,
}


def _claimed(data: bytes, known: str) -> tuple[int, int]:
    """The size in the header, of formats that take memory for it when they are opened."""
    if known == "a GIF" and len(data) >= 10:
        return struct.unpack("<HH", data[6:10])
    if known == "a WebP" and data[12:16] == b"VP8X" and len(data) >= 30:
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    return 1, 1


def _allow(size: tuple[int, int]) -> None:
    width, height = size
    if width * height > MEGAPIXELS * 10**6:
        limit = f"the lab takes up to {MEGAPIXELS} megapixels"
        raise PictureError(
            f"This picture is {width} x {height} px; {limit}. Make it smaller and drop it again."
        )


def _damaged(known: str) -> str:
    return (
        f"This is {known} that is damaged or cut short. Save or download it anew and drop it again."
    )


def _flat(opened: Image.Image, over: Colour) -> Image.Image:
    """RGB, 8 bits a channel, in sRGB, with nothing transparent."""
    picture = _eight_bits(opened)
    if picture.has_transparency_data:
        rgba = picture if picture.mode == "RGBA" else picture.convert("RGBA")
        alpha = rgba.getchannel("A")
        colours = picture.getchannel("L") if picture.mode in ("L", "LA") else rgba.convert("RGB")
        flat = Image.new("RGB", picture.size, tuple(round(255 * c) for c in over))
        flat.paste(_in_srgb(colours, opened), mask=alpha)
        return flat
    return _in_srgb(picture, opened)


def _eight_bits(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):  # 16-bit grey, which Pillow's own conversion would clip
        values = np.asarray(picture).astype(np.float32) / 257
        return Image.fromarray(values.round().clip(0, 255).astype(np.uint8))
    return picture.convert("L") if picture.mode == "1" else picture


def _in_srgb(picture: Image.Image, opened: Image.Image) -> Image.Image:
    """RGB by the file's ICC profile; without a profile that fits, the colours as they are."""
    if picture.mode not in ("RGB", "L", "CMYK"):
        picture = picture.convert("RGB")
    profile = opened.info.get("icc_profile")
    if profile:
        with contextlib.suppress(OSError, ImageCms.PyCMSError):  # broken, or of another space
            given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            srgb = ImageCms.createProfile("sRGB")
            picture = ImageCms.profileToProfile(picture, given, srgb, outputMode="RGB") or picture
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _upright(picture: Image.Image, opened: Image.Image) -> Image.Image:
    """Turned and mirrored as the camera's EXIF orientation says; nonsense there is ignored."""
    try:
        orientation = opened.getexif().get(0x0112, 1)
    except _DAMAGED:
        return picture
    turn = _TURNS.get(orientation) if isinstance(orientation, int) else None
    return picture if turn is None else picture.transpose(turn)


_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def format_of(data: bytes) -> str:
    """What the content is, with its article: 'a PNG', 'a HEIC picture', 'a text'."""
    start = data[:4096]
    for pattern, name in _SIGNATURES:
        if re.match(pattern, start, re.DOTALL | re.IGNORECASE):
            return name
    try:
        words = codecs.getincrementaldecoder("utf-8")().decode(start)  # may end inside a letter
    except UnicodeDecodeError:
        return _UNKNOWN
    return "a text" if all(c.isprintable() or c.isspace() for c in words) else _UNKNOWN


_UNKNOWN = "a file of a kind that the lab does not know"
_SIGNATURES = (
    (rb"\x89PNG\r\n\x1a\n", "a PNG"),
    (rb"\xff\xd8\xff", "a JPEG"),
    (rb"RIFF.{4}WEBP", "a WebP"),
    (rb"GIF8[79]a", "a GIF"),
    (rb"BM.{13}\0\0\0", "a BMP"),
    (rb"II\*\0|MM\0\*", "a TIFF picture"),
    (rb".{4}ftypavi", "an AVIF picture"),
    (rb".{4}ftyp(he|mif1|msf1)", "a HEIC picture"),
    (rb".{4}ftyp|\x1aE\xdf\xa3", "a film"),
    (rb"\xff\x0a|.{4}JXL \r\n", "a JPEG XL picture"),
    (rb".{4}jP  \r\n", "a JPEG 2000 picture"),
    (rb"\0\0\x01\0", "an icon"),
    (rb"8BPS", "a Photoshop file"),
    (rb"%PDF", "a PDF document"),
    (rb"PK\x03\x04", "a ZIP archive"),
    (rb"(\xef\xbb\xbf)?\s*(<!doctype )?<?html", "a web page"),
    (rb".*<svg", "an SVG drawing"),
)


def last(path: Path) -> Rgb:
    """The last frame of one of our own files that moves."""
    with Image.open(path) as moving:
        moving.seek(getattr(moving, "n_frames", 1) - 1)
        pixels = torch.from_numpy(np.array(moving.convert("RGB")))
    return pixels.permute(2, 0, 1).contiguous().float().div_(255)
