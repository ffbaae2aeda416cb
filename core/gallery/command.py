"""`python -m core gallery make` and `check`: their options, and what they ask for."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any


def verbs(to: Any) -> None:
    """Add the verb."""
    gallery = to.add_parser("gallery", help="pictures that fooled a network, and whether they do")
    kinds = gallery.add_subparsers(metavar="WHAT", required=True)
    make = kinds.add_parser("make", help="the gallery that ships with the lab: some minutes")
    make.add_argument("folder", metavar="FOLDER", type=Path, help="where the PNGs go")
    make.add_argument("--seed", type=int, default=0, help="draws photographs and classes; 0")
    make.add_argument("--only", metavar="NAME", default="", help="attempts whose names begin so")
    make.set_defaults(work=_make)
    check = kinds.add_parser("check", help="measure what PNGs claim; exit code 1 if one is false")
    check.add_argument("folder", metavar="FOLDER", type=Path, help="of PNGs, or one PNG")
    check.set_defaults(work=_check)


def _make(asked: argparse.Namespace) -> int:
    from core.gallery import making

    for line in making.made(asked.folder, seed=asked.seed, only=asked.only):
        _say(line)
    return 0


def _check(asked: argparse.Namespace) -> int:
    from core import pictures
    from core.gallery import checking, claims, keeping

    lost = False
    paths = [asked.folder] if asked.folder.is_file() else keeping.files(asked.folder)
    for path in paths:
        try:
            found = checking.told(checking.check(path.read_bytes()))
        except (pictures.PictureError, claims.ClaimError) as error:
            found = {"verdict": checking.LOST, "sentence": str(error)}
        lost |= found["verdict"] == checking.LOST
        _say({"file": str(path), **found})
    return int(lost)


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(f"{json.dumps(line)}\n")
    sys.stdout.flush()
