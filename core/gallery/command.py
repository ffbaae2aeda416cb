"""`python -m core gallery make`, `keep` and `check`: their options, and what they ask for."""

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
    make.add_argument("output", metavar="FOLDER", type=Path, help="where the PNGs go")
    make.add_argument("--seed", type=int, default=0, help="draws photographs and classes; 0")
    make.add_argument("--only", metavar="NAME", default="", help="attempts whose names begin so")
    make.set_defaults(work=_make, into_folder=True)
    keep = kinds.add_parser(
        "keep", help="what a link or a saved PNG leads to, as a PNG that claims"
    )
    keep.add_argument("record", metavar="LINK", help="a link, what follows ?r=, or a saved PNG")
    keep.add_argument("-o", "--output", metavar="FILE", required=True, type=Path, help="a .png")
    keep.add_argument("--label", metavar="N", type=int, default=-1, help="of Evolve: whose elite")
    keep.set_defaults(work=_keep)
    check = kinds.add_parser("check", help="measure what PNGs claim; exit code 1 if one is false")
    check.add_argument("folder", metavar="FOLDER", type=Path, help="of PNGs, or one PNG")
    check.set_defaults(work=_check)


def _make(asked: argparse.Namespace) -> int:
    from core.gallery import making

    for line in making.made(asked.output, seed=asked.seed, only=asked.only):
        _say(line)
    return 0


def _keep(asked: argparse.Namespace) -> int:
    from core import disk, export, probes, records
    from core.export import saved
    from core.gallery import checking, claims, keeping, kinds, making

    if asked.output.suffix.lower() != ".png":
        raise ValueError(f"{asked.output} is no .png: name one.")
    inputs: dict[str, bytes] = {}
    if Path(asked.record).suffix.lower() == ".png":
        record, inputs = saved.unpacked(Path(asked.record).read_bytes())
    else:
        record = records.unpack(asked.record.rpartition("r=")[2])
    kinds.kind_of(record)
    again, said = export.replayed(probes.load(record["probe"]), record, inputs)
    sys.stderr.writelines(f"{sentence}\n" for sentence in said)
    frame = making.ended(again, claims.step(record) + 1)
    data = keeping.exhibit(again.record(), frame, inputs, asked.label)
    disk.write(asked.output, data)
    _say({"file": str(asked.output), **checking.as_json(checking.check(data))})
    return 0


def _check(asked: argparse.Namespace) -> int:
    from core import pictures
    from core.gallery import checking, claims, keeping

    lost = False
    paths = [asked.folder] if asked.folder.is_file() else keeping.files(asked.folder)
    for path in paths:
        try:
            found = checking.as_json(checking.check(path.read_bytes()))
        except (pictures.PictureError, claims.ClaimError) as error:
            found = {"verdict": checking.LOST, "sentence": str(error)}
        lost |= found["verdict"] == checking.LOST
        _say({"file": str(path), **found})
    return int(lost)


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(f"{json.dumps(line)}\n")
    sys.stdout.flush()
