"""Style pictures that the lab draws itself: a few seeded programs, a material each.

They ship as files that these programs drew (`python -m core.pictures.swatches` draws them
anew), so that a link gives the same bytes on any computer. Nobody's picture is in
them. A swatch is drawn at twice its size and averaged down.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image, ImageDraw
from torch import Tensor

from core import pictures

SHIPPED = Path(__file__).resolve().parents[2] / "assets" / "swatches"
SIDE = 320  # px
QUALITY = 90

Field = np.ndarray  # (side, side)
Rgb = np.ndarray  # (side, side, 3) in [0, 1]
Random = np.random.Generator


def names() -> tuple[str, ...]:
    """The swatches that there are."""
    return tuple(_DRAWN)


def shipped() -> dict[str, Path]:
    """Their files, by name."""
    return {name: SHIPPED / f"{name}.webp" for name in _DRAWN}


def load(name: str) -> Float[Tensor, "3 side side"]:
    """A swatch by name, as it ships."""
    return pictures.read(shipped()[name])


def rendered(name: str, side: int = SIDE) -> Float[Tensor, "3 side side"]:
    """A swatch, drawn now."""
    large = _DRAWN[name](2 * side, np.random.default_rng(7))
    x = torch.from_numpy(large.clip(0, 1).astype(np.float32)).permute(2, 0, 1).contiguous()
    return pictures.resized(x, side, side).clamp(0, 1)


def _place(side: int) -> tuple[Field, Field]:
    """Down and across, in [0, 1]."""
    at = (np.arange(side) + 0.5) / side
    return np.meshgrid(at, at, indexing="ij")


def _cloud(side: int, random: Random, *, coarse: float, decay: float = 2.0) -> Field:
    """Smooth noise of mean 0 and deviation 1: no structure wider than 1 / coarse of the side."""
    f = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None]) * side
    power = 1 / np.maximum(f, coarse) ** decay * (f > 0)
    noise = np.fft.rfft2(random.standard_normal((side, side)))
    found = np.fft.irfft2(noise * power, s=(side, side))
    return found / found.std()


def _ramp(t: Field, *colours: str) -> Rgb:
    """Colours along t in [0, 1], from first to last."""
    stops = np.array([_rgb(c) for c in colours])
    at = np.linspace(0, 1, len(stops))
    return np.stack([np.interp(t, at, stops[:, i]) for i in range(3)], -1)


def _rgb(colour: str) -> tuple[float, ...]:
    return tuple(int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4))


def _smooth(t: Field, low: float | Field, high: float | Field) -> Field:
    """0 up to low, 1 from high on, soft between."""
    s = ((t - low) / (high - low)).clip(0, 1)
    return s * s * (3 - 2 * s)


def _cells(side: int, points: Field) -> tuple[np.ndarray, Field]:
    """The nearest point of each pixel, and how far its cell's edge is; on a torus, in px."""
    around = np.concatenate([points + np.array([i, j]) for i in (-1, 0, 1) for j in (-1, 0, 1)])
    near = ((around > -0.25) & (around < 1.25)).all(1)
    owner = np.tile(np.arange(len(points)), 9)[near]
    seeds = torch.from_numpy(around[near]).float()
    down, across = _place(side)
    at = torch.from_numpy(np.stack([down.ravel(), across.ravel()], 1)).float()
    two = [torch.cdist(part, seeds).topk(2, dim=1, largest=False) for part in at.split(1 << 14)]
    apart = torch.cat([t.values for t in two]).numpy()
    which = torch.cat([t.indices for t in two]).numpy()
    between = around[near][which]
    gap = np.linalg.norm(between[:, 0] - between[:, 1], axis=1)
    edge = (apart[:, 1] ** 2 - apart[:, 0] ** 2) / (2 * gap)
    return owner[which[:, 0]].reshape(side, side), edge.reshape(side, side) * side


def _mosaic(side: int, random: Random) -> Rgb:
    """Tesserae in arcs, in grout."""
    rings, points, hues = 19, [], []
    for ring in range(1, rings + 9):
        count = max(6, int(ring * 5.6))
        turn = random.uniform(0, 2 * np.pi)
        angle = turn + 2 * np.pi * (np.arange(count) + random.normal(0, 0.1, count)) / count
        radius = (ring + random.normal(0, 0.07, count)) / rings
        points.append(np.stack([0.2 + radius * np.sin(angle), 0.1 + radius * np.cos(angle)], 1))
        hues.append(np.full(count, ring // 2 % 5 / 4) + random.normal(0, 0.09, count))
    spots, hue = np.concatenate(points), np.concatenate(hues)
    inside = ((spots > 0) & (spots < 1)).all(1)
    which, edge = _cells(side, spots[inside])
    palette = ("1d4e63", "3f8f8b", "e9dcc0", "d98a3d", "a63d2a")
    tile = _ramp(hue[inside].clip(0, 1)[which], *palette)
    light = 1 + random.normal(0, 0.09, inside.sum())[which] + 0.04 * _cloud(side, random, coarse=60)
    bevel = 0.82 + 0.18 * _smooth(edge, 2, 9)
    tile = tile * (light * bevel)[..., None]
    grout = np.array(_rgb("4a4038")) * (1 + 0.08 * _cloud(side, random, coarse=90))[..., None]
    laid = _smooth(edge, 2.2, 4.2)[..., None]
    return grout * (1 - laid) + tile * laid


def _brush(side: int, random: Random) -> Rgb:
    """Short strokes of oil that follow a whirling field."""
    wind = 2 * np.pi * 0.28 * _cloud(side, random, coarse=2.2, decay=3)
    tone = _cloud(side, random, coarse=1.6, decay=2.6)
    palette = ("10224d", "1f4f95", "3f86b8", "9cc5b5", "f0c846", "e39a2d")
    canvas = _ramp(_smooth(tone, -1.6, 2), *palette)
    relief = np.zeros((side, side))
    half = side // 20
    v, u = np.mgrid[-half : half + 1, -half : half + 1] / half
    for _ in range(2600):
        y, x = random.integers(0, side, 2)
        angle = wind[y, x] + random.normal(0, 0.15)
        along, across = u * np.cos(angle) + v * np.sin(angle), v * np.cos(angle) - u * np.sin(angle)
        bend = across + random.normal(0, 0.15) * along**2
        width = random.uniform(0.14, 0.24)
        body = (np.abs(bend) < width) & (np.abs(along) < random.uniform(0.6, 0.95))
        ways = random.uniform(0, 1, 17)
        bristle = np.interp(bend / width, np.linspace(-1, 1, 17), ways)
        hue = _smooth(tone[y, x] + random.normal(0, 0.35), -1.6, 2)
        colour = _ramp(np.array(hue), *palette) * random.uniform(0.85, 1.12)
        rows, columns = (np.arange(c - half, c + half + 1) % side for c in (y, x))
        spot = np.ix_(rows, columns)
        cover = (body * (0.75 + 0.25 * bristle))[..., None]
        canvas[spot] = canvas[spot] * (1 - cover) + colour * cover
        relief[spot] = np.where(body, bristle, relief[spot])
    lit = np.roll(relief, 1, 0) - np.roll(relief, -1, 0)
    return canvas * (1 + 0.16 * lit)[..., None]


def _woodcut(side: int, random: Random) -> Rgb:
    """Lines that swell with the tone, cut along the ground; ink on paper."""
    ground = _cloud(side, random, coarse=2, decay=3)
    tone = _smooth(_cloud(side, random, coarse=3, decay=3), -1.5, 1.7)
    down, across = _place(side)
    line = 0.5 + 0.5 * np.sin(2 * np.pi * (34 * down + 5 * ground + 3 * across))
    grain = 0.06 * _cloud(side, random, coarse=50, decay=1.5)
    ink = _smooth(line + grain, 0.1 + 0.8 * tone - 0.09, 0.1 + 0.8 * tone + 0.09)
    print_ = (1 - ink) * (0.95 + 0.05 * _cloud(side, random, coarse=80).clip(-1, 1))
    paper = _ramp(_smooth(_cloud(side, random, coarse=4), -2, 2), "efe2c6", "f7eeda")
    return paper * (1 - print_[..., None]) + np.array(_rgb("1c1a1f")) * print_[..., None]


def _marble(side: int, random: Random) -> Rgb:
    """Ink on water, drawn through with a comb, with veins of gold."""
    warp = [_cloud(side, random, coarse=2, decay=2.6) for _ in range(2)]
    down, across = _place(side)
    fold = 3.2 * down + 1.1 * across + 0.42 * warp[0]
    fold = fold + 0.16 * np.sin(2 * np.pi * (2.4 * across + 0.5 * warp[1]))
    bands = 0.5 + 0.5 * np.sin(2 * np.pi * fold + 1.3 * warp[1])
    fine = 0.5 + 0.5 * np.sin(2 * np.pi * 5.1 * fold + 2 * warp[0])
    body = _ramp((0.75 * bands + 0.25 * fine).clip(0, 1), "0d2f33", "1c6a6c", "8fc1ae", "f3ead7")
    vein = np.exp(-((np.sin(np.pi * (fold + 0.3 * warp[1])) / 0.07) ** 2))
    gold = _ramp(_smooth(_cloud(side, random, coarse=30), -2, 2), "8f6a1e", "e8c765")
    return body * (1 - vein[..., None]) + gold * vein[..., None]


def _circuit(side: int, random: Random) -> Rgb:
    """Copper traces, their bends at 45 degrees, with pads and chips on green lacquer."""
    board = Image.new("RGB", (side, side), "#0c4a35")
    pen, step = ImageDraw.Draw(board), side // 40
    spots = [np.array([y, x]) for y in range(1, 40, 3) for x in range(1, 40, 3)]
    for spot in random.permutation(spots):
        heading, at = random.integers(0, 8), spot.copy()
        path = [at.copy()]
        for _ in range(random.integers(2, 6)):
            heading = (heading + random.choice([-1, 0, 1])) % 8
            way = np.array([(0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1)])
            at = at + way[heading] * random.integers(1, 5)
            path.append(at.copy())
        drawn_ = [tuple(float(n * step) for n in p[::-1]) for p in path]
        pen.line(drawn_, fill="#06301f", width=step // 2 + 4, joint="curve")
        pen.line(drawn_, fill="#d9a441", width=step // 3 + 1, joint="curve")
        for x, y in (drawn_[0], drawn_[-1]):
            for radius, colour in ((0.62, "#f2cf7d"), (0.3, "#0a1f18")):
                r = radius * step
                pen.ellipse((x - r, y - r, x + r, y + r), fill=colour)
    for y, x in random.integers(2, 34, (5, 2)):
        _chip(pen, x * step, y * step, step, random)
    light = 1 + 0.06 * _cloud(side, random, coarse=3) + 0.03 * _cloud(side, random, coarse=90)
    return np.asarray(board) / 255 * light[..., None]


def _chip(pen: ImageDraw.ImageDraw, x: int, y: int, step: int, random: Random) -> None:
    """A chip with its legs."""
    wide, tall = int(random.integers(3, 6)) * step, int(random.integers(3, 5)) * step
    for leg in range(step // 2, wide, step):
        pen.rectangle(
            (x + leg, y - step // 2, x + leg + step // 3, y + tall + step // 2), "#d6d8d4"
        )
    pen.rectangle((x, y, x + wide, y + tall), "#15181c", "#3a4048", 3)
    pen.ellipse((x + step // 2, y + step // 2, x + step, y + step), "#59616b")


def _weave(side: int, random: Random) -> Rgb:
    """Thick threads over and under each other, dyed in stripes."""
    down, across = _place(side)
    threads = 22
    wobble = [0.05 * _cloud(side, random, coarse=5, decay=2.5) for _ in range(2)]
    row, column = threads * down + wobble[0], threads * across + wobble[1]
    over = (np.floor(row) + np.floor(column)) % 2 == 0  # the thread that runs across lies on top
    dyes = np.array([_rgb(c) for c in ("23356b", "b3392f", "efe3c8", "d9952f", "2f6f73")])
    stripes = np.array([0, 0, 1, 2, 2, 2, 1, 0, 0, 3, 4, 4, 3])
    pick = [dyes[stripes[np.floor(t).astype(int) % len(stripes)]] for t in (row, column)]
    colour = np.where(over[..., None], pick[0], pick[1])
    thick = np.where(over, row, column) % 1 - 0.5
    long = np.where(over, column, row) % 1 - 0.5
    round_ = np.sqrt((1 - (2 * thick) ** 2).clip(0, 1)) * (0.72 + 0.28 * np.cos(np.pi * long))
    twist = np.sin(2 * np.pi * (3.2 * long + 2.2 * thick)) * 0.07
    fibre = 0.05 * _cloud(side, random, coarse=120, decay=1)
    return colour * (0.28 + 0.85 * round_ + twist + fibre)[..., None]


def _waves(side: int, random: Random) -> Rgb:
    """Seigaiha: overlapping fans of arcs, row upon row, in indigo."""
    down, across = _place(side)
    down = down + 0.004 * _cloud(side, random, coarse=4, decay=3)
    across = across + 0.004 * _cloud(side, random, coarse=4, decay=3)
    radius, rows = 1 / 10, 20
    found = np.ones((side, side, 3)) * _rgb("f3ecdc")
    for row in range(-2, rows + 4):  # nearer rows lie over those behind
        middle = (row % 2) * radius
        x = (across - middle + radius) % (2 * radius) - radius
        far = np.hypot(x, (down - (row + 1) * radius / 2 - radius / 2)) / radius
        arc = 0.5 + 0.5 * np.cos(2 * np.pi * 4.5 * far)
        wash = _smooth(_cloud(side, random, coarse=6, decay=2), -2.2, 2.2)
        blue = _ramp(wash, "14285c", "2f62a3", "5c9ac2")
        ink = _smooth(arc + 0.05 * _cloud(side, random, coarse=60), 0.4, 0.62)[..., None]
        fan = blue * ink + np.array(_rgb("f3ecdc")) * (1 - ink)
        rim = _smooth(far, 0.93, 0.96)[..., None]
        fan = fan * (1 - rim) + np.array(_rgb("14285c")) * rim
        found = np.where((far < 1)[..., None], fan, found)
    return found


def _glass(side: int, random: Random) -> Rgb:
    """Panes of coloured glass with light behind, in lead."""
    which, edge = _cells(side, random.uniform(0, 1, (64, 2)))
    hues = ("8c1c2e", "d8472b", "f2a93b", "f6dd7a", "2f8f5b", "1f6fb0", "25327d", "6b2a86")
    colours = np.array([_rgb(h) for h in hues])[random.integers(0, len(hues), 64)]
    down, across = _place(side)
    sun = np.exp(-3.2 * ((down - 0.35) ** 2 + (across - 0.6) ** 2))
    pane = colours[which] ** (1.25 - 0.55 * sun)[..., None]
    swirl = 0.09 * _cloud(side, random, coarse=8, decay=2.2) + 0.03 * _cloud(
        side, random, coarse=70
    )
    pane = (
        pane * (0.8 + 0.45 * sun + swirl)[..., None] * (0.7 + 0.3 * _smooth(edge, 5, 26))[..., None]
    )
    lead = np.array(_rgb("17181b")) * (1 + 1.6 * np.exp(-(((edge - 1.5) / 1.6) ** 2)))[..., None]
    laid = _smooth(edge, 6, 8)[..., None]
    return lead * (1 - laid) + pane * laid


_DRAWN: dict[str, Callable[[int, Random], Rgb]] = {
    "mosaic": _mosaic,
    "brush": _brush,
    "woodcut": _woodcut,
    "marble": _marble,
    "circuit": _circuit,
    "weave": _weave,
    "waves": _waves,
    "glass": _glass,
}


def main() -> int:
    """Draw every swatch into the folder that ships."""
    SHIPPED.mkdir(parents=True, exist_ok=True)
    for name, path in shipped().items():
        path.write_bytes(pictures.webp([pictures.to_uint8(rendered(name))], 0, QUALITY))
    return 0


if __name__ == "__main__":
    sys.exit(main())
