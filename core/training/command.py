"""`python -m core train`, `evaluate` and `paint`: their options, and what they ask for."""

import argparse
import json
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.models.denoisers import trained as denoisers
from core.models.generators import trained
from core.networks import digits

OTHERS = {
    "critters-pca": "Critters, principal components: half a minute",
    "critters-reader": "Critters, factor reader",
    "critters-vae-flow": "Critters, flow on the VAE's latents",
}


def verbs(to: Any) -> None:
    """Add the verbs."""
    train = to.add_parser("train", help="make a network that ships with the lab, from its data")
    kinds = train.add_subparsers(metavar="NETWORK", required=True)
    _robust(kinds.add_parser("lite0-robust", help="the robust twin of lite0, a stage at a time"))
    _painter(kinds.add_parser("painter", help="a painter of one style: minutes"))
    for name, title in (*trained.TITLES.items(), *OTHERS.items(), *denoisers.TITLES.items()):
        _critters(kinds.add_parser(name, help=title), name)
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
    _paints(to.add_parser("paint", help="a picture in the style of a painter that was kept"))


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
    train.add_argument(
        "--told", type=float, default=0.5, metavar="SHARE",
        help="how much a label counts beside the standard network's answer; default .5",
    )  # fmt: skip
    train.add_argument(
        "--attack-steps", type=int, default=1, metavar="N",
        help="of each attack in the last third of the stage; default 1",
    )  # fmt: skip
    train.add_argument("--seed", type=int, default=0, help="of this stage; default 0")
    train.set_defaults(work=_train)


def _painter(train: argparse.ArgumentParser) -> None:
    train.add_argument("-o", "--output", metavar="FILE", required=True, type=Path)
    train.add_argument("--quiet", action="store_true", help="no reports on the way")
    train.add_argument("--style", metavar="NAME", help="a swatch; default mosaic")
    train.add_argument("--steps", type=int, metavar="N", help="default 2000")
    train.add_argument("--seed", type=int, default=0, help="of weights and crops; default 0")
    train.set_defaults(work=_train_painter)


def _critters(train: argparse.ArgumentParser, name: str) -> None:
    train.add_argument("-o", "--output", metavar="FILE", required=True, type=Path)
    train.add_argument("--quiet", action="store_true", help="no reports on the way")
    if name == "emoji-vae":
        train.add_argument(
            "--pictures", metavar="FOLDER", type=Path, help="to learn from, in place of the emoji"
        )
    if name != "critters-pca":  # they are computed in one go
        train.add_argument("--steps", type=int, metavar="N", help="default: as many as shipped")
    train.add_argument("--tiny", action="store_true", help="a few steps of a narrow one: seconds")
    train.set_defaults(work=_train_critters, name=name)


def _paints(paint: argparse.ArgumentParser) -> None:
    paint.add_argument("painter", metavar="PAINTER", help="a .safetensors file, or a shipped one")
    paint.add_argument("picture", metavar="PICTURE", help="a shipped picture or a file")
    paint.add_argument("-o", "--output", metavar="FILE", required=True, type=Path, help="a .png")
    paint.add_argument("--size", metavar="N", type=int, default=512, help="longer side; 512 px")
    paint.set_defaults(work=_paint)


def _train_digits(asked: argparse.Namespace) -> int:
    from core.training import digits as recipes

    recipe = recipes.recipe_for(asked.name, steps=asked.steps, seed=asked.seed)
    return _print_reports(asked, recipes.train(asked.name, out=asked.output, recipe=recipe))


def _train_critters(asked: argparse.Namespace) -> int:
    from core.training import autoencoders, collections, components, flow, reader
    from core.training import denoisers as recipes_of_denoisers

    if asked.name == components.CRITTERS:
        recipe = components.recipe_for(is_tiny=asked.tiny)
        return _told(asked, components.train(recipe, out=asked.output))
    given = {"steps": asked.steps, "is_tiny": asked.tiny}
    with _asked_to_stop() as is_stopped:
        how = {"out": asked.output, "is_stopped": is_stopped}
        if asked.name in OTHERS:
            recipes = {reader.NAME: reader, flow.NAME: flow}[asked.name]
            reports = recipes.train(recipes.recipe_for(**given), **how)
        elif asked.name in recipes_of_denoisers.RECIPES:
            recipe = recipes_of_denoisers.recipe_for(asked.name, **given)
            reports = recipes_of_denoisers.train(asked.name, recipe, **how)
        elif asked.name in collections.COLLECTIONS:
            recipe = collections.recipe_for(asked.name, **given)
            how["folder"] = getattr(asked, "pictures", None)
            reports = collections.train(asked.name, recipe, **how)
        else:
            recipe = autoencoders.recipe_for(asked.name, **given)
            reports = autoencoders.train(asked.name, recipe, **how)
        return _told(asked, reports)


def _told(asked: argparse.Namespace, reports: Iterable[Any]) -> int:
    """A line for each report, and at the end what the card says."""
    for report in reports:
        if not asked.quiet:
            sys.stderr.write(f"{json.dumps(asdict(report))}\n")
    card = json.loads(asked.output.with_suffix(".json").read_text())
    told = {name: card[name] for name in ("reached", "not reached")}
    sys.stdout.write(f"{json.dumps({'file': str(asked.output), **told})}\n")
    return 0


@contextmanager
def _asked_to_stop() -> Iterator[Callable[[], bool]]:
    """Whether SIGTERM or Ctrl-C has come: a training ends its step first, and keeps it."""
    asked = threading.Event()
    before = {n: signal.signal(n, lambda *_: asked.set()) for n in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _print_reports(asked: argparse.Namespace, reports: Iterable[Any]) -> int:
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
        told=asked.told,
        attack_steps=asked.attack_steps,
        learning_rate=asked.rate,
        last_rate=asked.last_rate,
        seed=asked.seed,
    )
    reports = robust.train(asked.pictures, recipe=recipe, start=asked.start, out=asked.output)
    return _print_reports(asked, reports)


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
    from core import disk, pictures
    from core.networks import painter
    from core.priors import octaves

    if asked.output.suffix.lower() != ".png":
        raise ValueError(f"{asked.output} is no .png: name one.")
    if not 32 <= asked.size <= 2048:
        raise ValueError(f"size = {asked.size} is out of range: choose 32 to 2048 px.")
    shipped = asked.painter in painter.SHIPPED
    p = painter.shipped(asked.painter) if shipped else painter.read(Path(asked.painter))
    known = asked.picture in pictures.shipped()
    x = pictures.load(asked.picture) if known else pictures.read(Path(asked.picture))
    y = painter.painted(p, octaves.sized(x, asked.size))[0]
    disk.write(asked.output, pictures.png(y))
    told = {"file": str(asked.output), "width": y.shape[2], "height": y.shape[1]}
    sys.stdout.write(f"{json.dumps(told)}\n")
    return 0
