"""`python -m core train` and `evaluate`: their options, and what they ask for."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any


def verbs(to: Any) -> None:
    """Add both verbs."""
    train = to.add_parser("train", help="make the robust twin of a network, a stage at a time")
    evaluate = to.add_parser("evaluate", help="measure the robust twin beside its network")
    for one in (train, evaluate):
        one.add_argument("twin", choices=["lite0-robust"], help="whose twin")
        one.add_argument("--pictures", metavar="FOLDER", type=Path, required=True)
        one.add_argument("--quiet", action="store_true", help="no reports on the way")
    train.add_argument("-o", "--output", metavar="FILE", required=True, type=Path)
    train.add_argument("--start", metavar="FILE", type=Path, help="what the stage before has made")
    train.add_argument("--seconds", type=float, default=4500, help="of one stage; default 4500")
    train.add_argument("--side", type=int, default=96, help="of a picture in px; default 96")
    train.add_argument(
        "--radius", type=float, nargs=2, default=(0.25, 0.7), metavar=("FROM", "TO"),
        help="largest attack in L2 at 96 px, from the start to the end; default .25 .7",
    )  # fmt: skip
    train.add_argument(
        "--rate", type=float, default=3e-4, help="learning rate at its peak; default .0003"
    )
    train.add_argument(
        "--last-rate", type=float, default=0.3, metavar="SHARE",
        help="of the learning rate that is left at the end; a last stage wants .03; default .3",
    )  # fmt: skip
    train.add_argument("--seed", type=int, default=0, help="of this stage; default 0")
    train.set_defaults(work=_train)
    evaluate.add_argument("file", metavar="FILE", type=Path, help="what training has made")
    evaluate.set_defaults(work=_evaluate)


def _train(asked: argparse.Namespace) -> int:
    from core.training import robust

    recipe = robust.Recipe(
        seconds=asked.seconds,
        side=asked.side,
        radius=tuple(asked.radius),
        learning_rate=asked.rate,
        last_rate=asked.last_rate,
        seed=asked.seed,
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
