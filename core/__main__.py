"""The lab without a browser: `python -m core features --layer blocks.3 --unit 12 -o unit.png`.

Every probe is a verb, and every option comes from a declared setting. The
picture is written to a file, and one line of JSON says what is in it. Exit
codes: 0 done, 1 the run failed, 2 something asked for does not exist, 130
stopped by Ctrl-C (what was reached is kept).
"""

import argparse
import atexit
import difflib
import json
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Any

STOPPED = 130


def _leave(_number: int, _frame: FrameType | None) -> None:
    """Ctrl-C before there is anything to keep: half an import cannot be unwound in a sentence."""
    os.write(2, b"Stopped before the first step.\n")
    os._exit(STOPPED)


def _end() -> None:
    """After Ctrl-C, end at once: Python takes two seconds to forget three thousand modules."""
    if _CODES == [STOPPED]:
        sys.stdout.flush()
        os._exit(STOPPED)


_CODES: list[int] = []  # what `main` has returned
if __name__ == "__main__":
    atexit.register(_end)  # registered first, so that it is called when all else is tidied up
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)  # the imports that follow take seconds

from core import cpu, disk
from core.probe import (
    Attributes,
    Choice,
    Declared,
    File,
    Label,
    Latent,
    Mask,
    Network,
    Picture,
    Point,
    Probe,
    Range,
    Seed,
    SettingError,
    Switch,
    Unit,
    declared,
)

FAILED, ASKED_WRONG = 1, 2


class UsageError(ValueError):
    """Something was asked for that cannot be; the message says what can."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    try:
        cpu.settle()
        asked = parser().parse_args(arguments)
        _writable(asked)
        if signal.getsignal(signal.SIGINT) is _leave:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        return asked.work(asked)
    except KeyboardInterrupt as stopped:
        sys.stderr.write(f"{stopped.args[0] if stopped.args else 'Stopped.'}\n")
        return STOPPED
    except (ValueError, LookupError) as error:
        sys.stderr.write(f"{error.args[0] if error.args else error}\n")
        return ASKED_WRONG
    except (OSError, RuntimeError, MemoryError) as error:
        sys.stderr.write(f"{_sorry(error)}\n")
        return FAILED


def _writable(asked: argparse.Namespace) -> None:
    """Refuse what could not be written in the end, before any work is done."""
    if output := getattr(asked, "output", None):
        disk.check_writable(output, folder=getattr(asked, "into_folder", False))
    if resume := getattr(asked, "resume", None):
        disk.check_writable(resume)


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
    from core.gallery import command as gallery
    from core.training import command as training

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
        text = "the same beside it with these changed, such as seed=1; a .png of both"
        one.add_argument("--twin", metavar="SETTING=VALUE", nargs="+", default=[], help=text)
        text = "keeps the run's state, and goes on from it where the run was cut short"
        one.add_argument("--resume", metavar="FILE", type=Path, help=text)
        one.set_defaults(work=_run, probe=probe)
        if not probe.sheet:  # what it shows is a sheet already
            continue
        many = sheets.add_parser(name, help=probe.question, description=probe.sheet)
        _settings(many, probe)
        _output(many, panels=False)
        _drawing(many)
        many.set_defaults(work=_sheet, probe=probe)
    again = verbs.add_parser("replay", help="do again what a link or a saved picture says")
    again.add_argument("record", metavar="LINK", help="a link, what follows ?r=, or a saved PNG")
    _output(again)
    again.add_argument("--frames", type=int, metavar="N", help="stop after so many frames")
    again.set_defaults(work=_replay)
    fetch = verbs.add_parser("fetch", help="bring a network's weights to this computer, once")
    fetch.add_argument("network", metavar="NETWORK", help="vgg16-edges, torchvision/resnet18, ...")
    fetch.add_argument("--quiet", action="store_true", help="no progress bar")
    fetch.set_defaults(work=_fetch)
    _layout(verbs)
    training.verbs(verbs)
    gallery.verbs(verbs)
    _atlas(verbs)
    return found


def _fetch(asked: argparse.Namespace) -> int:
    from core import models

    name = models.terminal.network(asked.network, quiet=asked.quiet)
    found = models.load(name)
    found.twin(0)  # the control is drawn once, too
    print(json.dumps({"network": found.name, "fingerprint": found.fingerprint}))
    return 0


def _layout(verbs: Any) -> None:
    text = "write a denoiser of ours as a folder that diffusers loads itself"
    layout = verbs.add_parser("diffusers", help=text, description=text)
    layout.add_argument("network", metavar="NETWORK", help="such as critters-denoiser")
    layout.add_argument("-o", "--output", metavar="FOLDER", required=True, type=Path)
    layout.set_defaults(work=_lay_out, into_folder=True)


def _lay_out(asked: argparse.Namespace) -> int:
    from core import models
    from core.models.denoisers import layout
    from core.models.denoisers.trained import Trained

    found = models.load(asked.network, "denoiser")
    if not isinstance(found, Trained):
        raise UsageError(f"{asked.network} is in diffusers' layout already: choose one of ours.")
    files = layout.write(found.module, asked.output, asks=tuple(found.asks))
    print(json.dumps({"network": found.name, "files": [str(file) for file in files]}))
    return 0


def _atlas(verbs: Any) -> None:
    from core import probes
    from core.atlas import command
    from core.atlas.rendering import RECIPE

    text = "the picture of every unit of a network's layers, a file each"
    atlas = verbs.add_parser("atlas", help=text, description=f"{text}; what is there stays.")
    command.options(atlas)
    _settings(atlas, probes.load("features"), RECIPE)
    atlas.set_defaults(work=_render, probe=probes.load("features"))
    command.sprites(verbs)


def _render(asked: argparse.Namespace) -> int:
    from core.atlas import command

    settings, _ = values(asked.probe, asked)
    return _say(command.work(settings, asked))


def _settings(to: argparse.ArgumentParser, probe: Probe, only: Sequence[str] = ()) -> None:
    group = to.add_argument_group("settings")
    for name, setting in declared(probe.Settings).items():
        if only and name not in only:
            continue
        option = f"--{name.replace('_', '-')}"
        common: dict[str, Any] = {
            "dest": name,
            "default": argparse.SUPPRESS,
            "help": option_help(setting),
        }
        if isinstance(setting.kind, Switch):
            group.add_argument(option, action=argparse.BooleanOptionalAction, **common)
        elif isinstance(setting.kind, Latent | Point):
            group.add_argument(option, metavar="X", nargs="*", **common)
        elif isinstance(setting.kind, Attributes):
            group.add_argument(option, metavar="ATTRIBUTE", nargs="*", **common)
        else:
            group.add_argument(option, metavar=_metavar(setting), **common)


def option_help(setting: Declared) -> str:
    """What `--help` says of a setting: its help, its limits and its default."""
    kind, words = setting.kind, [setting.kind.help] if setting.kind.help else []
    if isinstance(kind, Range):
        words.append(f"{kind.low:g} to {kind.high:g}{f' {kind.unit}' if kind.unit else ''}")
        words += [f"0: {kind.zero}"] if kind.zero else []
    if isinstance(kind, Choice | File):
        words.append(", ".join(kind.options) + ", or a file" * isinstance(kind, File))
    if isinstance(kind, Label):
        words.append("by number or name")
    if isinstance(kind, Picture):
        none = f", or {kind.without}" if kind.without else ""
        words.append(f"a shipped picture or a file{none}")
    if isinstance(kind, Mask):
        from core.pictures import masks

        ready = ", ".join(masks.names())
        words.append(f"{ready}, or a file that is white there and black elsewhere")
    if isinstance(kind, Latent | Point):
        count = f"up to {kind.shown}" if isinstance(kind, Latent) else "two"
        words.append(f"{count} numbers, {kind.low:g} to {kind.high:g}")
    default = setting.default
    if isinstance(kind, Attributes):
        words.append(f"names of attributes, {kind.every!r} or {kind.without!r}")
        default = ", ".join(default) or kind.without
    words.append(f"default {default}")
    return "; ".join(words).replace("%", "%%")


def _metavar(setting: Declared) -> str:
    if isinstance(setting.kind, Range | Seed | Unit):
        return "N" if setting.type is int else "X"
    return type(setting.kind).__name__.upper()


def _output(to: argparse.ArgumentParser, *, panels: bool = True) -> None:
    suffixes = (
        "a .png carries its settings; a .webp, .gif or .mp4 moves" if panels else "a .png or .webp"
    )
    to.add_argument("-o", "--output", metavar="FILE", required=True, type=Path, help=suffixes)
    to.add_argument("--quiet", action="store_true", help="no progress bar")
    if panels:
        text = "add to the line what of the score survives rounding, shift, blur, JPEG, ..."
        to.add_argument("--survival", action="store_true", help=text)
        text = "which panels, side by side, such as picture and control (default: the first)"
        to.add_argument("--panel", metavar="NAME", nargs="+", default=[], help=text)
        text = "of a film: every so many frames one (default: 48 in all, of an .mp4 240)"
        to.add_argument("--every", metavar="N", type=int, default=0, help=text)


def _drawing(to: argparse.ArgumentParser) -> None:
    to.add_argument("--draw", metavar="N", type=int, default=0, help="the seed that draws them")
    text = "how many (default: 24; all photographs of the folder where there are fewer)"
    to.add_argument("--number", metavar="N", type=int, default=24, help=text)
    to.add_argument("--pictures", metavar="FOLDER", type=Path, help="photographs of your own")


def values(probe: Probe, asked: argparse.Namespace) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The settings that were given, and the files among them as PNG by their names as inputs."""
    from core import models, run

    known, inputs = declared(probe.Settings), dict[str, bytes]()
    given = {name: value for name, value in vars(asked).items() if name in known}
    found = {name: _number(name, value, known[name]) for name, value in given.items()}
    for name, value in found.items():
        if isinstance(known[name].kind, Network):
            found[name] = models.terminal.network(value, quiet=asked.quiet)
    for name, value in found.items():
        kind = known[name].kind
        if isinstance(kind, Picture | Mask | File):
            found[name] = _brought(value, kind, inputs, probe)
        if isinstance(kind, Label) and isinstance(value, str):
            found[name] = _class(value, found.get(kind.of, known[kind.of].default))
    return run.suited(probe, found), inputs


def _number(name: str, value: Any, setting: Declared) -> Any:
    if isinstance(setting.kind, Latent | Point):
        return _numbers(name, value)
    if setting.type not in (int, float) or not isinstance(value, str):
        return value
    if isinstance(setting.kind, Label) and not value.lstrip("-").isdecimal():
        return value
    try:
        return int(value) if setting.type is int else float(value)
    except ValueError:
        word = "a whole number" if setting.type is int else "a number"
        raise SettingError(f"{name} = {value!r} is not {word}.") from None


def _numbers(name: str, value: Any) -> tuple[float, ...]:
    """Those of a latent or a point: as words, or in one word with commas between them."""
    words = " ".join([value] if isinstance(value, str) else value).replace(",", " ").split()
    try:
        return tuple(float(word) for word in words)
    except ValueError:
        raise SettingError(f"{name} = {' '.join(words)[:100]!r} is no list of numbers.") from None


def _class(said: str, network: str) -> int:
    """The number of a class by its name, or by the only name that begins so."""
    from core import models

    found = models.classifier(network)
    found.classifier()  # or it says that it knows none
    labels = [label.lower() for label in found.labels]
    wanted = said.lower()
    begins = [i for i, label in enumerate(labels) if label.startswith(wanted)]
    if wanted in labels:
        return labels.index(wanted)
    if len(begins) == 1:
        return begins[0]
    near = [labels[i] for i in begins[:5]] or difflib.get_close_matches(wanted, labels, n=3)
    raise UsageError(
        f"{network} knows no class {said!r}"
        + (
            f": did you mean {', '.join(near)}?"
            if near
            else f": give its number, 0 to {len(labels) - 1}."
        )
    )


def _brought(value: str, kind: Any, inputs: dict[str, bytes], probe: Probe) -> str:
    """A name that the lab knows as it is; a file becomes an input."""
    from core import pictures
    from core.export import saved
    from core.pictures import masks

    path, own = Path(value), isinstance(kind, File)
    known = masks.names() if isinstance(kind, Mask) else tuple(pictures.shipped())
    known = kind.options if isinstance(kind, File) else (*known, *filter(None, [kind.without]))
    if value in known or not (path.suffix or path.exists()):
        return value
    if not path.is_file():
        raise UsageError(f"There is no file {value}: give one, or a name of {', '.join(known)}.")
    try:
        read = probe.brought if own else None
        x = read(path.read_bytes()) if read else pictures.read(path, side=saved.SIDE)
    except ValueError as error:
        raise UsageError(f"{value}: {error}") from None
    name = saved.name_of(pictures.to_uint8(x))
    inputs[name] = pictures.png(x)
    return name


def _wish(asked: argparse.Namespace, frames: int = 0) -> Any:
    from core.export import Wish

    return Wish(
        path=asked.output,
        panels=tuple(asked.panel),
        frames=asked.frames or frames,
        every=asked.every,
        quiet=asked.quiet,
        survival=asked.survival,
        resume=getattr(asked, "resume", None),
    )


def _run(asked: argparse.Namespace) -> int:
    from core import export

    wish = _wish(asked)
    settings, inputs = values(asked.probe, asked)
    if asked.output.suffix.lower() == ".png" and not asked.frames and not asked.resume:
        settings = {**asked.probe.still, **settings}  # else it is the last moment of a breath
    if asked.twin and asked.resume:
        raise UsageError("Two runs side by side are not resumed: leave out --twin, or --resume.")
    if asked.twin:
        return _pair(asked, settings, inputs)
    run = export.started(asked.probe, settings, inputs, asked.resume)
    return _say(export.written(run, wish, inputs))


def _pair(asked: argparse.Namespace, settings: dict[str, Any], inputs: dict[str, bytes]) -> int:
    from core import export
    from core.export import pairs
    from core.probe import made

    said = dict(one.partition("=")[::2] for one in asked.twin)
    known = declared(asked.probe.Settings)
    for name in said.keys() & known.keys():
        if isinstance(known[name].kind, Switch):
            said[name] = _SWITCHED.get(said[name].lower(), said[name])
    changes, more = values(asked.probe, argparse.Namespace(**said, quiet=asked.quiet))
    changes |= {name: value for name, value in said.items() if name not in known}
    twin = pairs.settings_of(made(asked.probe.Settings, settings), changes)
    inputs |= more
    one, other = (export.started(asked.probe, v, inputs) for v in (settings, asdict(twin)))
    return _say(*pairs.written(one, other, _wish(asked), inputs))


_SWITCHED: dict[str, Any] = {"on": True, "true": True, "off": False, "false": False}


def _replay(asked: argparse.Namespace) -> int:
    from core import export, probes, records
    from core.export import pairs, saved

    inputs: dict[str, bytes] = {}
    if Path(asked.record).suffix.lower() == ".png":
        sent, inputs = saved.unpacked(Path(asked.record).read_bytes())
        sent = records.unpack(records.pack(sent))
    else:
        sent = records.unpack(asked.record.rpartition("r=")[2])
    step = sent.get("step")
    wish = _wish(asked, step + 1 if isinstance(step, int) else 0)
    probe = probes.load(sent["probe"])
    other = pairs.of(probe, sent)
    again, said = export.replayed(probe, sent, inputs)
    twin, more = export.replayed(probe, other, inputs) if other else (None, [])
    sys.stderr.writelines(f"{sentence}\n" for sentence in [*said, *more])
    if twin:
        return _say(*pairs.written(again, twin, wish, inputs))
    return _say(export.written(again, wish, inputs))


def _sheet(asked: argparse.Namespace) -> int:
    from core.export import sheets

    settings, inputs = values(asked.probe, asked)
    if inputs:
        raise UsageError("A sheet takes its photographs from --pictures FOLDER.")
    drawing = sheets.Drawing(asked.output, asked.draw, asked.number, asked.pictures, asked.quiet)
    return _say(sheets.written(asked.probe, settings, drawing))


def _say(*results: dict[str, Any]) -> int:
    stopped = [result.pop("stopped") for result in results]
    for result in results:
        print(json.dumps(result))
    if stopped[0]:
        sys.stderr.write(f"{stopped[0]}\n")
    return STOPPED if stopped[0] else 0


if __name__ == "__main__":
    _CODES.append(main())
    sys.exit(_CODES[0])
