"""Records: what replays a run, as the text of a link and inside a saved picture.

A record of version 2 is {v, probe, fingerprints, settings, tape, step}: the
settings that are not the default, the tape as [step, changes], and of every model
that the run uses the fingerprint under the resource's name. Version 1 knew one
fingerprint, that of `network`; it is still read.
"""

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from core.probe import (
    Declared,
    Live,
    Probe,
    Range,
    SettingError,
    Tape,
    actions,
    checked,
    declared,
    made,
    name_of,
)

VERSION = 2
READ = 1, 2  # versions
LONGEST = 1 << 20  # bytes that a record may unpack to
CHANGES = 10_000  # that are read from a tape that somebody sent
NETWORK = "network"  # the resource whose fingerprint version 1 kept


class LinkError(ValueError):
    """A link that cannot be read; the message says what to do."""


def of(
    probe: Probe, start: Any, tape: Tape, step: int, fingerprints: Mapping[str, str]
) -> dict[str, Any]:
    """What replays a run up to the frame `step`, as JSON."""
    defaults = asdict(type(start)())
    return {
        "v": VERSION,
        "probe": name_of(probe),
        "fingerprints": dict(sorted(fingerprints.items())),
        "settings": {k: v for k, v in asdict(start).items() if v != defaults[k]},
        "tape": [[at, changes] for at, changes in tape if at <= step],
        "step": step,
    }


def text(record: Mapping[str, Any]) -> str:
    """A record as JSON, written one way: the same record, the same bytes."""
    return json.dumps(record, separators=(",", ":"), sort_keys=True)


def pack(record: Mapping[str, Any]) -> str:
    """A record as the text of a link."""
    packed = zlib.compress(text(record).encode(), 9)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def unpack(packed: str) -> dict[str, Any]:
    """The record of a link; raises LinkError if it is none."""
    try:
        raw = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
        found = json.loads(zlib.decompressobj().decompress(raw, LONGEST))
    except (binascii.Error, zlib.error, ValueError, RecursionError):
        raise LinkError(
            "This link is damaged: part of it is missing or changed. Copy it again, whole."
        ) from None
    if not isinstance(found, dict) or not isinstance(found.get("probe"), str):
        raise LinkError("This link does not name a probe: copy it again from the lab that made it.")
    return found


def fingerprints(record: Mapping[str, Any]) -> dict[str, str]:
    """The models that a record knows, of either version; what is none is left out."""
    found = record.get("fingerprints")
    if found is None:  # version 1
        found = {NETWORK: record.get("fingerprint")}
    if not isinstance(found, dict):
        return {}
    return {name: str(one)[:100] for name, one in found.items() if one}


def read(probe: Probe, record: Mapping[str, Any]) -> tuple[Any, Tape, list[str]]:
    """Settings and tape of a record, and a sentence for each thing that could not be kept."""
    known, values, said = declared(probe.Settings), {}, []
    if record.get("v") not in READ:
        said.append("This link was made by another version of the lab; it may look different here.")
    sent = record.get("settings")
    for name, value in (sent if isinstance(sent, dict) else {}).items():
        try:
            values[name] = checked(name, value, known[name])
        except KeyError:
            said.append(f"This lab has no setting {name[:40]!r}; the link's value was left out.")
        except SettingError as error:
            said.append(f"{error} The default is used.")
    settings = made(probe.Settings, values)
    return settings, _tape(probe, settings, record.get("tape"), said), said


_STEP = Declared("step", int, Range(0, 2**31 - 1), 0)


def _tape(probe: Probe, settings: Any, sent: Any, said: list[str]) -> Tape:
    kept: Tape = []
    sent = sent if isinstance(sent, list) else []
    if len(sent) > CHANGES:
        said.append(f"Only the first {CHANGES} changes on this link's tape were read.")
    trial, lost = Live(settings, kinds=actions(probe)), 0
    for entry in sent[:CHANGES]:
        try:
            step, changes = entry
            values = {name: value for name, value in changes.items() if name != "action"}
            acts = "action" in changes
            found = trial.action(changes["action"], values) if acts else trial.wish(values)
            kept.append((checked("step", step, _STEP), found))
        except (TypeError, ValueError, LookupError, AttributeError):
            lost += 1
    if lost:
        said.append(f"{lost} of the changes on this link's tape cannot be read and were left out.")
    return sorted(kept, key=lambda entry: entry[0])
