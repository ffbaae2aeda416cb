"""Random views of a picture, drawn from (seed, step, stream) and sampled in one go.

A view is a (2, 3) matrix of `affine_grid`: pad, jitter, scale, rotation and crop
are one grid sampling. Both networks of a run look through the same views.
"""

import hashlib
import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

Views = Float[Tensor, "n 2 3"]
SHIFT = 0.08  # of the canvas, beyond the slack of a crop
PAD, JITTER, ROTATION = 12, 8, 10.0  # lucid's px, px and degrees, at a canvas of any side


def generator(*key: int | str) -> torch.Generator:
    """A generator on the CPU for this key, (seed, step, stream) say: a replay stores no noise."""
    digest = hashlib.blake2b("/".join(map(str, key)).encode(), digest_size=7).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest))


def uniform(n: int, noise: torch.Generator) -> Float[Tensor, " n"]:
    """N numbers in [-1, 1)."""
    return torch.rand(n, generator=noise) * 2 - 1


def unit_vector(size: int, number: int) -> Float[Tensor, " size"]:
    """A random direction of length 1, by number."""
    vector = torch.randn(size, generator=generator("direction", number))
    return vector / vector.norm()


def company(count: int, at_once: int, chunk: int, draw: torch.Generator) -> list[int]:
    """Which of so many pictures climb together: mixed anew by each draw, so that all meet."""
    if count <= at_once:
        return list(range(count))
    order = torch.randperm(count, generator=draw).tolist()
    return sorted(order[chunk * at_once : (chunk + 1) * at_once])


def _matrix(zoom: Tensor, angle: Tensor, right: Tensor, down: Tensor) -> Views:
    cosine, sine = zoom * angle.cos(), zoom * angle.sin()
    rows = (cosine, -sine, right, sine, cosine, down)
    return torch.stack(torch.broadcast_tensors(*rows), -1).view(-1, 2, 3)


def crops(n: int, noise: torch.Generator, *, smallest: float, rotation: float) -> Views:
    """Crops of [smallest, 1] of the canvas, turned by up to `rotation` degrees, shifted in their slack."""
    angle = uniform(n, noise) * (rotation * math.pi / 180)
    zoom = smallest + (1 - smallest) * torch.rand(n, generator=noise)
    slack = 1 - zoom + SHIFT
    return _matrix(zoom, angle, uniform(n, noise) * slack, uniform(n, noise) * slack)


def lucid(n: int, noise: torch.Generator, *, side: int) -> Views:
    """Lucid's views: grey padding, jitter, scale .90 to 1.10, rotation, jitter, in one matrix.

    Seen through `look(..., pad=PAD)`. Olah, Mordvintsev and Schubert 2017.
    """
    angle = uniform(n, noise) * (ROTATION * math.pi / 180)
    whole = side + 2 * PAD
    scale = 1 + (torch.randint(0, 11, (n,), generator=noise) - 5) / 50
    right, down = (uniform(n, noise) * (2 * JITTER / whole) for _ in range(2))
    return _matrix(side / whole / scale, angle, right, down)


def whole(n: int) -> Views:
    """The canvas as it is."""
    return torch.eye(2, 3).expand(n, 2, 3)


def look(
    x: Float[Tensor, "n 3 h w"], views: Views, *, side: int, pad: int = 0
) -> Float[Tensor, "n 3 side side"]:
    """What each view sees of its picture, `side` px wide, after `pad` px of grey all round."""
    if pad:
        x = F.pad(x, [pad] * 4, value=0.5)
    grid = F.affine_grid(views.to(x), [len(views), 3, side, side], align_corners=False)
    padding = "border" if pad else "reflection"
    return F.grid_sample(x, grid, padding_mode=padding, align_corners=False)


def rigid_motion(
    x: Float[Tensor, "3 h w"], *, degrees: float = 0.0, right: float = 0.0, down: float = 0.0
) -> Float[Tensor, "3 h w"]:
    """The picture turned to the left about its middle and shifted by px, reflected at its border."""
    # not torchvision's rotate: it knows no reflection (.8 off at the border, 6e-6 inside), and
    # takes 10 ms for 7 at 384 px
    height, width = x.shape[-2:]
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    rows = (  # in halves of the picture's own sides
        (cosine, -sine * height / width, -2 * right / width),
        (sine * width / height, cosine, -2 * down / height),
    )
    grid = F.affine_grid(torch.tensor([rows]).to(x), [1, *x.shape], align_corners=False)
    return F.grid_sample(x[None], grid, padding_mode="reflection", align_corners=False)[0]


def through(
    kind: str,
    count: int,
    draw: torch.Generator,
    *,
    turn: int,
    canvas: int,
    side: int,
    smallest: float,
    rotation: float,
    noise: float,
    looks: int = 1,
    sharing: int = 1,
) -> Callable[[Float[Tensor, "n 3 h w"]], Float[Tensor, "m 3 side side"]]:
    """What a network sees of so many pictures at this turn, each looked at `looks` times over.

    "crops", "lucid", "both" (in turn) or "none". Both networks of a run see through the same;
    `sharing` pictures, where there is a count of one, look each as that one would alone.
    """
    count *= looks
    padded = kind == "lucid" or (kind == "both" and turn % 2 == 0)
    if kind == "none":
        drawn = whole(count)
    elif padded:
        drawn = lucid(count, draw, side=canvas)
    else:
        drawn = crops(count, draw, smallest=smallest, rotation=rotation)
    grain = torch.randn((count, 3, side, side), generator=draw) * noise
    drawn, grain = (one.repeat_interleave(sharing, 0) for one in (drawn, grain))

    def view(x: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "m 3 side side"]:
        x = x.repeat(looks, 1, 1, 1) if looks > 1 else x
        return look(x, drawn, side=side, pad=PAD if padded else 0) + grain.to(x)

    return view
