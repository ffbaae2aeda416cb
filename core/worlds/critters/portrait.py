"""A critter, painted from the back to the front: body, ears, head, face, and what it wears."""

import torch
from torch import Tensor

from core.worlds.critters.anatomy import Sheet
from core.worlds.critters.canvas import (
    Canvas,
    Patch,
    Plane,
    capsule,
    circle,
    cut,
    ellipse,
    melted,
    paste,
)

EDGE = 0.024  # half the width of an outline, in heads


def portray(canvas: Canvas, s: Sheet) -> None:
    """Paint one critter into each picture of the canvas."""
    _body(canvas, s)
    _only(canvas, s, s["front"] < 1, _ears_behind)
    _head(canvas, s)
    _only(canvas, s, s["front"] > 0, _ears_before)
    _snout(canvas, s)
    _only(canvas, s, s["whisker"] > 0, _whiskers)
    _eyes(canvas, s)
    _only(canvas, s, s["brow"] > 0, _brows)
    _only(canvas, s, s["glasses"] > 0, _glasses)
    _only(canvas, s, s["hat"] > 0, _hat)


def _only(canvas: Canvas, s: Sheet, some: Tensor, painter) -> None:
    """Paint a part on those that have it."""
    who = some.flatten().nonzero()[:, 0]
    if len(who):
        painter(canvas, s.of(who), who)


def _shade(s: Sheet, x: Plane, y: Plane, depth: float = 1.0) -> Plane:
    """How light a round surface is: most above, and towards the lamp."""
    side = s["light_dir"] * (0.13 * depth)
    return (x * side).sub_(y * (0.15 * depth)).add_(0.98)


def _body(canvas: Canvas, s: Sheet) -> None:
    s = s.upright()
    bottom = (1 - s["at_y"]) / s["size"] + 0.1
    p = cut(canvas, s, (-0.95, s["head_y"] - 0.35, 0.95, bottom), solid=True)
    y = p.y - s["head_y"]
    d = melted(ellipse(p.x, y - 0.72, 0.84, 0.78), ellipse(p.x, y - 0.18, 0.52, 0.55), 0.25)
    outer = p.cover(d, EDGE)
    p.paint(outer, s["outline"], "body")
    p.silhouette(outer, "rest")
    fur = p.cover(d, -EDGE)
    p.shadow(fur, s["body"], _shade(s, p.x, y - 0.3), "body")
    chest = p.cover(ellipse(p.x, y - 0.46, 0.34, 0.46), soft=0.12)
    p.paint(chest.mul_(fur).mul_(0.25 + 0.7 * s["blaze"]), s["pale"])
    under = p.cover(ellipse(p.x, y + 0.62, 0.95 * s["head_x"], 0.82), soft=0.22)
    p.paint(under.mul_(fur).mul_(0.42), s["outline"])
    paste(canvas, p)
    _only(canvas, s, s["collar"] > 0, _collar)


def _collar(canvas: Canvas, s: Sheet, who: Tensor) -> None:
    p = cut(canvas, s, (-0.75, s["head_y"] - 0.1, 0.75, s["head_y"] + 0.5), who)
    y = p.y - s["head_y"]
    neck = melted(ellipse(p.x, y - 0.72, 0.84, 0.78), ellipse(p.x, y - 0.18, 0.52, 0.55), 0.25)
    bend = (p.x * p.x).mul_(0.30)
    band = torch.maximum((y - 0.18).add_(bend).abs_().sub_(0.085), neck)
    p.paint(p.cover(band, 0.012), s["strap"] * 0.55, "collar")
    p.shadow(p.cover(band, -0.022), s["strap"], _shade(s, p.x, y), "collar")
    tag = circle(p.x, y - 0.30, 0.105)
    gold = torch.tensor([1.0, 0.82, 0.30]).view(3, 1, 1, 1)
    p.paint(p.cover(tag, 0.012), gold * 0.5, "collar")
    p.paint(p.cover(tag, -0.026), gold, "collar")
    p.paint(p.cover(circle(p.x + 0.03, y - 0.27, 0.03), soft=0.02), torch.tensor(1.0))
    paste(canvas, p)


def _ear(s: Sheet, p: Patch) -> tuple[Plane, Plane]:
    """The distance to both ears, and how far a pixel is from the middle of the head."""
    out = (p.x + 0.25 * s["turn"]).abs_()
    root, tip = (s["ear_x"], s["ear_y"]), (s["tip_x"], s["tip_y"])
    return capsule(out, p.y, root, tip, (s["ear_base"], s["ear_tip"])), out


def _ear_box(s: Sheet) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    grow = EDGE + 0.02
    out = torch.maximum(s["ear_x"] + s["ear_base"], s["tip_x"] + s["ear_tip"]) + grow
    top = torch.minimum(s["ear_y"] - s["ear_base"], s["tip_y"] - s["ear_tip"]) - grow
    low = torch.maximum(s["ear_y"] + s["ear_base"], s["tip_y"] + s["ear_tip"]) + grow
    shift = 0.25 * s["turn"]
    return -out - shift, top, out - shift, low


def _ears_behind(canvas: Canvas, s: Sheet, who: Tensor) -> None:
    p = cut(canvas, s, _ear_box(s), who, solid=True)
    d, out = _ear(s, p)
    outer = p.cover(d, EDGE)
    p.paint(outer, s["outline"], "ear")
    p.silhouette(outer, "head")
    p.shadow(p.cover(d, -EDGE), s["ear"], _shade(s, p.x, p.y + 0.6), "ear")
    x, y = s["tip_x"] - s["ear_x"], s["tip_y"] - s["ear_y"]
    root = s["ear_x"] + 0.10 * x, s["ear_y"] + 0.10 * y
    end = s["ear_x"] + 0.74 * x, s["ear_y"] + 0.74 * y
    inner = capsule(out, p.y, root, end, (0.56 * s["ear_base"], 0.55 * s["ear_tip"] + 0.012))
    p.paint(p.cover(inner, soft=0.03).mul_(1 - s["front"]), s["inner"])
    paste(canvas, p)


def _ears_before(canvas: Canvas, s: Sheet, who: Tensor) -> None:
    p = cut(canvas, s, _ear_box(s), who, solid=True)
    d, _ = _ear(s, p)
    outer = p.cover(d, EDGE).mul_(s["front"])
    p.paint(outer, s["outline"], "ear")
    p.silhouette(outer, "head")
    p.shadow(p.cover(d, -EDGE).mul_(s["front"]), s["ear"], _shade(s, p.x, p.y), "ear")
    paste(canvas, p)


def _head(canvas: Canvas, s: Sheet) -> None:
    wide, tall = s["head_x"], s["head_y"]
    reach = 1.12 * wide + 0.08 * s["tuft"]
    p = cut(canvas, s, (-reach, -tall - 0.05, reach, tall + 0.06), solid=True)
    out = p.x.abs()
    d = ellipse(p.x, p.y, wide, tall)
    cheeks = ellipse(out - 0.40 * wide, p.y - 0.36, s["cheek"] * wide * 1.05, 0.42)
    d = melted(d, cheeks, 0.25)
    furry = (s["tuft"] > 0).flatten()
    if bool(furry.any()):
        d = melted(d, _tufts(s, out, p.y), 0.06)
    outer = p.cover(d, EDGE)
    p.paint(outer, s["outline"], "head")
    p.silhouette(outer, "head")
    fur = p.cover(d, -EDGE)
    p.shadow(fur, s["fur"], _shade(s, p.x, p.y), "head")
    marked = (s["blaze"] > 0) | (s["patch"] > 0) | (s["stripes"] > 0)
    if bool(marked.any()):
        _marks(p, s, fur, out)
    spot = ellipse((p.x - 0.5 * s["turn"]).abs_() - 0.61, p.y - 0.27, 0.20, 0.12)
    blush = torch.tensor([0.99, 0.55, 0.54]).view(3, 1, 1, 1)
    p.paint(p.cover(spot, soft=0.16).mul_(fur).mul_(0.42), blush)
    paste(canvas, p)


def _tufts(s: Sheet, out: Plane, y: Plane) -> Plane:
    """Two points of fur on each cheek, as far as the species has them."""
    wide, none = s["head_x"], (1 - s["tuft"]) * 0.3
    upper = capsule(out, y, (0.72 * wide, 0.24), (0.84 * wide + 0.20, 0.36), (0.15, 0.012))
    lower = capsule(out, y, (0.70 * wide, 0.42), (0.80 * wide + 0.17, 0.56), (0.15, 0.012))
    return torch.minimum(upper, lower).add_(none)


def _marks(p: Patch, s: Sheet, fur: Plane, out: Plane) -> None:
    """Blaze, patches and stripes of the coat."""
    x = p.x - 0.6 * s["turn"]
    flare = (p.y + 0.9).clamp_(0, 1.5).mul_(0.12).add_(0.10)
    blaze = x.abs().sub_(flare)
    p.paint(p.cover(blaze, soft=0.08).mul_(fur).mul_(s["blaze"]), s["pale"])
    around = ellipse(x - 0.43, p.y + 0.10, 0.36, 0.41)
    over = ellipse(p.x + 0.75, p.y + 0.78, 0.50, 0.46)
    patches = p.cover(torch.minimum(around, over), soft=0.05)
    p.paint(patches.mul_(fur).mul_(0.85 * s["patch"]), s["deep"])
    side = x.abs()
    middle = capsule(side, p.y, (0.0, -1.0), (0.0, -0.42), (0.075, 0.02))
    beside = capsule(side, p.y, (0.25, -1.0), (0.215, -0.52), (0.075, 0.02))
    upper = capsule(out, p.y, (1.08, 0.10), (0.74, 0.15), (0.06, 0.015))
    lower = capsule(out, p.y, (1.06, 0.30), (0.72, 0.33), (0.06, 0.015))
    d = torch.minimum(torch.minimum(middle, beside), torch.minimum(upper, lower))
    p.paint(p.cover(d, soft=0.02).mul_(fur).mul_(0.85 * s["stripes"]), s["deep"])


def _snout(canvas: Canvas, s: Sheet) -> None:
    """Muzzle, with the jaw that an open mouth pulls down, mouth and nose."""
    mid, at, wide = s["muzzle_mid"], s["mouth_at"], s["mouth_x"]
    half = torch.maximum(1.25 * s["muzzle_x"], wide) + 0.08
    top = torch.minimum(s["nose_at"] - s["nose_y"] - 0.1, s["muzzle_at"] - s["muzzle_y"] - 0.16)
    p = cut(canvas, s, (mid - half, top, mid + half, s["head_y"] + 0.22))
    opened, smile = s["mouth_open"], s["smile"]
    x = p.x - mid
    out = x.abs()
    jaw = ellipse(x, p.y - at - 0.02 - 0.11 * opened, wide * 0.8, 0.10 + 0.18 * opened)
    a, b = s["muzzle_x"], s["muzzle_y"]
    lobes = ellipse(out - 0.44 * a, p.y - s["muzzle_at"], a * 0.72, b)
    bridge = ellipse(x, p.y - s["muzzle_at"] + 0.14, a * 0.60, b * 0.9)
    soft = p.cover(melted(melted(lobes, bridge, 0.12), jaw, 0.10), soft=0.05)
    p.shadow(soft, s["pale"], _shade(s, x, p.y - s["muzzle_at"], 0.8), "muzzle")
    _mouth(p, s, x, out, opened, smile)
    _nose(p, s)
    paste(canvas, p)


def _mouth(p: Patch, s: Sheet, x: Plane, out: Plane, opened: Tensor, smile: Tensor) -> None:
    """A lip of two arcs whose corners smile or frown, and below it the open mouth."""
    wide, at = s["mouth_x"], s["mouth_at"]
    u = (out / wide).clamp_(max=1)
    u_2 = u * u
    # two bows, 0 in the middle and at the corners, which a frown has not, and the smile's bend
    bow, bend = 0.13 + 0.07 * smile, s["bend"]
    lip = (u - u_2).mul_(bow).sub_(u_2 * bend).add_(at + 0.05 * smile)
    steep = (bow - u * (2 * bow + 2 * bend)).div_(wide)
    flat = steep.mul_(steep).add_(1).rsqrt_()
    below = p.y - lip
    deep = (1 - u_2 * 1.45) * (0.32 * opened)
    hole = torch.maximum(below.neg(), below - deep).mul_(flat)
    hole = torch.maximum(hole, out - 0.83 * wide).sub_(0.006)  # where both arcs meet
    gape = p.cover(hole, 0.022).mul_((opened * 12).clamp(max=1))
    p.paint(gape, s["line"], "mouth")
    inside = p.cover(hole, -0.012).mul_((opened * 12).clamp(max=1))
    p.paint(inside, torch.tensor([0.46, 0.13, 0.16]).view(3, 1, 1, 1))
    tongue = ellipse(x, p.y - at - 0.05 * smile - 0.26 * opened, wide * 0.50, 0.03 + 0.13 * opened)
    p.paint(
        p.cover(tongue, soft=0.02).mul_(inside), torch.tensor([0.95, 0.50, 0.53]).view(3, 1, 1, 1)
    )
    beyond = (out - wide).clamp_(min=0)
    line = (below * flat).square_().add_(beyond.mul_(beyond)).sqrt_()
    seam = torch.maximum(s["nose_at"] - p.y, p.y - at - 0.05 * smile)
    line = torch.minimum(line, torch.maximum(out, seam))
    p.paint(p.stroke(line, 0.026), s["line"], "mouth")


def _nose(p: Patch, s: Sheet) -> None:
    x, y = p.x - s["nose_mid"], p.y - s["nose_at"]
    wide, tall = s["nose_x"], s["nose_y"]
    d = melted(
        ellipse(x, y + 0.012, wide, tall * 0.80),
        ellipse(x, y - tall * 0.5, wide * 0.45, tall * 0.75),
        0.06,
    )
    p.paint(p.cover(d, 0.014), s["nose"] * 0.5, "nose")
    p.paint(p.cover(d, -0.010), s["nose"], "nose")
    shine = ellipse(x - 0.03 * s["light_dir"], y + tall * 0.36, wide * 0.40, tall * 0.22)
    p.paint(p.cover(shine, soft=0.02).mul_(0.7), torch.tensor([1.0, 0.97, 0.97]).view(3, 1, 1, 1))


def _whiskers(canvas: Canvas, s: Sheet, who: Tensor) -> None:
    mid, root = s["muzzle_mid"], 0.80 * s["muzzle_x"]
    reach = s["muzzle_x"] + 0.78
    at = s["muzzle_at"]
    p = cut(canvas, s, (mid - reach, at - 0.32, mid + reach, at + 0.36), who, solid=True)
    out = (p.x - mid).abs_()
    lift = 0.05 * s["smile"]
    d = None
    for start, end in ((-0.07, -0.22), (0.0, -0.02), (0.07, 0.18)):
        one = capsule(out, p.y, (root, at + start), (reach - 0.05, at + end - lift), (0.010, 0.0))
        d = one if d is None else torch.minimum(d, one)
    hair = p.stroke(d, 0.016).mul_(0.85 * s["whisker"])
    p.paint(hair, s["whiskers"], "whisker")
    p.silhouette(hair, "rest")
    paste(canvas, p)


def _eyes(canvas: Canvas, s: Sheet) -> None:
    """Both eyes in one go: each pixel looks at the eye on its own side."""
    r, at, apart, mid = s["eye_r"], s["eye_at"], s["eye_x"], s["eye_mid"]
    reach = apart + r * 1.2 + 0.08
    p = cut(canvas, s, (mid - reach, at - r * 1.2 - 0.1, mid + reach, at + r * 1.2 + 0.1))
    x = p.x - mid
    side = x.sign()
    x = (x - side * apart).mul_(side * (0.10 * s["yaw"] / 1) + 1)  # the nearer eye is wider
    y = p.y - at
    slant = (side * x).mul_(0.12 * s["slit"]).add_(y)
    tall = r * 1.08
    ball = ellipse(x, slant, r, tall)
    shut = 1 - s["eye_open"]
    bow = (x * x).div_(r)
    upper = tall * (1.3 * shut - 1) - y  # both lids arch: straight ones look angry
    lower = y - tall * (1 - 0.7 * shut)
    lids = torch.maximum(upper.add_(bow * 0.45), lower.sub_(bow.mul_(0.4)))
    seen = torch.maximum(ball, lids)
    p.paint(p.cover(torch.maximum(ball, -lids), 0.015), s["fur"] * 0.94)
    lash = slant * (0.028 / tall)
    p.paint(p.cover(seen + lash, 0.040), s["line"], "eye")
    white = p.cover(seen, -0.004)
    down = (slant / tall).clamp_(-1, 1)
    p.shadow(white, torch.tensor([0.99, 0.98, 0.97]).view(3, 1, 1, 1), (0.93 + 0.07 * down), "eye")
    _iris(p, s, x - 0.34 * r * s["gaze"], slant, white, down)
    paste(canvas, p)


def _iris(p: Patch, s: Sheet, x: Plane, y: Plane, white: Plane, down: Plane) -> None:
    r, tall, lamp = s["eye_r"], 1.08 * s["eye_r"], s["light_dir"]
    ball = ellipse(x, y, r * 0.74, tall * 0.76)
    p.paint(p.cover(ball, 0.004).mul_(white), s["iris"] * 0.45)
    p.shadow(p.cover(ball, -0.024).mul_(white), s["iris"], 0.84 + 0.26 * down)
    slit = s["slit"]
    pupil = ellipse(x, y, r * (0.47 - 0.15 * slit), tall * (0.48 + 0.07 * slit))
    p.paint(p.cover(pupil).mul_(white), torch.tensor([0.06, 0.05, 0.08]).view(3, 1, 1, 1))
    big = ellipse(x - 0.24 * r * lamp, y + 0.34 * tall, r * 0.25, tall * 0.25)
    p.paint(p.cover(big).mul_(white), torch.tensor(1.0))
    small = circle(x + 0.26 * r * lamp, y - 0.36 * tall, r * 0.12)
    p.paint(p.cover(small).mul_(white).mul_(0.85), torch.tensor(1.0))


def _brows(canvas: Canvas, s: Sheet, who: Tensor) -> None:
    at = s["eye_at"] - s["eye_r"] * 1.08 - 0.13 - 0.04 * s["smile"]
    mid, apart = s["eye_mid"], s["eye_x"]
    reach = apart + 0.25
    p = cut(canvas, s, (mid - reach, at - 0.15, mid + reach, at + 0.15), who)
    out = (p.x - mid).abs_() - apart
    d = capsule(out, p.y - at, (-0.09, -0.02), (0.09, 0.025), (0.045, 0.035))
    p.paint(p.cover(d, soft=0.02).mul_(0.85 * s["brow"]), s["deep"] * 0.85)
    paste(canvas, p)


def _glasses(canvas: Canvas, s: Sheet, who: Tensor) -> None:
    r, at, apart, mid = s["lens"], s["eye_at"], s["eye_x"], s["eye_mid"]
    wide = s["head_x"] + 0.05
    p = cut(canvas, s, (mid - wide, at - r - 0.08, mid + wide, at + r + 0.08), who)
    x = p.x - mid
    out = x.abs() - apart
    y = p.y - at
    rim = circle(out, y, r)
    p.paint(p.cover(rim).mul_(0.17), torch.tensor([0.86, 0.95, 1.0]).view(3, 1, 1, 1))
    end = s["head_x"] * (0.97 - 0.30 * s["front"])  # a hanging ear hides it
    bridge = torch.maximum((y + 0.05).abs_(), out + r)
    temple = torch.maximum((y + 0.04).abs_(), torch.maximum(r - out, p.x.abs() - end))
    frame = torch.minimum(rim.abs_(), torch.minimum(bridge, temple))
    p.paint(p.stroke(frame, 0.036), s["frame"], "glasses")
    paste(canvas, p)


def _hat(canvas: Canvas, s: Sheet, who: Tensor) -> None:
    wide = s["hat_x"]
    mid, low, high = 0.2 * s["turn"], -0.80 * s["head_y"], -s["head_y"] - 0.45
    box = (mid - wide - 0.1, high - 0.2, mid + wide + 0.1, low + 0.15)
    p = cut(canvas, s, box, who, solid=True)
    x = p.x - mid
    t = (p.y - high) / (low - high)
    bow = (x / wide).square_().sub_(1).mul_(0.07)
    cone = torch.maximum((x.abs() - 0.015 - wide * t).mul_(0.88), p.y - low + bow)
    outer = p.cover(cone, EDGE)
    p.paint(outer, s["cloth"] * 0.42, "hat")
    p.silhouette(outer, "head")
    cloth = p.cover(cone, -EDGE)
    p.shadow(cloth, s["cloth"], _shade(s, x * 2, p.y + 1, 0.8), "hat")
    slope = p.y + 0.5 * x
    wave = ((slope * 2.4) % 1).sub_(0.5).abs_().sub_(0.25).div_(2.4)
    p.paint(p.cover(wave).mul_(cloth), torch.tensor([1.0, 0.95, 0.82]).view(3, 1, 1, 1))
    ball = circle(x, p.y - high + 0.02, 0.10)
    outer = p.cover(ball, EDGE * 0.8)
    p.paint(outer, s["cloth"] * 0.5, "hat")
    p.silhouette(outer, "head")
    p.paint(p.cover(ball, -EDGE * 0.8), torch.tensor([1.0, 0.93, 0.62]).view(3, 1, 1, 1), "hat")
    paste(canvas, p)
