"""`python -m core train`, `evaluate` and `paint`: their options, and what they ask for."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any


def verbs(to: Any) -> None:
    """Add the verbs."""
    train = to.add_parser("train", help="make the robust twin of a network, or a painter")
    evaluate = to.add_parser("evaluate", help="measure the robust twin beside its network")
    train.add_argument("what", choices=["lite0-robust", "painter"], help="a twin, or a painter")
    evaluate.add_argument("what", choices=["lite0-robust"], help="whose twin")
    train.add_argument("--pictures", metavar="FOLDER", type=Path, help="for the twin")
    evaluate.add_argument("--pictures", metavar="FOLDER", type=Path, required=True)
    for one in (train, evaluate):
        one.add_argument("--quiet", action="store_true", help="no reports on the way")
    train.add_argument("-o", "--output", metavar="FILE", required=True, type=Path)
    train.add_argument("--start", metavar="FILE", type=Path, help="what the stage before has made")
    train.add_argument("--seconds", type=float, default=4500, help="of one stage; default 4500")
    train.add_argument("--side", type=int, default=96, help="of a picture in px; default 96")
    train.add_argument(
        "--radius", type=float, nargs=2, default=(0.25, 0.7), metavar=("FROM", "TO"),
        help="largest attack in L2 at 96 px, from the start to the end; default .25 .7",
    )  # fmt: skip
    train.add_argument("--style", metavar="NAME", help="of a painter: a swatch; default mosaic")
    train.add_argument("--steps", type=int, metavar="N", help="of a painter; default 2000")
    train.add_argument("--seed", type=int, default=0, help="of this stage; default 0")
    train.set_defaults(work=_train)
    evaluate.add_argument("file", metavar="FILE", type=Path, help="what training has made")
    evaluate.set_defaults(work=_evaluate)
    paint = to.add_parser("paint", help="a picture in the style of a painter that was kept")
    paint.add_argument("painter", metavar="PAINTER", help="a .safetensors file, or a shipped one")
    paint.add_argument("picture", metavar="PICTURE", help="a shipped picture or a file")
    paint.add_argument("-o", "--output", metavar="FILE", required=True, type=Path, help="a .png")
    paint.add_argument("--size", metavar="N", type=int, default=512, help="longer side; 512 px")
    paint.set_defaults(work=_paint)


def _train(asked: argparse.Namespace) -> int:
    if asked.what == "painter":
        return _train_painter(asked)
    from core.training import robust

    if asked.pictures is None:
        raise ValueError("A twin learns from photographs: name their folder by --pictures.")

    recipe = robust.Recipe(
        seconds=asked.seconds, side=asked.side, radius=tuple(asked.radius), seed=asked.seed
    )
    report = None
    for report in robust.train(asked.pictures, recipe=recipe, start=asked.start, out=asked.output):
        if not asked.quiet:
            sys.stderr.write(f"{json.dumps(asdict(report))}\n")
    sys.stdout.write(
        json.dumps({"file": str(asked.output), **(asdict(report) if report else {})}) + "\n"
    )
    return 0


def _evaluate(asked: argparse.Namespace) -> int:
    from core.training import robust

    for row in robust.rows(asked.pictures, asked.file):
        sys.stdout.write(f"{json.dumps(row)}\n")
        sys.stdout.flush()
    return 0


def _train_painter(asked: argparse.Namespace) -> int:
    from core import disk
    from core.networks import painter as networks
    from core.training import painter

    given = {"style": asked.style, "steps": asked.steps}
    recipe = painter.Recipe(seed=asked.seed, **{k: v for k, v in given.items() if v is not None})
    if recipe.steps < 1:
        raise ValueError(f"steps = {recipe.steps} is out of range: choose 1 or more.")
    done = None
    for done in painter.train(recipe):
        if not asked.quiet:
            sys.stderr.write(f"{json.dumps(asdict(done[0]))}\n")
    assert done is not None
    report, p = done
    card = painter.card(recipe, report)
    disk.write(asked.output, networks.pack(p, style=recipe.style))
    text = f"{json.dumps(card, indent=1)}\n"
    disk.write(asked.output.with_suffix(".json"), text.encode())
    sys.stdout.write(f"{json.dumps({'file': str(asked.output), **card['reached']})}\n")
    return 0


def _paint(asked: argparse.Namespace) -> int:
    from core import disk, painting, pictures
    from core.networks import painter

    if asked.output.suffix.lower() != ".png":
        raise ValueError(f"{asked.output} is no .png: name one.")
    if not 32 <= asked.size <= 2048:
        raise ValueError(f"size = {asked.size} is out of range: choose 32 to 2048 px.")
    shipped = asked.painter in painter.SHIPPED
    p = painter.shipped(asked.painter) if shipped else painter.read(Path(asked.painter))
    known = asked.picture in pictures.shipped()
    x = pictures.load(asked.picture) if known else pictures.read(Path(asked.picture))
    y = painter.painted(p, painting.sized(x, asked.size))[0]
    disk.write(asked.output, pictures.png(y))
    told = {"file": str(asked.output), "width": y.shape[2], "height": y.shape[1]}
    sys.stdout.write(f"{json.dumps(told)}\n")
    return 0
