"""The shipped gallery: what is tried is fixed here or drawn by seed, and whatever fools is kept.

    python -m core gallery make assets/gallery

Photographs and classes are drawn by the seed, never chosen by how the result looks. An
attempt that fools nobody is left out, and said.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from core import disk, export, models, pictures, probes
from core.gallery import checking
from core.gallery.keeping import NotFooledError, exhibit
from core.probe import Frame
from core.run import Run

QUICK = {"size": 128, "landscape": 0, "control": False}


@dataclass(frozen=True)
class Attempt:
    """One run, and how many of its classes are shown: of an evolution so many elites, by seed."""

    name: str
    probe: str
    settings: dict[str, Any] = field(default_factory=dict)
    frames: int = 0
    elites: int = 0


def _attack(attack: str, epsilon: int = 0, /, **more: Any) -> dict[str, Any]:
    return QUICK | {"attack": attack} | ({"epsilon": epsilon} if epsilon else {}) | more


ANY: dict[str, Any] = {"aim": "anything else"}
ROBUST = _attack("PGD", network="lite0-robust", steps=40, step_size=0.1)
ATTEMPTS = (
    Attempt("lite0-pgd", "fool", _attack("PGD", 2)),
    Attempt("lite0-fgsm", "fool", _attack("FGSM", 4, **ANY)),
    Attempt("lite0-mi-di-ti", "fool", _attack("MI-DI-TI", 8, **ANY)),
    Attempt("lite0-apgd", "fool", _attack("APGD", 1, norm="L2")),
    Attempt("lite0-deepfool", "fool", _attack("DeepFool", norm="L2", **ANY)),
    Attempt("lite0-fmn", "fool", _attack("FMN", norm="L2", loss="margin", **ANY)),
    Attempt("lite0-square", "fool", _attack("Square", 8, **ANY)),
    Attempt("lite0-ascent", "fool", _attack("ascent", picture="noise", views=True, steps=64)),
    Attempt("robust-24", "fool", ROBUST | {"epsilon": 24}),
    Attempt("robust-48", "fool", ROBUST | {"epsilon": 48}),
    Attempt("digits-graphs", "evolve", {"control": False}, 625, elites=2),
    Attempt("digits-pixels", "evolve", {"control": False, "encoding": "pixels"}, 625, elites=2),
    Attempt("lite0-graphs", "evolve", {"control": False, "network": "lite0"}, 625, elites=3),
    Attempt("linear-sign", "linear", {"breathing": False}, 1),
)


def made(folder: Path, *, seed: int = 0, only: str = "") -> Iterator[dict[str, Any]]:
    """Try all of them, or those whose names begin so; a line for each PNG, or for why there is none."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, attempt in enumerate(ATTEMPTS):
        if attempt.name.startswith(only):
            draw = torch.Generator().manual_seed(1000 * seed + number)
            yield from _tried(attempt, folder / f"{number:02}-{attempt.name}", draw)


def _tried(attempt: Attempt, path: Path, draw: torch.Generator) -> Iterator[dict[str, Any]]:
    run = export.started(probes.load(attempt.probe), sampled(attempt, draw), {})
    frame = ended(run, attempt.frames or run.length() or 1)
    for label in _labels(attempt, run, frame, draw):
        file = path.with_name(f"{path.name}{f'-{label}' if label >= 0 else ''}.png")
        try:
            data = exhibit(run.record(), frame, {}, label)
        except NotFooledError as error:
            yield {"attempt": file.stem, "file": None, "sentence": str(error)}
            continue
        disk.write(file, data)
        yield {"attempt": file.stem, "file": str(file), **_said(checking.check(data))}


def _said(checked: checking.Checked) -> dict[str, Any]:
    return {"network": checked.title, "name": checked.name, "sentence": checked.sentence}


def sampled(attempt: Attempt, draw: torch.Generator) -> dict[str, Any]:
    """The settings with a photograph and a class by seed, where nothing was said of them."""
    found = dict(attempt.settings)
    if attempt.probe == "fool":
        shipped = sorted(pictures.shipped())
        found.setdefault("picture", shipped[_one_of(len(shipped), draw)])
        if found.get("aim") != ANY["aim"]:
            classes = len(models.classifier(found.get("network", "lite0")).labels)
            found.setdefault("target", _one_of(classes, draw))
    if attempt.probe == "linear":
        found |= {"sample": _one_of(100, draw), "target": _one_of(10, draw)}
    return found


def _one_of(count: int, draw: torch.Generator) -> int:
    return int(torch.randint(count, (1,), generator=draw))


def ended(run: Run, count: int) -> Frame:
    """The frame that a run comes to after so many."""
    with closing(run):
        frame = next(run)
        while frame.step + 1 < count:
            frame = next(run)
    return frame


def _labels(attempt: Attempt, run: Run, frame: Frame, draw: torch.Generator) -> list[int]:
    """The classes whose elites are tried; -1 where there are no elites."""
    if not attempt.elites:
        return [-1]
    classes = len(run.resources["network"].labels)
    order = torch.randperm(classes, generator=draw)
    return sorted(order[: attempt.elites].tolist())
