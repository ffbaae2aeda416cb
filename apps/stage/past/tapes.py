"""What the pages of a run know of its tapes, so that they keep the whole run themselves."""

import json
from typing import Any

from apps.stage.past.timeline import Timeline
from core.probe import Tape


class Tapes:
    """The rows that were told, of every branch: each row is told once, with the step that reads it.

    With the settings that a run began with they replay it, even where this process is gone.
    """

    def __init__(self) -> None:
        self._told: dict[int, Tape] = {}
        self._seen: Any = None

    def news(self, timeline: Timeline) -> list[str]:
        """What to tell since this was asked last, a text for each branch that has changed."""
        seen = timeline.written
        if seen == self._seen:
            return []
        self._seen = seen
        texts, rows = [], timeline.rows()
        for number, own in rows.items():
            told = self._told.get(number, [])
            if own is told:
                continue
            same = _same(told, own)
            if not same == len(told) == len(own):
                texts.append(_text(number, same, own[same:]))
            self._told[number] = own
        for gone in self._told.keys() - rows.keys():
            del self._told[gone]
        return texts

    def whole(self) -> list[str]:
        """All that was told, for somebody who comes or has missed something."""
        return [_text(number, 0, own) for number, own in list(self._told.items())]


def _same(one: Tape, other: Tape) -> int:
    """How many rows both begin with."""
    pairs = zip(one, other, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _text(number: int, start: int, rows: Tape) -> str:
    """Rows of a branch in place of all that it has from this one on."""
    return json.dumps({"tape": {"branch": number, "from": start, "rows": rows}})
