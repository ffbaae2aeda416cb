"""Critters as pictures, with the part of every pixel, boxes and landmarks."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor
from torch.nn import functional as F

from core.worlds.critters.anatomy import Sheet, framed, sheet
from core.worlds.critters.canvas import Canvas, blank
from core.worlds.critters.factors import FACTORS, SPECIES
from core.worlds.critters.portrait import portray
from core.worlds.critters.scenery import background, lit
from core.worlds.factors import FactorError, Factors, checked

LANDMARKS = (
    "left eye", "right eye", "nose", "left corner of the mouth", "right corner of the mouth",
    "tip of the left ear", "tip of the right ear",
)  # fmt: skip
SMALLEST, LARGEST = 16, 2048  # px
PIXELS = 48 * 64 * 64  # of a chunk


@dataclass(frozen=True)
class Scene:
    """Pictures of critters and the truth about them.

    image: sRGB in [0, 1]. alpha: how much of each pixel is critter. parts: where
    PARTS stands what is seen there. boxes: left, top, right, bottom of the head
    with ears and hat, in pixels. landmarks: x and y in pixels, in the order of
    LANDMARKS, left and right as in the picture; the middle of the first pixel is
    at 0.5. visible: which of them lie inside the picture.
    """

    image: Float[Tensor, "n 3 s s"]
    alpha: Float[Tensor, "n s s"]
    boxes: Float[Tensor, "n 4"]
    parts: UInt8[Tensor, "n s s"] | None = None
    landmarks: Float[Tensor, "n 7 2"] | None = None
    visible: Bool[Tensor, "n 7"] | None = None


@torch.no_grad()
def render(
    factors: Factors,
    size: int = 64,
    *,
    blend: Float[Tensor, "n kinds"] | None = None,
    parts: bool = True,
    landmarks: bool = True,
) -> Scene:
    """The pictures of these factors, `size` pixels a side.

    blend: shares of the species of SPECIES, in place of `species`; each row sums
    to 1. Raises FactorError where a factor, the blend or the size cannot be.
    """
    n = checked(FACTORS, factors)
    if not SMALLEST <= size <= LARGEST:
        raise FactorError(f"size = {size} px is out of range: choose {SMALLEST} to {LARGEST}.")
    s = sheet(factors, shares(factors, blend))
    image, alpha = torch.empty(n, 3, size, size), torch.empty(n, size, size)
    boxes = torch.empty(n, 4)
    seen = torch.empty(n, size, size, dtype=torch.uint8) if parts else None
    for first in range(0, n, per_chunk(size)):
        some = slice(first, first + per_chunk(size))
        part = s.of(some)
        canvas = blank(part, size, parts=parts)
        background(canvas, part)
        portray(canvas, part)
        lit(canvas, part)
        torch.clamp(canvas.colour.transpose(0, 1), 0, 1, out=image[some])
        alpha[some] = covered(canvas)
        boxes[some] = extent(canvas.head)
        if seen is not None:
            seen[some] = canvas.planes[0].round_().to(torch.uint8)
    if not landmarks:
        return Scene(image, alpha, boxes, seen)
    at = _landmarks(s, size)
    return Scene(image, alpha, boxes, seen, at, ((at >= 0) & (at < size)).all(2))


def landmarks(
    factors: Factors, size: int = 64, *, blend: Float[Tensor, "n kinds"] | None = None
) -> Float[Tensor, "n 7 2"]:
    """X and y in pixels of every one of LANDMARKS, without a picture; slopes flow to the factors.

    blend: as in `render`. Nothing is checked: an ascent goes past limits on its way.
    """
    mixed = shares(factors, None) if blend is None else blend
    return _landmarks(sheet(factors, mixed), size)


def shares(factors: Factors, blend: Tensor | None) -> Float[Tensor, "n kinds"]:
    """The share of each species; FactorError where a blend is none."""
    n = len(factors["species"])
    if blend is None:
        return F.one_hot(factors["species"].long(), len(SPECIES)).float()
    if blend.shape != (n, len(SPECIES)):
        raise FactorError(
            f"blend has the shape {tuple(blend.shape)}: give {n} rows, one a critter, of "
            f"{len(SPECIES)} shares: {', '.join(SPECIES)}."
        )
    if not bool(blend.isfinite().all()) or bool((blend < 0).any()):
        raise FactorError("blend has a share below 0 or not a number: shares are 0 to 1.")
    if float((blend.sum(1) - 1).abs().max()) > 1e-4:
        raise FactorError("blend does not sum to 1: divide each row by its sum.")
    return blend.float()


def per_chunk(size: int) -> int:
    """So many critters at once that what is painted stays near the processor."""
    return max(1, PIXELS // size**2)


def covered(canvas: Canvas) -> Float[Tensor, "n s s"]:
    """How much of each pixel is critter: the head over the rest."""
    return torch.lerp(canvas.rest, torch.tensor(1.0), canvas.head)


def extent(head: Float[Tensor, "n s s"]) -> Float[Tensor, "n 4"]:
    """From the first to past the last pixel that is more than half head, ear or hat."""
    ends = []
    for axis in (1, 2):  # over rows: the columns that have some, and so on
        some = head.amax(axis) > 0.5
        first = some.to(torch.int8).argmax(1)
        last = head.shape[1] - some.flip(1).to(torch.int8).argmax(1)
        ends.append((first, last))
    (left, right), (top, bottom) = ends
    return torch.stack((left, top, right, bottom), 1).float()


def _landmarks(s: Sheet, size: int) -> Float[Tensor, "n 7 2"]:
    eye, mouth, tip = s["eye_x"], s["mouth_x"], s["tip_x"]
    corner = s["mouth_at"] + 0.05 * s["smile"] - s["bend"]
    ears = s["ear_mid"]
    places = (
        framed(s, s["eye_mid"] - eye, s["eye_at"]),
        framed(s, s["eye_mid"] + eye, s["eye_at"]),
        framed(s, s["nose_mid"], s["nose_at"]),
        framed(s, s["muzzle_mid"] - mouth, corner),
        framed(s, s["muzzle_mid"] + mouth, corner),
        framed(s, ears - tip, s["tip_y"]),
        framed(s, ears + tip, s["tip_y"]),
    )
    at = torch.stack([torch.stack((x.flatten(), y.flatten()), 1) for x, y in places], 1)
    return (at + 1) * (size / 2)
