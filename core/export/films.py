"""Films: pictures one after the other, as WebP, GIF or MP4."""

import io
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from jaxtyping import UInt8
from PIL import Image
from torch import Tensor

from core import pictures

LAST = 12  # how many times as long the last picture is shown
BYTES = 256 * 2**20  # of the pictures of one film
Pixels = UInt8[Tensor, "3 h w"]


class FilmError(ValueError):
    """A film that cannot be made; the message names the remedy."""


@dataclass(frozen=True)
class Form:
    """A kind of file: how many pictures it takes, how many it is given, its longer side and pace."""

    name: str
    media: str
    most: int
    usual: int
    side: int  # px
    milliseconds: int  # a picture
    write: Callable[[Sequence[Image.Image], int], bytes]


class Reel:
    """The pictures of a film as they come, 8-bit and small; thinned by half when they are too many.

    `every` says which steps it takes; with `exactly` it keeps to that, and
    raises FilmError where the file has no room.
    """

    def __init__(self, form: Form, every: int = 1, *, exactly: bool = False) -> None:
        self.form, self.every = form, every
        self._exactly = exactly
        self._found: dict[int, Pixels] = {}

    def __len__(self) -> int:
        return len(self._found)

    def wants(self, step: int) -> bool:
        """Whether the picture of this step is to be in the film."""
        return step % self.every == 0

    def put(self, step: int, x: Tensor) -> None:
        """Take the picture (3, height, width) in [0, 1] of a step."""
        self._found[step] = pictures.to_uint8(pictures.fit(x.detach(), self.form.side)).cpu()
        while len(self) > self.form.most or self._bytes > BYTES:
            if self._exactly:
                raise FilmError(
                    f"A {self.form.name} takes up to {min(self.form.most, len(self) - 1)} pictures "
                    f"of this size: choose --every {2 * self.every}, or fewer frames."
                )
            self.every *= 2
            self._found = {s: one for s, one in self._found.items() if self.wants(s) or s == step}

    @property
    def _bytes(self) -> int:
        return sum(one.nbytes for one in self._found.values())

    def written(self) -> tuple[bytes, tuple[int, int]]:
        """The file, and its width and height: those of the last picture, even."""
        shown = [Image.fromarray(x.permute(1, 2, 0).numpy()) for x in self._found.values()]
        size = (shown[-1].width // 2 * 2 or 2, shown[-1].height // 2 * 2 or 2)
        same = [one if one.size == size else one.resize(size) for one in shown]
        return self.form.write(same, self.form.milliseconds), size


def form(suffix: str) -> Form:
    """The kind of a file by how its name ends; raises FilmError."""
    if suffix not in FORMS:
        raise FilmError(f"A film is one of {', '.join(FORMS)}: {suffix[:20]!r} is none.")
    return FORMS[suffix]


def _webp(shown: Sequence[Image.Image], milliseconds: int) -> bytes:
    file, times = io.BytesIO(), _times(shown, milliseconds)
    shown[0].save(
        file, "WEBP", save_all=True, append_images=shown[1:], duration=times, loop=0,
        quality=80, method=4,
    )  # fmt: skip
    return file.getvalue()


def _gif(shown: Sequence[Image.Image], milliseconds: int) -> bytes:
    # the default, median cut, takes 36 times as long
    few = [one.quantize(256, Image.Quantize.FASTOCTREE) for one in shown]
    file = io.BytesIO()
    few[0].save(
        file, "GIF", save_all=True, append_images=few[1:], loop=0,
        duration=_times(shown, milliseconds),
    )  # fmt: skip
    return file.getvalue()


def _times(shown: Sequence[Image.Image], milliseconds: int) -> list[int]:
    return [milliseconds] * (len(shown) - 1) + [milliseconds * LAST]


def _mp4(shown: Sequence[Image.Image], milliseconds: int) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        try:
            writer = imageio_ffmpeg.write_frames(
                path, shown[0].size, fps=round(1000 / milliseconds), codec="libx264",
                pix_fmt_out="yuv420p", macro_block_size=2, quality=7, ffmpeg_log_level="error",
                output_params=["-movflags", "+faststart", "-threads", "1"],
            )  # fmt: skip
            writer.send(None)
            for one in [*shown, *[shown[-1]] * LAST]:
                writer.send(np.ascontiguousarray(one).tobytes())
            writer.close()
            return path.read_bytes()
        except (OSError, RuntimeError) as error:
            why = str(error).strip().splitlines()
            raise FilmError(
                f"ffmpeg could not write the film ({why[-1][:120] if why else 'no reason given'}): "
                "choose .webp or .gif."
            ) from None


FORMS = {
    ".webp": Form("WebP", "image/webp", 240, 48, 1024, 80, _webp),
    ".gif": Form("GIF", "image/gif", 60, 48, 640, 80, _gif),
    ".mp4": Form("MP4", "video/mp4", 2400, 240, 1920, 40, _mp4),
}
