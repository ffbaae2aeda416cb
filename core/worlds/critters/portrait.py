"""A critter, painted from the back to the front: body, ears, head, face, and what it wears.

Shapes of both sides are one shape of the distance from the middle: what is painted
on the right is painted on the left.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from core.worlds.critters.anatomy import Sheet
from core.worlds.critters.canvas import (
    COAT,
    PAINT,
    PLANES,
    Box,
    Canvas,
    Pane,
    Plane,
    cut,
    paste,
    window,
)
from core.worlds.critters.colours import WHITE, flat
from core.worlds.shapes import capsule, circle, ellipse, melted, union

EDGE = 0.024  # half the width of an outline, in heads


@dataclass(frozen=True)
class Layer:
    """What is painted at once: in which box, by what, on whom, and in how many of the planes."""

    box: Callable[[Sheet], Box]
    painter: Callable[[Pane, Sheet], None]
    having: str = ""  # the measure that is above 0 in those that have it
    planes: int = PAINT


def portray(canvas: Canvas, s: Sheet) -> None:
    """Paint one critter into each picture of the canvas."""
    standing = s.upright()
    upright = canvas.seen_from(standing)
    for layer in BODY:
        _painted(upright, standing, layer)
    for layer in HEAD:
        _painted(canvas, s, layer)


def _painted(canvas: Canvas, s: Sheet, layer: Layer) -> None:
    """Paint a layer on those that have it."""
    who = (s[layer.having] > 0).flatten().nonzero()[:, 0] if layer.having else None
    if who is not None and len(who) == 0:
        return
    part = s if who is None else s.of(who)
    where = window(canvas, part, layer.box(part))
    pane = cut(canvas, part, where, who, layer.planes)
    layer.painter(pane, part)
    if who is not None:
        paste(canvas, pane, where, who)


def _shade(s: Sheet, x: Plane, y: Plane) -> Plane:
    """How light a round surface is: most above, and towards the lamp."""
    return (x * s["lit"]).sub_(y * 0.15).add_(0.98)


def _trunk(x: Plane, y: Plane) -> Plane:
    return melted(ellipse(x, y - 0.72, 0.84, 0.78), ellipse(x, y - 0.18, 0.52, 0.55), 0.25)


def _body_box(s: Sheet) -> Box:
    return -0.95, s["head_y"] - 0.42, 0.95, (1 - s["at_y"]) / s["size"]


def _body(p: Pane, s: Sheet) -> None:
    y = p.y - s["head_y"]
    d = _trunk(p.x, y)
    outer = p.cover(d, EDGE)
    p.paint(outer, s["outline"], "body")
    fur = p.cover(d, -EDGE)
    p.shadow(fur, s["body"], _shade(s, p.x, y - 0.3), "body")
    p.silhouette("rest", outer, fur)
    chest = p.cover(ellipse(p.x, y - 0.46, 0.34, 0.46), soft=0.12)
    p.paint(chest.mul_(fur).mul_(0.25 + 0.7 * s["blaze"]), s["pale"])
    under = p.cover(ellipse(p.x, y + 0.62, 0.95 * s["head_x"], 0.82), soft=0.22)
    p.paint(under.mul_(fur).mul_(0.42), s["outline"])


def _collar_box(s: Sheet) -> Box:
    return -0.75, s["head_y"] - 0.1, 0.75, s["head_y"] + 0.45


def _collar(p: Pane, s: Sheet) -> None:
    y = p.y - s["head_y"]
    bend = (p.x * p.x).mul_(0.30)
    band = torch.maximum((y - 0.18).add_(bend).abs_().sub_(0.085), _trunk(p.x, y))
    p.paint(p.cover(band, 0.012), s["strap"] * 0.55, "collar")
    p.shadow(p.cover(band, -0.022), s["strap"], _shade(s, p.x, y), "collar")
    tag, gold = circle(p.x, y - 0.30, 0.105), flat(1.0, 0.82, 0.30)
    p.paint(p.cover(tag, 0.012), gold * 0.5, "collar")
    p.paint(p.cover(tag, -0.026), gold, "collar")
    p.paint(p.cover(circle(p.x + 0.03, y - 0.27, 0.03), soft=0.02), WHITE)


def _ear_box(s: Sheet) -> Box:
    out = torch.maximum(s["ear_x"] + s["ear_base"], s["tip_x"] + s["ear_tip"]) + 0.05
    top = torch.minimum(s["ear_y"] - s["ear_base"], s["tip_y"] - s["ear_tip"]) - 0.05
    low = torch.maximum(s["ear_y"] + s["ear_base"], s["tip_y"] + s["ear_tip"]) + 0.05
    return s["ear_mid"] - out, top, s["ear_mid"] + out, low


def _ears(p: Pane, s: Sheet, y: Plane, shown: Tensor | None = None) -> Plane:
    """Paint both, and give how far each pixel is from the middle between them."""
    out = (p.x - s["ear_mid"]).abs_()
    root, tip = (s["ear_x"], s["ear_y"]), (s["tip_x"], s["tip_y"])
    d = capsule(out, p.y, root, tip, (s["ear_base"], s["ear_tip"]))
    outer, fur = p.cover(d, EDGE), p.cover(d, -EDGE)
    if shown is not None:
        outer, fur = outer.mul_(shown), fur.mul_(shown)
    p.paint(outer, s["outline"], "ear")
    p.shadow(fur, s["ear"], _shade(s, p.x, y), "ear")
    p.silhouette("head", outer, fur)
    return out


def _ears_behind(p: Pane, s: Sheet) -> None:
    out = _ears(p, s, p.y + 0.6)
    x, y = s["tip_x"] - s["ear_x"], s["tip_y"] - s["ear_y"]
    root = s["ear_x"] + 0.10 * x, s["ear_y"] + 0.10 * y
    end = s["ear_x"] + 0.74 * x, s["ear_y"] + 0.74 * y
    inner = capsule(out, p.y, root, end, (0.56 * s["ear_base"], 0.55 * s["ear_tip"] + 0.012))
    p.paint(p.cover(inner, soft=0.03).mul_(s["behind"]), s["inner"])


def _ears_before(p: Pane, s: Sheet) -> None:
    _ears(p, s, p.y, s["front"])


def _head_box(s: Sheet) -> Box:
    wide, tall = 1.12 * s["head_x"] + 0.08 * s["tuft"], s["head_y"]
    return -wide, -tall - 0.05, wide, tall + 0.08


def _head(p: Pane, s: Sheet) -> None:
    wide = s["head_x"]
    out = p.x.abs()
    cheeks = ellipse(out - 0.40 * wide, p.y - 0.36, s["cheek"] * wide * 1.05, 0.42)
    d = melted(ellipse(p.x, p.y, wide, s["head_y"]), cheeks, 0.25)
    if bool((s["tuft"] > 0).any()):
        d = melted(d, _tufts(s, out, p.y), 0.06)
    outer = p.cover(d, EDGE)
    p.paint(outer, s["outline"], "head")
    fur = p.cover(d, -EDGE)
    p.coat.copy_(fur)
    p.shadow(fur, s["fur"], _shade(s, p.x, p.y), "head")
    p.silhouette("head", outer, fur)


def _tufts(s: Sheet, out: Plane, y: Plane) -> Plane:
    """Two points of fur on each cheek, as far as the species has them."""
    wide, none = s["head_x"], (1 - s["tuft"]) * 0.3
    upper = capsule(out, y, (0.72 * wide, 0.24), (0.84 * wide + 0.20, 0.36), (0.15, 0.012))
    lower = capsule(out, y, (0.70 * wide, 0.42), (0.80 * wide + 0.17, 0.56), (0.15, 0.012))
    return torch.minimum(upper, lower).add_(none)


def _blaze(p: Pane, s: Sheet) -> None:
    flare = (p.y + 0.9).clamp_(0, 1.5).mul_(0.12).add_(0.10)
    d = (p.x - 0.6 * s["turn"]).abs_().sub_(flare)
    p.paint(p.cover(d, soft=0.08).mul_(p.coat).mul_(s["blaze"]), s["pale"])


def _patch(p: Pane, s: Sheet) -> None:
    around = ellipse(p.x - 0.6 * s["turn"] - 0.43, p.y + 0.10, 0.36, 0.41)
    over = ellipse(p.x + 0.75, p.y + 0.78, 0.50, 0.46)
    marked = p.cover(torch.minimum(around, over), soft=0.05)
    p.paint(marked.mul_(p.coat).mul_(0.85 * s["patch"]), s["deep"])


def _brow_stripes(p: Pane, s: Sheet) -> None:
    out = (p.x - 0.6 * s["turn"]).abs_()
    middle = capsule(out, p.y, (0.0, -1.0), (0.0, -0.42), (0.075, 0.02))
    beside = capsule(out, p.y, (0.25, -1.0), (0.215, -0.52), (0.075, 0.02))
    _striped(p, s, torch.minimum(middle, beside))


def _cheek_stripes(p: Pane, s: Sheet) -> None:
    out = p.x.abs()
    upper = capsule(out, p.y, (1.08, 0.10), (0.74, 0.15), (0.06, 0.015))
    lower = capsule(out, p.y, (1.06, 0.30), (0.72, 0.33), (0.06, 0.015))
    _striped(p, s, torch.minimum(upper, lower))


def _striped(p: Pane, s: Sheet, d: Plane) -> None:
    p.paint(p.cover(d, soft=0.02).mul_(p.coat).mul_(0.85 * s["stripes"]), s["deep"])


def _blush_box(s: Sheet) -> Box:
    mid = 0.5 * s["turn"]
    return mid - 0.95, 0.04, mid + 0.95, 0.50


def _blush(p: Pane, s: Sheet) -> None:
    d = ellipse((p.x - 0.5 * s["turn"]).abs_() - 0.61, p.y - 0.27, 0.20, 0.12)
    p.paint(p.cover(d, soft=0.16).mul_(p.coat).mul_(0.42), flat(0.99, 0.55, 0.54))


def _muzzle_box(s: Sheet) -> Box:
    mid, wide = s["muzzle_mid"], torch.maximum(1.25 * s["muzzle_x"], 0.9 * s["mouth_x"]) + 0.06
    top = s["muzzle_at"] - torch.maximum(s["muzzle_y"], 0.14 + 0.9 * s["muzzle_y"]) - 0.08
    return mid - wide, top, mid + wide, s["head_y"] + 0.1


def _muzzle(p: Pane, s: Sheet) -> None:
    """Two lobes and the bridge of the nose, with the jaw that an open mouth pulls down."""
    at, opened = s["mouth_at"], s["mouth_open"]
    x, y = p.x - s["muzzle_mid"], p.y - s["muzzle_at"]
    jaw = ellipse(x, p.y - (at + 0.02 + 0.11 * opened), s["mouth_x"] * 0.8, 0.10 + 0.18 * opened)
    a, b = s["muzzle_x"], s["muzzle_y"]
    lobes = ellipse(x.abs().sub_(0.44 * a), y, a * 0.72, b)
    bridge = ellipse(x, y + 0.14, a * 0.60, b * 0.9)
    soft = p.cover(melted(melted(lobes, bridge, 0.12), jaw, 0.10), soft=0.05)
    p.shadow(soft, s["pale"], (x * (0.8 * s["lit"])).sub_(y * 0.12).add_(0.98), "muzzle")


def _mouth_box(s: Sheet) -> Box:
    mid, wide, at = s["muzzle_mid"], s["mouth_x"] + 0.06, s["mouth_at"]
    return mid - wide, torch.minimum(s["nose_at"], at - 0.24), mid + wide, at + 0.46


def _mouth(p: Pane, s: Sheet) -> None:
    """A lip of two arcs whose corners smile or frown, and below it the open mouth."""
    x = p.x - s["muzzle_mid"]
    out = x.abs()
    wide, smile, bow, bend = s["mouth_x"], s["smile"], s["bow"], s["bend"]
    mid = s["mouth_at"] + 0.05 * smile
    u = (out * (1 / wide)).clamp_(max=1)
    u_2 = u * u
    # two bows, 0 in the middle and at the corners, which a frown has not, and the smile's bend
    below = p.y - (u - u_2).mul_(bow).sub_(u_2 * bend).add_(mid)
    slope = (bow - u * (2 * bow + 2 * bend)).mul_(1 / wide)
    upright = slope.square_().add_(1).rsqrt_()
    if bool((s["mouth_open"] > 0).any()):
        deep = (1 - u_2 * 1.45).mul_(0.32 * s["mouth_open"])
        hole = torch.maximum(below.neg(), below - deep).mul_(upright)
        hole = torch.maximum(hole, out - 0.83 * wide).sub_(0.006)  # where both arcs meet
        _gape(p, s, hole, ellipse(x, p.y - s["tongue_at"], wide * 0.50, s["tongue_y"]))
    beyond = (out - wide).clamp_(min=0)
    line = below.mul_(upright).square_().add_(beyond.square_()).sqrt_()
    seam = torch.maximum(s["nose_at"] - p.y, p.y - mid)
    line = torch.minimum(line, torch.maximum(out, seam))
    p.paint(p.stroke(line, 0.026), s["line"], "mouth")


def _gape(p: Pane, s: Sheet, hole: Plane, tongue: Plane) -> None:
    opened = (s["mouth_open"] * 12).clamp(max=1)
    p.paint(p.cover(hole, 0.022).mul_(opened), s["line"], "mouth")
    inside = p.cover(hole, -0.012).mul_(opened)
    p.paint(inside, flat(0.46, 0.13, 0.16))
    p.paint(p.cover(tongue, soft=0.02).mul_(inside), flat(0.95, 0.50, 0.53))


def _nose_box(s: Sheet) -> Box:
    mid, at, wide, tall = s["nose_mid"], s["nose_at"], s["nose_x"] + 0.08, 1.3 * s["nose_y"] + 0.08
    return mid - wide, at - tall, mid + wide, at + tall


def _nose(p: Pane, s: Sheet) -> None:
    x, y = p.x - s["nose_mid"], p.y - s["nose_at"]
    wide, tall = s["nose_x"], s["nose_y"]
    bridge = ellipse(x, y + 0.012, wide, tall * 0.80)
    d = melted(bridge, ellipse(x, y - tall * 0.5, wide * 0.45, tall * 0.75), 0.06)
    p.paint(p.cover(d, 0.014), s["nose"] * 0.5, "nose")
    p.paint(p.cover(d, -0.010), s["nose"], "nose")
    shine = ellipse(x - 0.03 * s["light_dir"], y + tall * 0.36, wide * 0.40, tall * 0.22)
    p.paint(p.cover(shine, soft=0.02).mul_(0.7), flat(1.0, 0.97, 0.97))


def _whiskers_box(s: Sheet) -> Box:
    mid, at, reach = s["muzzle_mid"], s["muzzle_at"], s["muzzle_x"] + 0.78
    return mid - reach, at - 0.32, mid + reach, at + 0.30


def _whiskers(p: Pane, s: Sheet) -> None:
    root, end, at = 0.80 * s["muzzle_x"], s["muzzle_x"] + 0.73, s["muzzle_at"]
    tip = at - 0.05 * s["smile"]
    out = (p.x - s["muzzle_mid"]).abs_()
    d = union(
        capsule(out, p.y, (root, at - 0.07), (end, tip - 0.22), (0.010, 0.0)),
        capsule(out, p.y, (root, at), (end, tip - 0.02), (0.010, 0.0)),
        capsule(out, p.y, (root, at + 0.07), (end, tip + 0.18), (0.010, 0.0)),
    )
    hair = p.stroke(d, 0.016).mul_(0.85 * s["whisker"])
    p.paint(hair, s["whiskers"], "whisker")
    p.silhouette("rest", hair)


def _eyes_box(s: Sheet) -> Box:
    mid, at, tall = s["eye_mid"], s["eye_at"], 1.2 * s["eye_r"] + 0.07
    reach = s["eye_x"] + 1.2 * s["eye_r"] + 0.05
    return mid - reach, at - tall, mid + reach, at + tall


def _eyes(p: Pane, s: Sheet) -> None:
    """Both eyes in one go: each pixel looks at the eye on its own side."""
    r, tall = s["eye_r"], s["eye_y"]
    x, y = p.x - s["eye_mid"], p.y - s["eye_at"]
    side = x.sign()
    x.sub_(side * s["eye_x"]).mul_((side * (0.10 * s["yaw"])).add_(1))  # the nearer one is wider
    slant = (side * x).mul_(0.12 * s["slit"]).add_(y)
    ball = ellipse(x, slant, r, tall)
    bow = (x * x).mul_(1 / r)  # both lids arch: straight ones look angry
    upper, lower = (bow * 0.45).sub_(y), y.sub_(bow.mul_(0.4))
    lids = torch.maximum(upper.add_(s["upper_lid"]), lower.sub_(s["lower_lid"]))
    seen = torch.maximum(ball, lids)
    p.paint(p.cover(torch.maximum(ball, lids.neg_()), 0.015), s["fur"] * 0.94)
    lash = slant * (0.028 / tall)
    p.paint(p.cover(lash.add_(seen), 0.040), s["line"], "eye")
    white = p.cover(seen, -0.004)
    down = (slant * (1 / tall)).clamp_(-1, 1)
    p.shadow(white, flat(0.99, 0.98, 0.97), (down * 0.07).add_(0.93), "eye")
    _iris(p, s, x.sub_(0.34 * r * s["gaze"]), slant, white, down)


def _iris(p: Pane, s: Sheet, x: Plane, y: Plane, white: Plane, down: Plane) -> None:
    r, tall, lamp = s["eye_r"], s["eye_y"], s["eye_r"] * s["light_dir"]
    ball = ellipse(x, y, r * 0.74, tall * 0.76)
    p.paint(p.cover(ball, 0.004).mul_(white), s["iris"] * 0.45)
    p.shadow(p.cover(ball, -0.024).mul_(white), s["iris"], down.mul_(0.26).add_(0.84))
    slit = s["slit"]
    pupil = ellipse(x, y, r * (0.47 - 0.15 * slit), tall * (0.48 + 0.07 * slit))
    p.paint(p.cover(pupil).mul_(white), flat(0.06, 0.05, 0.08))
    big = ellipse(x - 0.24 * lamp, y + 0.34 * tall, r * 0.25, tall * 0.25)
    p.paint(p.cover(big).mul_(white), WHITE)
    small = circle(x + 0.26 * lamp, y - 0.36 * tall, r * 0.12)
    p.paint(p.cover(small).mul_(white).mul_(0.85), WHITE)


def _brows_box(s: Sheet) -> Box:
    mid, at, reach = s["eye_mid"], s["brow_at"], s["eye_x"] + 0.25
    return mid - reach, at - 0.12, mid + reach, at + 0.12


def _brows(p: Pane, s: Sheet) -> None:
    out = (p.x - s["eye_mid"]).abs_().sub_(s["eye_x"])
    d = capsule(out, p.y - s["brow_at"], (-0.09, -0.02), (0.09, 0.025), (0.045, 0.035))
    p.paint(p.cover(d, soft=0.02).mul_(0.85 * s["brow"]), s["deep"] * 0.85)


def _glasses_box(s: Sheet) -> Box:
    wide, tall = s["head_x"] + 0.05 + s["eye_mid"].abs(), s["lens"] + 0.06
    return -wide, s["eye_at"] - tall, wide, s["eye_at"] + tall


def _glasses(p: Pane, s: Sheet) -> None:
    r = s["lens"]
    out, y = (p.x - s["eye_mid"]).abs_().sub_(s["eye_x"]), p.y - s["eye_at"]
    rim = circle(out, y, r)
    p.paint(p.cover(rim).mul_(0.17), flat(0.86, 0.95, 1.0))
    end = s["head_x"] * (0.97 - 0.30 * s["front"])  # a hanging ear hides it
    bridge = torch.maximum((y + 0.05).abs_(), out + r)
    temple = torch.maximum(y.add_(0.04).abs_(), torch.maximum(r - out, p.x.abs().sub_(end)))
    p.paint(p.stroke(union(rim.abs_(), bridge, temple), 0.036), s["frame"], "glasses")


def _hat_box(s: Sheet) -> Box:
    mid, wide = 0.2 * s["turn"], s["hat_x"] + 0.05
    return mid - wide, -s["head_y"] - 0.62, mid + wide, -0.80 * s["head_y"] + 0.12


def _hat(p: Pane, s: Sheet) -> None:
    wide, low, high = s["hat_x"], -0.80 * s["head_y"], -s["head_y"] - 0.45
    x = p.x - 0.2 * s["turn"]
    t = (p.y - high) * (1 / (low - high))
    brim = (x * (1 / wide)).square_().sub_(1).mul_(0.07).add_(p.y).sub_(low)
    cone = torch.maximum(x.abs().sub_(t.mul_(wide)).sub_(0.015).mul_(0.88), brim)
    outer, cloth = p.cover(cone, EDGE), p.cover(cone, -EDGE)
    p.paint(outer, s["cloth"] * 0.42, "hat")
    p.shadow(cloth, s["cloth"], (x * (1.6 * s["lit"])).sub_((p.y + 1).mul_(0.12)).add_(0.98), "hat")
    wave = (x * 0.5).add_(p.y).mul_(2.4).remainder_(1).sub_(0.5).abs_().sub_(0.25).div_(2.4)
    p.paint(p.cover(wave).mul_(cloth), flat(1.0, 0.95, 0.82))
    p.silhouette("head", outer, cloth)
    ball = circle(x, p.y - (high - 0.02), 0.10)
    outer, wool = p.cover(ball, EDGE * 0.8), p.cover(ball, -EDGE * 0.8)
    p.paint(outer, s["cloth"] * 0.5, "hat")
    p.paint(wool, flat(1.0, 0.93, 0.62), "hat")
    p.silhouette("head", outer, wool)


def _forehead(s: Sheet) -> Box:
    mid = 0.6 * s["turn"]
    return mid - 0.38, -s["head_y"], mid + 0.38, -0.36


BODY = (
    Layer(_body_box, _body, planes=PLANES),
    Layer(_collar_box, _collar, "collar"),
)
HEAD = (
    Layer(_ear_box, _ears_behind, "behind", PLANES),
    Layer(_head_box, _head, planes=PLANES),
    Layer(lambda s: (-0.55, -s["head_y"], 0.55, s["head_y"]), _blaze, "blaze", COAT),
    Layer(lambda s: (-1.15, -s["head_y"], 1.1, 0.45), _patch, "patch", COAT),
    Layer(_forehead, _brow_stripes, "stripes", COAT),
    Layer(lambda s: (-1.15, 0.0, 1.15, 0.42), _cheek_stripes, "stripes", COAT),
    Layer(_blush_box, _blush, planes=COAT),
    Layer(_ear_box, _ears_before, "front", PLANES),
    Layer(_muzzle_box, _muzzle),
    Layer(_mouth_box, _mouth),
    Layer(_nose_box, _nose),
    Layer(_whiskers_box, _whiskers, "whisker", PLANES),
    Layer(_eyes_box, _eyes),
    Layer(_brows_box, _brows, "brow"),
    Layer(_glasses_box, _glasses, "glasses"),
    Layer(_hat_box, _hat, "hat", PLANES),
)
