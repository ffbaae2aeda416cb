"""What a kept picture claims: which network takes it for what, and how far it is from what it was.

It travels inside the PNG beside the record of the run that made it. Nothing of it
is believed: `core.gallery.checking` measures all of it again.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core import probes, records
from core.attacks.balls import BALLS
from core.probe import Declared, Live, Range, actions, checked

LARGEST = 512  # px: no network of the lab reads a larger square
MOST = 100_000  # classes, and levels
_UNREADABLE = "What this picture claims cannot be read: keep it anew from the page that found it."


class ClaimError(ValueError):
    """A picture that claims nothing which could be checked; the message says what to bring."""


@dataclass(frozen=True)
class Claim:
    """That a network, known by its fingerprint, takes a square of pixels for a class.

    side: in px, at which the network reads it and which the PNG has; 0: as it is. label: the
    class, None for any other than its photograph's. probability: of that class, None
    where it is not said. pixels: the name of its 8-bit pixels, "" where it is not said.
    was: what the network calls the photograph; norm, levels: how far from it at most, the
    largest move, the root mean square or the mean; None and "" where there is no photograph.
    """

    network: str
    fingerprint: str
    side: int
    label: int | None = None
    probability: float | None = None
    pixels: str = ""
    was: int | None = None
    norm: str = ""
    levels: float | None = None


_NUMBERS = {"side": LARGEST, "label": MOST, "probability": 1, "was": MOST, "levels": MOST}
_NEEDED = {"network", "fingerprint", "side"}


def with_claim(record: Mapping[str, Any], claim: Claim) -> dict[str, Any]:
    """The record as it travels with the picture."""
    said = {k: v for k, v in dataclasses.asdict(claim).items() if v is not None and v != ""}
    return {**record, "claim": said}


def read(record: Mapping[str, Any]) -> Claim:
    """The claim that a record carries; raises ClaimError where it is none."""
    said = record.get("claim")
    if not isinstance(said, dict) or not _NEEDED <= said.keys() <= set(_FIELDS):
        raise ClaimError(_UNREADABLE)
    for name, value in said.items():
        if not _fits(name, value):
            raise ClaimError(_UNREADABLE)
    return Claim(**said)


_FIELDS = [field.name for field in dataclasses.fields(Claim)]


def _fits(name: str, value: Any) -> bool:
    if name not in _NUMBERS:
        return isinstance(value, str) and len(value) <= 100 and (name != "norm" or value in BALLS)
    kinds = (int, float) if name in ("probability", "levels") else (int,)
    return isinstance(value, kinds) and not isinstance(value, bool) and 0 <= value <= _NUMBERS[name]


def probe_of(record: Mapping[str, Any]) -> Any:
    """The probe that a record names; raises ClaimError where it names none."""
    name = record.get("probe")
    if name not in probes.names():
        raise ClaimError("This PNG does not say which page made it: keep it anew from there.")
    return probes.load(name)


def now(record: Mapping[str, Any]) -> Any:
    """The settings of a record at its step, as its tape has steered them."""
    probe = probe_of(record)
    settings, tape, _ = records.read(probe, record)
    live: Live[Any] = Live(settings, tape=tape, kinds=actions(probe))
    live.catch_up(step(record) + 1)
    return live.now


def step(record: Mapping[str, Any]) -> int:
    """The step of a record; raises SettingError where it is none."""
    return checked("step", record.get("step", 0), _STEP)


_STEP = Declared("step", int, Range(0, 2**31 - 1), 0)
