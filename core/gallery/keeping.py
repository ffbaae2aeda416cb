"""From a run to a PNG that claims something; and the folder where a lab's own user keeps such PNGs."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch

from core import disk, export, models, pictures
from core.export import saved
from core.gallery import checking, claims
from core.gallery.claims import Claim, ClaimError, with_claim
from core.gallery.kinds import kind_of
from core.models.cache import folder
from core.probe import Frame

SHIPPED = Path(__file__).resolve().parents[2] / "assets" / "gallery"
TILES, TILE, COLUMNS = 12, 120, 4  # of `sheet`; px
MOST = 200  # PNGs of the user's own
_NAME = re.compile(r"[0-9a-f]{12}")


class NotFooledError(ClaimError):
    """A picture that fools nobody; the message says what it is called."""


@torch.no_grad()
def exhibit(
    record: Mapping[str, Any], frame: Frame, inputs: Mapping[str, bytes], label: int = -1
) -> bytes:
    """What a run has found by this frame, as a PNG with its record and its claim.

    label: of the elite, where there is one a class. Raises NotFooledError.
    """
    record = {**record, "step": frame.step}
    true, uploads = export.brought(record, inputs)
    kind, now = kind_of(true), claims.now(true)
    network = models.classifier(kind.network(now))
    x, wanted = kind.found(now, frame, label)
    x = pictures.eight_bit(x).cpu()
    if x.shape[-1] > claims.LARGEST:
        raise ClaimError(
            f"The gallery takes pictures of up to {claims.LARGEST} px: choose a smaller size."
        )
    before = kind.before(now, network, uploads)
    norm = kind.norm(now) if before is not None else ""
    draft = Claim(network.name, network.fingerprint, int(x.shape[-1]), wanted, norm=norm)
    found = checking.measure(x, network, draft, before, seed=now.seed)
    was = next((one.label for one in found.controls if one.who == "before"), None)
    _must_fool(network.title, found, was)
    claim = Claim(
        network=network.name,
        fingerprint=network.fingerprint,
        side=int(x.shape[-1]),
        label=found.label,
        probability=round(found.answer.claimed, 6),
        pixels=saved.name_of(pictures.to_uint8(x)),
        was=was,
        norm=norm,
        levels=None if found.levels is None else round(found.levels, 4),
    )
    return saved.packed(x, with_claim(record, claim), inputs)


def _must_fool(title: str, found: checking.Measured, was: int | None) -> None:
    answer = found.answer
    says = f"{title} calls it {answer.name}, {checking.percent(answer.sure)} sure"
    if was is not None and answer.label == was:
        raise NotFooledError(f"There is nothing to keep yet: {says}, as before any change.")
    if answer.label != found.label:
        raise NotFooledError(
            f"There is nothing to keep yet: {says}, and of what is wanted "
            f"{checking.percent(answer.claimed)}."
        )


def shipped() -> dict[str, Path]:
    """The gallery that ships with the lab, by name."""
    return {path.stem: path for path in sorted(SHIPPED.glob("*.png"))}


def sheet() -> pictures.Rgb:
    """Some of the shipped pictures as one."""
    paths = list(shipped().values())
    some = paths[:: max(1, len(paths) // TILES)][:TILES]
    tiles = [pictures.resized(pictures.read(path), TILE, TILE) for path in some]
    return pictures.sheet(torch.stack(tiles), COLUMNS)


def saved_pictures() -> dict[str, Path]:
    """What was kept on this computer, by name, the newest first."""
    paths = [path for path in _folder().glob("*.png") if _NAME.fullmatch(path.stem)]
    return {path.stem: path for path in sorted(paths, key=_age, reverse=True)}


def _age(path: Path) -> tuple[float, str]:
    return path.stat().st_mtime, path.stem


def _folder() -> Path:
    return folder() / "gallery"


def keep(data: bytes) -> str:
    """Keep a PNG that claims something; its name. Raises ClaimError and OSError."""
    checked = checking.check(data)
    name = saved.name_of(pictures.to_uint8(checked.x)).removeprefix("upload-")
    if name not in saved_pictures() and len(saved_pictures()) >= MOST:
        raise ClaimError(f"The gallery holds {MOST} pictures of yours: remove one of them first.")
    _folder().mkdir(parents=True, exist_ok=True)
    disk.write(_folder() / f"{name}.png", data)
    return name


def drop(name: str) -> None:
    """Remove one that was kept; raises ClaimError if there is none of that name."""
    path = saved_pictures().get(name)
    if path is None:
        raise ClaimError("That picture is not in the gallery any more: choose another.")
    path.unlink(missing_ok=True)


def files(folder: Path) -> Iterable[Path]:
    """The PNGs of a folder; raises ClaimError where there are none."""
    found = sorted(folder.glob("*.png"))
    if not found:
        raise ClaimError(f"There are no PNGs in {folder}: name a folder of them.")
    return found
