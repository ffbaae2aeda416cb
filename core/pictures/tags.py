"""The text that travels inside a PNG of ours."""

import struct
import zlib
from collections.abc import Iterator

from core.pictures.reading import PictureError, format_of

KEY, MOST = "ascent", 4 * 10**6


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
    at = 8 if format_of(data) == "a PNG" else len(data)
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
            text = zlib.decompressobj().decompress(text, MOST + 1)
        if len(text) > MOST:
            raise PictureError(TOO_LONG)
        return text.decode()
    except (ValueError, IndexError, zlib.error) as error:
        if isinstance(error, PictureError):
            raise
        raise PictureError(_SPOILT) from None


TOO_LONG = (
    f"What travels with this picture is more than the {MOST // 10**6} MB that fit. "
    "Use smaller pictures to start from, and save it anew."
)
_SPOILT = "What was saved with this picture is damaged. Save it anew."
