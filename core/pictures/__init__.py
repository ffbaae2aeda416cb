"""The only door for pictures: files in, files out, and the few shapes that pages need.

Inside the lab a picture is float32, (3, height, width), sRGB in [0, 1]. Content,
not its name, decides what a file is; what is too large is refused undecoded.
"""

from core.pictures.album import UnknownPictureError, load, shipped
from core.pictures.reading import (
    FORMATS,
    MEGABYTES,
    MEGAPIXELS,
    READS,
    REMEDY,
    Colour,
    PictureError,
    Rgb,
    last,
    read,
)
from core.pictures.shaping import HAIRLINE, fit, reduced, resized, sheet, square, whole
from core.pictures.tags import text_in
from core.pictures.writing import eight_bit, jpeg, png, to_uint8, webp

__all__ = [
    "FORMATS", "HAIRLINE", "MEGABYTES", "MEGAPIXELS", "READS", "REMEDY", "Colour", "PictureError",
    "Rgb", "UnknownPictureError", "eight_bit", "fit", "jpeg", "last", "load", "png", "read",
    "reduced", "resized", "sheet", "shipped", "square", "text_in", "to_uint8", "webp", "whole",
]  # fmt: skip
