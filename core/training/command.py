"""`python -m core train` and `evaluate`: their options, and what they ask for."""

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.networks import digits


def verbs(to: Any) -> None:
    """Add both verbs."""
    train = to.add_parser("train", help="make a network that ships with the lab, from its data")
    kinds = train.add_subparsers(metavar="NETWORK", required=True)
    _robust(kinds.add_parser("lite0-robust", help="the robust twin of lite0, a stage at a time"))
    for name in digits.KINDS:
        one = kinds.add_parser(name, help=f"{digits.SAID[name]}: a minute or two")
        one.add_argument("-o", "--output", metavar="FILE", required=True, type=Path)
        one.add_argument("--quiet", action="store_true", help="no reports on the way")
        one.add_argument("--seed", type=int, default=0, help="of weights and views; default 0")
        one.add_argument("--steps", type=int, help="default: as many as the shipped network's")
        one.set_defaults(work=_train_digits, name=name)
    evaluate = to.add_parser("evaluate", help="measure the robust twin beside its network")
    evaluate.add_argument("twin", choices=["lite0-robust"], help="whose twin")
    evaluate.add_argument("file", metavar="FILE", type=Path, help="what training has made")
    evaluate.add_argument("--pictures", metavar="FOLDER", type=Path, required=True)
    evaluate.add_argument("--quiet", action="store_true", help="no reports on the way")
    evaluate.set_defaults(work=_evaluate)


def _robust(train: argparse.ArgumentParser) -> None:
    train.add_argument("--pictures", metavar="FOLDER", type=Path, required=True)
    train.add_argument("--quiet", action="store_true", help="no reports on the way")
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


def _train_digits(asked: argparse.Namespace) -> int:
    from core.training import digits as recipes

    recipe = recipes.asked(asked.name, steps=asked.steps, seed=asked.seed)
    return _told(asked, recipes.train(asked.name, out=asked.output, recipe=recipe))


def _told(asked: argparse.Namespace, reports: Iterable[Any]) -> int:
    """A line for each report, and the file with the last of them."""
    report = None
    for report in reports:
        if not asked.quiet:
            sys.stderr.write(f"{json.dumps(asdict(report))}\n")
    sys.stdout.write(
        json.dumps({"file": str(asked.output), **(asdict(report) if report else {})}) + "\n"
    )
    return 0


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
    reports = robust.train(asked.pictures, recipe=recipe, start=asked.start, out=asked.output)
    return _told(asked, reports)


def _evaluate(asked: argparse.Namespace) -> int:
    from core.training import robust

    for row in robust.rows(asked.pictures, asked.file):
        sys.stdout.write(f"{json.dumps(row)}\n")
        sys.stdout.flush()
    return 0
