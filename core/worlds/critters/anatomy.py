"""From factors to measures: where each part of a critter is, how large, in which colour.

A species is a list of measures, so a mixture of species is one too. Measures are
in heads: the origin is the middle of the head, 1 about half its width, y down; the
frame is [-1, 1] each way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float, Int
from torch import Tensor

from core.worlds.critters.colours import hsl, hsv, mixed
from core.worlds.critters.factors import SPECIES
from core.worlds.factors import Factors

HEAD = 0.70  # half the width of a head of scale 1, in half frames
AWAY = (0.10, 0.06)  # how far x and y move the head, in half frames
TURN, LEAN = 0.21, 0.27  # parallax of depth 1 at a full yaw, in heads; radians at a full tilt

# measure: cat, dog, rabbit
MEASURES: Mapping[str, tuple[float, float, float]] = {
    "place": (0.10, 0.07, 0.26),  # of the head below the middle of the frame, in half frames
    "head_x": (1.00, 0.90, 0.88),
    "head_y": (0.82, 0.91, 0.84),
    "cheek": (0.46, 0.42, 0.44),
    "tuft": (1.0, 0.0, 0.0),
    "ear_x": (0.61, 0.70, 0.33),
    "ear_y": (-0.50, -0.52, -0.60),
    "ear_long": (0.60, 0.66, 0.77),
    "ear_base": (0.31, 0.19, 0.21),
    "ear_tip": (0.035, 0.245, 0.145),
    "muzzle_x": (0.40, 0.48, 0.36),
    "muzzle_y": (0.28, 0.38, 0.27),
    "muzzle_at": (0.38, 0.37, 0.39),
    "nose_x": (0.105, 0.185, 0.095),
    "nose_y": (0.075, 0.130, 0.070),
    "nose_at": (0.205, 0.135, 0.225),
    "nose_dark": (0.10, 1.0, 0.0),
    "lip": (0.165, 0.235, 0.155),  # of the mouth below the nose
    "mouth_x": (0.32, 0.37, 0.27),
    "eye_x": (0.43, 0.385, 0.43),
    "eye_at": (-0.10, -0.17, -0.08),
    "eye_r": (0.250, 0.213, 0.225),
    "slit": (1.0, 0.0, 0.0),
    "whisker": (1.0, 0.0, 0.6),
    "brow": (0.0, 1.0, 0.0),
    "hat_x": (0.31, 0.32, 0.25),
}
COLOURS = (
    "fur", "pale", "deep", "outline", "line", "ear", "inner", "nose", "iris", "frame", "strap",
    "cloth", "whiskers", "body",
)  # fmt: skip


@dataclass(frozen=True)
class Sheet:
    """The measures of some critters, one below the other; a colour takes three rows."""

    rows: Float[Tensor, "k n 1 1"]
    where: dict[str, int | slice]

    @cached_property
    def _columns(self) -> tuple[Float[Tensor, "n 1 1"], ...]:
        return self.rows.unbind(0)

    def __getitem__(self, name: str) -> Tensor:
        at = self.where[name]
        return self._columns[at] if isinstance(at, int) else self.rows[at]

    def __len__(self) -> int:
        return self.rows.shape[1]

    def of(self, who: Int[Tensor, " m"] | slice) -> "Sheet":
        """The sheet of these critters alone."""
        return Sheet(self.rows[:, who], self.where)

    def upright(self) -> "Sheet":
        """The same, of the body, which does not lean and moves less to the side."""
        body = {"cos": "one", "sin": "zero", "at_x": "body_at"}
        return Sheet(self.rows, self.where | {old: self.where[new] for old, new in body.items()})


def sheet(
    factors: Factors, blend: Float[Tensor, "n kinds"], place: Float[Tensor, "n 3"] | None = None
) -> Sheet:
    """Everything that a painter has to know, one column a critter.

    place: x, y and size of the head in half frames, where not those of the factors.
    """
    f = {name: column.float() for name, column in factors.items()}
    m = dict(zip(MEASURES, (blend @ _measures().T).T, strict=True))
    m |= _pose(f, m)
    m |= _ears(f, m) | _face(f, m)
    m["behind"] = 1 - m["front"]
    if place is not None:
        m["at_x"], m["at_y"], m["size"] = place.T
        m["body_at"] = m["at_x"]
    columns, where, row = [], {}, 0
    for name, column in (f | m).items():
        columns.append(column[None])
        where[name] = row
        row += 1
    for name, colour in zip(COLOURS, _colours(f, m), strict=True):
        columns.append(colour)
        where[name] = slice(row, row + 3)
        row += 3
    return Sheet(torch.cat(columns)[:, :, None, None].contiguous(), where)


def _measures() -> Float[Tensor, "measures kinds"]:
    return torch.tensor([MEASURES[name][: len(SPECIES)] for name in MEASURES])


def _pose(f: Factors, m: Factors) -> Factors:
    """Middle, size and angle of the head in the frame; parallax of depth 1."""
    angle = LEAN * f["tilt"]
    return {
        "at_x": AWAY[0] * f["x"],
        "at_y": m["place"] + AWAY[1] * f["y"],
        "size": HEAD * f["scale"],
        "cos": angle.cos(),
        "sin": angle.sin(),
        "turn": TURN * f["yaw"],
        "lit": 0.13 * f["light_dir"],
        "body_at": 0.85 * AWAY[0] * f["x"],
        "one": torch.ones_like(angle),
        "zero": torch.zeros_like(angle),
        "head_x": m["head_x"] * f["face_width"],
    }


def _ears(f: Factors, m: Factors) -> Factors:
    """The right ear from root to tip; the left is its mirror image."""
    droop = f["ear_flop"]
    bent = smoothstep(droop, 0.30, 0.60)
    angle = 0.30 + 1.45 * droop + 0.95 * bent  # from upright, outwards
    root_x, root_y = m["ear_x"] * f["face_width"], m["ear_y"] - 0.04 * droop
    long = m["ear_long"] * f["ear_size"]
    return {
        "ear_x": root_x,
        "ear_y": root_y,
        "tip_x": root_x + angle.sin() * long * (1 - 0.42 * bent),
        "tip_y": root_y - angle.cos() * long,
        "ear_base": m["ear_base"] * f["ear_size"],
        "ear_tip": m["ear_tip"] * (0.6 + 0.4 * f["ear_size"]),
        "ear_mid": -0.25 * m["turn"],
        "front": smoothstep(droop, 0.30, 0.55),  # how much of the ear hangs before the head
    }


def _face(f: Factors, m: Factors) -> Factors:
    """Eyes, muzzle and mouth; what is nearer to us moves further when the head turns."""
    near = f["muzzle"]
    eye = m["eye_r"] * f["eye_size"]
    tall, shut = 1.08 * eye, 1 - f["eye_open"]
    smile, mouth = f["smile"], m["nose_at"] + m["lip"] * near.sqrt()
    return {
        "eye_r": eye,
        "eye_y": tall,
        "upper_lid": tall * (1.3 * shut - 1),
        "lower_lid": tall * (1 - 0.7 * shut),
        "brow_at": m["eye_at"] - tall - 0.13 - 0.04 * smile,
        "eye_mid": (0.62 * TURN - 0.10 * m["eye_x"]) * f["yaw"],
        "lens": eye.clamp(min=0.2) * 1.06 + 0.075,
        "muzzle_mid": 0.95 * m["turn"],
        "nose_mid": 1.05 * m["turn"],
        "muzzle_x": m["muzzle_x"] * near,
        "muzzle_y": m["muzzle_y"] * near,
        "mouth_x": m["mouth_x"] * near,
        "bend": 0.20 * smile + 0.03,  # of the mouth's corners, upwards
        "bow": 0.13 + 0.07 * smile,
        "mouth_at": mouth,
        "tongue_at": mouth + 0.05 * smile + 0.26 * f["mouth_open"],
        "tongue_y": 0.03 + 0.13 * f["mouth_open"],
    }


def _colours(f: Factors, m: Factors) -> tuple[Float[Tensor, "3 n"], ...]:
    """The colours, in the order of COLOURS."""
    warm, dark, hue = f["warmth"], f["dark"], f["bg_hue"]
    light = 0.85 - 0.58 * dark
    full = 0.06 + 0.74 * warm * (1 - 0.30 * dark)
    tone = 0.058 + 0.035 * (1 - dark)
    one = torch.ones_like(hue)
    fur = hsl(tone, full, light)
    pale = hsl(tone, full * 0.75, light + (0.97 - light) * 0.66)
    deep = hsl(tone, full, light * 0.54)
    outline = hsl(tone, full * 0.9, light * 0.30)
    iris = hsv(0.09 + 0.48 * f["eye_hue"], 0.78 - 0.14 * f["eye_hue"], 0.95 * one)
    drooping = mixed(fur, mixed(fur, deep, 0.50 * one), m["front"])
    white_or_line = mixed(rgb(0.99, 0.99, 0.99, one), outline, 0.8 * smoothstep(light, 0.55, 0.7))
    return (
        fur,
        pale,
        deep,
        outline,
        outline * 0.6,
        drooping,
        mixed(rgb(0.98, 0.66, 0.66, one), fur, 0.22 * one),
        mixed(rgb(0.93, 0.49, 0.53, one), rgb(0.17, 0.13, 0.15, one), m["nose_dark"]),
        iris,
        hsv(hue + 0.45, 0.62 * one, 0.30 * one),
        hsv(hue + 0.5, 0.72 * one, 0.86 * one),
        hsv(hue + 0.62, 0.60 * one, 0.94 * one),
        white_or_line,
        mixed(fur, deep, 0.30 * one),
    )


def rgb(red: float, green: float, blue: float, like: Float[Tensor, " n"]) -> Float[Tensor, "3 n"]:
    """One colour for all."""
    return torch.stack((red * like, green * like, blue * like))


def smoothstep(u: Tensor, low: float, high: float) -> Tensor:
    """0 up to `low`, 1 from `high` on, smooth between."""
    t = ((u - low) / (high - low)).clamp(0, 1)
    return t * t * (3 - 2 * t)


def framed(
    s: Sheet, x: float | Tensor, y: float | Tensor
) -> tuple[Float[Tensor, "n 1 1"], Float[Tensor, "n 1 1"]]:
    """A place on the head as one in the frame."""
    across, down = s["cos"] * x - s["sin"] * y, s["sin"] * x + s["cos"] * y
    return s["at_x"] + s["size"] * across, s["at_y"] + s["size"] * down
