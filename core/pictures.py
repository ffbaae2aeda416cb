"""The only door for pictures: files in, files out, and the few shapes that pages need.

Inside the lab a picture is float32, (3, height, width), sRGB in [0, 1]. Content,
not its name, decides what a file is; what is too large is refused undecoded.
"""

import codecs
import contextlib
import difflib
import io
import math
import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from PIL import Image, ImageCms
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile, PngInfo
from PIL.WebPImagePlugin import WebPImageFile
from torch import Tensor

Rgb = Float[Tensor, "3 h w"]
Colour = tuple[float, float, float]

MEGABYTES, MEGAPIXELS = 20, 40
SHIPPED, WHITE = Path(__file__).resolve().parents[1] / "assets" / "pictures", (1.0, 1.0, 1.0)
HAIRLINE = 0.5  # grey, seen in a light page and in a dark one
FORMATS = ("PNG", "JPEG", "WebP", "GIF", "BMP")
READS = f"{', '.join(FORMATS[:-1])} and {FORMATS[-1]}"
REMEDY = f"the lab reads {READS}. Save it as one of these and drop it again."


class PictureError(ValueError):
    """A picture that cannot be read or written; the message names the remedy."""


class UnknownPictureError(PictureError, LookupError):
    """There is no shipped picture of that name."""


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
        raise PictureError(_damaged(_known(data))) from None
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
    known = _known(data)
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


def _known(data: bytes) -> str:
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


def to_uint8(x: Float[Tensor, "*batch 3 h w"]) -> UInt8[Tensor, "*batch 3 h w"]:
    """The nearest of 255 levels, on the picture's own device."""
    return x.clamp(0, 1).mul(255).round_().to(torch.uint8)


def eight_bit(x: Float[Tensor, "*batch 3 h w"]) -> Float[Tensor, "*batch 3 h w"]:
    """The picture as an 8-bit file gives it back: `read(png(x))`, without the file."""
    return to_uint8(x).float().div_(255)


def png(x: Rgb, text: str | None = None) -> bytes:
    """An 8-bit PNG; `text` travels inside it, and `text_in` gives it back."""
    if not x.isfinite().all():
        raise PictureError(
            "This picture holds numbers that are not finite, so it cannot be saved. "
            "Go back to an earlier step, or start again with a smaller step size."
        )
    chunks = PngInfo()
    if text is not None:
        if len(text.encode()) > TEXT_BYTES:
            raise PictureError(_TOO_LONG)
        chunks.add_itxt(KEY, text)  # uncompressed: Pillow reads no more than 1 MB of the other kind
    return _saved(to_uint8(x.detach()), "PNG", pnginfo=chunks)


def jpeg(pixels: UInt8[Tensor, "3 h w"], quality: int = 85, *, subsampling: int = 0) -> bytes:
    """A JPEG with colour at full resolution: thin coloured edges are what a dream is made of.

    With `subsampling` 2 it has half of it each way, as most JPEGs have.
    """
    return _saved(pixels, "JPEG", quality=quality, subsampling=subsampling)


def webp(frames: Sequence[UInt8[Tensor, "3 h w"]], milliseconds: int, quality: int = 80) -> bytes:
    """A WebP that moves, each frame shown for so long, over and over."""
    first, *rest = [Image.fromarray(x.permute(1, 2, 0).cpu().numpy()) for x in frames]
    file = io.BytesIO()
    first.save(
        file, "WEBP", save_all=True, append_images=rest, duration=milliseconds, loop=0,
        quality=quality, method=4,
    )  # fmt: skip
    return file.getvalue()


def last(path: Path) -> Rgb:
    """The last frame of one of our own files that moves."""
    with Image.open(path) as moving:
        moving.seek(getattr(moving, "n_frames", 1) - 1)
        pixels = torch.from_numpy(np.array(moving.convert("RGB")))
    return pixels.permute(2, 0, 1).contiguous().float().div_(255)


def _saved(pixels: Tensor, form: str, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels.permute(1, 2, 0).cpu().numpy()).save(file, form, **options)
    return file.getvalue()


KEY, TEXT_BYTES = "ascent", 4 * 10**6


def text_in(data: bytes) -> str | None:
    """The text that `png` put into this file; None if there is none. Decodes no pixel."""
    for name, body, checksum in _chunks(data):
        if name != b"iTXt" or not body.startswith(KEY.encode() + b"\0"):
            continue
        if zlib.crc32(name + body) != checksum:
            raise PictureError(_SPOILT)
        return _itxt(body[len(KEY) + 1 :])
    return None


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    at = 8 if _known(data) == "a PNG" else len(data)
    while at + 12 <= len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        end = at + 8 + length
        if end + 4 > len(data):
            return
        yield data[at + 4 : at + 8], data[at + 8 : end], int.from_bytes(data[end : end + 4])
        at = end + 4


def _itxt(body: bytes) -> str:
    """The text of an iTXt chunk after its keyword: two flags, language, translation, UTF-8."""
    try:
        _, _, text = body[2:].split(b"\0", 2)
        if body[0]:
            text = zlib.decompressobj().decompress(text, TEXT_BYTES + 1)
        if len(text) > TEXT_BYTES:
            raise PictureError(_TOO_LONG)
        return text.decode()
    except (ValueError, IndexError, zlib.error) as error:
        if isinstance(error, PictureError):
            raise
        raise PictureError(_SPOILT) from None


_TOO_LONG = (
    f"What travels with this picture is more than the {TEXT_BYTES // 10**6} MB that fit. "
    "Use smaller pictures to start from, and save it anew."
)
_SPOILT = "What was saved with this picture is damaged. Save it anew."


def shipped() -> dict[str, Path]:
    """The photographs that ship with the lab, by name."""
    return {path.stem: path for path in sorted(SHIPPED.glob("*.jpg"))}


def load(name: str) -> Rgb:
    """A shipped photograph by name; raises UnknownPictureError with the names that there are."""
    known = shipped()
    if name not in known:
        choices = difflib.get_close_matches(name, known, n=3) or list(known)
        raise UnknownPictureError(
            f"There is no picture {name!r}: choose {', '.join(choices)}, or drop one of your own."
        )
    return read(known[name])


def fit(x: Rgb, side: int) -> Float[Tensor, "3 H W"]:
    """The whole picture, its longer side at most `side` px, antialiased."""
    longer = max(x.shape[-2:])
    if longer <= side:
        return x
    height, width = (max(1, round(n * side / longer)) for n in x.shape[-2:])
    return resized(x, height, width)


def square(x: Rgb, side: int) -> Float[Tensor, "3 side side"]:
    """The largest square in the middle, `side` px wide, antialiased."""
    height, width = x.shape[-2:]
    shorter = min(height, width)
    top, left = (height - shorter) // 2, (width - shorter) // 2
    return resized(x[:, top : top + shorter, left : left + shorter], side, side)


def reduced(pixels: UInt8[Tensor, "3 h w"], side: int) -> UInt8[Tensor, "3 H W"]:
    """8-bit pixels, averaged by a whole number so that the longer side is at most `side`."""
    by = -(-max(pixels.shape[1:]) // side)
    if by == 1:
        return pixels
    small = Image.fromarray(pixels.permute(1, 2, 0).cpu().numpy()).reduce(by)
    return torch.from_numpy(np.array(small)).permute(2, 0, 1)


def resized(x: Rgb, height: int, width: int) -> Float[Tensor, "3 height width"]:
    """The picture at another size, antialiased where it shrinks."""
    if x.shape[-2:] == (height, width):
        return x
    return F.interpolate(x[None], (height, width), mode="bilinear", antialias=True)[0]


def sheet(pictures: Float[Tensor, "n 3 h w"], columns: int) -> Float[Tensor, "3 H W"]:
    """The pictures row by row, 1 px of grey between them; places left over are grey too."""
    n, _, height, width = pictures.shape
    columns = min(columns, n)
    rows = -(-n // columns)
    tall, wide = rows * (height + 1), columns * (width + 1)
    tiles = pictures.new_full((rows * columns, 3, height + 1, width + 1), HAIRLINE)
    tiles[:n, :, :height, :width] = pictures
    tiles = tiles.view(rows, columns, 3, height + 1, width + 1)
    return tiles.permute(2, 0, 3, 1, 4).reshape(3, tall, wide)[:, :-1, :-1]


def whole(panel: Float[Tensor, "*n 3 h w"]) -> Float[Tensor, "3 H W"]:
    """A panel as one picture: several become a contact sheet, as square as they allow."""
    square = math.ceil(math.sqrt(len(panel)))
    columns = min((square, square + 1), key=lambda n: -len(panel) % n)  # the fewer empty places
    return panel if panel.ndim == 3 else sheet(panel, columns)
