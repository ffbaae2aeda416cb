"""What a picture costs as a JPEG, and what is left of it at that price.

Every JPEG begins with the same tables, about 620 bytes, as every network has its weights;
neither is counted. What is counted is what differs from picture to picture: the bytes
between the start of the scan and the end of the file.
"""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from core import pictures
from core.metrics.fidelity import mean_squares

QUALITIES = range(1, 96, 4)
SCAN = b"\xff\xda"  # the marker before a scan
END = 2  # bytes of the marker that ends a file


@dataclass(frozen=True)
class Priced:
    """A picture as a JPEG: the bytes of its scan, itself, and its mean squared error."""

    bytes: int
    x: Float[Tensor, "3 h w"]
    error: float


def scan_bytes(file: bytes) -> int:
    """The bytes of the first scan of a JPEG, without the tables before it."""
    start = file.index(SCAN)
    header = int.from_bytes(file[start + 2 : start + 4], "big")
    return len(file) - END - (start + 2 + header)


def jpegs(x: Float[Tensor, "3 h w"]) -> list[Priced]:
    """The picture as a JPEG at every quality, from the least; colour at half resolution."""
    pixels, found = pictures.to_uint8(x), []
    for quality in QUALITIES:
        file = pictures.jpeg(pixels, quality, subsampling=2)
        made = pictures.read(file)
        found.append(Priced(scan_bytes(file), made, float(mean_squares(made[None], x[None])[0])))
    return found


def at_most(found: list[Priced], most: int) -> Priced:
    """The largest that costs no more than so many bytes; the smallest where all cost more."""
    return max((one for one in found if one.bytes <= most), key=lambda one: one.bytes,
               default=min(found, key=lambda one: one.bytes))  # fmt: skip
