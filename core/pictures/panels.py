"""A panel as one picture, marks and all: what a saved PNG, a film and the command line show.

The page draws marks itself (`apps/static/marks.js`); this draws the same, in the
light colours of the page, for a file.
"""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from PIL import Image, ImageColor, ImageDraw, ImageFont
from torch import Tensor

from core.pictures.marks import Marks
from core.pictures.reading import Rgb
from core.pictures.shaping import whole

SIDE = 512  # px: of a panel of marks
FINER = 3  # times as large while it is drawn: lines and circles get smooth edges
PAPER, INK, BEHIND = "#ffffff", "#17181a", "#b5b1a8"
COLOURS = ("#c2410c", "#1d5fa8", "#00735c", "#8f2f86", "#8a7400", "#55585e")
RADIUS, LINE = 2.6, 1.4  # px
MANY = 200  # paths: above it they are thin

Panels = Mapping[str, "Tensor | str | Marks"]


class NoPanelError(ValueError):
    """There is no such panel to be seen; the message names those that there are."""


def names(panels: Panels) -> list[str]:
    """The panels that are pictures, or marks that do not lie over another."""
    return [
        name
        for name, panel in panels.items()
        if isinstance(panel, Tensor) or (isinstance(panel, Marks) and not panel.over)
    ]


def first(panels: Panels) -> str:
    """The panel that stands for a frame: "picture", or the first that can be seen."""
    known = names(panels)
    if not known:
        raise NoPanelError("This probe shows sentences and numbers, and no picture to be saved.")
    return "picture" if "picture" in known else known[0]


def shown(panels: Panels, name: str) -> Rgb:
    """The panel of that name with the marks that lie over it; raises NoPanelError."""
    if name not in names(panels):
        known = ", ".join(names(panels)) or "none: this probe shows sentences"
        raise NoPanelError(f"There is no panel {name!r}: choose from {known}.")
    below = panels[name]
    over = [p for p in panels.values() if isinstance(p, Marks) and p.over == name]
    if isinstance(below, Tensor):
        x = whole(below)
        return x if not over else _onto(x, over, name)
    assert isinstance(below, Marks)
    paper = torch.ones(3, SIDE, SIDE)
    return _onto(paper, [below, *over], name)


def _onto(x: Rgb, layers: list[Marks], name: str) -> Rgb:
    """The marks drawn over a picture, one layer after the other."""
    pixels = (x.detach().cpu().clamp(0, 1) * 255).round().to(torch.uint8)
    image = Image.fromarray(pixels.permute(1, 2, 0).numpy())
    large = image.resize((image.width * FINER, image.height * FINER), Image.Resampling.NEAREST)
    draw = ImageDraw.Draw(large, "RGBA")
    for marks in layers:
        FORMS[marks.form](draw, large.size, marks, int(name == "control"))
    smooth = np.array(large.resize(image.size, Image.Resampling.BOX))
    return torch.from_numpy(smooth).permute(2, 0, 1).float() / 255


def _colour(kind: int, opaque: int = 225) -> tuple[int, int, int, int]:
    rgb = ImageColor.getrgb(BEHIND if kind < 0 else COLOURS[kind % len(COLOURS)])
    return rgb[0], rgb[1], rgb[2], opaque


def _kinds(marks: Marks, own: int) -> list[int]:
    if marks.classes is None:
        return [own] * marks.values.shape[0]
    return [int(kind) for kind in marks.classes]


def _share(marks: Marks) -> Tensor:
    """Values from 0 at `low` to 1 at `high`."""
    return (marks.values.detach().cpu().double() - marks.low) / ((marks.high - marks.low) or 1)


def _points(draw: ImageDraw.ImageDraw, size: tuple[int, int], marks: Marks, own: int) -> None:
    at, r = _share(marks)[:, :2] * torch.tensor(size), RADIUS * FINER
    at[:, 1] = size[1] - at[:, 1]  # y grows upwards, as in a plot
    for (x, y), kind in zip(at.tolist(), _kinds(marks, own), strict=True):
        s = r if kind >= 0 else 0.7 * r
        draw.ellipse((x - s, y - s, x + s, y + s), fill=_colour(kind))


def _paths(draw: ImageDraw.ImageDraw, size: tuple[int, int], marks: Marks, own: int) -> None:
    at = _share(marks)[..., :2] * torch.tensor(size)
    at[..., 1] = size[1] - at[..., 1]
    thin = len(at) > MANY
    width = round((0.8 if thin else LINE) * FINER)
    for line, kind in zip(at.tolist(), _kinds(marks, own), strict=True):
        points = [tuple(point) for point in line]
        if len(points) > 1:
            draw.line(points, fill=_colour(kind, 120 if thin else 200), width=width, joint="curve")
        if points and not thin:
            (x, y), r = points[-1], RADIUS * FINER
            draw.ellipse((x - r, y - r, x + r, y + r), fill=_colour(kind))


def _boxes(draw: ImageDraw.ImageDraw, size: tuple[int, int], marks: Marks, own: int) -> None:
    at = _share(marks) * torch.tensor((*size, *size))
    for i, (box, kind) in enumerate(zip(at.tolist(), _kinds(marks, own), strict=True)):
        left, top, right, bottom = box
        edges = (min(left, right), min(top, bottom), max(left, right), max(top, bottom))
        draw.rectangle(edges, outline=_colour(kind, 255), width=2 * FINER)
        word = _word(marks, i, kind)
        if word:
            font = ImageFont.load_default(12 * FINER)
            wide = draw.textlength(word, font=font)
            above = max(15 * FINER, edges[1])
            label = (edges[0], above - 15 * FINER, edges[0] + wide + 6 * FINER, above)
            draw.rectangle(label, fill=_colour(kind, 255))
            draw.text((edges[0] + 3 * FINER, above - 14 * FINER), word, PAPER, font=font)


def _word(marks: Marks, i: int, kind: int) -> str:
    """The word of a mark: its own, or that of its class."""
    if len(marks.names) == marks.values.shape[0]:
        return marks.names[i]
    return marks.names[kind] if 0 <= kind < len(marks.names) else ""


def _bars(draw: ImageDraw.ImageDraw, size: tuple[int, int], marks: Marks, own: int) -> None:
    share = _share(marks).clamp(0, 1).tolist()
    zero = min(1.0, max(0.0, (0 - marks.low) / ((marks.high - marks.low) or 1)))
    across = size[0] / max(1, len(share))
    for i, (value, kind) in enumerate(zip(share, _kinds(marks, own), strict=True)):
        top, bottom = size[1] * (1 - max(value, zero)), size[1] * (1 - min(value, zero))
        edges = (i * across + FINER, top, max(i * across + FINER, (i + 1) * across - FINER), bottom)
        draw.rectangle(edges, fill=_colour(kind, 255))


def _grid(draw: ImageDraw.ImageDraw, size: tuple[int, int], marks: Marks, own: int) -> None:
    """Cells by their size: the colour is live from 0 to high, ink from 0 to low."""
    values = marks.values.detach().cpu().double()
    rows, columns = values.shape
    signed = marks.low < 0 < marks.high
    most = max(-marks.low, marks.high) if signed else (marks.high - marks.low) or 1
    share = (values.abs() / most if signed else (values - marks.low) / most).clamp(0, 1)
    kinds = None if marks.classes is None else marks.classes.reshape(rows, columns)
    for i in range(rows):
        for j in range(columns):
            kind = own if kinds is None else int(kinds[i, j])
            below = kinds is None and signed and values[i, j] < 0
            rgb = ImageColor.getrgb(INK) if below else _colour(kind)[:3]
            left, right = j * size[0] / columns, (j + 1) * size[0] / columns
            edges = (left, i * size[1] / rows, right - 1, (i + 1) * size[1] / rows - 1)
            draw.rectangle(edges, fill=(*rgb, round(255 * float(share[i, j]))))


Draw = Callable[[ImageDraw.ImageDraw, tuple[int, int], Marks, int], None]
FORMS: Mapping[str, Draw] = {
    "points": _points,
    "paths": _paths,
    "boxes": _boxes,
    "bars": _bars,
    "grid": _grid,
}
