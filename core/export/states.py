"""A run's state as a file, with the record that it belongs to: a run that was cut short goes on from it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from core import disk, records
from core.probe import SettingError, State

RECORD, NUMBERS = "record", "numbers"  # of the file's notes
SAME = "v", "probe", "fingerprints", "settings", "tape"  # of a record: what a state belongs to


def write(path: Path, record: Mapping[str, Any], state: State) -> None:
    """Keep a state; raises OSError. What stood there before stays until all of it is written."""
    tensors = {k: v.detach().cpu().contiguous() for k, v in state.items() if isinstance(v, Tensor)}
    tensors = {k: v.clone() for k, v in tensors.items()}  # none may share its memory
    numbers = {k: v for k, v in state.items() if not isinstance(v, Tensor)}
    notes = {RECORD: json.dumps({k: record[k] for k in SAME}), NUMBERS: json.dumps(numbers)}
    disk.write(path, save(tensors, metadata=notes))


def read(path: Path, record: Mapping[str, Any], device: Any = "cpu") -> State | None:
    """The state that stands in a file; None if there is no file.

    Raises SettingError where it is none, or that of a run with another record.
    """
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            notes = file.metadata() or {}
            tensors = {n: file.get_tensor(n).clone().to(device) for n in file.keys()}  # noqa: SIM118
        kept, numbers = json.loads(notes[RECORD]), json.loads(notes[NUMBERS])
    except (OSError, SafetensorError, KeyError, ValueError):
        raise SettingError(f"{path} is no state of a run: name another file.") from None
    if kept.get("v") == 1:  # it knew the fingerprint of one network
        known = {**record["fingerprints"], **records.fingerprints(kept)}
        kept |= {"v": records.VERSION, "fingerprints": known}
    for name in SAME:
        if kept.get(name) != json.loads(json.dumps(record[name])):
            raise SettingError(
                f"{path} is the state of another run: its {name} is {_brief(kept.get(name))}, "
                f"not {_brief(record[name])}. Ask for the same, or name another file."
            )
    return {**tensors, **numbers}


def _brief(value: Any) -> str:
    return json.dumps(value)[:120]
