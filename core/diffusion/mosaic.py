"""The patch mosaic: a denoiser that knows training pictures by their patches.

For each pixel the patch of side p around it in x_t is compared with training patches, as
`core.diffusion.memory` compares whole pictures, and the pixel is taken to be the mean of their
centres:

    x_0[i] = sum_q w_q centre(q)      w = softmax(-|patch_i(x_t) - sqrt(a) q|^2 / (2 (1 - a)))

Each pixel decides for itself, so parts of different pictures meet: new pictures, made of old
patches. It is the best there can be among denoisers that see p x p pixels (local) and treat
all places alike (equivariant), as convolutions do: the local score machine and the equivariant one of
Kamb and Ganguli, An Analytic Theory of Creativity in Convolutional Diffusion Models, ICML 2025,
https://arxiv.org/abs/2412.20292.

Which patches q a pixel may come from:
- roaming (their ELS): of all places of all pictures. Convolutions pad with zeros and so see the border;
  a pixel whose patch leaves the picture is compared with patches that leave it on the same side by as
  much (their boundary-broken ELS). Up and down, left and right are told apart alone: a pixel near the
  top meets the same row at every column.
- in place (their LS): of its own place in all pictures. Where p / 2 reaches across the picture, no place is like
  another, and roaming is this too. From p = 2 side - 1 on it is the exact denoiser of whole pictures.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor

from core.diffusion import sampling, schedules
from core.diffusion.sampling import Denoiser, Guess

AT_ONCE = 2**19  # pairs of patches that are compared at once: what a core keeps at hand
UNFOLDED = 2**22  # numbers of patches at once
FINE = 1e-5  # of 1 - alpha_bar: below, squares of single precision do not tell patches apart
SIDES = 3, 5, 7, 9, 11, 13, 15, 17, 19, 23, 31, 47  # px, that are tried: one pixel is no patch
LEAST = -80.0  # nats below the largest: e^-80 counts for nothing, and smaller numbers are slow

Pictures = Float[Tensor, "n c h w"]
Noisy = Float[Tensor, "b c h w"]
Places = Int64[Tensor, "b h w"]


class PatchError(ValueError):
    """A side that no patch has; the message says which there are."""


@dataclass(frozen=True)
class Mosaic:
    """The picture, and for each pixel the training patch with the largest share, and that share.

    picture, row, column: of the patch's centre.
    """

    x_0: Noisy
    picture: Places
    row: Places
    column: Places
    share: Float[Tensor, "b h w"]


def composed(
    x_t: Noisy,
    alpha_bar: Float[Tensor, ""],
    pictures: Pictures,
    side: int,
    *,
    roams: bool = True,
) -> Mosaic:
    """What x_t is taken to be from training patches of this side, px, which is odd. alpha_bar in (0, 1)."""
    if side < 1 or side % 2 == 0:
        raise PatchError(f"A patch of {side} px has no middle pixel: choose 1, 3, 5 or more, odd.")
    reach, (height, width) = side // 2, x_t.shape[2:]
    found = _in_place(x_t, alpha_bar, pictures, side)
    if not roams or 2 * reach >= min(height, width):
        return found
    inner = slice(reach, height - reach), slice(reach, width - reach)
    locked = [[*range(reach), *range(size - reach, size)] for size in (height, width)]
    bands = [inner]
    bands += [(slice(i, i + 1), inner[1]) for i in locked[0]]
    bands += [(inner[0], slice(j, j + 1)) for j in locked[1]]
    for band in bands:
        part = _of_band(x_t, alpha_bar, pictures, side, band)
        for field in fields(Mosaic):
            getattr(found, field.name)[..., *band] = getattr(part, field.name)
    return found


def denoiser(
    pictures: Pictures, side: Callable[[Float[Tensor, ""]], int], *, roams: bool = True
) -> Denoiser:
    """The mosaic as a denoiser; `side` says how large patches are at an alpha_bar."""

    def guess(x_t: Noisy, alpha_bar: Float[Tensor, ""]) -> Guess:
        found = composed(x_t, alpha_bar, pictures, side(alpha_bar), roams=roams)
        return sampling.guess_from_x_0(x_t, found.x_0, alpha_bar)

    return guess


def calibrated(
    network: Denoiser, x_t: Noisy, alpha_bars: Float[Tensor, " visited"], pictures: Pictures
) -> tuple[int, ...]:
    """For each step of the network's chain from these noises, the side whose mosaic agrees best with it.

    That is: whose x_0 of the network's own x_t is the nearest to the network's, in the mean over noises of the
    root mean square. The first side is sought among those around the picture's, each further one next
    to the one before: as the noise goes, patches that matter shrink.
    """
    ladder = [side for side in SIDES if side < 2 * x_t.shape[3]]
    at, found = ladder.index(max(side for side in ladder if side <= x_t.shape[3])), []
    for alpha_bar, done in zip(
        alpha_bars, sampling.chain(network, x_t, alpha_bars, torch.Generator()), strict=False
    ):
        tried = ladder[max(at - 2, 0) : at + 2]
        apart = []
        for side in tried:
            x_0 = composed(x_t, alpha_bar, pictures, side).x_0
            apart.append(float((x_0 - done.x_0).square().flatten(1).mean(1).sqrt().mean()))
        found.append(tried[apart.index(min(apart))])
        at, x_t = ladder.index(found[-1]), done.x_next
    return tuple(found)


def side_at(patches: Sequence[Sequence[float]], alpha_bar: Float[Tensor, ""]) -> int:
    """The side of patches at an alpha_bar, from pairs of a time in [0, 999] and the side there."""
    t = float(schedules.times(alpha_bar))
    return int(min(patches, key=lambda pair: abs(pair[0] - t))[1])


def _in_place(x_t: Noisy, alpha_bar: Tensor, pictures: Pictures, side: int) -> Mosaic:
    """Of the same place in all pictures: squares of differences, summed over each patch."""
    signal, (b, _, height, width) = alpha_bar.sqrt(), x_t.shape
    apart = torch.cat([(x - signal * pictures).square().sum(1)[None] for x in x_t])  # (b, n, h, w)
    logits = -_boxed(apart, side, pad=side // 2) / (2 * (1 - alpha_bar))
    shares = logits.softmax(1)
    share, which = shares.max(1)
    x_0 = torch.einsum("bnhw,nchw->bchw", shares, pictures)
    row = torch.arange(height)[:, None].expand(b, -1, width).contiguous()
    column = torch.arange(width).expand(b, height, -1).contiguous()
    return Mosaic(x_0.to(x_t.dtype), which, row.to(which), column.to(which), share)


def _boxed(x: Float[Tensor, "b n h w"], side: int, *, pad: int) -> Float[Tensor, "b n H W"]:
    """Sums over squares of this side; outside is 0. Along one axis and then the other."""
    x = F.avg_pool2d(x, (side, 1), stride=1, padding=(pad, 0)) * side
    return F.avg_pool2d(x, (1, side), stride=1, padding=(0, pad)) * side


def _of_band(
    x_t: Noisy, alpha_bar: Tensor, pictures: Pictures, side: int, band: tuple[slice, slice]
) -> Mosaic:
    """Of pixels of a part of the picture, from patches around the same part of all pictures.

    The softmax runs over blocks of patches: largest exponent, sum and weighed centres so far.
    """
    b, c, *_ = x_t.shape
    precision = torch.float64 if 1 - alpha_bar < FINE else x_t.dtype
    sharp = (alpha_bar.sqrt() / (1 - alpha_bar)).to(precision)
    signal = alpha_bar.sqrt().to(precision)
    mine = _patches(x_t.to(precision), side, band)  # (numbers, b * places)
    queries = (sharp * mine).T.contiguous()
    top = queries.new_full((len(queries),), -torch.inf)
    total, centres = torch.zeros_like(top), queries.new_zeros(len(queries), c)
    best = torch.zeros_like(top, dtype=torch.int64)
    first = 0
    for block in _blocks(pictures, len(queries), mine, b):
        theirs = _patches(block.to(precision), side, band)
        lengths = _around(block.to(precision), side, band).square().sum(1, keepdim=True)
        size = _boxed(lengths, side, pad=0).flatten() * (-sharp * signal / 2)
        logits = torch.addmm(size, queries, theirs)
        highest, where = logits.max(1)
        best = torch.where(highest > top, first + where, best)
        highest = torch.maximum(highest, top)
        shares = logits.sub_(highest[:, None]).clamp_(min=LEAST).exp_()
        fade = (top - highest).exp()
        middle = block[..., *band].to(precision).transpose(0, 1).reshape(c, -1)
        total = total * fade + shares.sum(1)
        centres = centres * fade[:, None] + shares @ middle.T
        top, first = highest, first + theirs.shape[1]
    return _placed(centres / total[:, None], best, 1 / total, x_t, band)


def _placed(
    x_0: Tensor, best: Tensor, share: Tensor, x_t: Noisy, band: tuple[slice, slice]
) -> Mosaic:
    b, c = x_t.shape[:2]
    rows, columns = (of.stop - of.start for of in band)
    shape, each = (b, rows, columns), rows * columns
    inside = best % each
    return Mosaic(
        x_0.view(b, rows, columns, c).permute(0, 3, 1, 2).to(x_t.dtype),
        (best // each).view(shape),
        (band[0].start + inside // columns).view(shape),
        (band[1].start + inside % columns).view(shape),
        share.view(shape).to(x_t.dtype),
    )


def _patches(
    x: Float[Tensor, "n c h w"], side: int, band: tuple[slice, slice]
) -> Float[Tensor, "numbers places"]:
    """The patches around these pixels of all pictures, zeros outside: picture by picture, row by row."""
    windows = _around(x, side, band).unfold(2, side, 1).unfold(3, side, 1)
    ordered = windows.permute(1, 4, 5, 0, 2, 3)  # (c, side, side, n, rows, columns)
    return ordered.reshape(x.shape[1] * side**2, -1)


def _around(x: Float[Tensor, "n c h w"], side: int, band: tuple[slice, slice]) -> Tensor:
    """All that patches around these pixels hold, zeros outside."""
    reach = side // 2
    rows, columns = (slice(of.start, of.stop + 2 * reach) for of in band)
    return F.pad(x, [reach] * 4)[..., rows, columns]


def _blocks(
    pictures: Pictures, queries: int, mine: Float[Tensor, "numbers _"], b: int
) -> Iterator[Pictures]:
    """Pictures, so many that their patches can be compared with all queries at once."""
    numbers, places = len(mine), mine.shape[1] // b
    most = min(AT_ONCE // (queries * places), UNFOLDED // (numbers * places))
    yield from pictures.split(max(most, 1))
