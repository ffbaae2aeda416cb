"""Pictures into files: 8-bit PNG, JPEG and WebP."""

import io
from collections.abc import Sequence

import torch
from jaxtyping import Float, UInt8
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

from core.pictures import tags
from core.pictures.reading import PictureError, Rgb

LEVEL = 6  # of zlib, fixed: the same pixels make the same file


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
        if len(text.encode()) > tags.MOST:
            raise PictureError(tags.TOO_LONG)
        chunks.add_itxt(
            tags.KEY, text
        )  # uncompressed: Pillow reads no more than 1 MB of the other kind
    return _saved(to_uint8(x.detach()), "PNG", pnginfo=chunks, compress_level=LEVEL)


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


def _saved(pixels: Tensor, form: str, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels.permute(1, 2, 0).cpu().numpy()).save(file, form, **options)
    return file.getvalue()
