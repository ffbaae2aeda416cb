"""The lab without a browser: `python -m core features --layer blocks.3 --unit 12 -o unit.png`.

Every probe is a verb, and every option comes from a declared setting. The
picture is written to a file, and one line of JSON says what is in it. Exit
codes: 0 done, 1 the run failed, 2 something asked for does not exist, 130
stopped by Ctrl-C (what was reached is kept).
"""

import argparse
import difflib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

from core import cpu
from core.probe import (
    Choice,
    Declared,
    Label,
    Picture,
    Range,
    Seed,
    SettingError,
    Switch,
    Unit,
    declared,
)

PANEL = "picture"
FAILED, ASKED_WRONG, STOPPED = 1, 2, 130


class UsageError(ValueError):
    """Something was asked for that cannot be; the message says what can."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    try:
        cpu.settle()
        asked = parser().parse_args(arguments)
        return asked.work(asked)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        return STOPPED
    except (ValueError, LookupError) as error:
        sys.stderr.write(f"{error.args[0] if error.args else error}\n")
        return ASKED_WRONG
    except (OSError, RuntimeError, MemoryError) as error:
        sys.stderr.write(f"{_sorry(error)}\n")
        return FAILED


def _sorry(error: BaseException) -> str:
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}. Choose another file with -o, or make room."
    if isinstance(error, MemoryError) or "memory" in str(error):
        return "This run needs more memory than there is: choose smaller or fewer pictures."
    return f"This run failed ({type(error).__name__}: {str(error)[:300]})."


class Parser(argparse.ArgumentParser):
    """argparse, with the nearest name there is in its refusals."""

    def parse_known_args(self, *arguments: Any, **named: Any) -> Any:  # type: ignore[override]
        """Refuse an unknown option where its neighbours are known: at its own verb."""
        found, unknown = super().parse_known_args(*arguments, **named)
        if unknown:
            self.error(f"there is no option {unknown[0]}")
        return found, unknown

    def error(self, message: str) -> Any:
        """Refuse with a sentence; exit code 2."""
        sys.stderr.write(f"{message[0].upper()}{message[1:]}{self._near(message)}\n")
        sys.exit(ASKED_WRONG)

    def _near(self, message: str) -> str:
        unknown = [word for word in message.split() if word.startswith("--")]
        known = [option for action in self._actions for option in action.option_strings]
        near = difflib.get_close_matches(unknown[0], known, n=1) if unknown else []
        return f": did you mean {near[0]}?" if near and near != unknown[:1] else "."


def parser() -> Parser:
    """Every command with its options, from what the probes declare."""
    from core import probes

    found = Parser(prog="python -m core", description=(__doc__ or "").split("\n\n")[0])
    verbs = found.add_subparsers(metavar="VERB", required=True, parser_class=Parser)
    sheet = verbs.add_parser("sheet", help="many pictures of one probe, drawn by seed")
    sheets = sheet.add_subparsers(metavar="PROBE", required=True, parser_class=Parser)
    for name in probes.names():
        probe = probes.load(name)
        one = verbs.add_parser(name, help=probe.question, description=probe.question)
        _settings(one, probe)
        _output(one)
        one.add_argument("--frames", type=int, metavar="N", help="stop after so many frames")
        one.set_defaults(work=_run, probe=probe)
        many = sheets.add_parser(name, help=probe.question, description=_SHEETS[name])
        _settings(many, probe)
        _output(many, panels=False)
        _drawing(many)
        many.set_defaults(work=_sheet, probe=probe)
    again = verbs.add_parser("replay", help="do again what a link or a saved picture says")
    again.add_argument("record", metavar="LINK", help="a link, what follows ?r=, or a saved PNG")
    _output(again)
    again.add_argument("--frames", type=int, metavar="N", help="stop after so many frames")
    again.set_defaults(work=_replay)
    _training(verbs)
    _atlas(verbs)
    return found


def _atlas(verbs: Any) -> None:
    from core import probes
    from core.atlas import command
    from core.atlas.rendering import RECIPE

    text = "the picture of every unit of a network's layers, a file each"
    atlas = verbs.add_parser("atlas", help=text, description=f"{text}; what is there stays.")
    command.options(atlas)
    _settings(atlas, probes.load("features"), RECIPE)
    atlas.set_defaults(work=_render, probe=probes.load("features"))
    sheets = verbs.add_parser("sprites", help="an atlas as few sheets with an index, for a page")
    sheets.add_argument("atlas", metavar="FOLDER", type=Path, help="what `atlas` has made, whole")
    sheets.add_argument("-o", "--output", metavar="FOLDER", type=Path, required=True)
    sheets.set_defaults(work=_lay_out)


def _render(asked: argparse.Namespace) -> int:
    from core.atlas import command

    settings, _ = values(asked.probe, asked)
    return _say(command.work(settings, asked))


def _lay_out(asked: argparse.Namespace) -> int:
    from core.atlas import sprites

    print(json.dumps(sprites.written(asked.atlas, asked.output)))
    return 0


def _training(verbs: Any) -> None:
    train = verbs.add_parser("train", help="make the robust twin of a network, a stage at a time")
    evaluate = verbs.add_parser("evaluate", help="measure the robust twin beside its network")
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
    train.add_argument("--seed", type=int, default=0, help="of this stage; default 0")
    train.set_defaults(work=_train)
    evaluate.add_argument("file", metavar="FILE", type=Path, help="what training has made")
    evaluate.set_defaults(work=_evaluate)


def _train(asked: argparse.Namespace) -> int:
    from core.training import robust

    recipe = robust.Recipe(
        seconds=asked.seconds, side=asked.side, radius=tuple(asked.radius), seed=asked.seed
    )
    report = None
    for report in robust.train(asked.pictures, recipe=recipe, start=asked.start, out=asked.output):
        if not asked.quiet:
            sys.stderr.write(f"{json.dumps(asdict(report))}\n")
    print(json.dumps({"file": str(asked.output), **(asdict(report) if report else {})}))
    return 0


def _evaluate(asked: argparse.Namespace) -> int:
    from core.training import robust

    for row in robust.rows(asked.pictures, asked.file):
        print(json.dumps(row), flush=True)
    return 0


_SHEETS = {
    "features": "Units of four stages drawn by seed, or classes (--target class), a picture each.",
    "dream": "A dream of every photograph, in the order of their names.",
}


def _settings(to: argparse.ArgumentParser, probe: ModuleType, only: Sequence[str] = ()) -> None:
    group = to.add_argument_group("settings")
    for name, setting in declared(probe.Settings).items():
        if only and name not in only:
            continue
        option = f"--{name.replace('_', '-')}"
        common: dict[str, Any] = {"dest": name, "default": argparse.SUPPRESS, "help": said(setting)}
        if isinstance(setting.kind, Switch):
            group.add_argument(option, action=argparse.BooleanOptionalAction, **common)
        else:
            group.add_argument(option, metavar=_metavar(setting), **common)


def said(setting: Declared) -> str:
    """What `--help` says of a setting: its help, its limits and its default."""
    kind, words = setting.kind, [setting.kind.help] if setting.kind.help else []
    if isinstance(kind, Range):
        words.append(f"{kind.low:g} to {kind.high:g}{f' {kind.unit}' if kind.unit else ''}")
        words += [f"0: {kind.zero}"] if kind.zero else []
    if isinstance(kind, Choice):
        words.append(", ".join(kind.options))
    if isinstance(kind, Label):
        words.append("by number or name")
    if isinstance(kind, Picture):
        none = f", or {kind.without}" if kind.without else ""
        words.append(f"a shipped picture or a file{none}")
    words.append(f"default {setting.default}")
    return "; ".join(words).replace("%", "%%")


def _metavar(setting: Declared) -> str:
    if isinstance(setting.kind, Range | Seed | Unit):
        return "N" if setting.type is int else "X"
    return type(setting.kind).__name__.upper()


def _output(to: argparse.ArgumentParser, *, panels: bool = True) -> None:
    suffixes = "a .png carries its settings, a .webp moves" if panels else "a .png or .webp"
    to.add_argument("-o", "--output", metavar="FILE", required=True, type=Path, help=suffixes)
    to.add_argument("--quiet", action="store_true", help="no progress bar")
    if panels:
        text = "which panels, side by side: picture, control (default: picture)"
        to.add_argument("--panel", metavar="NAME", nargs="+", default=[PANEL], help=text)
        text = "of a .webp: every so many frames one (default: such that it has about 48)"
        to.add_argument("--every", metavar="N", type=int, default=0, help=text)


def _drawing(to: argparse.ArgumentParser) -> None:
    to.add_argument("--draw", metavar="N", type=int, default=0, help="the seed that draws them")
    text = "how many (default: 24; all photographs of the folder where there are fewer)"
    to.add_argument("--number", metavar="N", type=int, default=24, help=text)
    to.add_argument("--pictures", metavar="FOLDER", type=Path, help="photographs of your own")


def values(probe: ModuleType, asked: argparse.Namespace) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The settings that were given, and the files among them as PNG by their names as inputs."""
    known, inputs = declared(probe.Settings), dict[str, bytes]()
    given = {name: value for name, value in vars(asked).items() if name in known}
    found = {name: _number(name, value, known[name]) for name, value in given.items()}
    for name, value in found.items():
        if isinstance(known[name].kind, Picture):
            found[name] = _brought(value, inputs)
        kind = known[name].kind
        if isinstance(kind, Label) and isinstance(value, str):
            found[name] = _class(value, found.get(kind.of, known[kind.of].default))
    return found, inputs


def _number(name: str, value: Any, setting: Declared) -> Any:
    if setting.type not in (int, float) or not isinstance(value, str):
        return value
    if isinstance(setting.kind, Label) and not value.lstrip("-").isdecimal():
        return value
    try:
        return int(value) if setting.type is int else float(value)
    except ValueError:
        word = "a whole number" if setting.type is int else "a number"
        raise SettingError(f"{name} = {value!r} is not {word}.") from None


def _class(said: str, network: str) -> int:
    """The number of a class by its name, or by the only name that begins so."""
    from core import backbones

    labels = [label.lower() for label in backbones.load(network).labels]
    wanted = said.lower()
    begins = [i for i, label in enumerate(labels) if label.startswith(wanted)]
    if wanted in labels:
        return labels.index(wanted)
    if len(begins) == 1:
        return begins[0]
    near = [labels[i] for i in begins[:5]] or difflib.get_close_matches(wanted, labels, n=3)
    raise UsageError(
        f"{network} knows no class {said!r}"
        + (f": did you mean {', '.join(near)}?" if near else ": give its number, 0 to 999.")
    )


def _brought(value: str, inputs: dict[str, bytes]) -> str:
    """A shipped picture's name as it is; a file's picture becomes an input."""
    from core import pictures, saved

    path = Path(value)
    if value in pictures.shipped() or not (path.suffix or path.exists()):
        return value
    if not path.is_file():
        raise UsageError(f"There is no file {value}: give one, or a name of {_shipped()}.")
    try:
        x = pictures.read(path, side=saved.SIDE)
    except pictures.PictureError as error:
        raise UsageError(f"{value}: {error}") from None
    name = saved.name_of(pictures.to_uint8(x))
    inputs[name] = pictures.png(x)
    return name


def _shipped() -> str:
    from core import pictures

    return ", ".join(pictures.shipped())


def _wish(asked: argparse.Namespace, frames: int = 0) -> Any:
    from core.export import Wish

    return Wish(
        path=asked.output,
        panels=tuple(asked.panel),
        frames=asked.frames or frames,
        every=asked.every,
        quiet=asked.quiet,
    )


def _run(asked: argparse.Namespace) -> int:
    from core import export

    wish = _wish(asked)
    settings, inputs = values(asked.probe, asked)
    return _say(export.written(export.started(asked.probe, settings, inputs), wish, inputs))


def _replay(asked: argparse.Namespace) -> int:
    from core import export, probes, run, saved

    inputs: dict[str, bytes] = {}
    if Path(asked.record).suffix.lower() == ".png":
        record, inputs = saved.unpacked(Path(asked.record).read_bytes())
        record = run.unpack(run.pack(record))
    else:
        record = run.unpack(asked.record.rpartition("r=")[2])
    step = record.get("step")
    wish = _wish(asked, step + 1 if isinstance(step, int) else 0)
    again, said = export.replayed(probes.load(record["probe"]), record, inputs)
    for sentence in said:
        sys.stderr.write(f"{sentence}\n")
    return _say(export.written(again, wish, inputs))


def _sheet(asked: argparse.Namespace) -> int:
    from core import sheets

    settings, inputs = values(asked.probe, asked)
    if inputs:
        raise UsageError("A sheet takes its photographs from --pictures FOLDER.")
    drawing = sheets.Drawing(asked.output, asked.draw, asked.number, asked.pictures, asked.quiet)
    return _say(sheets.written(asked.probe, settings, drawing))


def _say(result: dict[str, Any]) -> int:
    stopped = result.pop("stopped")
    print(json.dumps(result))
    return STOPPED if stopped else 0


if __name__ == "__main__":
    sys.exit(main())
